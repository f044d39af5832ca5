package daemon

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// OFD is how the FN's documents get to their operator, for a status.
type OFD struct {
	relay.Status
	Pending int       `json:"pending"` // documents the operator has not confirmed
	Oldest  time.Time `json:"oldest,omitzero"`
}

// Carries tells whether this till carries them.
func (o OFD) Carries() bool { return o.State != relay.NotNeeded && o.State != relay.Refused }

// Line is a line for a technician.
func (o OFD) Line() string {
	line := "everything is confirmed"
	if o.Pending > 0 {
		line = fmt.Sprintf("%d waiting, the oldest of %s", o.Pending, o.Oldest.Format("02.01 15:04"))
	}
	switch {
	case o.State == relay.NotNeeded && o.Route.ByHost:
		return line + "; the KKT waits for the till to carry, which is switched off (kkt.ofd_relay)"
	case !o.Carries():
		return line + "; the KKT sends by itself"
	}
	line += "; the till carries"
	if o.To != "" {
		line += " to " + o.To
	}
	if !o.LastSuccess.IsZero() {
		line += ", last at " + o.LastSuccess.Format("02.01 15:04:05")
	}
	if o.Why != "" {
		line += fmt.Sprintf("; failed %d times: %s; next at %s", o.Failures, o.Why, o.NextTry.Format("15:04:05"))
	}
	return line
}

// newRelay makes what carries a KKT's messages, as configured.
func (h *hardware) newRelay() *relay.Relay {
	k := h.d.cfg.KKT
	return relay.New(relay.Options{Mode: relay.Mode(k.OFDRelay), OFD: k.OFDAddress, Now: h.d.now, Log: h.d.log})
}

// ofd is the state now; nil without a KKT.
func (h *hardware) ofd(status kkt.Status) *OFD {
	if h.relay == nil {
		return nil
	}
	return &OFD{Status: h.relay.Status(), Pending: status.Unsent, Oldest: status.UnsentSince}
}

// ofdDevice is the same in the console's words; false when the KKT needs no
// help.
func (h *hardware) ofdDevice(lang string) (console.Device, bool) {
	if h.relay == nil {
		return console.Device{}, false
	}
	d := console.Device{Name: "ofd", State: console.DeviceReady}
	s := OFD{Status: h.relay.Status()}
	if !s.Carries() || s.State == relay.Waiting && s.LastSuccess.IsZero() && !s.Route.ByHost {
		return d, false
	}
	if s.State == relay.Failing {
		d.State, d.Why = console.DeviceDown, fault.Text(fault.RelayUnreachable, lang, s.To, s.Why)
	}
	return d, true
}

// unsent is why the operator may not have a document yet.
func (h *hardware) unsent() string {
	if h.relay == nil {
		return reconcile.UnsentDevice
	}
	switch s := h.relay.Status(); {
	case s.State == relay.NotNeeded && s.Route.ByHost:
		return reconcile.UnsentOff
	case s.State == relay.NotNeeded || s.State == relay.Refused:
		return reconcile.UnsentDevice
	case s.Why != "":
		return s.Why
	}
	return reconcile.UnsentCarrying
}

// examineOFD looks where a KKT's messages go and whether somebody is there.
func examineOFD(ctx context.Context, p *shtrih.Printer, override string) Finding {
	f := Finding{What: "OFD"}
	route, err := p.Route(ctx)
	switch {
	case err != nil:
		f.State, f.Hint = explain(err).Error(), hint(err)
		return f
	case !route.ByHost:
		f.State, f.OK = "the KKT sends by itself", true
		return f
	}
	to := route.OFD
	if override != "" {
		to = override
	}
	if to == "" {
		f.State, f.Hint = "the till carries, but nobody says where to", "set kkt.ofd_address or the KKT's table of the OFD"
		return f
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
	if err == nil {
		err = conn.Close()
	}
	if err != nil {
		f.State, f.Hint = "the till carries to "+to+": "+err.Error(), "documents stay in the FN for 30 days at most; check the network"
		return f
	}
	f.State, f.OK = "the till carries to "+to+", which answers", true
	return f
}

package daemon

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/devices"
	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/fault"
)

// addTerminal makes the payment terminal of the configuration.
func (h *hardware) addTerminal() error {
	c := h.d.cfg.Terminal
	if c == nil {
		return nil
	}
	if c.Driver == config.ManualTerminal {
		m := terminal.NewManual()
		m.Now = h.d.now
		h.terminal, h.manual = m, m
		return nil
	}
	open, err := opener(c.Address)
	if err != nil {
		return err
	}
	open = h.d.records.wrap("terminal", c.Driver, open, ecr.Redact)
	h.terminal = ecr.New(ecr.Options{Opener: open, Log: h.d.log})
	return h.manager.Add(devices.NewTerminal(h.terminal))
}

// terminalFace is the terminal as the API and the console see it.
type terminalFace struct{ d *daemon }

// State asks the terminal how it is.
func (f terminalFace) State(ctx context.Context) (s api.TerminalState, err error) {
	h := f.d.devices
	if h.terminal == nil {
		return s, fault.New(fault.TerminalOff)
	}
	s.Name = h.terminal.String()
	if h.manual != nil {
		s.Question = h.manual.Question()
	}
	if v, _ := f.d.loop.View(); v.Payment != nil {
		s.Charge = v.Payment.Charge
	}
	if s.Status, err = h.terminal.Status(ctx); err != nil {
		return s, explain(err)
	}
	return s, nil
}

// Answer takes a person's word about what the manual terminal said.
func (f terminalFace) Answer(_ context.Context, id uuid.UUID, a terminal.Answer) error {
	m := f.d.devices.manual
	if m == nil {
		return fault.New(fault.TerminalUnable)
	}
	if q := m.Question(); q == nil || (id != uuid.Nil && q.ID != id) {
		return fault.New(fault.TerminalNone)
	} else if err := m.Answer(q.ID, a); err != nil {
		return fault.New(fault.BadRequest, "rrn, auth_code").With(err)
	}
	return nil
}

// Reconcile closes the terminal's day within the open shift.
func (f terminalFace) Reconcile(ctx context.Context) (charge.Totals, error) {
	h := f.d.devices
	v, _ := f.d.loop.View()
	switch {
	case h.terminal == nil:
		return charge.Totals{}, fault.New(fault.TerminalOff)
	case v.Cashier == nil:
		return charge.Totals{}, fault.New(fault.LoginRequired)
	case v.Shift == nil:
		return charge.Totals{}, fault.New(fault.ShiftClosed)
	case v.Payment != nil:
		return charge.Totals{}, fault.New(fault.ChequePaying)
	}
	totals, err := h.terminal.Reconcile(ctx, v.Shift.ID)
	if err != nil {
		return totals, explain(err)
	}
	return totals, nil
}

// explainTerminal turns a terminal's error into one a person can act on; nil:
// it is no terminal's.
func explainTerminal(err error) *fault.Error {
	var d *terminal.Declined
	codes := map[terminal.Reason]fault.Code{
		terminal.Funds: fault.TerminalFunds, terminal.Card: fault.TerminalCard, terminal.PIN: fault.TerminalPIN, terminal.Host: fault.TerminalHost,
		terminal.Limit: fault.TerminalLimit, terminal.Expired: fault.TerminalExpired, terminal.DayOver: fault.TerminalDayOver,
		terminal.TooMuch: fault.TerminalTooMuch, terminal.NoSuch: fault.TerminalNoSuch,
	}
	switch {
	case errors.As(err, &d):
		if code, ok := codes[d.Reason]; ok {
			return fault.New(code).Saying(d.Text)
		}
		return fault.New(fault.TerminalDeclined, d.Text)
	case errors.Is(err, terminal.ErrCancelled):
		return fault.New(fault.TerminalCancelled)
	case errors.Is(err, terminal.ErrNotConnected):
		return fault.New(fault.TerminalMissing).With(err)
	case errors.Is(err, terminal.ErrBusy):
		return fault.New(fault.TerminalBusy)
	case errors.Is(err, terminal.ErrUnsupported):
		return fault.New(fault.TerminalUnable)
	case errors.Is(err, terminal.ErrUnknown), errors.Is(err, ecr.ErrGarbage):
		return fault.New(fault.TerminalUnsure).With(err)
	}
	return nil
}

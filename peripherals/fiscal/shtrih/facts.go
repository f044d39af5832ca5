package shtrih

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/kkt"
)

var _ fiscal.Service = (*Printer)(nil)

// Tags of the registration, for FF60h.
const (
	tagAddress = 1009
	tagOFDINN  = 1017
	tagOFDName = 1046
	tagUser    = 1048
	tagPlace   = 1187
)

// Facts implements fiscal.Service. What a model does not tell is left empty.
func (p *Printer) Facts(ctx context.Context) (kkt.Facts, error) {
	ctx, end := p.begin(ctx)
	defer end()
	f := kkt.Facts{FNDocuments: -1, FNBuffer: -1}
	p.identity = nil // asked anew: a technician may have changed it
	var err error
	if f.Identity, err = p.identify(ctx); err != nil {
		return f, err
	}
	for _, read := range []func(context.Context, *kkt.Facts) error{
		p.readState, p.readFN, p.readRegistration, p.readOwner, p.readExchange, p.readNotices, p.readReplacing,
	} {
		if err := read(ctx, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// readState reads clock, voltages and the FN's phase.
func (p *Printer) readState(ctx context.Context, f *kkt.Facts) error {
	quick, err := p.shortStatus(ctx)
	if err != nil {
		return err
	}
	full, err := p.fullStatus(ctx)
	if err != nil {
		return err
	}
	fn, err := p.fnStatus(ctx)
	f.Battery, f.Supply, f.Clock, f.FNPhase = quick.battery, quick.supply, full.clock, fn.phase
	return err
}

// readFN reads what the FN tells of its age and room.
func (p *Printer) readFN(ctx context.Context, f *kkt.Facts) error {
	data, err := p.optional(ctx, cmdFNVersion, nil)
	if err != nil {
		return err
	}
	if u := (unpacker{b: data}); len(data) >= 16 {
		f.FNVersion = strings.TrimSpace(text.CP866.Printable(text.CP866.DecodeZ(u.bytes(16))))
	}
	if data, err = p.optional(ctx, cmdFNExpiry, nil); err != nil {
		return err
	}
	f.FNExpires = parseExpiry(data, p.o.Zone)
	if data, err = p.optional(ctx, cmdFNMemory, nil); err != nil {
		return err
	}
	if u := (unpacker{b: data}); len(data) >= 8 {
		f.FNDocuments, f.FNBuffer = int64(u.u(4)), int64(u.u(4))
	}
	return nil
}

// parseExpiry reads FF03h: a date and, on newer firmware, how often the FN may
// be registered still.
func parseExpiry(data []byte, zone *time.Location) time.Time {
	if len(data) < 3 {
		return time.Time{}
	}
	return date(data[0], data[1], data[2], 0, 0, 0, zone)
}

func (p *Printer) readRegistration(ctx context.Context, f *kkt.Facts) error {
	data, err := p.call(ctx, cmdRegistration, nil)
	if err != nil {
		return err
	}
	r, err := parseRegistration(data, p.o.Zone)
	f.Registered, f.Reasons, f.OFD.INN = r.time, r.reasons, r.ofdINN
	return err
}

// readOwner reads whose device it is and who gets its documents: as it was
// registered, else as its settings have it.
func (p *Printer) readOwner(ctx context.Context, f *kkt.Facts) error {
	for _, o := range []struct {
		to    *string
		tag   uint16
		usual byte
		words []string
	}{
		{&f.User, tagUser, 7, []string{"пользователь", "user"}},
		{&f.Address, tagAddress, 9, []string{"адрес расчетов", "адрес", "address"}},
		{&f.Place, tagPlace, 14, []string{"место расчетов", "place"}},
		{&f.OFD.Name, tagOFDName, 10, []string{"наименование офд", "название офд", "ofd name"}},
		{&f.OFD.INN, tagOFDINN, 12, []string{"инн офд", "ofd inn"}},
	} {
		if *o.to != "" {
			continue
		}
		t, err := p.parameter(ctx, o.tag)
		if err != nil {
			return err
		}
		if *o.to = strings.TrimSpace(text.CP866.Printable(t.text())); *o.to != "" {
			continue
		}
		if *o.to, err = p.storageText(ctx, o.usual, o.words...); err != nil {
			return err
		}
	}
	return nil
}

// parameter asks for one tag of the last registration; empty when the device
// does not tell. Some firmware answers with the whole tag, some with its value.
func (p *Printer) parameter(ctx context.Context, tag uint16) (tlv, error) {
	data, err := p.optional(ctx, cmdParameter, pack().u(0, 1).u(uint64(tag), 2).b)
	if whole, broken := parseTLV(data); broken == nil && len(whole) == 1 && whole[0].tag == tag {
		return whole[0], err
	}
	return tlv{tag, data}, err
}

// storageText reads a text of the table that describes the FN.
func (p *Printer) storageText(ctx context.Context, usual byte, words ...string) (string, error) {
	t, ok, err := p.findTable(ctx, "fiscal storage", "фискальный накопитель")
	if err != nil || !ok {
		return "", err
	}
	n, f, ok, err := p.findField(ctx, t, usual, words...)
	if err != nil || !ok || !f.text {
		return "", err
	}
	data, err := p.readField(ctx, t, 1, n)
	return strings.TrimSpace(text.CP1251.DecodeZ(data)), err
}

// readExchange reads how the talk with the OFD goes. FF3Fh gives only the
// number, and not on every firmware in the same form.
func (p *Printer) readExchange(ctx context.Context, f *kkt.Facts) error {
	b, err := p.backlog(ctx)
	switch {
	case err == nil:
		f.Exchange = kkt.Exchange{State: b.state, Unsent: b.unsent, FirstFD: b.first, Since: b.since}
	case !isRefusal(err):
		return err
	default:
		data, err := p.optional(ctx, cmdUnconfirmed, nil)
		if err != nil {
			return err
		}
		u := unpacker{b: data}
		f.Exchange.Unsent = int(u.u(2))
	}
	route, err := p.route(ctx)
	if err != nil {
		return err
	}
	f.ByHost = route.ByHost
	if host, port, err := net.SplitHostPort(route.OFD); err == nil {
		f.OFD.Host = host
		if f.OFD.Port, err = strconv.Atoi(port); err != nil {
			f.OFD.Host = route.OFD
		}
	}
	return nil
}

func (p *Printer) readNotices(ctx context.Context, f *kkt.Facts) error {
	data, err := p.optional(ctx, cmdNotices, nil)
	if err != nil || data == nil {
		return err
	}
	f.Notices, err = parseNotices(data, p.o.Now(), p.o.Zone)
	return err
}

// parseNotices reads FF68h. The device's document has its date begin with the
// year, the vendor's own driver with the day: the order that gives a date of
// the last years, and none to come, is taken.
func parseNotices(data []byte, now time.Time, zone *time.Location) (kkt.Notices, error) {
	u := unpacker{b: data}
	n := kkt.Notices{Supported: true, State: int(u.byte()), Queued: int(u.u(2)), First: int64(u.u(4))}
	if u.short {
		return n, answerError(cmdNotices)
	}
	if b := u.bytes(5); !u.short && n.Queued > 0 {
		const oldest = 2 // years
		for _, t := range []time.Time{date(b[0], b[1], b[2], b[3], b[4], 0, zone), date(b[2], b[1], b[0], b[3], b[4], 0, zone)} {
			if !t.IsZero() && t.Before(now.AddDate(0, 0, 1)) && t.After(now.AddDate(-oldest, 0, 0)) {
				n.Since = t
				break
			}
		}
	}
	n.Fill = int(u.byte())
	return n, nil
}

func (p *Printer) readReplacing(ctx context.Context, f *kkt.Facts) error {
	t, n, _, ok, err := p.vatReplace(ctx)
	if err != nil || !ok {
		return err
	}
	v, err := p.readNumber(ctx, t, 1, n)
	f.Replaces = v != vatReplaceOff
	return err
}

// optional runs a command that not every model knows; a refusal gives nil.
func (p *Printer) optional(ctx context.Context, cmd command, params []byte) ([]byte, error) {
	data, err := p.call(ctx, cmd, params)
	if isRefusal(err) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}

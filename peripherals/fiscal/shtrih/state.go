package shtrih

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// testFN is what every FN number made for tests begins with.
const testFN = "99990789"

// maxDrift is how far the device's clock may be off before it is worth a line
// in the log.
const maxDrift = time.Minute

// Identify implements fiscal.Printer. Everything but the places of settings is
// asked anew; the driver itself goes by the last answer for as long as the same
// device with the same FN is there.
func (p *Printer) Identify(ctx context.Context) (fiscal.Identity, error) {
	ctx, end := p.begin(ctx)
	defer end()
	p.identity = nil
	return p.identify(ctx)
}

func (p *Printer) identify(ctx context.Context) (fiscal.Identity, error) {
	fn, err := p.fnStatus(ctx)
	if err != nil {
		return fiscal.Identity{}, err
	}
	if p.identity == nil || p.identity.FN != fn.fn {
		id, err := p.learn(ctx, fn)
		if err != nil {
			return fiscal.Identity{}, err
		}
		p.identity = &id
	}
	p.identity.Protocol, p.identity.Baud = string(p.spoken), p.baud
	return *p.identity, nil
}

// learn asks a device everything that stays the same while it is plugged in.
func (p *Printer) learn(ctx context.Context, fn fnStatus) (fiscal.Identity, error) {
	id := fiscal.Identity{FN: fn.fn, TestFN: strings.HasPrefix(fn.fn, testFN)}
	data, err := p.call(ctx, cmdDeviceType, nil)
	if err != nil {
		return id, err
	}
	if id.Model, err = parseModel(data); err != nil {
		return id, err
	}
	st, err := p.fullStatus(ctx)
	if err != nil {
		return id, err
	}
	id.Firmware, id.Serial = st.firmware, strconv.FormatUint(st.serial, 10)
	if drift := st.clock.Sub(p.o.Now()).Abs(); drift > maxDrift {
		p.log.Warn("device clock differs", "device", st.clock, "drift", drift)
	}
	if data, err = p.call(ctx, cmdRegistration, nil); err != nil {
		return id, err
	}
	reg, err := parseRegistration(data, p.o.Zone)
	if err != nil {
		return id, err
	}
	id.INN, id.RegNumber, id.TaxSystems, id.Automatic = reg.inn, reg.number, reg.systems, reg.machine
	if serial, err := p.serialText(ctx); err != nil {
		return id, err
	} else if serial != "" {
		id.Serial = serial
	}
	if id.FFD, err = p.formatVersion(ctx); err != nil {
		return id, err
	}
	if id.Marking, err = p.registeredForMarks(ctx, id.FFD, reg); err != nil {
		return id, err
	}
	p.extended(ctx)
	return id, nil
}

// registeredForMarks tells whether the device is registered for marked goods. A model that
// keeps it out of its registration is asked for tag 1290.
func (p *Printer) registeredForMarks(ctx context.Context, format string, reg registration) (bool, error) {
	const tagConditions, marked = 1290, 1 << 8
	if format != "1.2" || reg.extended {
		return reg.marking, nil
	}
	t, err := p.parameter(ctx, tagConditions)
	return t.uint()&marked != 0, err
}

// model is what F7h tells of a device.
type model struct {
	told bool
	bits uint64
}

// Bits of a model: which of its sensors mean anything.
const (
	modelLid    = 1 << 4
	modelDrawer = 1 << 15
)

// trust drops the flags of sensors a model does not have. The lid of one that
// tells nothing of itself is believed: its sub-mode may not know.
func (m model) trust(flags uint16) uint16 {
	if m.told && m.bits&modelLid == 0 {
		flags &^= flagLid
	}
	if m.bits&modelDrawer == 0 {
		flags &^= flagDrawer
	}
	return flags
}

// extended asks what the model has and how long commands may be; older ones do
// not know F7h.
func (p *Printer) extended(ctx context.Context) {
	code, data, err := p.send(ctx, cmdExtended, []byte{1})
	if err != nil || code != 0 {
		p.log.Debug("no extended description", "err", err, "code", code)
		return
	}
	u := unpacker{b: data}
	bits := u.u(8)
	if p.model = (model{!u.short, bits}); u.short {
		p.model = model{}
	}
	u.bytes(7 + 4 + 4 + 2) // sizes, two passwords, two places of settings
	if n := int(u.u(2)); !u.short {
		p.maxCommand = n
		p.allow()
	}
}

// Status implements fiscal.Printer.
func (p *Printer) Status(ctx context.Context) (fiscal.Status, error) {
	ctx, end := p.begin(ctx)
	defer end()
	var s fiscal.Status
	full, err := p.fullStatus(ctx)
	if err != nil {
		return s, err
	}
	fn, err := p.fnStatus(ctx)
	if err != nil {
		return s, err
	}
	shift, err := p.shiftState(ctx)
	if err != nil {
		return s, err
	}
	unsent, err := p.backlog(ctx)
	if err != nil && !refusedWith(err, codeUnsupported) {
		return s, err
	}
	quick := shortStatus{flags: full.flags, mode: full.mode, subMode: full.subMode}
	s = fiscal.Status{
		Shift:        fiscalShift(full.mode, shift.open),
		ShiftNumber:  shift.shift,
		Paper:        full.subMode != subNoPaper && full.subMode != subTorn,
		LidOpen:      quick.lid(),
		DrawerOpen:   full.flags&flagDrawer != 0,
		DocumentOpen: full.mode == modeDocument || fn.document != 0,
		Printing:     quick.busy(),
		Mode:         full.mode,
		SubMode:      full.subMode,
		Clock:        full.clock,
		LastFD:       fn.lastFD,
		LastTime:     fn.lastTime,
		FNPhase:      fn.phase,
		FNWarnings:   fn.warnings,
		Unsent:       unsent.unsent,
		UnsentSince:  unsent.since,
	}
	return s, nil
}

// Mark implements fiscal.Printer.
func (p *Printer) Mark(ctx context.Context) (fiscal.Mark, error) {
	ctx, end := p.begin(ctx)
	defer end()
	mark, _, err := p.mark(ctx)
	if err != nil {
		return mark, err
	}
	w, err := p.witness(ctx)
	return w.onto(mark), err
}

// mark reads what the FN tells; the counters stay 0.

func (p *Printer) mark(ctx context.Context) (fiscal.Mark, fnStatus, error) {
	fn, err := p.fnStatus(ctx)
	if err != nil {
		return fiscal.Mark{}, fn, err
	}
	shift, err := p.shiftState(ctx)
	if err != nil {
		return fiscal.Mark{}, fn, err
	}
	return fiscal.Mark{FN: fn.fn, FD: fn.lastFD, ShiftOpen: shift.open, Shift: shift.shift}, fn, nil
}

func (p *Printer) shortStatus(ctx context.Context) (shortStatus, error) {
	st, err := ask(ctx, p, cmdShortStatus, parseShortStatus)
	st.flags = p.model.trust(st.flags)
	return st, err
}

func (p *Printer) fullStatus(ctx context.Context) (fullStatus, error) {
	st, err := ask(ctx, p, cmdStatus, func(b []byte) (fullStatus, error) { return parseFullStatus(b, p.o.Zone) })
	st.flags = p.model.trust(st.flags)
	return st, err
}

func (p *Printer) fnStatus(ctx context.Context) (fnStatus, error) {
	return ask(ctx, p, cmdFNStatus, func(b []byte) (fnStatus, error) { return parseFNStatus(b, p.o.Zone) })
}

func (p *Printer) shiftState(ctx context.Context) (shiftState, error) {
	return ask(ctx, p, cmdShiftState, parseShiftState)
}

func (p *Printer) backlog(ctx context.Context) (backlog, error) {
	return ask(ctx, p, cmdExchange, func(b []byte) (backlog, error) { return parseBacklog(b, p.o.Zone) })
}

// ask runs a command without parameters and parses its answer.
func ask[T any](ctx context.Context, p *Printer, cmd command, parse func([]byte) (T, error)) (T, error) {
	data, err := p.call(ctx, cmd, nil)
	if err != nil {
		var zero T
		return zero, err
	}
	return parse(data)
}

// fiscalShift tells the shift's state by the mode, and by the FN while a
// document hides it.
func fiscalShift(mode int, open bool) kkt.ShiftState {
	switch {
	case mode == modeExpired:
		return kkt.ShiftExpired
	case mode == modeOpen || open:
		return kkt.ShiftOpened
	}
	return kkt.ShiftClosed
}

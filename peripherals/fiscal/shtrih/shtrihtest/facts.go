package shtrihtest

import (
	"time"
)

// registration is what FFD 1.2 adds to how the device was registered.
type registration struct {
	Marking bool `json:"marking,omitempty"`
}

// What it says of its owner, when nobody told (Owner), and of its OFD.
const (
	user    = "ООО «ПРИМЕР»"
	userINN = "7707083893"
	address = "г. Москва, ул. Примерная, 1"
	place   = "Магазин «Пример»"
	ofdName = "ТЕСТОВЫЙ ОФД"
	ofdINN  = "7704358518"
)

// health is what wears out. Zero is a new device.
type health struct {
	Expires time.Time `json:"expires,omitzero"`  // of the FN; three years after registration
	Archive int       `json:"archive,omitempty"` // percent of the FN's archive taken beside its documents
	Battery byte      `json:"battery,omitempty"` // raw, of the clock; 0: good
	Cutter  bool      `json:"cutter,omitempty"`  // broken
	Terse   bool      `json:"terse,omitempty"`   // answers end where the oldest firmware ends them
	Chatty  bool      `json:"chatty,omitempty"`  // answers end later than any document says
}

// Sizes of the FN.
const (
	archivePlaces = 230_000 // five-year documents
	bufferKB      = 4096    // for what the OFD has not got
	goodBattery   = 0x9D    // 3.08 V
	goodSupply    = 0xD7    // 23.9 V
)

var factCommands = map[uint16]handler{
	0x1B:   {min: 6, operator: true, run: (*Device).operationCounter},
	0xFF03: {min: 6, system: true, run: (*Device).fnExpiry},
	0xFF04: {min: 6, system: true, run: (*Device).fnVersion},
	0xFF09: {min: 6, system: true, run: (*Device).registration},
	0xFF3D: {min: 6, system: true, run: (*Device).beginCloseFN},
	0xFF4C: {min: 7, system: true, run: (*Device).registrationNumber},
	0xFF63: {min: 6, system: true, run: (*Device).fnMemory},
}

// operationCounter is 1Bh. Only two numbers of it are kept: 144 counts the
// receipts of the shift, 152 the documents ever printed.
func (d *Device) operationCounter(in *call) ([]byte, byte) {
	switch in.byte() {
	case 144:
		return le(nil, uint64(d.s.Receipts), 2), 0
	case 152:
		return le(nil, uint64(d.s.DocNo), 2), 0
	}
	return le(nil, 0, 2), 0
}

// warnings are the FN's: bits 0 and 1 its last 3 and 30 days, 2 an archive of
// 90 %, 3 when the OFD has not answered for three days. d.mu is held.
func (d *Device) warnings() (w byte) {
	const overdue, patience, full = 1 << 3, 3 * 24 * time.Hour, 90
	left := d.fnExpires().Sub(d.now())
	if left <= 3*24*time.Hour {
		w |= 1 << 0
	}
	if left <= 30*24*time.Hour {
		w |= 1 << 1
	}
	if d.places() <= archivePlaces*(100-full)/100 {
		w |= 1 << 2
	}
	if d.unsent() > 0 && d.now().Sub(d.first().Time) > patience {
		w |= overdue
	}
	return w
}

func (d *Device) fnExpires() time.Time {
	if !d.s.Health.Expires.IsZero() {
		return d.s.Health.Expires
	}
	return d.s.Made.AddDate(3, 0, 0)
}

func (d *Device) places() int { return max(0, archivePlaces*(100-d.s.Health.Archive)/100-len(d.docs)) }

func (d *Device) fnExpiry(*call) ([]byte, byte) {
	end := d.fnExpires()
	b := []byte{byte(end.Year() - 2000), byte(end.Month()), byte(end.Day())}
	if d.s.Health.Terse {
		return b, 0
	}
	return append(b, 11, 1), 0
}

func (d *Device) fnVersion(*call) ([]byte, byte) {
	const debug = 0
	return append(padded(nil, "fn debug v 2.20", 16), debug), 0
}

// registration is FF09h. From FFD 1.1 on it tells the extended modes (bit 4
// marked goods), the OFD and why the device was registered anew.
func (d *Device) registration(*call) ([]byte, byte) {
	b := minute(nil, d.s.Made)
	b = padded(b, d.s.INN, 12)
	b = padded(b, d.s.RNM, 20)
	b = append(b, d.s.Systems, d.workMode())
	if d.s.FFD == "1.2" && !d.s.Health.Terse {
		const marked = 1 << 4
		extended := byte(0)
		if d.s.Registered.Marking {
			extended |= marked
		}
		b = append(b, extended)
		b = padded(b, ofdINN, 12)
		b = le(b, 0, 4)
	}
	b = le(b, 1, 4)
	return le(b, uint64(d.docs[0].Sign), 4), 0
}

// registrationNumber is FF4Ch: there has been one registration.
func (d *Device) registrationNumber(in *call) ([]byte, byte) {
	if n := in.byte(); n > 1 {
		return nil, errNoData
	}
	return d.registration(in)
}

// fnMemory is FF63h: places of five-year documents, KiB for what waits for the
// OFD, percent of the notices.
func (d *Device) fnMemory(*call) ([]byte, byte) {
	const perDocument = 1 // KiB, about
	b := le(nil, uint64(d.places()), 4)
	b = le(b, uint64(max(0, bufferKB-d.unsent()*perDocument)), 4)
	if d.s.Health.Terse || d.s.FFD != "1.2" {
		return b, 0
	}
	return append(b, byte(d.noticeFill())), 0
}

// beginCloseFN is FF3Dh: the end of the FN's life, as far as it can be
// cancelled by FF08h. Nothing here goes on with it.
func (d *Device) beginCloseFN(*call) ([]byte, byte) {
	if d.mode() != modeClosed {
		return nil, errMode
	}
	return nil, d.begin(closeFNDoc)
}

// trailing is what a chatty firmware appends to answers of fixed length.
var trailing = map[uint16]bool{0x10: true, 0x11: true, 0x26: true, 0x2D: true, 0x89: true, 0xFF01: true, 0xFF03: true, 0xFF04: true, 0xFF0A: true,
	0xFF39: true, 0xFF3C: true, 0xFF40: true, 0xFF45: true, 0xFF63: true, 0xFF68: true, 0xFF69: true}

var healthFaults = []fault{
	{FaultInfo{"fn-expires", "DAYS", "the FN's keys end in so many days"}, func(d *Device, arg string) error {
		n, err := number(arg, 30, -1000, 2000)
		if err == nil {
			d.s.Health.Expires = d.now().AddDate(0, 0, n)
		}
		return err
	}},
	{FaultInfo{"fn-archive", "PERCENT", "so much of the FN's archive is taken"}, func(d *Device, arg string) (err error) {
		d.s.Health.Archive, err = number(arg, 90, 0, 100)
		return err
	}},
	{FaultInfo{"battery-low", "", "the clock's battery is at its end"}, func(d *Device, _ string) error {
		d.s.Health.Battery = 110 // 2.15 V
		return nil
	}},
	{FaultInfo{"battery-new", "", "and is replaced"}, func(d *Device, _ string) error {
		d.s.Health.Battery = 0
		return nil
	}},
	{FaultInfo{"cutter-broken", "on|off", "nothing is cut any more"}, switchOf(func(d *Device) *bool { return &d.s.Health.Cutter })},
	{FaultInfo{"terse", "on|off", "answers without the fields of newer firmware"}, switchOf(func(d *Device) *bool { return &d.s.Health.Terse })},
	{FaultInfo{"chatty", "on|off", "answers with bytes no document explains"}, switchOf(func(d *Device) *bool { return &d.s.Health.Chatty })},
}

// switchOf is toggle for what survives a power cut.
func switchOf(field func(*Device) *bool) func(*Device, string) error {
	return func(d *Device, arg string) error {
		on := false
		err := toggle(func(*faults) *bool { return &on })(d, arg)
		if err == nil {
			*field(d) = on
		}
		return err
	}
}

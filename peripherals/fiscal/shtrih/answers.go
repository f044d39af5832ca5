package shtrih

import (
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Modes and sub-modes of the device.
const (
	modeDump     = 1
	modeOpen     = 2
	modeExpired  = 3
	modeClosed   = 4
	modeConfirm  = 6 // waits for its date to be confirmed
	modeDocument = 8

	subReady    = 0
	subNoPaper  = 1
	subTorn     = 2 // paper ran out while printing
	subWaitsB0  = 3
	subReport   = 4
	subPrinting = 5
)

// Bits of the flags of 10h and 11h.
const (
	flagLid    = 1 << 10
	flagDrawer = 1 << 11
)

// answerError says that an answer is too short for what it must hold.
func answerError(cmd command) error {
	return fmt.Errorf("%w: %s: answer too short", fiscal.ErrGarbage, cmd)
}

// shortStatus is the answer to 10h. Mode and sub-mode come apart: the mode
// byte's high nibble says which document is open.
type shortStatus struct {
	flags      uint16
	mode       int
	subMode    int
	operations int // in the open receipt
	battery    int // millivolts
	supply     int
}

func parseShortStatus(data []byte) (shortStatus, error) {
	u := unpacker{b: data}
	st := shortStatus{flags: uint16(u.u(2)), mode: int(u.byte() & 0x0F), subMode: int(u.byte())}
	if u.short {
		return st, answerError(cmdShortStatus)
	}
	low := int(u.byte())
	st.battery, st.supply = int(u.byte())*1000/51, int(u.byte())*24_000/216
	u.bytes(2) // without meaning on devices with an FN
	st.operations = int(u.byte())<<8 | low
	return st, nil
}

func (s shortStatus) lid() bool { return s.flags&flagLid != 0 }

func (s shortStatus) busy() bool { return s.subMode == subReport || s.subMode == subPrinting }

// paperError says what a person has to do before anything prints; nil when
// nothing. cause may be nil.
func (s shortStatus) paperError(cause *fiscal.DeviceError) error {
	var need error
	switch {
	case s.lid():
		need = fiscal.ErrLid
	case s.subMode == subNoPaper || s.subMode == subTorn:
		need = fiscal.ErrNoPaper
	default:
		return nil
	}
	if cause == nil {
		return need
	}
	return fmt.Errorf("%w: %w: %w", fiscal.ErrRefused, need, cause)
}

// fullStatus is the answer to 11h.
type fullStatus struct {
	firmware string
	document int64 // running number of printed documents
	flags    uint16
	mode     int
	subMode  int
	clock    time.Time
	serial   uint64
}

func parseFullStatus(data []byte, zone *time.Location) (fullStatus, error) {
	u := unpacker{b: data}
	var st fullStatus
	version, build := u.ascii(2), u.u(2)
	st.firmware = fmt.Sprintf("%.40q.%d", version, build)
	if printable(version) && len(version) == 2 {
		st.firmware = fmt.Sprintf("%c.%c.%d", version[0], version[1], build)
	}
	u.bytes(3 + 1) // firmware date, hall
	st.document = int64(u.u(2))
	st.flags = uint16(u.u(2))
	st.mode, st.subMode = int(u.byte()&0x0F), int(u.byte())
	u.bytes(1 + 2 + 2 + 3) // port, fiscal memory
	d, t := u.bytes(3), u.bytes(3)
	st.clock = date(d[2], d[1], d[0], t[0], t[1], t[2], zone)
	u.bytes(1)
	st.serial = u.u(4)
	if u.short {
		return st, answerError(cmdStatus)
	}
	u.bytes(2 + 2 + 1 + 1 + 6) // last closed shift, free records, registrations, INN
	if len(u.b) == 2 {         // the 50-byte form
		st.serial |= u.u(2) << 32
	}
	return st, nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// fnStatus is the answer to FF01h.
type fnStatus struct {
	phase    int
	document byte // what is open in the FN, 0 nothing
	shift    bool
	warnings int
	fn       string
	lastFD   uint32
	lastTime time.Time // of the last document, zero when there is none
}

func parseFNStatus(data []byte, zone *time.Location) (fnStatus, error) {
	u := unpacker{b: data}
	var st fnStatus
	st.phase, st.document = int(u.byte()), u.byte()
	u.byte()
	st.shift, st.warnings = u.byte() != 0, int(u.byte())
	st.lastTime = u.minute(zone)
	st.fn = u.ascii(16)
	st.lastFD = uint32(u.u(4))
	if u.short || !digits(st.fn) {
		return st, answerError(cmdFNStatus)
	}
	return st, nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// shiftState is the answer to FF40h.
type shiftState struct {
	open    bool
	shift   int64
	receipt int64 // the last one's number within the shift
}

func parseShiftState(data []byte) (shiftState, error) {
	u := unpacker{b: data}
	st := shiftState{open: u.byte() != 0, shift: int64(u.u(2)), receipt: int64(u.u(2))}
	if u.short {
		return st, answerError(cmdShiftState)
	}
	return st, nil
}

// backlog is the answer to FF39h.
type backlog struct {
	state  int
	unsent int
	first  uint32
	since  time.Time
}

func parseBacklog(data []byte, zone *time.Location) (backlog, error) {
	u := unpacker{b: data}
	b := backlog{state: int(u.byte())}
	u.byte()
	b.unsent = int(u.u(2))
	b.first = uint32(u.u(4))
	b.since = u.minute(zone)
	if u.short {
		return b, answerError(cmdExchange)
	}
	if b.unsent == 0 {
		b.first, b.since = 0, time.Time{}
	}
	return b, nil
}

// registration is what the driver needs of the answer to FF09h.
type registration struct {
	time    time.Time
	inn     string
	number  string
	systems []tax.System
	machine bool // automatic mode
	// What follows is told from FFD 1.1 on.
	extended bool
	marking  bool
	ofdINN   string
	reasons  int64 // tag 1205
}

// Lengths of that answer: with FD and sign at its end, and with what FFD 1.1
// put before them. A time may follow either.
const (
	registrationLength = 5 + 12 + 20 + 1 + 1 + 4 + 4
	extendedLength     = registrationLength + 1 + 12 + 4
)

func parseRegistration(data []byte, zone *time.Location) (registration, error) {
	u := unpacker{b: data}
	r := registration{time: u.minute(zone), inn: u.ascii(12), number: u.ascii(20)}
	mask := u.byte()
	if u.short {
		return r, answerError(cmdRegistration)
	}
	const automatic, marked = 1 << 2, 1 << 4
	r.machine = u.byte()&automatic != 0 // of the mode: 1 encryption, 2 without an OFD, 4 automatic..
	for bit := tax.General; bit <= tax.Patent; bit <<= 1 {
		if mask&byte(bit) != 0 {
			r.systems = append(r.systems, bit)
		}
	}
	if len(data) >= extendedLength {
		r.extended = true
		r.marking = u.byte()&marked != 0 // of the extended mode: 1 excise, 2 gambling, 4 lottery, 8 vending machine, 16 marked goods
		r.ofdINN, r.reasons = u.ascii(12), int64(u.u(4))
	}
	return r, nil
}

// fnCorrection is what FF01h calls a correction being made.
const fnCorrection = 0x14

// Document forms of the FFD, as FF0Ah reports them.
const (
	formOpenShift  = 2
	formReceipt    = 3
	formBSO        = 4
	formCloseShift = 5
	formState      = 21
	formCorrection = 31
	formBSOCorrect = 41
)

// stored is a document of the FN's archive, the answer to FF0Ah.
type stored struct {
	ticket  bool // the OFD's is there
	form    byte
	time    time.Time
	fd      uint32
	sign    uint32
	shift   int64        // shift documents
	optype  byte         // receipts
	total   money.Amount // receipts
	dateBad bool
}

func parseStored(data []byte, zone *time.Location) (stored, error) {
	u := unpacker{b: data}
	d := stored{form: u.byte()}
	d.ticket = u.byte() != 0
	d.time = u.minute(zone)
	d.dateBad = d.time.IsZero()
	d.fd, d.sign = uint32(u.u(4)), uint32(u.u(4))
	switch d.form {
	case formOpenShift, formCloseShift:
		d.shift = int64(u.u(2))
	case formReceipt, formBSO, formCorrection, formBSOCorrect:
		d.optype = u.byte()
		d.total = money.Amount(u.u(5))
	}
	if u.short {
		return d, answerError(cmdFindDocument)
	}
	return d, nil
}

// closed is the answer to FF45h.
type closed struct {
	change money.Amount
	fd     uint32
	sign   uint32
	time   time.Time // only with the device's extended answers
}

func parseClosed(data []byte, zone *time.Location) (closed, error) {
	u := unpacker{b: data}
	c := closed{change: money.Amount(u.u(5)), fd: uint32(u.u(4)), sign: uint32(u.u(4))}
	if u.short {
		return c, answerError(cmdCloseReceipt)
	}
	if len(u.b) >= 5 {
		c.time = u.minute(zone)
	}
	return c, nil
}

// parseReported reads the answer to FF38h; what follows the numbers tells of
// documents the OFD has not got.
func parseReported(data []byte, zone *time.Location) (closed, error) {
	u := unpacker{b: data}
	c := closed{fd: uint32(u.u(4)), sign: uint32(u.u(4))}
	if u.short {
		return c, answerError(cmdStateReport)
	}
	u.bytes(4 + 3)
	if !u.short && len(u.b) >= 5 {
		c.time = u.minute(zone)
	}
	return c, nil
}

// parseCorrected reads the answer to FF4Ah.
func parseCorrected(data []byte, zone *time.Location) (receipt int64, c closed, err error) {
	u := unpacker{b: data}
	receipt = int64(u.u(2))
	c = closed{fd: uint32(u.u(4)), sign: uint32(u.u(4))}
	if u.short {
		return receipt, c, answerError(cmdCorrect)
	}
	if len(u.b) >= 5 {
		c.time = u.minute(zone)
	}
	return receipt, c, nil
}

// parseModel reads the name out of the answer to FCh.
func parseModel(data []byte) (string, error) {
	u := unpacker{b: data}
	u.bytes(6)
	if u.short {
		return "", answerError(cmdDeviceType)
	}
	return text.CP1251.DecodeZ(u.b), nil
}

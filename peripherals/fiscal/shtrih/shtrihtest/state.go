package shtrihtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// state is what survives a power cut, documents apart.
type state struct {
	Serial    string    `json:"serial"`
	FN        string    `json:"fn"`
	RNM       string    `json:"rnm"`
	INN       string    `json:"inn"`
	Systems   byte      `json:"tax_systems"`
	Automatic bool      `json:"automatic,omitempty"`
	FFD       string    `json:"ffd"`
	Layout    string    `json:"layout,omitempty"` // of the settings tables
	Made      time.Time `json:"registered"`

	ShiftOpen bool         `json:"shift_open"`
	Shift     int          `json:"shift"` // the current one, or the last
	OpenedAt  time.Time    `json:"opened_at,omitzero"`
	Receipts  int          `json:"receipts"` // of this shift
	Sales     money.Amount `json:"sales"`
	Returns   money.Amount `json:"returns"`
	Cash      money.Amount `json:"cash"` // in the drawer
	CashIn    turnover     `json:"cash_in,omitzero"`
	CashOut   turnover     `json:"cash_out,omitzero"`

	LastFD   uint32    `json:"last_fd"`
	LastTime time.Time `json:"last_time,omitzero"`
	SentFD   uint32    `json:"sent_fd"` // the OFD has everything up to it

	FNDoc   byte         `json:"fn_doc"` // open in the FN
	Tags    []tag        `json:"tags,omitempty"`
	Receipt *openReceipt `json:"receipt,omitempty"`
	DocNo   uint16       `json:"doc_no"`

	Tables map[string][]byte `json:"tables,omitempty"` // what differs from the factory

	Speed    byte `json:"speed"`     // of the serial port, as 14h counts
	ByteCode byte `json:"byte_code"` // its byte time-out likewise; 0: Options.ByteTimeout

	Registered registration `json:"registration"`
	Marks      marks        `json:"marks,omitzero"`
	Health     health       `json:"health,omitzero"`
	Clock      clock        `json:"clock,omitzero"`

	Drift  time.Duration `json:"drift"`      // of the clock; Clock.Timer has the FN's
	Sub    int           `json:"sub_mode"`   // 0, 1, 2 or 3; 5 follows from time
	Left   int           `json:"lines_left"` // of paper; -1: plenty
	Torn   string        `json:"torn,omitempty"`
	Lid    bool          `json:"lid_open"`
	Drawer bool          `json:"drawer_open"`
	Pulses int           `json:"drawer_pulses"`
}

// turnover counts and sums documents of the shift.
type turnover struct {
	Count int          `json:"count"`
	Sum   money.Amount `json:"sum"`
}

func (t *turnover) add(sum money.Amount) { t.Count, t.Sum = t.Count+1, t.Sum+sum }

// openReceipt is a receipt being made.
type openReceipt struct {
	Kind     byte   `json:"kind"` // as 8Dh: 0 sale, 1 buy, 2 sale return, 3 buy return
	Correct  bool   `json:"correction,omitempty"`
	Operator byte   `json:"operator"`
	Items    []Item `json:"items"`
}

// total sums the items.
func (r *openReceipt) total() (sum money.Amount) {
	for i := range r.Items {
		sum += r.Items[i].Total
	}
	return sum
}

const plentyOfPaper = -1

func newState(o Options) state {
	s := state{Serial: o.Serial, FN: o.FN, RNM: "0000000400054321", INN: o.Owner.filled().INN, FFD: o.FFD, Automatic: o.Automatic,
		Left: plentyOfPaper, Speed: speed115200, Made: o.Now().Truncate(time.Minute), Tables: map[string][]byte{}}
	if s.Serial == "" {
		s.Serial = "0000000000012345"
	}
	if s.FN == "" {
		s.FN = FNPrefix + "00054321"
	}
	if s.FFD == "" {
		s.FFD = "1.2"
	}
	for _, t := range o.TaxSystems {
		s.Systems |= byte(t)
	}
	if s.Layout = o.Layout; s.Layout == "" {
		s.Layout = DesktopLayout
	}
	s.Registered = registration{Marking: s.FFD == "1.2" && !o.NoMarking}
	if s.Systems == 0 {
		s.Systems = byte(tax.General)
	}
	return s
}

func (s *state) check() error {
	switch {
	case !strings.HasPrefix(s.FN, FNPrefix) || len(s.FN) != 16 || !digits(s.FN):
		return fmt.Errorf("shtrihtest: FN %.40q is not %s and eight digits", s.FN, FNPrefix)
	case len(s.Serial) == 0 || len(s.Serial) > 16 || !digits(s.Serial):
		return fmt.Errorf("shtrihtest: serial %.40q is not up to 16 digits", s.Serial)
	case layouts[s.Layout].hidden == nil:
		return fmt.Errorf("shtrihtest: layout %.40q is neither %s nor %s", s.Layout, DesktopLayout, AndroidLayout)
	case !doc.ValidINN(s.INN):
		return fmt.Errorf("shtrihtest: INN %.40q has wrong digits", s.INN)
	case s.FFD != "1.05" && s.FFD != "1.2":
		return fmt.Errorf("shtrihtest: FFD %.40q is neither 1.05 nor 1.2", s.FFD)
	}
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Modes.
const (
	modeOpen     = 2
	modeExpired  = 3
	modeClosed   = 4
	modeConfirm  = 6
	modeDocument = 8
)

// Sub-modes.
const (
	subReady    = 0
	subNoPaper  = 1
	subTorn     = 2
	subWaitsB0  = 3
	subPrinting = 5
)

const maxShift = 24 * time.Hour

// mode is the mode byte. d.mu is held.
func (d *Device) mode() byte {
	switch {
	case d.s.Clock.waits():
		return modeConfirm
	case d.s.Receipt != nil:
		return d.s.Receipt.Kind<<4 | modeDocument
	case !d.s.ShiftOpen:
		return modeClosed
	case d.expired():
		return modeExpired
	}
	return modeOpen
}

// expired tells whether the shift is as old as the device lets it be: 24 hours
// less the minutes of its settings.
func (d *Device) expired() bool {
	early := time.Duration(d.value(regionTable, 1, shiftLimitField)[0]) * time.Minute
	return d.s.ShiftOpen && d.now().Sub(d.s.OpenedAt) >= maxShift-early
}

// subMode is the sub-mode byte. d.mu is held.
func (d *Device) subMode() byte {
	if d.s.Sub == subReady && time.Now().Before(d.printing) {
		return subPrinting
	}
	return byte(d.s.Sub)
}

// Flags of 10h and 11h.
const (
	flagRoll    = 1 << 1
	flagPoint   = 1 << 4
	flagOptical = 1 << 7
	flagLever   = 1 << 9
	flagLid     = 1 << 10
	flagDrawer  = 1 << 11
)

func (d *Device) flags() uint16 {
	f := uint16(flagPoint | flagLever)
	if d.s.Sub != subNoPaper && d.s.Sub != subTorn {
		f |= flagRoll | flagOptical
	}
	if d.s.Lid {
		f |= flagLid
	}
	if d.s.Drawer {
		f |= flagDrawer
	}
	return f
}

// State is what a person would see of the device.
type State struct {
	Mode         int          `json:"mode"`
	SubMode      int          `json:"sub_mode"`
	Paper        bool         `json:"paper"`
	LidOpen      bool         `json:"lid_open"`
	DrawerOpen   bool         `json:"drawer_open"`
	DrawerPulses int          `json:"drawer_pulses"`
	PaperLeft    int          `json:"paper_left"` // lines; -1: plenty
	ShiftOpen    bool         `json:"shift_open"`
	Shift        int          `json:"shift"`
	Receipts     int          `json:"receipts"`
	Cash         money.Amount `json:"cash"`
	DocumentOpen bool         `json:"document_open"`
	Plugged      bool         `json:"plugged"`
	Hung         bool         `json:"hung"`
	Faults       []string     `json:"faults"` // armed or lasting, by name
	Serial       string       `json:"serial"`
	FN           string       `json:"fn"`
	FFD          string       `json:"ffd"`
	LastFD       uint32       `json:"last_fd"`
	Unsent       int          `json:"unsent"`
	Clock        time.Time    `json:"clock"`
}

// State reads the state.
func (d *Device) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return State{
		Mode: int(d.mode() & 0x0F), SubMode: int(d.subMode()), Paper: d.s.Sub != subNoPaper && d.s.Sub != subTorn, PaperLeft: d.s.Left,
		LidOpen: d.s.Lid, DrawerOpen: d.s.Drawer, DrawerPulses: d.s.Pulses,
		ShiftOpen: d.s.ShiftOpen, Shift: d.s.Shift, Receipts: d.s.Receipts, Cash: d.s.Cash,
		DocumentOpen: d.s.Receipt != nil || d.s.FNDoc != 0,
		Plugged:      d.faults.plugged, Hung: d.faults.hung, Faults: append(d.faults.active(), d.lasting()...),
		Serial: d.s.Serial, FN: d.s.FN, FFD: d.s.FFD, LastFD: d.s.LastFD, Unsent: d.unsent(), Clock: d.now(),
	}
}

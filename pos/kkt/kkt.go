// Package kkt holds what a till knows of its fiscal device (KKT): who it is,
// how it is, where its fiscal storage (FN) stands and what is asked of it.
//
// These are values only. The till's fiscal bracket (pos/till) is written in
// them, and the printer port (peripherals/fiscal) takes and returns them.
package kkt

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// OperationKind says what to register.
type OperationKind string

// The operations.
const (
	OpSale       OperationKind = "sale"
	OpSaleReturn OperationKind = "sale_return"
	OpBuy        OperationKind = "buy"
	OpBuyReturn  OperationKind = "buy_return"
	OpOpenShift  OperationKind = "open_shift"
	OpCloseShift OperationKind = "close_shift"
	// OpCorrection registers a correction receipt (FFD form 31); its direction
	// stands in the receipt's Correction.
	OpCorrection OperationKind = "correction"
	// OpStateReport registers a report on the state of settlements (form 21).
	OpStateReport OperationKind = "state_report"
	// OpCashIn and OpCashOut move cash. They leave no document in the FN.
	OpCashIn  OperationKind = "cash_in"
	OpCashOut OperationKind = "cash_out"
)

// Receipt tells whether the operation registers a receipt (FFD forms 3 and 4,
// and 31 of corrections).
func (k OperationKind) Receipt() bool {
	return k == OpSale || k == OpSaleReturn || k == OpBuy || k == OpBuyReturn || k == OpCorrection
}

// Cash tells whether the operation moves cash and leaves nothing in the FN: it
// is found again by the device's own counters.
func (k OperationKind) Cash() bool { return k == OpCashIn || k == OpCashOut }

// Operation is one document to register. Receipt is set for receipts only;
// its lines are final: a driver never splits, merges or recomputes them.
type Operation struct {
	Kind    OperationKind `json:"kind"`
	ID      uuid.UUID     `json:"id"` // the document's; sent as tag 1192 where allowed
	Cashier doc.Cashier   `json:"cashier"`
	Receipt *doc.Receipt  `json:"-"`
	// Document is the whole document, for who has to send more of it than its
	// receipt.
	Document *doc.Document `json:"-"`
	People   *doc.People   `json:"-"` // of a receipt: who gets it, and the buyer; may be nil
	Cash     money.Amount  `json:"-"` // of OpCashIn and OpCashOut, above zero
}

// Total is what the device must arrive at: 0 for shift documents.
func (o Operation) Total() money.Amount {
	if o.Receipt == nil {
		return o.Cash
	}
	return o.Receipt.Total
}

// Mark is a place in an FN's sequence of documents.
type Mark struct {
	FN        string `json:"fn"`
	FD        uint32 `json:"fd"` // last registered document
	ShiftOpen bool   `json:"shift_open"`
	Shift     int64  `json:"shift"`
	// Doc is the device's running number of printed documents and Drawer the
	// cash it counts in its drawer: the witnesses of cash movements, which the
	// FN knows nothing of. Zero where a device does not tell.
	Doc    int64        `json:"doc,omitzero"`
	Drawer money.Amount `json:"drawer,omitzero"`
	// Cloud: there is no FN here. Another till's registers our receipts, or a
	// register that has none and says nothing of its shift. Shifts are the till's
	// own.
	Cloud bool `json:"cloud,omitzero"`
}

// Same tells whether two marks are one place in one FN. Doc and Drawer are
// left out: they move with every slip that is not fiscal.
func (m Mark) Same(n Mark) bool {
	return m.FN == n.FN && m.FD == n.FD && m.ShiftOpen == n.ShiftOpen && m.Shift == n.Shift
}

// FoundKind is Find's verdict.
type FoundKind string

// The verdicts.
const (
	Registered    FoundKind = "registered"
	NotRegistered FoundKind = "not_registered"
	Foreign       FoundKind = "foreign"
	// Untold: the device can not be asked what it has registered. Only a person
	// who looks at its paper knows.
	Untold FoundKind = "untold"
)

// Found is what Find learnt.
type Found struct {
	Kind   FoundKind
	Fiscal doc.Fiscal // when Registered
	Now    Mark       // where the FN stands now
	Why    string     // for Foreign and Untold: what disagrees, or is known, for a person
}

// Identity is what does not change while a device is plugged in.
type Identity struct {
	Model      string       `json:"model"`
	Serial     string       `json:"serial"`
	Firmware   string       `json:"firmware"`
	FN         string       `json:"fn"`
	RegNumber  string       `json:"reg_number"`
	INN        string       `json:"inn"`
	TaxSystems []tax.System `json:"tax_systems"`
	FFD        string       `json:"ffd"` // "1.05", "1.2"
	TestFN     bool         `json:"test_fn"`
	Cloud      bool         `json:"cloud,omitempty"`     // no device: the cloud has another till register
	SKKO       bool         `json:"skko,omitempty"`      // a Belarusian register: it has no FN
	Automatic  bool         `json:"automatic,omitempty"` // registered for work without a cashier (tag 1001)
	Marking    bool         `json:"marking,omitempty"`   // registered for marked goods (FFD 1.2)
	Protocol   string       `json:"protocol,omitempty"`  // the line's: "v1", "v2"
	Baud       int          `json:"baud,omitempty"`      // the line's speed, where the driver had to find it
}

// ShiftState is the device's shift.
type ShiftState string

// The shift states.
const (
	ShiftClosed  ShiftState = "closed"
	ShiftOpened  ShiftState = "open"
	ShiftExpired ShiftState = "expired" // open for more than 24 hours
)

// Status is the device's changing state.
type Status struct {
	Shift        ShiftState `json:"shift"`
	ShiftNumber  int64      `json:"shift_number"`
	DrawerOpen   bool       `json:"drawer_open"` // where the device has the sensor
	Paper        bool       `json:"paper"`
	LidOpen      bool       `json:"lid_open"`
	DocumentOpen bool       `json:"document_open"`
	Printing     bool       `json:"printing"`
	Mode         int        `json:"mode"`
	SubMode      int        `json:"sub_mode"`
	Clock        time.Time  `json:"clock"`
	LastFD       uint32     `json:"last_fd"`
	LastTime     time.Time  `json:"last_time,omitzero"` // of that document; zero: there is none, or it is not told
	FNPhase      int        `json:"fn_phase"`
	FNWarnings   int        `json:"fn_warnings"`
	Unsent       int        `json:"unsent"` // documents the OFD has not confirmed
	UnsentSince  time.Time  `json:"unsent_since,omitzero"`
}

// Package doc defines the documents a till makes: what is journaled, printed,
// uploaded and served.
//
// A document is frozen when it is made. It holds lines, allocated discounts,
// VAT, rates and payments as they were sold; later readers negate, format and
// send what is stored and never compute it again. There are Evotor's 17 types
// and two of our own that stay out of Evotor's feed: CORRECTION and STATE_REPORT.
//
// Identity: ID is a UUIDv7 made before first use (it is also the cloud's
// syncid); Number is the till's one running sequence over all types. An
// intent that came to nothing leaves a void with its number, so every number
// is accounted for once.
//
// Which body pointer of Document is set follows from Type; Validate checks it
// and the money: the sum of lines is the total is the sum of payments.
package doc

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Type is a document type, spelt as Evotor spells it.
type Type string

// The document types.
const (
	OpenSession    Type = "OPEN_SESSION"
	PosOpenSession Type = "POS_OPEN_SESSION"
	CloseSession   Type = "CLOSE_SESSION"
	CashIncome     Type = "CASH_INCOME"
	CashOutcome    Type = "CASH_OUTCOME"
	Inventory      Type = "INVENTORY"
	Accept         Type = "ACCEPT"
	Revaluation    Type = "REVALUATION"
	WriteOff       Type = "WRITE_OFF"
	Return         Type = "RETURN"
	OpenTare       Type = "OPEN_TARE"
	Sell           Type = "SELL"
	Payback        Type = "PAYBACK"
	Buy            Type = "BUY"
	Buyback        Type = "BUYBACK"
	XReport        Type = "X_REPORT"
	ZReport        Type = "Z_REPORT"
	Correction     Type = "CORRECTION"
	StateReport    Type = "STATE_REPORT" // FFD form 21: state of settlements
)

// Types lists all types.
func Types() []Type {
	return []Type{OpenSession, PosOpenSession, CloseSession, CashIncome, CashOutcome, Inventory, Accept, Revaluation,
		WriteOff, Return, OpenTare, Sell, Payback, Buy, Buyback, XReport, ZReport, Correction, StateReport}
}

// ParseType reads a type in any letter case.
func ParseType(s string) (Type, error) {
	for _, t := range Types() {
		if equalFold(string(t), s) {
			return t, nil
		}
	}
	return "", fmt.Errorf("doc: unknown type %.40q", s)
}

func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		c, d := a[i], b[i]
		if 'a' <= d && d <= 'z' {
			d -= 'a' - 'A'
		}
		if c != d {
			return false
		}
	}
	return true
}

// body says which body a type carries.
func (t Type) body() string {
	switch t {
	case OpenSession, PosOpenSession, CloseSession, XReport, ZReport, StateReport:
		return "shift"
	case CashIncome, CashOutcome:
		return "cash"
	case Sell, Payback, Buy, Buyback, Correction:
		return "receipt"
	case Inventory, Accept, Revaluation, WriteOff, Return, OpenTare:
		return "stock"
	}
	return ""
}

// Receipt tells whether documents of the type are fiscal receipts.
func (t Type) Receipt() bool { return t.body() == "receipt" }

// Schema is the version of the stored JSON this package writes.
const Schema = 1

// Document is one frozen document.
type Document struct {
	ID          uuid.UUID `json:"id"`
	Type        Type      `json:"type"`
	Number      int64     `json:"number"` // running over all types of this till
	Name        string    `json:"name"`   // device prefix + number: the cloud's document name
	Time        time.Time `json:"time"`   // moment it was made, with the till's offset
	ShiftID     uuid.UUID `json:"shift_id,omitzero"`
	ShiftNumber int64     `json:"shift_number,omitzero"` // the till's; the fiscal device counts its own
	Cashier     Cashier   `json:"cashier"`
	Currency    string    `json:"currency"` // ISO 4217: RUB, BYN
	ClockBad    bool      `json:"clock_bad,omitzero"`

	Receipt *Receipt `json:"receipt,omitempty"`
	Cash    *Cash    `json:"cash,omitempty"`
	Shift   *Shift   `json:"shift,omitempty"`
	Stock   *Stock   `json:"stock,omitempty"`

	Fiscal *Fiscal `json:"fiscal,omitempty"` // set once the FN has registered it

	// People is who the document is about. It is never part of the stored
	// document: the journal keeps it beside it, encrypted with a key that can
	// be erased.
	People *People `json:"-"`
}

// Cashier is who made a document.
type Cashier struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Position string `json:"position,omitempty"`
	INN      string `json:"inn,omitempty"` // 12 digits or nothing
}

// Title is tag 1021: position and name.
func (c Cashier) Title() string {
	if c.Position == "" {
		return c.Name
	}
	return c.Position + " " + c.Name
}

// Receipt is the body of SELL, PAYBACK, BUY, BUYBACK and CORRECTION.
type Receipt struct {
	ChequeID uuid.UUID    `json:"cheque_id"` // the cart it came from
	Lines    []Line       `json:"lines"`
	Payments []Payment    `json:"payments"`
	Gross    money.Amount `json:"gross"`    // before discounts
	Discount money.Amount `json:"discount"` // Gross - sum of lines
	Total    money.Amount `json:"total"`    // sum of lines, kopecks dropped = sum of payments
	// Rounding is what was dropped from the sum of lines: kopecks only, so that
	// Total is whole roubles. Zero as a rule.
	Rounding  money.Amount `json:"rounding,omitzero"`
	VAT       []VATSum     `json:"vat"` // per rate, in order of first appearance
	TaxSystem tax.System   `json:"tax_system"`
	Catalog   int64        `json:"catalog_generation"`

	CustomerID string    `json:"customer_id,omitempty"` // of the known customer, as the cloud knows him; the name is in People
	Bonus      *Bonus    `json:"bonus,omitempty"`       // of a sale: what became of the customer's points
	Remote     *Remote   `json:"remote,omitempty"`      // registered for another till; the money is there
	Recalc     *Recalc   `json:"recalc,omitempty"`      // whose prices these are, where a cloud makes them
	BaseID     uuid.UUID `json:"base_id,omitzero"`      // the sale a return undoes
	BaseNo     int64     `json:"base_number,omitzero"`
	// Group and Groups: one cheque that needs several receipts, one for each
	// tax system, is the first, second.. of so many. Zero for the only one.
	Group      int     `json:"print_group,omitzero"`
	Groups     int     `json:"print_groups,omitzero"`
	Electronic bool    `json:"electronic,omitzero"` // sent to the customer, not printed
	Automatic  bool    `json:"automatic,omitzero"`  // made by a machine without a cashier
	Correction *Ground `json:"correction,omitempty"`
	// Reason says why goods came back without their sale; Other is the receipt of
	// another till that the customer showed.
	Reason string        `json:"reason,omitempty"`
	Other  *OtherReceipt `json:"other_receipt,omitempty"`
	// Claim is what a receipt begins that is used up later; its id is the
	// document's. Repays is the debt a receipt pays off, or on a return revives.
	Claim  *Claim   `json:"claim,omitempty"`
	Repays ClaimRef `json:"repays,omitzero"`
	// Hands is the prepayment whose goods a receipt hands over, all of them or
	// some, or on a return takes back onto it.
	Hands ClaimRef `json:"hands_over,omitzero"`
	// Tablet is the id of the cheque with the program beside the till that has
	// filled it: a waiter's tablet.
	Tablet string `json:"tablet,omitempty"`
	Order  *Order `json:"order,omitempty"` // the customer's order it belongs to
	// Instead is the fiscal sign of a wrong receipt that this one undoes or
	// replaces (tag 1192). Only in FFD 1.05: later formats correct by CORRECTION.
	Instead string `json:"instead,omitempty"`
}

// Line is one line as sold.
type Line struct {
	ID        uuid.UUID    `json:"id"`
	ItemID    string       `json:"item_id,omitempty"` // catalogue id
	ItemType  string       `json:"item_type,omitempty"`
	Code      string       `json:"code,omitempty"`
	Barcode   string       `json:"barcode,omitempty"` // as scanned
	Name      string       `json:"name"`
	Unit      string       `json:"unit,omitempty"`
	UnitCode  int          `json:"unit_code"` // FFD tag 2108: 0 piece, 11 kilogram
	Qty       qty.Milli    `json:"qty"`       // thousandths, always positive
	BasePrice money.Amount `json:"base_price"`
	Price     money.Amount `json:"price"` // unit price after discounts, as printed
	Gross     money.Amount `json:"gross"` // BasePrice*Qty
	Discount  money.Amount `json:"discount"`
	Total     money.Amount `json:"total"` // Price*Qty = Gross-Discount
	Rate      tax.Rate     `json:"rate"`
	VAT       money.Amount `json:"vat"`    // included in Total
	Kind      int          `json:"kind"`   // FFD tag 1212: 1 goods, 4 service
	Method    int          `json:"method"` // FFD tag 1214: 4 full settlement
	// Prepaid is, of a line that is handed over, what of Total its prepayment pays.
	Prepaid money.Amount `json:"prepaid,omitzero"`
	Mark    string       `json:"mark,omitempty"` // marking code, byte for byte
	// MarkStatus is tag 2003, what the sale makes of a marked unit: 1 piece
	// sold, 2 measured goods sold, 3 piece returned, 4 measured goods returned.
	MarkStatus int `json:"mark_status,omitzero"`
	// MarkAnyway: sold although the check of its code proved something wrong.
	// Without it such a line is refused before anything is registered.
	MarkAnyway bool `json:"mark_anyway,omitzero"`
	// MarkProven: sold only when the check of its code proved all of it right.
	MarkProven  bool         `json:"mark_proven,omitzero"`
	Permit      *Permit      `json:"permit,omitempty"`
	Agent       *Agent       `json:"agent,omitempty"`
	Supplier    *Supplier    `json:"supplier,omitempty"`
	Country     string       `json:"country,omitempty"`     // tag 1230: OKSM code, 3 digits
	Declaration string       `json:"declaration,omitempty"` // tag 1231: customs declaration
	Excise      money.Amount `json:"excise,omitzero"`       // tag 1229
	Attribute   string       `json:"attribute,omitempty"`   // tag 1191
	PackID      string       `json:"pack_id,omitempty"`
	Serial      string       `json:"serial,omitempty"`    // number of the unit that is sold
	SerialID    string       `json:"serial_id,omitempty"` // the cloud's id of that number
	Bundle      *Bundle      `json:"bundle,omitempty"`    // it is a part of
	Groups      []string     `json:"groups,omitempty"`    // under whose restrictions (age, hours) it is
	Discounts   []Reason     `json:"discounts,omitempty"`
}

// Bundle is a bundle that is sold as its parts, each a line.
type Bundle struct {
	ID   uuid.UUID `json:"id"` // of this one: its parts have the same
	Item string    `json:"item_id"`
	Name string    `json:"name"`
}

// Reason says why a line got cheaper.
type Reason struct {
	RuleID string       `json:"rule_id,omitempty"`
	Name   string       `json:"name"`
	Sum    money.Amount `json:"sum"` // of the whole line
}

// VATSum is the VAT of one rate in a receipt.
type VATSum struct {
	Rate  tax.Rate     `json:"rate"`
	Total money.Amount `json:"total"` // turnover of the rate
	VAT   money.Amount `json:"vat"`
}

// PaymentType is a kind of payment, as Evotor spells it.
type PaymentType string

// The payment types.
const (
	PayCash     PaymentType = "CASH"
	PayElectron PaymentType = "ELECTRON"
	PayAdvance  PaymentType = "ADVANCE"
	PayCredit   PaymentType = "CREDIT"
	PayCounter  PaymentType = "COUNTEROFFER" // something else in return, tag 1217
)

// Payment is one payment of a receipt.
type Payment struct {
	ID       uuid.UUID    `json:"id"`
	Type     PaymentType  `json:"type"`
	Sum      money.Amount `json:"sum"`               // kept, without change
	Tendered money.Amount `json:"tendered,omitzero"` // cash handed over
	Change   money.Amount `json:"change,omitzero"`
	Slot     int          `json:"slot,omitzero"` // of ELECTRON: which kind of it the fiscal device counts, 2..13; 0 is its first, 2
	// QR: by the customer's telephone, not by card. Of ELECTRON, and of an
	// ADVANCE that had been paid so.
	QR bool `json:"qr,omitzero"`
	// Via is how an ADVANCE had been paid, CASH or ELECTRON, where that is known.
	Via PaymentType `json:"via,omitempty"`
	// Claim is the advance, prepayment or certificate that an ADVANCE uses up.
	Claim ClaimRef `json:"claim,omitzero"`
	// Slip is, of ELECTRON, what the payment terminal or the service of payments
	// by QR said; nil where none was asked. Never changed in place.
	Slip *Slip `json:"slip,omitempty"`
}

// Way is a payment's kind without its sum: what comes back goes the same way.
type Way struct {
	Type  PaymentType
	Slot  int
	QR    bool
	Via   PaymentType
	Claim ClaimRef
	Slip  uuid.UUID // operation of the terminal that brought the money
}

// Way tells which way the money went.
func (p Payment) Way() Way {
	return Way{Type: p.Type, Slot: p.Slot, QR: p.QR, Via: p.Via, Claim: p.Claim, Slip: p.Slip.Origin()}
}

// By makes a payment of a sum that goes this way. What a terminal has brought
// has a slip that says where it goes, and not yet how it went.
func (w Way) By(id uuid.UUID, sum money.Amount) Payment {
	p := Payment{ID: id, Type: w.Type, Sum: sum, Slot: w.Slot, QR: w.QR, Via: w.Via, Claim: w.Claim}
	if w.Slip != uuid.Nil {
		p.Slip = &Slip{Kind: SlipCard, Operation: id, Of: w.Slip, Sum: sum}
		if w.QR {
			p.Slip.Kind = SlipQR
		}
	}
	return p
}

// Electronic tells whether it is electronic money, given now or in advance.
func (w Way) Electronic() bool {
	return w.Type == PayElectron || (w.Type == PayAdvance && w.Via == PayElectron)
}

// Fiscal is what the fiscal device said when it registered the document. The
// key of a fiscal document is (FN, FD).
type Fiscal struct {
	FN        string       `json:"fn"`             // 16 digits; of a Belarusian register its number in СККО
	FD        uint32       `json:"fd"`             // number of the fiscal document within the FN; of a Belarusian register that of its cheque
	Sign      uint32       `json:"sign"`           // ФПД, printed as decimal
	Shift     int64        `json:"shift"`          // the device's shift number
	Receipt   int64        `json:"receipt"`        // number within the shift
	Time      time.Time    `json:"time"`           // the device's time
	Total     money.Amount `json:"total,omitzero"` // as the device registered it
	Serial    string       `json:"serial,omitempty"`
	RegNumber string       `json:"reg_number,omitempty"`
	Cloud     bool         `json:"cloud,omitzero"`     // by another till's device, through the cloud
	Recovered bool         `json:"recovered,omitzero"` // read from the FN after an answer was lost
	// SKKO: by a Belarusian register, which has no FN and signs nothing: its
	// documents are known by UID to the СККО, the state's system of their control.
	SKKO bool   `json:"skko,omitzero"`
	UID  string `json:"uid,omitempty"`
	// ByHand: its answer was lost, and a person has read the numbers off its paper.
	ByHand bool `json:"by_hand,omitzero"`
	// Marks are the checks of marked lines, as they went on the receipt.
	Marks []MarkCheck `json:"marks,omitempty"`
}

// Cash is the body of CASH_INCOME and CASH_OUTCOME. Who brought or took it
// stands in People.
type Cash struct {
	Sum         money.Amount `json:"sum"`
	Description string       `json:"description,omitempty"`
	Category    int          `json:"category,omitzero"`
}

// Shift is the body of the session and report documents: totals of the shift
// at that moment.
type Shift struct {
	OpenedAt    time.Time    `json:"opened_at"`
	Sales       Turnover     `json:"sales"`
	Returns     Turnover     `json:"returns"`
	Buys        Turnover     `json:"buys,omitzero"`      // from people
	BuysBack    Turnover     `json:"buys_back,omitzero"` // ..given back to them
	CashIn      Count        `json:"cash_in"`
	CashOut     Count        `json:"cash_out"`
	Remote      Count        `json:"remote,omitzero"`      // receipts for other tills; their money is not in the drawer nor in the revenue
	Corrections Count        `json:"corrections,omitzero"` // of both signs: sales add to the sum, returns take from it
	Drawer      money.Amount `json:"drawer"`               // cash that should be in the drawer
	Revenue     money.Amount `json:"revenue"`              // sales minus returns, corrections included
	// Acquired is what payment terminals and services of payments by QR have moved
	// by themselves, returns taken off; Acquiring compares it with their own sums.
	Acquired    money.Amount `json:"acquired,omitzero"`
	Acquiring   *Acquiring   `json:"acquiring,omitempty"`
	FirstNumber int64        `json:"first_number,omitzero"`
	LastNumber  int64        `json:"last_number,omitzero"`
}

// Acquiring is what a payment terminal said when the shift was closed.
type Acquiring struct {
	Paid     Count `json:"paid"`
	Refunded Count `json:"refunded"`
	// Difference is what the terminal has more than the shift's documents.
	Difference money.Amount `json:"difference,omitzero"`
	Problem    string       `json:"problem,omitempty"` // code of why it did not tell
}

// Turnover sums receipts of one direction.
type Turnover struct {
	Count    int64        `json:"count"`
	Total    money.Amount `json:"total"`
	Cash     money.Amount `json:"cash"`
	Electron money.Amount `json:"electron"`
	Advance  money.Amount `json:"advance,omitzero"` // paid before, used up now
	Credit   money.Amount `json:"credit,omitzero"`  // to be paid later
	Discount money.Amount `json:"discount"`
	VAT      []VATSum     `json:"vat,omitempty"`
}

// Count sums movements of cash.
type Count struct {
	Count int64        `json:"count"`
	Sum   money.Amount `json:"sum"`
}

// Stock is the body of the stock documents.
type Stock struct {
	Positions []StockPosition `json:"positions"`
	Sum       money.Amount    `json:"sum,omitzero"`
	Supplier  string          `json:"supplier,omitempty"`
	Complete  bool            `json:"complete,omitzero"`
	BaseID    uuid.UUID       `json:"base_id,omitzero"`
	BaseNo    int64           `json:"base_number,omitzero"`
	Comment   string          `json:"comment,omitempty"`
}

// StockPosition is one line of a stock document.
type StockPosition struct {
	ID       uuid.UUID    `json:"id"`
	ItemID   string       `json:"item_id"`
	Code     string       `json:"code,omitempty"`
	Barcode  string       `json:"barcode,omitempty"`
	Name     string       `json:"name"`
	Unit     string       `json:"unit,omitempty"`
	Qty      qty.Milli    `json:"qty"`
	Before   qty.Milli    `json:"before"`
	Price    money.Amount `json:"price,omitzero"`
	OldPrice money.Amount `json:"old_price,omitzero"`
	Cost     money.Amount `json:"cost,omitzero"`
	Sum      money.Amount `json:"sum,omitzero"`
	Mark     string       `json:"mark,omitempty"` // marking code, byte for byte; the position is one unit
}

package till

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/stock"
)

// View is the till as screens, displays and programs see it. It is a copy:
// nothing in it changes later. Sums are kopecks, quantities thousandths.
type View struct {
	Phase        string       `json:"phase"`
	Store        string       `json:"store,omitempty"`
	Organization string       `json:"organization,omitempty"`
	Currency     string       `json:"currency"`
	Cashier      *doc.Cashier `json:"cashier"`
	Role         catalog.Role `json:"role,omitempty"` // the cashier's
	Shift        *ShiftView   `json:"shift"`
	Cheque       ChequeView   `json:"cheque"`
	Paying       *ChequeView  `json:"paying"` // being registered right now
	Payment      *PaymentView `json:"payment"`
	Doubt        *DoubtView   `json:"doubt"` // what the till stopped at, or asks the device about
	Resumed      bool         `json:"-"`     // what a restart cut off is being ended
	Aside        []AsideView  `json:"aside"` // receipts in a cloud's queue nobody waits for, oldest first
	Parked       []ParkedView `json:"parked"`
	Notices      []Notice     `json:"notices"` // unknown codes and other rows beside the cheque
	Last         *LastView    `json:"last"`    // last receipt, until the next scan
	Receipt      *LastView    `json:"receipt"` // last receipt, until the next one
	KKT          KKTView      `json:"kkt"`
	// Terminal tells what a payment terminal or a service of codes moves by itself.
	Terminal   TerminalView    `json:"terminal"`
	Warnings   []fault.Warning `json:"warnings"`
	Scans      int             `json:"scans"`     // codes waiting to be looked up
	Questions  []QuestionView  `json:"questions"` // a person has to answer, oldest first
	Checks     []CheckView     `json:"checks"`    // units that wait for the permit port or the scale
	Scale      bool            `json:"scale"`     // there is one to weigh on
	Help       *time.Time      `json:"help"`      // since when the attendant is called
	Stock      *StockView      `json:"stock"`     // the stock document that is being filled
	Kitchen    *KitchenView    `json:"kitchen"`   // null: there is none
	Catalog    int64           `json:"catalog_generation"`
	LastNumber int64           `json:"last_number"`
	LastShift  int64           `json:"last_shift"` // its number; of the open one when there is one
	Claims     []Claim         `json:"-"`          // live advances, certificates, prepayments and debts; many

	// Permissions are what the cashier may do alone; Approval is somebody's word
	// for one thing more.
	promotions, own []catalog.Promotion
	sheet           *stock.Sheet

	explain func() (pricing.Trace, error)
	waiting func() []Waiting

	Permissions []catalog.Permission `json:"permissions"`
	Approval    *ApprovalView        `json:"approval"`
}

// Explain tells of every line of the open cheque how its price came about, and
// why rules that cover it did not work. It is worked out when it is asked for.
func (v *View) Explain() (pricing.Trace, error) {
	if v.explain == nil {
		return pricing.Trace{Lines: []pricing.LineTrace{}}, nil
	}
	return v.explain()
}

// TerminalView is what moves money that is not cash.
type TerminalView struct {
	Card bool `json:"card"`
	QR   bool `json:"qr"`
}

// ShiftView is the open shift.
type ShiftView struct {
	ID       uuid.UUID `json:"id"`
	Number   int64     `json:"number"`
	OpenedAt time.Time `json:"opened_at"`
	Expired  bool      `json:"expired"`
	Due      bool      `json:"due"` // it should be closed now, at a quiet moment
	Totals   doc.Shift `json:"totals"`
}

// ChequeView is a priced cheque. Lines are as they would be sold now.
type ChequeView struct {
	ID       uuid.UUID    `json:"id,omitzero"`
	Revision int64        `json:"revision"`
	Catalog  int64        `json:"catalog_generation,omitempty"` // the one its first line came from; it stays with that
	Lines    []doc.Line   `json:"lines"`
	Gross    money.Amount `json:"gross"`
	Discount money.Amount `json:"discount"`
	Total    money.Amount `json:"total"`
	VAT      []doc.VATSum `json:"vat"`
	Touched  uuid.UUID    `json:"touched,omitzero"` // line changed last
	Problem  *fault.Error `json:"-"`                // why it can not be priced
	Code     fault.Code   `json:"problem,omitempty"`

	People     *doc.People `json:"-"`                 // who gets the receipt, and the buyer
	Contact    string      `json:"contact,omitempty"` // masked
	Electronic bool        `json:"electronic,omitempty"`

	Customer *CustomerView  `json:"customer,omitempty"`
	Coupons  []string       `json:"coupons,omitempty"`
	Adjust   *cheque.Adjust `json:"adjust,omitempty"` // by hand, of the whole cheque
	Bonus    money.Amount   `json:"bonus,omitempty"`  // points that are spent, as money
	// CashTotal is what it comes to when it is paid in cash alone; 0: the same.
	CashTotal money.Amount `json:"cash_total,omitempty"`
	// Repriced are the lines whose price changed while the cheque was parked.
	Repriced []PriceChange `json:"repriced,omitempty"`
	// Reasons are why the cheque is cheaper, each with its sum over all lines.
	Reasons []doc.Reason `json:"reasons,omitempty"`
	// Recalc says whose prices these are where a cloud is asked for them, and
	// Recalculating that it is being asked.
	Recalc        *cheque.Recalc `json:"recalc,omitempty"`
	Recalculating bool           `json:"recalculating,omitempty"`
	// Notes say of lines how the customer wants them made.
	Notes map[uuid.UUID]string `json:"notes,omitempty"`
}

// CustomerView is the cheque's customer. The name is people's data: screens
// show it, and programs that ask for it by its id.
type CustomerView struct {
	ID    string        `json:"id"`
	Name  string        `json:"-"`
	Tags  []string      `json:"tags,omitempty"`
	Bonus *money.Amount `json:"bonus,omitempty"` // what the points are worth; absent: not known
}

// PaymentView is the payment under way. A purchase of several tax systems is
// registered as Groups receipts, of which this is number Group.
type PaymentView struct {
	Kind     kkt.OperationKind `json:"kind"`
	Type     doc.PaymentType   `json:"type"` // the last one's
	Paid     []doc.Payment     `json:"paid"` // every way, with its sum
	Tendered money.Amount      `json:"tendered"`
	Change   money.Amount      `json:"change"`
	Step     string            `json:"step"` // the phase
	Charge   *ChargeView       `json:"charge,omitempty"`
	Group    int               `json:"group,omitempty"`
	Groups   int               `json:"groups,omitempty"`
}

// DoubtView is a document of which nobody knows yet whether it is registered,
// or the rest of a purchase that is registered in part.
type DoubtView struct {
	Kind   kkt.OperationKind `json:"kind"`
	Number int64             `json:"number,omitzero"` // of its document
	Sum    money.Amount      `json:"sum,omitzero"`
	Since  time.Time         `json:"since,omitzero"`   // when the document was made
	Code   fault.Code        `json:"problem"`          // why nobody knows
	Args   []string          `json:"args,omitempty"`   // of the problem
	Detail string            `json:"detail,omitempty"` // in the device's words
	Fault  *fault.Error      `json:"-"`                // the problem whole, for screens
	Queued bool              `json:"queued,omitempty"` // in a cloud's queue: giving it up sets it aside
	Asking bool              `json:"asking,omitempty"` // the till still asks the device by itself
	Part   bool              `json:"part,omitempty"`   // earlier receipts of the purchase are registered
	// Charge: it is money that nobody knows about, Done: the terminal's journal has
	// it. Held: money was moved and is not registered; Retry registers it, giving
	// it up gives it back.
	Charge *ChargeView  `json:"charge,omitempty"`
	Held   money.Amount `json:"held,omitzero"`
	// Retry can help; Done: a person may say that it did happen.
	Retry bool `json:"retry,omitempty"`
	Done  bool `json:"done,omitempty"`
	// Paper: for Done the receipt's number on the device's paper is wanted, and
	// the register's as well where Register, which the till knows, is empty.
	Paper    bool   `json:"paper,omitempty"`
	Register string `json:"register,omitempty"`
}

// Text gives the problem in the operator's language.
func (d *DoubtView) Text(lang string) string { return fault.Text(d.Code, lang, d.Args...) }

// ParkedView is a parked cheque in a list.
type ParkedView struct {
	ID    uuid.UUID    `json:"id"`
	Name  string       `json:"name"`
	Lines int          `json:"lines"`
	Total money.Amount `json:"total"`
	Since time.Time    `json:"since"`

	Tablet *TabletView `json:"tablet,omitempty"` // a program beside the till has filled it
}

// TabletView is what a program said of a cheque it has put aside.
type TabletView struct {
	ID     string `json:"id"`              // the program's
	Order  bool   `json:"order,omitempty"` // of a table; else a cheque that waits
	Table  *int64 `json:"table,omitempty"`
	Place  *int64 `json:"place,omitempty"`
	Note   string `json:"note,omitempty"`
	Number string `json:"number,omitempty"` // that people call it by
}

func viewTablet(a *cheque.Tablet) *TabletView {
	if a == nil {
		return nil
	}
	return &TabletView{ID: a.ID, Order: a.Order, Table: a.Table, Place: a.Place, Note: a.Note, Number: a.Number}
}

// Notice is a row beside the cheque: a code that is not in it, and why.
type Notice struct {
	ID   uuid.UUID  `json:"id"`
	At   time.Time  `json:"at"`
	Code fault.Code `json:"code"`
	Args []string   `json:"args,omitempty"`
	Raw  string     `json:"raw"` // as scanned, printable

	Receipt *gs1.Receipt `json:"receipt,omitempty"` // a receipt's QR code was scanned: what it says
}

// Text gives the notice in the operator's language.
func (n Notice) Text(lang string) string { return fault.Text(n.Code, lang, n.Args...) }

// LastView is the last receipt. Of an exchange the sums are what changed hands:
// below zero when it was given back.
type LastView struct {
	ChequeID   uuid.UUID       `json:"cheque_id"`
	DocumentID uuid.UUID       `json:"document_id"`
	Number     int64           `json:"number"`
	Type       doc.Type        `json:"type"`
	Payment    doc.PaymentType `json:"payment"` // the last one's
	Paid       []doc.Payment   `json:"paid"`    // every way, with its sum
	Total      money.Amount    `json:"total"`
	Tendered   money.Amount    `json:"tendered"`
	Change     money.Amount    `json:"change"`
	FN         string          `json:"fn"`
	FD         uint32          `json:"fd"`
	Sign       uint32          `json:"sign"`
	QR         string          `json:"qr,omitempty"` // what the receipt's QR code says, of one receipt
	At         time.Time       `json:"at"`
	Parts      []LastPart      `json:"parts,omitempty"` // of a purchase of several receipts
}

// LastPart is one receipt of several that are one purchase.
type LastPart struct {
	DocumentID uuid.UUID       `json:"document_id"`
	Number     int64           `json:"number"`
	Type       doc.Type        `json:"type"`
	Payment    doc.PaymentType `json:"payment"`
	Paid       []doc.Payment   `json:"paid"`
	Cash       bool            `json:"cash,omitempty"`
	Total      money.Amount    `json:"total"`
	Tendered   money.Amount    `json:"tendered"`
	Change     money.Amount    `json:"change"`
	FN         string          `json:"fn"`
	FD         uint32          `json:"fd"`
	Sign       uint32          `json:"sign"`
	QR         string          `json:"qr,omitempty"`
}

// KKTView is the fiscal device on a screen.
type KKTView struct {
	Device
	Code  fault.Code `json:"problem,omitempty"` // why payments are refused
	FN    string     `json:"fn,omitempty"`      // the till's; the device's is in its identity
	Steps []FNStep   `json:"fn_steps"`          // of changing it, in order
}

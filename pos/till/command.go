package till

import (
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Req numbers a command so that its Reply finds the way back; 0 wants none.
// Every command embeds it.
type Req uint64

func (r Req) request() Req { return r }

// Seen is the cheque a person looked at. A command about another cheque, or
// another revision of it, is stale. Zero fields match anything.
type Seen struct {
	Cheque   uuid.UUID
	Revision int64
}

// Once is the id of the document a command makes. Repeating the command with
// the id of a document that was made lately succeeds and does nothing: a
// caller whose answer got lost may ask again. The till remembers the last of the
// open shift; a face that lets ids in asks the journal for older ones. Zero lets
// the till mint one.
type Once struct{ ID uuid.UUID }

func (o Once) once() uuid.UUID { return o.ID }

// Commands. Each with a Req is answered by exactly one Reply.
type (
	// Login asks to check a PIN.
	Login struct {
		Req
		PIN string
	}
	// Approve asks to check the PIN of somebody who lets the cashier's next
	// command through that the cashier may not give.
	Approve struct {
		Req
		PIN string
	}
	// Logout ends the cashier's session.
	Logout struct{ Req }
	// OpenShift opens the shift on the fiscal device and in the journal.
	OpenShift struct{ Req }
	// CloseShift prints the Z report and closes the shift.
	CloseShift struct {
		Req
		watch bool // the till's own doing
	}
	// XReport prints the totals so far.
	XReport struct{ Req }
	// StateReport registers a report on the state of settlements.
	StateReport struct{ Req }
	// CashIn puts money into the drawer that no sale brought.
	CashIn struct {
		Req
		Once
		CashMove
	}
	// CashOut takes money out of the drawer, at most what is in it.
	CashOut struct {
		Req
		Once
		CashMove
	}
	// CountDrawer remembers what a person counted in the drawer, beside what
	// should be in it. It moves nothing.
	CountDrawer struct {
		Req
		Sum money.Amount
	}
	// Scan is a scanned or typed code, "5*code" for five of it. From a device
	// Req is 0 and the answer is on the screen. Length is set when the code was
	// too long to be kept, Misread when its end did not come: both are shown and
	// never looked up.
	Scan struct {
		Req
		Code    string
		Device  string
		Length  int
		Misread bool
	}
	// SetQty changes a line's quantity.
	SetQty struct {
		Req
		Line uuid.UUID
		Qty  qty.Milli
		Seen Seen
	}
	// VoidLine takes a line out of the cheque.
	VoidLine struct {
		Req
		Line uuid.UUID
		Seen Seen
	}
	// VoidCheque empties the cheque.
	VoidCheque struct {
		Req
		Seen Seen
	}
	// SetPrice types the price of one unit of a line; 0: the catalogue's again.
	SetPrice struct {
		Req
		Line  uuid.UUID
		Price money.Amount
		Seen  Seen
	}
	// AdjustLine makes a line cheaper by hand: by a percent (5 % is 5000) or by a
	// sum, below zero dearer; neither takes the change back.
	AdjustLine struct {
		Req
		Line    uuid.UUID
		Percent int64
		Sum     money.Amount
		Seen    Seen
	}
	// AdjustCheque does the same to all of the cheque that may be changed.
	AdjustCheque struct {
		Req
		Percent int64
		Sum     money.Amount
		Seen    Seen
	}
	// SetCustomer names the customer by id, card, telephone or name. Several that
	// fit are refused: which one is a question for a person.
	SetCustomer struct {
		Req
		Text string
		Seen Seen
	}
	// ClearCustomer forgets the cheque's customer.
	ClearCustomer struct {
		Req
		Seen Seen
	}
	// AddCoupon gives a coupon to the cheque.
	AddCoupon struct {
		Req
		Code string
		Seen Seen
	}
	// RemoveCoupon takes a coupon back.
	RemoveCoupon struct {
		Req
		Code string
		Seen Seen
	}
	// SpendBonus pays with so much of the customer's points; 0 takes it back.
	SpendBonus struct {
		Req
		Sum  money.Amount
		Seen Seen
	}
	// Recalculate asks the cloud for the cheque's prices, as paying it would.
	Recalculate struct {
		Req
		Seen Seen
	}
	// Fiscalise registers a receipt for another till, as the cloud has asked; its
	// Once is the cloud's id of the operation. Cheque has the cloud's sums
	// (Recalc) and lines made by RemoteLine; Payments add up to them, or, where
	// the goods are Prepaid, to the part of them that is paid.
	Fiscalise struct {
		Req
		Once
		Type     doc.Type // SELL or PAYBACK
		Remote   doc.Remote
		Prepaid  bool // for goods that are handed over later, or the return of that
		Cheque   cheque.Cheque
		Payments []doc.Payment
		People   *doc.People
	}
	// SetPromotions replaces the till's own promotions, those that do not come
	// with the catalogue.
	SetPromotions struct {
		Req
		Promotions []catalog.Promotion
	}
	// SetContact says where the cheque's receipt is sent: +7.. or an e-mail
	// address, "" nowhere. Electronic leaves out the paper.
	SetContact struct {
		Req
		Contact    string
		Electronic bool
		Seen       Seen
	}
	// SetBuyer names the organisation or entrepreneur that buys; nil: nobody.
	SetBuyer struct {
		Req
		Buyer *doc.Buyer
		Seen  Seen
	}
	// Park sets the cheque aside.
	Park struct {
		Req
		Name string
	}
	// Recall takes a parked cheque back; the open one must be empty.
	Recall struct {
		Req
		ID uuid.UUID
	}
	// Pay pays the cheque. Tendered is the cash handed over, 0 means exact;
	// by card it must be 0. Parts pay it in several ways instead. Repeating it
	// for the cheque that was paid last (by Seen.Cheque) succeeds and does
	// nothing.
	Pay struct {
		Req
		Type     doc.PaymentType
		QR       bool // of ELECTRON: by the customer's telephone
		Tendered money.Amount
		Parts    []Part
		Seen     Seen
	}
	// Return gives back what was sold by a document of this till: the lines
	// named, or all that is left. The money goes back the way it came, what was
	// paid in advance onto that advance; Payment chooses where a sale was paid in
	// several ways, or AsMoney.
	Return struct {
		Req
		Once
		Sale    uuid.UUID
		Lines   []ReturnLine
		Payment doc.PaymentType
	}
	// TakeBack takes the goods in the open cheque back without their sale, at the
	// prices in the cheque. Of is the receipt of another till the customer shows;
	// Left what has not come back of it yet.
	TakeBack struct {
		Req
		Once
		Reason  string          // for the books; required
		Payment doc.PaymentType // CASH or ELECTRON
		Of      *doc.OtherReceipt
		Left    money.Amount
		Seen    Seen
	}
	// Exchange gives back what a sale of this till sold, or lines of it, and sells
	// the open cheque: two receipts, one after the other. What comes back pays
	// for the new goods; Parts pay the difference, or the difference goes back
	// the way it came. Without a Sale the goods in Back come back, as TakeBack
	// takes them: for a Reason, and Payment says how they had been paid for.
	Exchange struct {
		Req
		Once
		Sale    uuid.UUID
		Lines   []ReturnLine
		Back    []BackLine
		Reason  string
		Payment doc.PaymentType
		Parts   []Part
		Seen    Seen
	}
	// TakeOrder makes the empty cheque of a customer's order, at its prices.
	TakeOrder struct {
		Req
		Order      cheque.Order
		Generation int64 // of the catalogue the items are from
		Lines      []OrderLine
	}
	// SellClaim sells an advance or a gift certificate.
	SellClaim struct {
		Req
		Once
		Kind    doc.ClaimKind
		Number  string // of a certificate; an advance is known by its document
		Sum     money.Amount
		Expires string   // last day it can be used, 2026-12-31; "": never expires
		Rate    tax.Rate // of what it will be for; "": the store's usual one
		Parts   []Part
	}
	// Prepay takes money for the goods in the open cheque, which are handed over
	// later. Sum 0: all of it.
	Prepay struct {
		Req
		Once
		Sum   money.Amount
		Parts []Part
		Seen  Seen
	}
	// HandOver gives the customer what was prepaid: the goods in the open cheque,
	// which were scanned for it; or, when that is empty, the lines named; or all
	// that is left. Prices are those of the prepayment. What was prepaid for a
	// line pays for it, Parts pay the rest.
	HandOver struct {
		Req
		Once
		Claim string // the prepayment's number or id
		Lines []ReturnLine
		Parts []Part
		Seen  Seen
	}
	// Repay pays for what was sold on credit. Sum 0: all that is owed.
	Repay struct {
		Req
		Once
		Claim string // the debt's number or id
		Sum   money.Amount
		Parts []Part
	}
	// NoSale opens the drawer although nothing is sold.
	NoSale struct {
		Req
		Reason string // for the books; required
	}
	// Allow asks whether the cashier may do something that is no command of the
	// till, and takes up an approval for it like a command would.
	Allow struct {
		Req
		Permission catalog.Permission
	}
	// Correct registers a correction. With Base it undoes a wrong receipt of
	// this till; without, it registers the open cheque as a settlement that was
	// missed or, with Sign, as the right form of a wrong receipt. It is a
	// senior's command.
	Correct struct {
		Req
		Once
		Base    uuid.UUID
		Of      doc.Type        // what the cheque should have been; "" is SELL
		Date    time.Time       // of the settlement; zero only with Base
		ByOrder bool            // on a tax office's order..
		Number  string          // ..of this number
		Sign    string          // fiscal sign of the wrong receipt the cheque replaces
		Reason  string          // for the books; required
		Payment doc.PaymentType // of the cheque; or, in several ways,
		Parts   []CorrectPart   // ..each with its sum, one of them with what is left
		Prepaid bool            // the settlement was money for goods that came later
		Seen    Seen
	}
	// AcceptFN confirms that the fiscal storage in the device was changed to the
	// one a senior has read off it.
	AcceptFN struct {
		Req
		FN string
	}
	// CancelCharge calls off the payment that waits for the customer at a terminal
	// or at a code. It may be too late: what comes of it is told as ever.
	CancelCharge struct{ Req }
	// Retry goes on with the document the till stopped at: the rest of a purchase
	// that is registered in part, or the question that could not be answered.
	Retry struct{ Req }
	// Abandon gives up the document the till is in doubt about. It is a senior's
	// decision, after looking at the device: the document counts as not
	// registered, its cheque returns. Done says that it did happen, which can
	// only be believed of cash, for it leaves no document in the FN, and of a
	// receipt on a register that can not be asked: then Number is the receipt's on
	// the register's paper and Register the register's own in СККО, where the till
	// does not know it. A receipt in a cloud's queue is set aside instead, and its
	// cheque does not return.
	Abandon struct {
		Req
		Reason   string
		Done     bool
		Number   uint32
		Register string
	}
	// Settle says what became of a receipt that was set aside: Fiscal of a
	// registered one, nil when the cloud has never had it. Repeating it does no
	// harm. It is refused with ShiftClosed while there is no shift to book it in.
	Settle struct {
		Req
		ID     uuid.UUID
		Fiscal *doc.Fiscal
	}
	// Dismiss removes the notices (unknown codes and the like) from the screen,
	// or only the one that is named.
	Dismiss struct {
		Req
		Notice uuid.UUID
	}
)

// CashMove is money that moves without a sale.
type CashMove struct {
	Sum    money.Amount
	Person string // who brings or takes it
	Reason string
	// Category says what cash goes out for, 1..MaxCategory as Evotor counts
	// them: to the bank, a supplier, services, rent, wages, other. 0: not said;
	// cash that comes in has none.
	Category int
}

// MaxCategory is the last category of cash that goes out.
const MaxCategory = 6

// ReturnLine is a line of a sale that comes back; no quantity: all that is
// left of it.
type ReturnLine struct {
	Line uuid.UUID
	Qty  qty.Milli
}

// CorrectPart is one of the ways a settlement was paid that is corrected. No
// claim is looked for: what it was is what people say.
type CorrectPart struct {
	Type doc.PaymentType
	Sum  money.Amount // 0: what is left
}

// BackLine is goods that come back without their sale.
type BackLine struct {
	ID     uuid.UUID // of the line; zero: a new one
	Item   catalog.Item
	PackID string
	Code   string // as scanned
	Qty    qty.Milli
	Price  money.Amount // of one unit; 0: the catalogue's
	Mark   string       // of a marked unit: its code
}

// reqOf finds the request a command wants answered.
func reqOf(ev Event) Req {
	if c, ok := ev.(interface{ request() Req }); ok {
		return c.request()
	}
	return 0
}

// WithReq returns the command with its request number set.
func WithReq(ev Event, req Req) Event {
	v := reflect.New(reflect.TypeOf(ev)).Elem()
	v.Set(reflect.ValueOf(ev))
	if f := v.FieldByName("Req"); f.IsValid() {
		f.SetUint(uint64(req))
	}
	return v.Interface().(Event)
}

package console

import (
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// screen is what the templates of regions are given: the till's view and the
// words for it. Its methods only read.
type screen struct {
	loc       *locale
	V         till.View
	X         Extra
	Now       time.Time
	Boot      string
	Version   string
	page      string // whose region is drawn
	journal   *Journal
	mayAttach bool
	makes     bool
	reports   bool      // there is a page of them
	lines     bool      // ..of the log
	Chore     choreView // of the journal's page
	sync      *Sync
	synced    *SyncState // what it told this time
	Syncing   choreView  // of the exchange's
	Comparing choreView  // of the reconciliation's
	customer  Customer
	Kiosk     kioskState
	kiosk     bool // customers serve themselves
	users     api.Users
	settings  bool                    // there is a page of them
	tls       func() (api.TLS, error) // nil: nobody knows
	updates   api.Updates             // nil: none
	Updating  choreView               // of the releases'
	Helping   choreView               // of the service's
	Helps     bool                    // there is a bundle for whoever helps
}

func (c *Console) screen(loc *locale, v till.View, now time.Time) *screen {
	return &screen{loc: loc, V: v, X: c.o.Extra(), Now: now, Boot: c.boot, Version: c.o.Version, journal: c.o.Journal, Chore: c.chores.view(), mayAttach: c.o.Provision != nil, makes: c.o.Made.Product != nil, reports: c.o.Sales != nil, lines: c.o.Lines != nil, sync: c.o.Sync, Syncing: c.syncing.view(), Comparing: c.comparing.view(), customer: c.o.Customer, Kiosk: c.kioskNow(&v, now), kiosk: c.o.Kiosk != nil, tls: c.o.TLS, Helping: c.helping.view(), Helps: c.o.Support.Write != nil, updates: c.o.Updates, Updating: c.updating.view(), users: c.o.Users, settings: c.o.Settings != nil}
}

// Money, Sum and Round format a sum with its currency, without, and without
// ",00".
func (s *screen) Money(a money.Amount) string { return s.loc.money(a, s.V.Currency) }

// Sum is without the currency.
func (s *screen) Sum(a money.Amount) string { return s.loc.sum(a) }

// Off is a discount as it is shown: less with a minus, dearer with a plus.
func (s *screen) Off(a money.Amount) string {
	if a < 0 {
		return "+" + s.Sum(-a)
	}
	return "−" + s.Sum(a)
}

// Point is what stands before the kopecks.
func (s *screen) Point() string { return s.loc.point() }

// Round leaves out whole kopecks.
func (s *screen) Round(a money.Amount) string { return s.loc.round(a, s.V.Currency) }

// Age says how long ago t was.
func (s *screen) Age(t time.Time) string { return s.loc.age(s.Now.Sub(t)) }

// Duration says how long d is.
func (s *screen) Duration(d time.Duration) string { return s.loc.age(d) }

// In gives t in the screen's time zone.
func (s *screen) In(t time.Time) time.Time { return t.In(s.Now.Location()) }

// Fault gives a code's text.
func (s *screen) Fault(code fault.Code) string { return fault.Text(code, s.loc.name) }

// Problem says why the cheque has no price.
func (s *screen) Problem() string {
	if p := s.V.Cheque.Problem; p != nil {
		return s.loc.fault(p)
	}
	return s.Fault(s.V.Cheque.Code)
}

// Ask is a question in words.
func (s *screen) Ask(q till.QuestionView) string { return q.Text(s.loc.name) }

// Choice is an answer in words.
func (s *screen) Choice(c till.ChoiceView) string { return c.Text(s.loc.name) }

// LangName is the language of the screen, "ru" or "en".
func (s *screen) LangName() string { return s.loc.name }

// HasKiosk tells whether customers serve themselves here.
func (s *screen) HasKiosk() bool { return s.kiosk }

// Empty tells whether there is no line to pay.
func (s *screen) Empty() bool { return len(s.V.Cheque.Lines) == 0 }

// Buyer is the name of the organisation that buys.
func (s *screen) Buyer() string {
	if p := s.V.Cheque.People; p != nil && p.Buyer != nil {
		return p.Buyer.Name
	}
	return ""
}

// Payable tells whether the pay button may be pressed; the till has the last
// word.
func (s *screen) Payable() bool {
	return !s.Empty() && s.V.Shift != nil && s.V.Payment == nil && s.V.Cheque.Code == ""
}

// OnSale tells whether the sale's page is drawn.
func (s *screen) OnSale() bool { return s.page == "sale" }

// Idle tells whether the till is not registering anything.
func (s *screen) Idle() bool { return s.V.Phase == "idle" }

// Roundups are the sums a customer may hand over.
func (s *screen) Roundups() []money.Amount { return roundups(s.CashDue()) }

// Busy is the message of what is being registered, empty when nothing is.
// Grave marks those that need a person.
func (s *screen) Busy() (b struct {
	Text  string
	Sum   money.Amount
	Grave bool
}) {
	if s.V.Paying != nil {
		b.Sum = s.V.Paying.Total
	}
	key := ""
	switch s.V.Phase {
	case "starting":
		key = "app.starting"
	case "idle":
		return b
	case "resolving":
		key, b.Grave = "pay.resolving", true
		if s.V.Doubt != nil && s.V.Doubt.Queued {
			key = "pay.queued"
		}
	case "blocked":
		key, b.Grave = "pay.blocked", true
		if s.V.Doubt != nil && s.V.Doubt.Held > 0 { // paper may be all that is wanted
			key = "charge.held"
		}
	case "halted":
		key, b.Grave = "pay.halted", true
	case "charging":
		key = s.chargeKey()
		if c := s.Charge(); c != nil {
			b.Sum = c.Sum
		}
	case "checking":
		key, b.Grave = "charge.checking", true
		if s.Asks() {
			key = "charge.asked"
		}
	case "counting":
		key = "charge.counting"
	case "voiding":
		key = "pay.voiding"
	case "reporting", "filing":
		key = "pay.busy.report"
	default:
		key = "pay.busy.shift"
		if p := s.V.Payment; p != nil {
			key = "pay.busy.cash"
			if p.Type == doc.PayElectron {
				key = "pay.busy.card"
			}
			if s.V.KKT.Identity.Cloud {
				key = "pay.busy.queue"
			}
		}
	}
	b.Text = s.loc.must(key)
	return b
}

// lineKey is all that a line shows; two lines with equal keys look the same.
type lineKey struct {
	ID, Name, Qty, Unit, Price, Base, Total, Gross, Discount, Code, VAT string
	Reasons                                                             string
	Note                                                                string // how the customer wants it made
	Notes                                                               bool   // ..may be said
	Whole                                                               bool   // counted, not weighed
	Touched                                                             bool
}

// lineView is one line of the cheque on a screen.
type lineView struct {
	lineKey
	Why []reasonView
}

type reasonView struct{ Name, Sum string }

func (s *screen) line(l *doc.Line, in *till.ChequeView) lineView {
	v := lineView{lineKey: lineKey{
		ID: l.ID.String(), Name: l.Name, Qty: s.loc.qty(l.Qty), Unit: l.Unit, Price: s.Sum(l.Price), Total: s.Sum(l.Total),
		Note: in.Notes[l.ID], Notes: s.V.Kitchen != nil, Base: s.Sum(l.BasePrice), Code: l.Barcode, VAT: s.VAT(l.Rate), Whole: l.UnitCode == 0 && l.Qty.Whole(), Touched: l.ID == in.Touched,
	}}
	if l.Discount != 0 {
		v.Gross, v.Discount = s.Sum(l.Gross), s.Sum(-l.Discount)
	}
	var all strings.Builder
	for _, r := range l.Discounts {
		why := reasonView{r.Name, s.Sum(-r.Sum)}
		v.Why = append(v.Why, why)
		all.WriteString(why.Name + "\x00" + why.Sum + "\x00")
	}
	v.Reasons = all.String()
	return v
}

// VAT names a rate: "НДС 22 %".
func (s *screen) VAT(r tax.Rate) string {
	if r == tax.None {
		return s.loc.must("sale.vat.none")
	}
	return s.loc.must("sale.vat", string(r))
}

// Qty formats a quantity.
func (s *screen) Qty(q qty.Milli) string { return s.loc.qty(q) }

// noticeView is one row beside the cheque.
type noticeView struct {
	ID, Text, Raw string
	Receipt       bool // it is about a receipt, which may come back
	Scanned       bool // ..that somebody has just scanned: its return opens by itself
	Barcode       bool // goods can be made of it
}

// Notices are the rows beside the cheque, newest first.
func (s *screen) Notices() (out []noticeView) {
	for i := len(s.V.Notices) - 1; i >= 0; i-- {
		n := &s.V.Notices[i]
		raw := n.Raw
		if strings.Contains(n.Text(s.loc.name), raw) {
			raw = "" // the text says it already
		}
		_, barcode := unknownBarcode(n)
		out = append(out, noticeView{n.ID.String(), n.Text(s.loc.name), raw, n.Receipt != nil, n.Receipt != nil && n.Code == fault.ScanReceipt, barcode && s.makes})
	}
	return out
}

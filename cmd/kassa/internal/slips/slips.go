// Package slips lays out what a receipt printer prints that is no fiscal
// receipt: copies of documents, the open cheque as an order, reports, stock
// documents, shelf labels and a test page.
//
// The law wants nobody to take such paper for a receipt. So each slip says at
// its head and at its foot, in letters of double height, that it is not fiscal,
// and none carries the QR code that proves a receipt; where a document was
// registered is told in words.
//
// Everything here is pure and safe for concurrent use.
package slips

import (
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
)

// MaxLabels is how many labels one job prints.
const MaxLabels = 100

// Maker lays out slips for one printer.
type Maker struct {
	Page     escpos.Page
	Language string // "ru" or "en"
	Currency string // ISO 4217
	Shop     string // the store's name, "" none
	Zone     *time.Location
}

// The styles.
var (
	plain = escpos.Style{}
	loud  = escpos.Style{Bold: true, High: 2, Align: escpos.Center}
	bold  = escpos.Style{Bold: true}
	mid   = escpos.Style{Align: escpos.Center}
	small = escpos.Style{Small: true}
	total = escpos.Style{Bold: true, High: 2}
)

func (m Maker) say(key string) string {
	t := texts[key]
	if m.Language == "en" {
		return t[1]
	}
	return t[0]
}

func (m Maker) clock(t time.Time) string { return t.In(m.Zone).Format("02.01.2006 15:04:05") }

// begin is the head of every slip.
func (m Maker) begin(title string) *escpos.Job {
	j := escpos.NewJob(m.Page)
	j.Line(title, loud)
	j.Line(m.say("not_fiscal"), loud)
	if m.Shop != "" {
		j.Line(m.Shop, mid)
	}
	j.Rule()
	return j
}

// end is the foot of every slip.
func (m Maker) end(j *escpos.Job) *escpos.Job {
	j.Rule()
	j.Line(m.say("not_fiscal"), loud)
	j.Cut()
	return j
}

// Copy is a document once more.
func (m Maker) Copy(d *doc.Document) *escpos.Job {
	j := m.begin(m.say("copy"))
	j.Line(m.say(string(d.Type))+" "+d.Name, bold)
	j.Row(m.clock(d.Time), m.shift(d), plain)
	j.Line(d.Cashier.Title(), plain)
	j.Rule()
	switch {
	case d.Receipt != nil:
		m.receipt(j, d.Receipt)
	case d.Cash != nil:
		j.Row(m.say("sum"), d.Cash.Sum.String(), total)
		j.Line(d.Cash.Description, plain)
	case d.Shift != nil:
		m.totals(j, d.Shift)
	case d.Stock != nil:
		m.stock(j, d.Stock)
	}
	if f := d.Fiscal; f != nil {
		j.Rule()
		j.Line(m.say("registered")+" "+m.clock(f.Time), small)
		if f.SKKO {
			j.Line(fmt.Sprintf("%s %s, %d", m.say("register"), f.FN, f.FD), small)
		} else {
			j.Line(fmt.Sprintf("ФН %s ФД %d ФП %010d", f.FN, f.FD, f.Sign), small)
		}
	}
	return m.end(j)
}

func (m Maker) shift(d *doc.Document) string {
	if d.ShiftNumber == 0 {
		return ""
	}
	return fmt.Sprintf("%s %d", m.say("shift"), d.ShiftNumber)
}

func (m Maker) lines(j *escpos.Job, lines []doc.Line) {
	for i := range lines {
		l := &lines[i]
		j.Line(fmt.Sprintf("%d. %s", i+1, l.Name), plain)
		j.Row(fmt.Sprintf("  %s %s x %s", l.Qty, l.Unit, l.Price), l.Total.String(), plain)
	}
}

func (m Maker) receipt(j *escpos.Job, r *doc.Receipt) {
	m.lines(j, r.Lines)
	j.Rule()
	if r.Discount != 0 {
		j.Row(m.say("discount"), r.Discount.String(), plain)
	}
	j.Row(m.say("total"), r.Total.String(), total)
	for _, p := range r.Payments {
		j.Row(m.say(string(p.Type)), p.Sum.String(), plain)
		if p.Change != 0 {
			j.Row(m.say("change"), p.Change.String(), plain)
		}
	}
}

func (m Maker) totals(j *escpos.Job, s *doc.Shift) {
	turnover := func(key string, t doc.Turnover) {
		if t.Count == 0 {
			return
		}
		j.Row(fmt.Sprintf("%s (%d)", m.say(key), t.Count), t.Total.String(), bold)
		for _, part := range []struct {
			key string
			sum money.Amount
		}{{"CASH", t.Cash}, {"ELECTRON", t.Electron}, {"ADVANCE", t.Advance}, {"CREDIT", t.Credit}} {
			if part.sum != 0 {
				j.Row("  "+m.say(part.key), part.sum.String(), plain)
			}
		}
	}
	j.Line(m.say("opened")+" "+m.clock(s.OpenedAt), plain)
	turnover("sales", s.Sales)
	turnover("returns", s.Returns)
	turnover("buys", s.Buys)
	turnover("buys_back", s.BuysBack)
	j.Row(fmt.Sprintf("%s (%d)", m.say("cash_in"), s.CashIn.Count), s.CashIn.Sum.String(), plain)
	j.Row(fmt.Sprintf("%s (%d)", m.say("cash_out"), s.CashOut.Count), s.CashOut.Sum.String(), plain)
	j.Row(m.say("drawer"), s.Drawer.String(), bold)
	j.Row(m.say("revenue"), s.Revenue.String(), total)
}

func (m Maker) stock(j *escpos.Job, s *doc.Stock) {
	for i, p := range s.Positions {
		j.Line(fmt.Sprintf("%d. %s", i+1, p.Name), plain)
		j.Row(fmt.Sprintf("  %s %s", p.Qty, p.Unit), p.Sum.String(), plain)
	}
	j.Rule()
	if s.Sum != 0 {
		j.Row(m.say("total"), s.Sum.String(), total)
	}
	if s.Comment != "" {
		j.Line(s.Comment, plain)
	}
}

// Order is a cheque that is not paid yet.
func (m Maker) Order(title string, lines []doc.Line, sum money.Amount, now time.Time) *escpos.Job {
	j := m.begin(m.say("order"))
	if title != "" {
		j.Line(title, bold)
	}
	j.Line(m.clock(now), plain)
	j.Rule()
	m.lines(j, lines)
	j.Rule()
	j.Row(m.say("total"), sum.String(), total)
	return m.end(j)
}

// Label is what a shelf label says.
type Label struct {
	Item   catalog.Item
	Price  money.Amount
	Copies int
}

// Labels prints shelf labels, each cut off. What has no barcode shows its code.
func (m Maker) Labels(all []Label, now time.Time) *escpos.Job {
	j := escpos.NewJob(m.Page)
	for _, l := range all {
		for range max(l.Copies, 1) {
			m.label(j, l, now)
		}
	}
	return j
}

func (m Maker) label(j *escpos.Job, l Label, now time.Time) {
	j.Line(l.Item.Name, escpos.Style{Bold: true, Align: escpos.Center})
	price := l.Price.String() + " " + m.sign()
	wide := 3
	for wide > 1 && len([]rune(price)) > m.Page.Columns(escpos.Style{Wide: wide}) {
		wide--
	}
	j.Line(price, escpos.Style{Bold: true, Wide: wide, High: wide, Align: escpos.Center})
	if unit := l.Item.Unit; unit != "" {
		j.Line(m.say("for")+" 1 "+unit, mid)
	}
	switch code := barcodeOf(l.Item); {
	case code == "":
		j.Line(l.Item.Code, mid)
	case gs1.Valid(code) && (len(code) == 13 || len(code) == 8):
		j.EAN(code)
	case printable(code):
		j.Code128(code)
	default:
		j.Line(code, mid)
	}
	j.Row(l.Item.Article, now.In(m.Zone).Format("02.01.2006"), small)
	j.Cut()
}

// sign is the currency as a label has it.
func (m Maker) sign() string {
	if m.Currency == "BYN" {
		return "Br"
	}
	return "руб."
}

func barcodeOf(it catalog.Item) string {
	if len(it.Barcodes) == 0 {
		return ""
	}
	return it.Barcodes[0]
}

// printable tells whether a Code 128 can hold a code.
func printable(code string) bool {
	if len(code) > escpos.MaxBarcode {
		return false
	}
	for _, c := range []byte(code) {
		if c < 0x20 || c > 0x7E {
			return false
		}
	}
	return true
}

// Words are some lines for whoever has to read them, the second and third large.
func (m Maker) Words(lines []string) *escpos.Job {
	j := m.begin(lines[0])
	for i, l := range lines[1:] {
		if i < 2 {
			j.Line(l, escpos.Style{Bold: true, High: 2, Align: escpos.Center})
			continue
		}
		j.Line(l, mid)
	}
	return m.end(j)
}

// Test is a page that shows whether the letters come out right.
func (m Maker) Test(now time.Time) *escpos.Job {
	j := m.begin(m.say("test"))
	j.Line(m.clock(now), mid)
	j.Line("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", plain)
	j.Line("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", plain)
	j.Line("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789", plain)
	j.Row("|<", ">|", plain)
	j.Line("A", escpos.Style{Wide: 2, High: 2, Bold: true, Underline: true, Align: escpos.Center})
	j.EAN("4600000000008")
	j.QR("kassa test "+now.In(m.Zone).Format("2006-01-02"), 0)
	return m.end(j)
}

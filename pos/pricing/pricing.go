// Package pricing turns a cheque into priced lines: pure, exact, explained.
//
// The price of a line is the item's price of the store's price type, made
// cheaper by the rules that cover the item. Rules work on the price of one
// unit: the net unit price is rounded half up to a kopeck and the line's total
// is that price times the quantity, so what the cheque shows, what the fiscal
// device computes and what is stored agree without any splitting. Rules
// combine by strategy: "bySum" adds them up, "byPriority" takes the one best
// for the customer.
//
// No rule touches tobacco or an item whose discounts are prohibited, and none
// makes an item dearer. VAT is included in the price and computed per line.
package pricing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Strategies of combining rules, as MoySklad names them.
const (
	BySum      = "bySum"
	ByPriority = "byPriority"
)

// percentWhole is 100 % in thousandths of a percent.
const percentWhole = 100_000

var (
	// ErrNoPrice: the item has no price of the store's price type.
	ErrNoPrice = errors.New("pricing: no price")
	// ErrRate: the item's VAT rate is not in force on the day of the sale.
	ErrRate = errors.New("pricing: VAT rate not in force")
)

// Rules are discounts compiled for quick look-up. Immutable after Compile.
type Rules struct {
	priceType string
	bySum     bool
	list      []catalog.Discount
	all       []int
	items     map[string][]int
	folders   map[string][]int
}

// Compile prepares the rules of a store. Rules limited to customers' tags are
// left out as long as no customer is known.
func Compile(priceType, strategy string, discounts []catalog.Discount) *Rules {
	r := &Rules{priceType: priceType, bySum: strategy != ByPriority, items: map[string][]int{}, folders: map[string][]int{}}
	for _, d := range discounts {
		if len(d.Tags) > 0 || (d.Percent <= 0 && d.PriceType == "") {
			continue
		}
		n := len(r.list)
		r.list = append(r.list, d)
		if d.AllItems {
			r.all = append(r.all, n)
			continue
		}
		for _, id := range d.Items {
			r.items[id] = append(r.items[id], n)
		}
		for _, id := range d.Folders {
			r.folders[id] = append(r.folders[id], n)
		}
	}
	return r
}

// Priced is a cheque with its prices.
type Priced struct {
	Lines    []doc.Line
	Gross    money.Amount
	Discount money.Amount
	Total    money.Amount
	VAT      []doc.VATSum
}

// Price prices all lines as of now. It fails as a whole: ErrNoPrice, ErrRate
// (both name the item) or money.ErrRange.
func (r *Rules) Price(lines []cheque.Line, now time.Time) (Priced, error) {
	p := Priced{Lines: make([]doc.Line, len(lines))}
	var hits []int
	for i := range lines {
		if err := r.line(&p.Lines[i], &lines[i], now, &hits); err != nil {
			return Priced{}, fmt.Errorf("%s: %w", lines[i].Item.Name, err)
		}
		l := &p.Lines[i]
		var errs [3]error
		p.Gross, errs[0] = p.Gross.Add(l.Gross)
		p.Discount, errs[1] = p.Discount.Add(l.Discount)
		p.Total, errs[2] = p.Total.Add(l.Total)
		if err := errors.Join(errs[:]...); err != nil {
			return Priced{}, err
		}
		p.VAT = doc.AddVAT(p.VAT, doc.VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
	}
	return p, nil
}

func (r *Rules) line(out *doc.Line, in *cheque.Line, now time.Time, hits *[]int) error {
	it := &in.Item
	base, ok := it.PriceOf(r.priceType)
	if !ok {
		return ErrNoPrice
	}
	info, err := tax.Lookup(it.Rate)
	if err != nil {
		return err
	}
	if !info.ValidOn(now) {
		return fmt.Errorf("%w: %s", ErrRate, it.Rate)
	}
	*out = doc.Line{
		ID: in.ID, ItemID: it.ID, ItemType: string(it.Type), Code: it.Code, Barcode: in.Code, Name: it.Name,
		Unit: it.Unit, UnitCode: it.UnitCode, Qty: in.Qty, BasePrice: base, Price: base, Rate: it.Rate,
		Kind: kind(it), Method: fullSettlement, PackID: in.PackID,
	}
	if !it.DiscountProhibited && !it.Tobacco && len(r.list) > 0 {
		*hits = r.covering(it, (*hits)[:0])
		out.Price, out.Discounts = r.discount(it, base, *hits)
	}
	var errs [3]error
	out.Gross, errs[0] = in.Qty.Times(base)
	out.Total, errs[1] = in.Qty.Times(out.Price)
	out.Discount = out.Gross - out.Total
	out.VAT, errs[2] = info.Included(out.Total)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	return share(out)
}

// FFD tag 1214 and the two kinds of tag 1212 that need no further requisites.
const (
	fullSettlement = 4
	kindGoods      = 1
	kindService    = 4
)

func kind(it *catalog.Item) int {
	switch {
	case it.Kind != 0:
		return it.Kind
	case it.Type == catalog.Service:
		return kindService
	}
	return kindGoods
}

// covering collects the rules that cover an item: those for everything, for
// the item (or a variant's product), for its folder or one above.
func (r *Rules) covering(it *catalog.Item, hits []int) []int {
	hits = append(hits, r.all...)
	hits = addNew(hits, r.items[it.ID])
	if it.ParentID != "" {
		hits = addNew(hits, r.items[it.ParentID])
	}
	if len(r.folders) == 0 {
		return hits
	}
	for rest := it.FolderPath; rest != ""; {
		var id string
		id, rest, _ = strings.Cut(rest, "/")
		if id != "" {
			hits = addNew(hits, r.folders[id])
		}
	}
	return hits
}

func addNew(hits, more []int) []int {
next:
	for _, m := range more {
		for _, h := range hits {
			if h == m {
				continue next
			}
		}
		hits = append(hits, m)
	}
	return hits
}

// off is what one rule takes off one unit.
func (r *Rules) off(it *catalog.Item, base money.Amount, d *catalog.Discount) money.Amount {
	if d.PriceType != "" {
		if special, ok := it.PriceOf(d.PriceType); ok && special < base {
			return base - special
		}
		return 0
	}
	net, err := base.MulDiv(max(percentWhole-d.Percent, 0), percentWhole)
	if err != nil {
		return 0
	}
	return base - net
}

// discount returns the net unit price and, per rule that applied, what it
// takes off one unit (spread over the line by share).
func (r *Rules) discount(it *catalog.Item, base money.Amount, hits []int) (money.Amount, []doc.Reason) {
	if !r.bySum {
		best, sum := -1, money.Amount(0)
		for _, h := range hits {
			if off := r.off(it, base, &r.list[h]); off > sum {
				best, sum = h, off
			}
		}
		if best < 0 {
			return base, nil
		}
		return base - sum, []doc.Reason{reason(&r.list[best], sum)}
	}
	// Percents add up before rounding; special prices come off as money.
	var percent int64
	var special money.Amount
	var reasons []doc.Reason
	for _, h := range hits {
		d := &r.list[h]
		off := r.off(it, base, d)
		switch {
		case d.PriceType == "":
			percent += d.Percent
		case off > 0:
			special += off
		default:
			continue
		}
		reasons = append(reasons, reason(d, off))
	}
	net, err := base.MulDiv(max(percentWhole-percent, 0), percentWhole)
	if err != nil {
		return base, nil
	}
	return max(net-special, 0), reasons
}

func reason(d *catalog.Discount, sum money.Amount) doc.Reason {
	return doc.Reason{RuleID: d.ID, Name: d.Name, Sum: sum}
}

// share spreads the line's discount over its reasons, which hold what each
// took off one unit; a reason that comes to nothing goes.
func share(l *doc.Line) error {
	switch {
	case l.Discount == 0:
		l.Discounts = nil
		return nil
	case len(l.Discounts) == 1:
		l.Discounts[0].Sum = l.Discount
		return nil
	}
	weights := make([]money.Amount, len(l.Discounts))
	for i, d := range l.Discounts {
		weights[i] = d.Sum
	}
	parts, err := money.Allocate(l.Discount, weights)
	if err != nil {
		return err
	}
	for i := range parts {
		l.Discounts[i].Sum = parts[i]
	}
	l.Discounts = slices.DeleteFunc(l.Discounts, func(d doc.Reason) bool { return d.Sum == 0 })
	return nil
}

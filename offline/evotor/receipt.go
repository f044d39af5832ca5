package evotor

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// productNormal is what everything that is not a service is called: clients
// refuse product types they do not know.
const (
	productNormal  = "NORMAL"
	productService = "SERVICE"
	kindService    = 4 // FFD tag 1212
)

// groupSpace makes the print group's id of a document's: the same every time
// it is asked for.
var groupSpace = uuid.MustParse("7f1c3d52-3b0e-5c57-9f0a-6d1f0f6f2a11")

func receiptBody(d *doc.Document) (any, error) {
	r := d.Receipt
	group := uuid.NewSHA1(groupSpace, d.ID[:]).String()
	shares, err := dropped(r)
	if err != nil {
		return nil, err
	}
	b := Receipt{Positions: make([]Position, len(r.Lines)), DocDiscounts: []Discount{}, Payments: make([]Payment, len(r.Payments)),
		PrintGroups:     []PrintGroup{{ID: group, Type: "CASH_RECEIPT", TaxationSystem: text(systems[r.TaxSystem])}},
		PosPrintResults: []PrintResult{}, ResultSum: Roubles(r.Total)}
	for i := range r.Lines {
		if b.Positions[i], err = position(i+1, &r.Lines[i], shares[i], group); err != nil {
			return nil, err
		}
		b.Sum += b.Positions[i].Sum
	}
	if r.Rounding > 0 {
		b.DocDiscounts = append(b.DocDiscounts, Discount{DiscountType: discountSum, DiscountSum: Roubles(r.Rounding),
			DiscountPercent: percentOf(r.Rounding, r.Total+r.Rounding)})
	}
	for i, p := range r.Payments {
		b.Payments[i] = Payment{ID: p.ID.String(), Sum: Roubles(p.Sum), Type: string(p.Type),
			Parts: []Part{{PrintGroupID: group, PartSum: Roubles(p.Sum), Change: Roubles(p.Change)}}}
	}
	if f := d.Fiscal; f != nil {
		b.PosPrintResults = append(b.PosPrintResults, PrintResult{PrintGroupID: group, CheckSum: Roubles(r.Total), Counters: counters(d),
			Date: dateOf(d), Time: f.Time.Format("1504"), Fiscal: fiscal(f), FiscalDocumentNumber: int64(f.FD)})
	}
	b.CustomerEmail, b.CustomerPhone = contact(d.People)
	if d.Type == doc.Sell || d.Type == doc.Buy {
		return b, nil
	}
	id, number := base(r.BaseID, r.BaseNo)
	return Undone{b, id, number}, nil
}

const discountSum = "SUM"

// dropped spreads the kopecks that were dropped over the lines.
func dropped(r *doc.Receipt) ([]money.Amount, error) {
	if r.Rounding == 0 {
		return make([]money.Amount, len(r.Lines)), nil
	}
	totals := make([]money.Amount, len(r.Lines))
	for i := range r.Lines {
		totals[i] = r.Lines[i].Total
	}
	shares, err := money.Allocate(r.Rounding, totals)
	if err != nil {
		return nil, fmt.Errorf("evotor: rounding of %d: %w", r.Rounding, err)
	}
	return shares, nil
}

// position gives a line. One that was made dearer has its own price as the
// price before discounts: the format knows no mark-up.
func position(n int, l *doc.Line, share money.Amount, group string) (Position, error) {
	info, err := tax.Lookup(l.Rate)
	if err != nil {
		return Position{}, fmt.Errorf("evotor: line %d: %w", n, err)
	}
	price, sum, before := l.BasePrice, l.Gross, l.VAT
	if l.Discount > 0 {
		before, err = info.Included(l.Gross)
	}
	if l.Discount < 0 {
		price, sum = l.Price, l.Total
	}
	after := l.VAT
	if err == nil && share > 0 {
		after, err = info.Included(l.Total - share)
	}
	if err != nil {
		return Position{}, fmt.Errorf("evotor: VAT of line %d: %w", n, err)
	}
	p := Position{ID: n, UUID: l.ID.String(), ProductID: text(l.ItemID), Code: text(l.Code), BarCode: text(l.Barcode),
		ProductType: productNormal, ProductName: l.Name, MeasureName: unit(l.Unit), Quantity: Quantity(l.Qty),
		Price: Roubles(price), Sum: Roubles(sum), ResultPrice: Roubles(l.Price), ResultSum: Roubles(l.Total - share),
		Tax:          Tax{taxName(info), Roubles(before), Roubles(after)},
		PrintGroupID: group, ExtraKeys: []string{}, SubPositions: []string{},
		SettlementMethod: Method{Type: methodName(l.Method)}, Mark: text(l.Mark)}
	if l.Kind == kindService {
		p.ProductType = productService
	}
	if l.UnitCode != 0 {
		p.MeasurePrecision = 3
	}
	if l.Discount > 0 {
		unitPrice := Roubles(l.Price)
		p.PositionDiscount = &Discount{DiscountType: discountSum, DiscountSum: Roubles(l.Discount),
			DiscountPercent: percentOf(l.Discount, l.Gross), DiscountPrice: &unitPrice}
	}
	if share > 0 {
		p.DocDistributedDiscount = &Discount{DiscountType: discountSum, DiscountSum: Roubles(share), DiscountPercent: percentOf(share, l.Total)}
	}
	return p, nil
}

// taxName is the rate's name: VAT_10, VAT_10_110, NO_VAT.
func taxName(i tax.Info) string {
	switch i.Rate {
	case tax.None:
		return "NO_VAT"
	case tax.VAT22of, tax.VAT20of, tax.VAT10of, tax.VAT7of, tax.VAT5of:
		return fmt.Sprintf("VAT_%d_%d", i.Percent, 100+i.Percent)
	}
	return fmt.Sprintf("VAT_%d", i.Percent)
}

// systems are the tax systems' names.
var systems = map[tax.System]string{
	tax.General: "COMMON", tax.SimplifiedIncome: "SIMPLIFIED_INCOME", tax.SimplifiedProfit: "SIMPLIFIED_INCOME_OUTCOME",
	tax.UTII: "SINGLE_IMPUTED_INCOME", tax.Agricultural: "SINGLE_AGRICULTURE", tax.Patent: "PATENT",
}

// methodName names FFD tag 1214. CHECKOUT_FULL is seen in real payloads, the
// others follow its pattern.
func methodName(method int) string {
	names := [...]string{1: "PREPAYMENT_FULL", 2: "PREPAYMENT_PARTIAL", 3: "ADVANCE", 4: "CHECKOUT_FULL",
		5: "CHECKOUT_PARTIAL", 6: "CREDIT_PASS", 7: "CREDIT_CHECKOUT"}
	if method < 1 || method >= len(names) {
		return names[4]
	}
	return names[method]
}

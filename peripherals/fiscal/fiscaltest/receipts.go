package fiscaltest

import (
	"errors"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// vatOf works out the VAT within a sum.
func vatOf(rate tax.Rate, total money.Amount) money.Amount {
	info, err := tax.Lookup(rate)
	if err != nil {
		panic(err)
	}
	vat, err := info.Included(total)
	if err != nil {
		panic(err)
	}
	return vat
}

// line makes a line of goods.
func line(name string, q qty.Milli, price money.Amount, rate tax.Rate) doc.Line {
	total, err := q.Times(price)
	if err != nil {
		panic(err)
	}
	return doc.Line{ID: uuid.New(), Name: name, Qty: q, BasePrice: price, Price: price, Gross: total, Total: total,
		Rate: rate, VAT: vatOf(rate, total), Kind: 1, Method: 4}
}

// receipt makes a receipt of lines, paid exactly.
func receipt(kind kkt.OperationKind, pay doc.PaymentType, lines ...doc.Line) kkt.Operation {
	r := &doc.Receipt{ChequeID: uuid.New(), Lines: lines, TaxSystem: tax.General}
	for _, l := range lines {
		r.Gross, r.Total = r.Gross+l.Gross, r.Total+l.Total
		r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
	}
	r.Payments = []doc.Payment{{ID: uuid.New(), Type: pay, Sum: r.Total}}
	return kkt.Operation{Kind: kind, ID: uuid.Must(uuid.NewV7()), Cashier: cashier, Receipt: r}
}

// vatWanted is what the FN must hold of the VAT of op.
func vatWanted(op kkt.Operation) map[tax.Rate]money.Amount {
	if op.Receipt == nil {
		return nil
	}
	sums := map[tax.Rate]money.Amount{}
	for _, v := range op.Receipt.VAT {
		if v.Rate == tax.VAT0 || v.Rate == tax.None {
			v.VAT = v.Total
		}
		if v.VAT != 0 {
			sums[v.Rate] = v.VAT
		}
	}
	return sums
}

// rates: each arrives in the FN as it is stored, the 20 % of a sale made
// before 2026 included.
func rates(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	var all []doc.Line
	for i, r := range tax.Rates() {
		l := line("Товар "+string(r.Rate), qty.Milli(1000+i*333), 100_01, r.Rate)
		all = append(all, l)
		b.do(receipt(kkt.OpSale, doc.PayCash, l))
	}
	b.do(receipt(kkt.OpSale, doc.PayCash, all...))
	b.do(receipt(kkt.OpSaleReturn, doc.PayCash, all...))
}

// methods: money taken before and after the goods, and the receipts that
// follow.
func methods(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	with := func(kind kkt.OperationKind, pay doc.PaymentType, method, subject int, rate tax.Rate) {
		l := line("Диван", qty.One, 300_00, rate)
		l.Method, l.Kind = method, subject
		b.do(receipt(kind, pay, l))
	}
	with(kkt.OpSale, doc.PayCash, 1, 1, tax.VAT22of)     // prepayment of all..
	with(kkt.OpSale, doc.PayAdvance, 4, 1, tax.VAT22)    // ..and the goods
	with(kkt.OpSale, doc.PayElectron, 2, 1, tax.VAT22of) // prepayment of a part
	with(kkt.OpSale, doc.PayCash, 3, 10, tax.VAT22of)    // advance, certificate
	with(kkt.OpSale, doc.PayCredit, 6, 1, tax.VAT22)     // goods on credit..
	with(kkt.OpSale, doc.PayCash, 7, 10, tax.VAT22of)    // ..paid for
	with(kkt.OpSale, doc.PayCounter, 4, 1, tax.VAT22)
	with(kkt.OpSaleReturn, doc.PayCash, 1, 1, tax.VAT22of)
	for _, subject := range []int{2, 3, 4, 11, 13} {
		with(kkt.OpSale, doc.PayCash, 4, subject, tax.None)
	}

	parts := receipt(kkt.OpSale, doc.PayAdvance, line("Стол", qty.One, 500_00, tax.VAT22))
	parts.Receipt.Payments = []doc.Payment{{ID: uuid.New(), Type: doc.PayAdvance, Sum: 100_00}, {ID: uuid.New(), Type: doc.PayElectron, Sum: 150_00},
		{ID: uuid.New(), Type: doc.PayElectron, Sum: 50_00, Slot: 5}, {ID: uuid.New(), Type: doc.PayCash, Sum: 200_00, Tendered: 500_00, Change: 300_00}}
	b.do(parts)
	returned := parts
	returned.Kind, returned.ID = kkt.OpSaleReturn, uuid.Must(uuid.NewV7())
	r := *parts.Receipt
	r.Payments = []doc.Payment{{ID: uuid.New(), Type: doc.PayAdvance, Sum: 100_00}, {ID: uuid.New(), Type: doc.PayElectron, Sum: 200_00}, {ID: uuid.New(), Type: doc.PayCash, Sum: 200_00}}
	returned.Receipt = &r
	b.do(returned) // each part the way it came

	credit := receipt(kkt.OpSale, doc.PayCredit, line("Шкаф", qty.One, 400_00, tax.VAT22)) // a part paid, the rest owed
	credit.Receipt.Lines[0].Method = 5
	credit.Receipt.Payments = []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: 150_00, Tendered: 200_00, Change: 50_00}, {ID: uuid.New(), Type: doc.PayCredit, Sum: 250_00}}
	b.do(credit)
	with(kkt.OpSale, doc.PayElectron, 7, 10, tax.None)       // ..and paid off
	with(kkt.OpSaleReturn, doc.PayElectron, 7, 10, tax.None) // ..which comes back
	with(kkt.OpSaleReturn, doc.PayCredit, 6, 1, tax.VAT22)
	with(kkt.OpSaleReturn, doc.PayCash, 3, 10, tax.VAT22of) // a certificate is given back
	with(kkt.OpSaleReturn, doc.PayElectron, 2, 1, tax.VAT10of)
	with(kkt.OpSaleReturn, doc.PayAdvance, 4, 1, tax.VAT22)

	// An exchange: what comes back and what goes out, right after each other.
	b.do(receipt(kkt.OpSaleReturn, doc.PayCash, line("Стул", qty.One, 120_00, tax.VAT22)))
	bought := receipt(kkt.OpSale, doc.PayCash, line("Кресло", qty.One, 200_00, tax.VAT22))
	bought.Receipt.Payments = []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: 120_00, Tendered: 120_00}, {ID: uuid.New(), Type: doc.PayElectron, Sum: 80_00}}
	b.do(bought)
}

// requisites: who buys, for whom it is sold, where it comes from. A part of a
// weighed line may be a kopeck off, and kopecks of the total may be dropped.
func requisites(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	b.do(withRequisites(kkt.OpSale))
	b.do(withRequisites(kkt.OpSaleReturn))

	part := line("Огурцы", 333, 100_01, tax.VAT10)
	part.Total++
	part.Gross, part.VAT = part.Total, vatOf(part.Rate, part.Total)
	b.do(receipt(kkt.OpSale, doc.PayCash, part))

	rounded := receipt(kkt.OpSale, doc.PayCash, line("Гвозди", qty.One, 99_99, tax.VAT22))
	rounded.Receipt.Rounding, rounded.Receipt.Total, rounded.Receipt.Payments[0].Sum = 99, 99_00, 99_00
	b.do(rounded)

	phone := sale(kkt.OpSale, 1_00, doc.PayCash)
	phone.People = &doc.People{Contact: "+79121234567"}
	b.do(phone)
}

func withRequisites(kind kkt.OperationKind) kkt.Operation {
	wine, belt := line("Вино", 2*qty.One, 700_00, tax.VAT22), line("Пояс", qty.One, 900_00, tax.None)
	wine.Country, wine.Declaration, wine.Excise, wine.Kind, wine.Unit = "380", "10130010/240526/3041234", 12_00, 2, "шт"
	belt.Agent = &doc.Agent{Type: 4, Operation: "приём платежа", Phones: []string{"+74951234567"}}
	belt.Supplier = &doc.Supplier{Name: "ООО «Ремёсла»", INN: "7707083893", Phones: []string{"+78121234567"}}
	belt.Attribute = "арт. 15"
	op := receipt(kind, doc.PayCash, wine, belt)
	op.People = &doc.People{Contact: "buh@example.com", Buyer: &doc.Buyer{Name: "ООО «Ромашка»", INN: "7707083893", Address: "г. Тула"}}
	return op
}

// differs: money that does not add up never gets as far as the FN.
func differs(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	for name, change := range map[string]func(r *doc.Receipt){
		"total":     func(r *doc.Receipt) { r.Total++ },
		"payments":  func(r *doc.Receipt) { r.Payments[0].Sum-- },
		"VAT":       func(r *doc.Receipt) { r.Lines[0].VAT++; r.VAT[0].VAT++ },
		"rates":     func(r *doc.Receipt) { r.VAT = nil },
		"rounding":  func(r *doc.Receipt) { r.Rounding = 1 },
		"a rouble":  func(r *doc.Receipt) { r.Rounding, r.Total, r.Payments[0].Sum = 1_00, r.Total-1_00, r.Total-1_00 },
		"line lost": func(r *doc.Receipt) { r.Lines = r.Lines[:1] },
	} {
		op := receipt(kkt.OpSale, doc.PayCash, line("Хлеб", qty.One, 20_00, tax.VAT10), line("Соль", qty.One, 10_00, tax.VAT22))
		change(op.Receipt)
		m := b.mark()
		if err := b.p.Prepare(b.ctx, m, op); !errors.Is(err, fiscal.ErrDiffers) {
			b.Errorf("%s: %v", name, err)
		}
		b.nothingOpen()
	}
	foreign := sale(kkt.OpSale, 1_00, doc.PayCash)
	foreign.Receipt.TaxSystem = tax.UTII
	b.refused(b.mark(), foreign, fiscal.ErrRefused)
	b.do(sale(kkt.OpSale, 1_00, doc.PayCash))
}

// everyCorrection: of the four directions those the device's format has no
// place for are refused, and the others registered.
func everyCorrection(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	b.do(move(kkt.OpCashIn, 1_000_00))
	registered := 0
	for _, of := range []doc.Type{doc.Sell, doc.Payback, doc.Buy, doc.Buyback} {
		op := correction(of, 50_00)
		m := b.mark()
		err := b.p.Prepare(b.ctx, m, op)
		if errors.Is(err, fiscal.ErrRefused) {
			b.nothingOpen()
			continue
		}
		if err != nil {
			b.Fatalf("correction of %s: %v", of, err)
		}
		f, err := b.p.Commit(b.ctx, m, op)
		if err != nil {
			b.Fatalf("correction of %s: %v", of, err)
		}
		b.check(m, op, f)
		registered++
	}
	if registered < 2 {
		b.Errorf("%d kinds of correction", registered)
	}
	inventory := correction(doc.Inventory, 1_00)
	if err := b.p.Prepare(b.ctx, b.mark(), inventory); err == nil {
		b.Error("a correction of an inventory is prepared")
	}
}

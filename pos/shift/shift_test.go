package shift

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

func receipt(n int64, typ doc.Type, cash, card money.Amount) *doc.Document {
	return &doc.Document{Type: typ, Number: n, Receipt: &doc.Receipt{Total: cash + card, Discount: 1,
		VAT:      []doc.VATSum{{Rate: tax.VAT22, Total: cash + card, VAT: (cash + card) / 10}},
		Payments: []doc.Payment{{Type: doc.PayCash, Sum: cash}, {Type: doc.PayElectron, Sum: card}}}}
}

func TestTotals(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := New(uuid.New(), 7, at, 1000)
	before := s
	for _, d := range []*doc.Document{
		receipt(3, doc.Sell, 500, 0), receipt(4, doc.Sell, 100, 300), receipt(5, doc.Payback, 200, 0),
		{Type: doc.CashIncome, Number: 6, Cash: &doc.Cash{Sum: 50}}, {Type: doc.CashOutcome, Number: 7, Cash: &doc.Cash{Sum: 30}},
	} {
		s = s.Add(d)
	}
	want := doc.Shift{OpenedAt: at,
		Sales:   doc.Turnover{Count: 2, Total: 900, Cash: 600, Electron: 300, Discount: 2, VAT: []doc.VATSum{{Rate: tax.VAT22, Total: 900, VAT: 90}}},
		Returns: doc.Turnover{Count: 1, Total: 200, Cash: 200, Discount: 1, VAT: []doc.VATSum{{Rate: tax.VAT22, Total: 200, VAT: 20}}},
		CashIn:  doc.Count{Count: 1, Sum: 50}, CashOut: doc.Count{Count: 1, Sum: 30},
		Drawer: 1000 + 600 - 200 + 50 - 30, Revenue: 700, FirstNumber: 3, LastNumber: 7}
	if !reflect.DeepEqual(s.Totals, want) {
		t.Errorf("%+v\nwant %+v", s.Totals, want)
	}
	if before.Totals.Sales.Count != 0 || before.Totals.Sales.VAT != nil {
		t.Error("an earlier value changed")
	}
}

// TestCorrections: what a correction says should have been sold counts as sold.
func TestCorrections(t *testing.T) {
	s := New(uuid.New(), 7, time.Unix(1, 0), 1000)
	for of, want := range map[doc.Type]money.Amount{doc.Sell: 1, doc.Buyback: 1, doc.Payback: -1, doc.Buy: -1} {
		d := receipt(3, doc.Correction, 200, 100)
		d.Receipt.Correction = &doc.Ground{Of: of}
		got := s.Add(d).Totals
		if got.Corrections != (doc.Count{Count: 1, Sum: want * 300}) || got.Drawer != 1000+want*200 || got.Revenue != want*300 || got.Sales.Count != 0 {
			t.Errorf("%s: %+v", of, got)
		}
	}
}

func TestExpired(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := New(uuid.New(), 1, at, 0)
	if s.Expired(at.Add(MaxAge-time.Second)) || !s.Expired(at.Add(MaxAge)) {
		t.Error("a shift expires after exactly 24 hours")
	}
}

// TestSign: what a document adds to the revenue is its sign times its total.
func TestSign(t *testing.T) {
	for _, typ := range doc.Types() {
		for _, of := range []doc.Type{doc.Sell, doc.Payback, doc.Buy, doc.Buyback} {
			for _, remote := range []*doc.Remote{nil, {Kind: "retaildemand"}} {
				d := receipt(1, typ, 200, 100)
				switch {
				case !typ.Receipt():
					d.Receipt, d.Cash = nil, &doc.Cash{Sum: 300}
				case typ == doc.Correction:
					d.Receipt.Correction = &doc.Ground{Of: of}
				default:
					d.Receipt.Remote = remote
				}
				if got := New(uuid.New(), 1, time.Unix(1, 0), 0).Add(d).Totals.Revenue; got != 300*Sign(d) {
					t.Errorf("%s of %s (%v): %s, sign %d", typ, of, remote, got, Sign(d))
				}
			}
		}
	}
}

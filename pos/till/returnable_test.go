package till

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

// What a screen says a return will give back is what Return gives back, part by
// part.
func TestRefundIsAsTold(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, "5*"+bread, milk)
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 1000_00})
	sale := w.documents(doc.Sell)[0]
	var back []doc.Document
	for _, lines := range [][]ReturnLine{{{Line: sale.Receipt.Lines[0].ID, Qty: 2 * qty.One}}, {{Line: sale.Receipt.Lines[1].ID}}, nil} {
		told, err := RefundOf(&sale, back, nil, lines, "")
		if err != nil {
			t.Fatal(err)
		}
		w.mustDo(t, Return{Sale: sale.ID, Lines: lines})
		all := w.documents(doc.Payback)
		made := all[len(all)-1]
		ignore := []cmp.Option{cmpopts.IgnoreFields(doc.Receipt{}, "ChequeID", "BaseID", "BaseNo"), cmpopts.IgnoreFields(doc.Payment{}, "ID")}
		if d := cmp.Diff(told, *made.Receipt, ignore...); d != "" {
			t.Errorf("told and made differ:\n%s", d)
		}
		back = append(back, made)
	}
	for i, r := range ReturnablesOf(&sale, back, nil) {
		if r.Left != 0 || r.Sum != 0 {
			t.Errorf("line %d: %s left, %s", i, r.Left, r.Sum)
		}
	}
	if _, err := RefundOf(&sale, back, nil, nil, ""); err == nil || err.Code != fault.ReturnOf {
		t.Errorf("nothing is left, and yet: %v", err)
	}
	if all := ReturnablesOf(&sale, back[:1], nil); all[0].Left != 3*qty.One || all[0].Sum != sale.Receipt.Lines[0].Price*3 || all[1].Left != qty.One {
		t.Errorf("after the first: %+v", all)
	}
	if _, err := RefundOf(&back[0], nil, nil, nil, ""); err == nil || err.Code != fault.ReturnOf || ReturnablesOf(&back[0], nil, nil) != nil {
		t.Errorf("a return of a return: %v", err)
	}
}

package till

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// A count of the drawer is remembered beside what should be in it, and moves
// nothing.
func TestDrawerCounted(t *testing.T) {
	w := newWorld(t)
	w.refused(t, CountDrawer{Sum: 1}, fault.LoginRequired)
	w.mustDo(t, Login{PIN: "2222"})
	w.refused(t, CountDrawer{Sum: 1}, fault.ShiftClosed)
	w.mustDo(t, OpenShift{})
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 1000_00}})
	w.refused(t, CountDrawer{Sum: -1}, fault.AmountBad)
	w.mustDo(t, CountDrawer{Sum: 950_50})
	d := auditOf(t, w, auditDrawer)
	if d.Sum != 950_50 || d.Should == nil || *d.Should != 1000_00 || d.CashierID == "" {
		t.Errorf("remembered %+v", d)
	}
	if w.state.shift.Totals.Drawer != 1000_00 {
		t.Errorf("a count moved cash: %s", w.state.shift.Totals.Drawer)
	}
}

// What cash goes out for stands in the document.
func TestCashCategory(t *testing.T) {
	w := twoSystems(t)
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 1000_00}})
	w.refused(t, CashIn{CashMove: CashMove{Sum: 1, Category: 1}}, fault.BadRequest)
	w.refused(t, CashOut{CashMove: CashMove{Sum: 1, Category: MaxCategory + 1}}, fault.BadRequest)
	w.mustDo(t, CashOut{CashMove: CashMove{Sum: 700_00, Category: 1, Reason: "сдано в банк"}})
	out := w.documents(doc.CashOutcome)
	if len(out) != 1 || out[0].Cash.Category != 1 || out[0].Cash.Description != "сдано в банк" {
		t.Errorf("documents %+v", out)
	}
}

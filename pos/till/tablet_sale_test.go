package till

import (
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestSellCheque: a program's sale is registered like any other, beside the
// open cheque; repeated it is the same sale, refused it leaves nothing.
func TestSellCheque(t *testing.T) {
	w := belarus(t)
	w.store.FreePrice, w.store.ManualDiscount, w.store.MaxDiscount = true, true, 100_000
	w.catalogChanges(t)
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Scan{Code: bread})
	sale := SellCheque{Once: Once{uuid.UUID{7}}, Cheque: tablet(t, ""), Parts: []Part{{Type: doc.PayElectron, Sum: 7_47}, {Type: doc.PayCash, Sum: 60_00}}}
	sale.Cheque.Tablet = cheque.Tablet{Discount: sale.Cheque.Tablet.Discount}
	less := sale
	less.Once, less.Parts = Once{}, []Part{{Type: doc.PayCash, Sum: 1_00}}
	w.refused(t, less, fault.PaidLess)
	w.mustDo(t, sale)
	d := w.lastSale()
	if d.ID != sale.ID || d.Receipt.Total != 57_47 || d.Currency != "BYN" || !d.Fiscal.SKKO || len(d.Receipt.Payments) != 2 || d.Receipt.Payments[1].Change != 10_00 {
		t.Errorf("sold %+v, paid %+v", d, d.Receipt.Payments)
	}
	if len(w.state.cart.Lines) != 1 || len(w.state.parked) != 0 {
		t.Error("the open cheque is not as it was")
	}
	w.mustDo(t, sale)
	if n := len(w.documents(doc.Sell)); n != 1 {
		t.Errorf("sold %d times", n)
	}
	w.mustDo(t, Logout{})
	less.Parts = []Part{{Type: doc.PayCash, Sum: 60_00}}
	w.refused(t, less, fault.LoginRequired)
	w.check()
}

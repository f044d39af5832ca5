package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// receiptQR is the QR code of a document's receipt.
func receiptQR(f *doc.Fiscal, total money.Amount, n int) string {
	return fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%d", f.Time.In(time.FixedZone("MSK", 3*3600)).Format("20060102T1504"), total, f.FN, f.FD, f.Sign, n)
}

// TestGivingBack: goods come back by the QR code of a receipt in an archived
// period, without a receipt, against the receipt of another till, and in
// exchange; the drawer opens without a sale. The till is killed in between.
func TestGivingBack(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("scan", "4600000000015", "4600000000015", "4600000000022")
	r.run("pay", "cash", "500")
	r.run("shift", "close")
	r.run("journal", "rotate")
	r.run("shift", "open")
	var sale doc.Document
	for _, d := range r.documents() {
		if d.Type == doc.Sell {
			sale = d
		}
	}
	qr := receiptQR(sale.Fiscal, sale.Receipt.Total, 1)
	wrong := *sale.Fiscal
	wrong.Sign++
	r.refused(fault.ReturnSign, "return", receiptQR(&wrong, sale.Receipt.Total, 1))
	r.refused(fault.BadRequest, "return", receiptQR(sale.Fiscal, sale.Receipt.Total, 2))
	r.refused(fault.BadRequest, "return", "t=1&n=1")
	r.run("cash", "in", "500", "--reason", "размен")
	if out := r.run("return", qr, "1=1"); !strings.Contains(out, "49.90") {
		t.Error(out)
	}
	r.refused(fault.ReturnMore, "return", qr, "1=2")
	r.consoleFinds(t, qr, sale.ID.String())

	other := *sale.Fiscal
	other.FN, other.FD = "9999078900001234", 4321
	foreign := receiptQR(&other, 100_00, 1)
	r.refused(fault.ReturnForeign, "return", foreign)
	r.run("scan", "4600000000015")
	r.refused(fault.ReasonNone, "take-back")
	r.refused(fault.ReturnOwn, "take-back", "--reason", "брак", "--receipt", qr)
	r.run("take-back", "--reason", "брак", "--receipt", foreign)
	r.run("scan", "4600000000015", "4600000000015")
	r.refused(fault.ReturnMore, "take-back", "--reason", "брак", "--receipt", foreign) // 49,90 of it came back already
	r.run("cheque", "void")
	r.run("scan", "4600000000015")
	r.run("take-back", "--reason", "без чека", "--payment", "card")

	r.kill()
	r.start("")
	r.run("scan", "4600000000022", "4600000000022")
	r.refused(fault.PaidLess, "exchange", qr, "1=1")
	out := r.run("exchange", qr, "1=1", "--pay", "card=100,cash=100")
	if !strings.Contains(out, "paid 197.00, change 3.00") {
		t.Error(out)
	}
	r.run("scan", "4600000000022")
	r.refused(fault.ReasonNone, "exchange", "--back", "4600000000015")
	r.refused(fault.CodeUnknown, "exchange", "--back", "4600000000404", "--reason", "брак")
	r.refused(fault.PaidLess, "exchange", "--back", "4600000000015", "--reason", "брак")
	if out := r.run("exchange", "--back", "2*4600000000015@45.50", "--reason", "не подошло", "--pay", "cash=50"); !strings.Contains(out, "paid 32.45, change 17.55") {
		t.Error(out)
	}
	r.run("drawer", "проверка")
	r.refused(fault.ReasonNone, "drawer", " ")
	r.run("scan", "4600000000015", "4600000000022")
	r.run("cheque", "remove", "1")
	r.refused(fault.ChequeNoLine, "cheque", "remove", "7")
	r.run("cheque", "park", "Анна")
	if out := r.run("cheque", "parked"); !strings.Contains(out, "Анна, 1 lines") {
		t.Error(out)
	}
	r.run("cheque", "recall", "Анна")
	r.run("cheque", "void")
	r.run("shift", "close")
	if out := r.run("journal", "show", "--type", "drawer_without_sale"); strings.Count(out, "drawer_without_sale") != 1 {
		t.Error(out)
	}
	r.stop()
	r.agree()
	backs := 0
	for _, d := range r.documents() {
		if d.Type == doc.Payback {
			backs++
		}
	}
	if backs != 5 {
		t.Errorf("%d returns", backs)
	}
}

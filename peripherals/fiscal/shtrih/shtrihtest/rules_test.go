package shtrihtest

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/tax"
)

// step is a command and the code it must be answered with.
type step struct {
	what string
	send string
	code byte
}

func item(optype, quantity, price, amount, mask, rest string) string {
	return "FF46" + pwd + optype + quantity + price + amount + notGivenHex + mask + rest
}

const (
	one     = "40420F000000" // 1.000
	cheap   = "6400000000"   // 1.00
	usual   = "01" + "04" + "01" + breadName
	general = "CB"
)

// TestRules walks through what a till may and may not do.
func TestRules(t *testing.T) {
	for name, steps := range map[string][]step{
		"protocol": {
			{"unknown command", "99" + pwd, errUnsupported},
			{"unknown FN command", "FF99" + pwd, errUnsupported},
			{"marking keys", "FF65" + pwd, errUnsupported},
			{"service group", "FEF400000000", errUnsupported},
			{"too short", "8D" + pwd, errLength},
			{"too long", "8D" + pwd + "0000", errLength},
			{"wrong password", "10" + "39300000", errPassword},
			{"cashier where an administrator is wanted", "FF01" + "01000000", errPassword},
			{"cashier", "10" + "01000000", 0},
			{"error text", "6B" + "45", 0},
			{"extended", "F701", 0},
			{"extended, other", "F702", errUnsupported},
		},
		"shift closed": {
			{"sale", openSale, errMode},
			{"item", bread, errMode},
			{"close receipt", payCash(100), errMode},
			{"cancel", cancelHex, errMode},
			{"subtotal", "89" + pwd, errMode},
			{"Z", zReportHex, errMode},
			{"begin close", "FF42" + pwd, errMode},
			{"tag of nothing", "FF0C" + pwd + "FD03010041", errFNState},
			{"cancel FN document", "FF08" + pwd, errFNState},
			{"X report", "40" + pwd, 0},
		},
		"opening": {
			{"begin", "FF41" + pwd, 0},
			{"twice", "FF41" + pwd, errOperation},
			{"cashier", "FF0C" + pwd + "FD03010041", 0},
			{"cashier twice", "FF0C" + pwd + "FD03010042", errParams},
			{"broken TLV", "FF0C" + pwd + "FD03020042", errParams},
			{"INN of 10 digits", "FF0C" + pwd + "B3040A0037373037303833383933", errParams},
			{"INN of 12", "FF0C" + pwd + "B3040C00353030313030373332323539", 0},
			{"1192 of 17", "FF0C" + pwd + "A8041100" + "4141414141414141414141414141414141", errParams},
			{"cancel", "FF08" + pwd, 0},
			{"again", "FF41" + pwd, 0},
			{"open", openShiftHex, 0},
			{"open twice", openShiftHex, errMode},
			{"begin open", "FF41" + pwd, errMode},
			{"receipt over an FN document", "FF42" + pwd, 0},
			{"", openSale, errOperation},
			{"", "FF08" + pwd, 0},
		},
		"items": {
			{"", openShiftHex, 0},
			{"kind 4", "8D" + pwd + "04", errParams},
			{"", openSale, 0},
			{"twice", openSale, errMode},
			{"shift close inside", zReportHex, errMode},
			{"return in a sale", item("02", one, cheap, notGivenHex, general, usual), errKind},
			{"purchase in a sale", item("03", one, cheap, notGivenHex, general, usual), errKind},
			{"kind 5", item("05", one, cheap, notGivenHex, general, usual), errParams},
			{"row number 3 for VAT", item("01", one, cheap, notGivenHex, "03", usual), errParams},
			{"row number 5", item("01", one, cheap, notGivenHex, "05", usual), errParams},
			{"row 13", item("01", one, cheap, notGivenHex, "CD", usual), errParams},
			{"no quantity", item("01", "000000000000", cheap, notGivenHex, general, usual), errQuantity},
			{"half a thousandth", item("01", "F40100000000", cheap, notGivenHex, general, usual), errQuantity},
			{"2 kopecks too much", item("01", one, cheap, "6600000000", general, usual), errParams},
			{"2 kopecks too little", item("01", one, cheap, "6200000000", general, usual), errParams},
			{"overflow", item("01", "0010A5D4E800", "FFE30B5402", notGivenHex, general, usual), errTotal},
			{"department 17", item("01", one, cheap, notGivenHex, general, "11"+"04"+"01"+breadName), errDepartment},
			{"method 8", item("01", one, cheap, notGivenHex, general, "01"+"08"+"01"+breadName), errParams},
			{"kind 34", item("01", one, cheap, notGivenHex, general, "01"+"04"+"22"+breadName), errParams},
			{"no name", item("01", one, cheap, notGivenHex, general, "01"+"04"+"01"), errParams},
			{"tag before an item", "FF4D" + pwd + "3C08010000", errOperation},
			{"empty receipt", payCash(0), errOperation},
			{"1 kopeck off", item("01", one, cheap, "6500000000", general, usual), 0},
			{"unit", "FF4D" + pwd + "3C0801000B", 0},
			{"unit twice", "FF4D" + pwd + "3C0801000B", errParams},
			{"other operator", "88" + "05000000", errOperator},
			{"cancel", cancelHex, 0},
			{"opened by its first item", item("02", one, cheap, notGivenHex, general, usual), 0},
			{"", item("01", one, cheap, notGivenHex, general, usual), errKind},
		},
		"payments": {
			{"", openShiftHex, 0},
			{"", openSale, 0},
			{"1.00", item("01", one, cheap, notGivenHex, general, usual), 0},
			{"too little", pay(99, 0), errPaidLess},
			{"card too much", pay(0, 101), errNonCash},
			{"card too much beside cash", pay(50, 101), errNonCash},
			{"УСН", "FF45" + pwd + "6400000000" + "0000000000" + fourteenZeros + closeTail[:len(closeTail)-2] + "02", errParams},
			{"two systems", "FF45" + pwd + "6400000000" + "0000000000" + fourteenZeros + closeTail[:len(closeTail)-2] + "03", errParams},
			{"rounding what is not kopecks", "FF45" + pwd + "6400000000" + "0000000000" + fourteenZeros + "01" + closeTail[2:], errParams},
			{"the device's own system", "FF45" + pwd + "6400000000" + "0000000000" + fourteenZeros + closeTail[:len(closeTail)-2] + "00", 0},
			{"return of more than there is", openReturn, 0},
			{"", item("02", one, "6500000000", notGivenHex, general, usual), 0},
			{"", payCash(101), errNoCash},
			{"by card it goes", pay(0, 101), 0},
			{"cash out of more", "51" + pwd + "6500000000", errNoCash},
			{"cash out", "51" + pwd + "6400000000", 0},
			{"cash in", "50" + pwd + "6400000000", 0},
		},
		"tables": {
			{"no table", "2D" + pwd + "63", errNoTable},
			{"no field", "2E" + pwd + "0603", errParams},
			{"no row", "1F" + pwd + "06" + "0D00" + "01", errParams},
			{"read-only", "1E" + pwd + "12" + "0100" + "04" + "30", errReadOnly},
			{"too long", "1E" + pwd + "06" + "0100" + "01" + "000000", errLength},
			{"out of range", "1E" + pwd + "01" + "0100" + "07" + "03", errParams},
			{"a rate", "1E" + pwd + "06" + "0100" + "01" + "9808", 0},
			{"", openShiftHex, 0},
			{"a rate in a shift", "1E" + pwd + "06" + "0100" + "01" + "D007", errLocked},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, Options{})
			h := connect(t, d)
			for i, s := range steps {
				if got := h.code(s.send); got != s.code {
					t.Fatalf("step %d, %s: answered %02X, want %02X", i+1, s.what, got, s.code)
				}
			}
		})
	}
}

// TestTooOld: what expires refuses with its own code.
func TestTooOld(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	h.ok(bread)
	h.expect(t, d, "shift-expired", payCash(2000), errShiftOld)
	h.ok(cancelHex)
	if got := h.code(openSale); got != errShiftOld {
		t.Errorf("a sale after 24 hours: %02X", got)
	}
	h.ok(zReportHex)

	if err := d.Fault("clock-drift", "-1h"); err != nil {
		t.Fatal(err)
	}
	if got := h.code(openShiftHex); got != errTime {
		t.Errorf("a document before the last one: %02X", got)
	}
	if err := d.Fault("clock-drift", "744h"); err != nil { // 31 days
		t.Fatal(err)
	}
	if got := h.code(openShiftHex); got != errNotSent {
		t.Errorf("documents unsent for 31 days: %02X", got)
	}
	if n, err := d.SendToOFD(); n != 3 || err != nil {
		t.Error(n, err)
	}
	h.ok(openShiftHex)
}

func (h *host) expect(t *testing.T, d *Device, fault, send string, code byte) {
	t.Helper()
	if err := d.Fault(fault); err != nil {
		t.Fatal(err)
	}
	if got := h.code(send); got != code {
		t.Errorf("after %s: %02X, want %02X", fault, got, code)
	}
}

// TestReplacing: new firmware turns 20 % into 22 %, unless told not to.
func TestReplacing(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	sell := func() string {
		h.ok(item("01", one, cheap, notGivenHex, "01", usual))
		h.ok(payCash(100))
		docs := d.Documents()
		return docs[len(docs)-1].Items[0].VAT
	}
	if got := sell(); got != string(tax.VAT22) {
		t.Errorf("replaced by %s", got)
	}
	h.ok("1E", pwd, "11", "0100", "47", "02")
	if got := sell(); got != string(tax.VAT20) {
		t.Errorf("not to be replaced, but %s", got)
	}
}

// TestPrinting: while the paper runs, what prints is refused and the rest not.
func TestPrinting(t *testing.T) {
	d := open(t, Options{PrintDelay: time.Hour})
	h := connect(t, d)
	h.ok(openShiftHex)
	for send, want := range map[string]byte{openSale: errPrinting, "40" + pwd: errPrinting, "10" + pwd: 0, "FF01" + pwd: 0} {
		if got := h.code(send); got != want {
			t.Errorf("%.4s: %02X, want %02X", send, got, want)
		}
	}
	if st := d.State(); st.SubMode != subPrinting {
		t.Errorf("%+v", st)
	}
	if err := d.Fault("paper-out"); err != nil { // in the middle
		t.Fatal(err)
	}
	if st := d.State(); st.SubMode != subTorn {
		t.Errorf("%+v", st)
	}
}

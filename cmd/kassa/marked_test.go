package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/permit/permittest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

const (
	waterEAN = "4607015730012"
	water    = "0104607015730012215=xk8E\x1d93abcd"
	water2   = "0104607015730012215=xk8F\x1d93efgh"
)

// withMarked gives a rig marked goods, goods for grown-ups, two items of one
// barcode, and a marking system to ask.
func (r *rig) withMarked(system *permittest.System) {
	r.t.Helper()
	s := httptest.NewServer(system.Handler())
	r.t.Cleanup(s.Close)
	db, err := catalogdb.Open(r.t.Context(), catalogdb.Options{Dir: filepath.Join(r.dir, "data", "catalog")})
	if err != nil {
		r.t.Fatal(err)
	}
	item := func(n, name, code, tracking string, price money.Amount) catalog.Item {
		return catalog.Item{ID: itemID(n), Type: catalog.Product, Name: name, Barcodes: []string{code}, Rate: tax.VAT22, Unit: "шт", Tracking: tracking,
			Prices: []catalog.Price{{Type: "retail", Value: price}}}
	}
	store := db.Current().Store
	b, err := db.Begin(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	err = errors.Join(b.PutItems([]catalog.Item{item("1", "Мыло", "4600000000015", "", 4990), item("4", "Вода", waterEAN, "WATER", 4500),
		item("5", "Напиток энергетический", "4600000000152", "", 9900), item("6", "Тетрадь в клетку", "4600000000138", "", 1500),
		item("7", "Тетрадь в линейку", "4600000000138", "", 1700)}), b.SetStore(store))
	if err == nil {
		_, err = b.Commit()
	}
	if err := errors.Join(err, db.Close()); err != nil {
		r.t.Fatal(err)
	}
	keys := filepath.Join(r.dir, "permit.secret")
	text, err := os.ReadFile(r.config())
	if err == nil {
		err = os.WriteFile(keys, fmt.Appendf(nil, "key = %q\nlogin = %q\npassword = %q\n", permittest.Key, permittest.Login, permittest.Pass), 0o600)
	}
	if err == nil {
		err = os.WriteFile(r.config(), fmt.Appendf(text, "[permit]\nonline = [%q]\nlocal = %q\ncredentials = %q\n", s.URL, s.URL, keys), 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestMarkedGoods: a marked unit passes the permit port, is on the receipt with
// its code and the port's answer, is sold once by this till, and can be sold
// again after it came back. What may not be sold is not, with the reason. The
// code's key is in no log.
func TestMarkedGoods(t *testing.T) {
	system := &permittest.System{}
	r := newRig(t, "")
	r.withMarked(system)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.must("POST", "/api/v1/shift/open", nil)

	system.Set(water2, permittest.Withdrawn)
	r.notScanned(fault.PermitWithdrawn, water2)
	system.Set(water2, permittest.OK)
	system.Break(permittest.Faults{Down: true, LocalStale: true})
	r.notScanned(fault.PermitStale, water)
	system.Break(permittest.Faults{Slow: 5 * time.Second})
	r.scanned(water2) // the local module's word
	system.Break(permittest.Faults{})
	r.scanned(water)
	r.notScanned(fault.MarkTwice, water)
	r.run("pay", "cash", "100")
	r.notScanned(fault.MarkSold, water)
	var last struct {
		Receipt struct {
			Document string `json:"document_id"`
		} `json:"receipt"`
	}
	if err := r.call("GET", "/api/v1/cheque", nil, &last); err != nil {
		t.Fatal(err)
	}
	r.run("return", last.Receipt.Document)
	r.scanned(water)
	r.run("cheque", "void")
	r.stop()

	docs := slices.DeleteFunc(r.documents(), func(d doc.Document) bool { return d.Receipt == nil })
	if len(docs) != 2 {
		t.Fatalf("%d receipts", len(docs))
	}
	for i, l := range docs[0].Receipt.Lines {
		if want := []string{water2, water}[i]; l.Mark != want || l.Kind != 33 || l.MarkStatus != 1 || l.Permit == nil || l.Permit.Number != "1944" ||
			strings.Contains(l.Permit.Value, "&Inst=") != (i == 0) {
			t.Errorf("line %d: %+v %+v", i, l, l.Permit)
		}
	}
	for _, l := range docs[1].Receipt.Lines {
		if l.MarkStatus != 3 || l.Mark == "" {
			t.Errorf("back: %+v", l)
		}
	}
	if log := r.log(); strings.Contains(log, "93abcd") || strings.Contains(log, "93efgh") {
		t.Error("the log shows a code's key")
	}
	r.agree()
}

// TestSoldByTheirCodes: bundles of marked goods, goods that are measured out of a
// keg or a package, and serial numbers, from the catalogue's file over the command
// line to the device's receipt.
func TestSoldByTheirCodes(t *testing.T) {
	system := &permittest.System{}
	r := newRig(t, "")
	r.withMarked(system)
	file := filepath.Join(r.dir, "more.json")
	text := `{"kassa_catalog":1,"items":[
{"id":"water","type":"product","name":"Вода","barcodes":["` + waterEAN + `"],"prices":[{"type":"retail","value":4500}],"rate":"22","tracking":"WATER"},
{"id":"bread","type":"product","name":"Хлеб","barcodes":["4600000000022"],"prices":[{"type":"retail","value":3000}],"rate":"10"},
{"id":"gift","type":"bundle","name":"Набор","barcodes":["4600000000169"],"prices":[{"type":"retail","value":11111}],"rate":"22","parts":[{"item_id":"water","quantity":2000},{"item_id":"bread","quantity":3000}]},
{"id":"kvass","type":"product","name":"Квас","barcodes":["4600000000213"],"prices":[{"type":"retail","value":12000}],"rate":"22","tracking":"SOFT_DRINKS","on_tap":true,"unit":"л"},
{"id":"pills","type":"product","name":"Таблетки","barcodes":["4600000000237"],"prices":[{"type":"retail","value":30000}],"rate":"10","tracking":"SOMETHING_NEW","divisible":true},
{"id":"phone","type":"product","name":"Телефон","barcodes":["4600000000206"],"prices":[{"type":"retail","value":2000000}],"rate":"22","serials":true}],
"serials":[{"number":"SN-1","item":"phone","id":"sn-id"},{"number":"SN-2","item":"phone"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.must("POST", "/api/v1/shift/open", nil)
	r.run("catalog", "import", file)
	const keg, box = "0104600000000213215keg01\x1d93abcd", "0104600000000237215box01\x1d93abcd"

	r.refused(fault.QuestionAsked, "scan", "4600000000169")
	if out := r.run("answer"); !strings.Contains(out, "Набор: Вода") {
		t.Errorf("%s", out)
	}
	r.scanned(water)
	system.Set(water2, permittest.Blocked)
	r.notScanned(fault.PermitBlocked, water2)
	system.Set(water2, permittest.OK)
	r.refused(fault.QuestionOpen, "pay", "card")
	r.scanned(water2)
	r.notScanned(fault.ItemWeight, keg)
	r.scanned("0.5*"+keg, "0.3*"+keg, "0.25*"+box)
	r.run("scan", "SN-1")
	r.refused(fault.SerialTwice, "scan", "SN-1")
	if _, errOut, code := r.kassa("", "scan", "2*"+water); code == 0 || !strings.Contains(errOut, "scan -") || strings.Contains(errOut, "93abcd") {
		t.Errorf("an argument: %d %s", code, errOut)
	}
	r.run("pay", "card")
	r.scanned("1.2*" + keg) // a keg is sold again and again
	r.run("pay", "card")
	r.stop()

	docs := slices.DeleteFunc(r.documents(), func(d doc.Document) bool { return d.Receipt == nil })
	if len(docs) != 2 {
		t.Fatalf("%d receipts", len(docs))
	}
	var got []string
	var bundle money.Amount
	for _, l := range docs[0].Receipt.Lines {
		if l.Bundle != nil {
			bundle += l.Total
		}
		got = append(got, fmt.Sprintf("%s %s %d %t %s", l.ItemID, l.Qty, l.MarkStatus, l.Permit != nil, l.SerialID))
	}
	want := []string{"water 1 1 true ", "water 1 1 true ", "bread 3 0 false ", "kvass 0.8 2 true ", "pills 0.25 2 true ", "phone 1 0 false sn-id"}
	for _, w := range want {
		if !slices.Contains(got, w) && w != want[2] {
			t.Errorf("%q is not in %q", w, got)
		}
	}
	if bundle != 11111 || docs[1].Receipt.Lines[0].Total != 14400 {
		t.Errorf("bundle %s, keg %s", bundle, docs[1].Receipt.Lines[0].Total)
	}
	r.agree()
}

// TestQuestions: what the till asks is answered on the command line; without an
// answer nothing gets into the cheque.
func TestQuestions(t *testing.T) {
	r := newRig(t, "")
	r.withMarked(&permittest.System{})
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)

	r.refused(fault.QuestionAsked, "scan", "4600000000138")
	if out := r.run("answer"); !strings.Contains(out, "Тетрадь в клетку") || !strings.Contains(out, "  2. Тетрадь в линейку") || !strings.Contains(out, "  3. Do not sell") {
		t.Errorf("%s", out)
	}
	r.refused(fault.QuestionOpen, "pay", "cash", "100")
	if out := r.run("answer", "2"); !strings.Contains(out, "Тетрадь в линейку") || !strings.Contains(out, "17.00") {
		t.Errorf("%s", out)
	}
	r.refused(fault.QuestionAsked, "scan", "4600000000152")
	r.run("answer", "yes")
	r.refused(fault.QuestionAsked, "scan", waterEAN)
	r.refused(fault.LoginSenior, "answer", "unmarked")
	if _, errOut, code := r.kassa(ownerPIN+"\n", "approve"); code != 0 {
		t.Fatalf("%s", errOut)
	}
	r.run("answer", "unmarked")
	r.refused(fault.QuestionNone, "answer", "no")
	r.run("pay", "card")
	r.stop()
	docs := slices.DeleteFunc(r.documents(), func(d doc.Document) bool { return d.Receipt == nil })
	if lines := docs[0].Receipt.Lines; len(lines) != 3 || lines[2].Kind != 32 || lines[2].Mark != "" {
		t.Errorf("%+v", lines)
	}
	r.agree()
}

// TestBadge: the owner gives a badge, the scanned badge logs in, and nothing in
// the data directory says what it says.
func TestBadge(t *testing.T) {
	r := newRig(t, "")
	text, err := os.ReadFile(r.config())
	if err == nil {
		err = os.WriteFile(r.config(), append(text, "[codes]\nbadges = [\"K-\"]\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.start("")
	const badge = "K-5f3a9c77"
	give := func(want fault.Code, code string) {
		t.Helper()
		_, errOut, exit := r.kassa(code+"\n", "badge", "c")
		if (want == "") != (exit == 0) || !strings.Contains(errOut, string(want)) {
			t.Fatalf("%d %s, want %q", exit, errOut, want)
		}
	}
	give(fault.LoginRequired, badge)
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	give(fault.BadRequest, "4600000000015")
	give("", badge)
	r.run("logout")
	r.refused(fault.LoginRefused, "scan", "K-wrong")
	r.stop()
	r.start("")
	r.run("scan", badge)
	if s, err := r.status(); err != nil || s.Cashier == nil || s.Cashier.ID != "c" {
		t.Fatalf("%+v %v", s.Cashier, err)
	}
	r.nowhere(badge)
}

// TestMarkedGoodsArePrepaid: a marked unit is prepaid by its EAN, without a
// code; it is handed over once its code was scanned and has passed the permit
// port and the device, over a kill in between.
func TestMarkedGoodsArePrepaid(t *testing.T) {
	r := newRig(t, "")
	r.withMarked(&permittest.System{})
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.refused(fault.QuestionAsked, "scan", waterEAN)
	if out := r.run("answer", "later"); !strings.Contains(out, "scan its marking code") {
		t.Error(out)
	}
	r.refused(fault.ItemMarked, "pay", "cash", "100")
	r.run("prepay")
	name := strings.Fields(r.run("claims"))[1]
	if out := r.run("claims", name); !strings.Contains(out, "scan its code") {
		t.Error(out)
	}
	r.refused(fault.ItemMarked, "hand-over", name)
	r.kill()
	r.start("")
	r.scanned(water)
	r.run("hand-over", name)
	if out := r.run("claims"); out != "" {
		t.Error(out)
	}
	r.run("shift", "close")
	r.stop()
	var got []string
	for _, d := range r.dev.Documents() {
		for _, it := range d.Items {
			got = append(got, fmt.Sprintf("%d/%d mark %t", it.Method, it.Kind, it.Mark != nil))
		}
	}
	if want := []string{"1/1 mark false", "4/33 mark true"}; !slices.Equal(got, want) {
		t.Errorf("registered %q, want %q", got, want)
	}
	r.agree()
}

// TestKilledWhileAsking: the till is killed while the permit service thinks and
// while a question is open. Neither unit is in the cheque then, and both can be
// scanned again.
func TestKilledWhileAsking(t *testing.T) {
	plainOnly(t)
	system := &permittest.System{}
	r := newRig(t, "")
	r.withMarked(system)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("scan", "4600000000015")
	r.refused(fault.QuestionAsked, "scan", "4600000000138")
	system.Break(permittest.Faults{Slow: 3 * time.Second, LocalDown: true})
	answered := make(chan error, 1)
	scan := func() { answered <- r.call("POST", "/api/v1/scan", map[string]any{"codes": []string{water}}, nil) }
	go scan()
	var now struct {
		Checks    []any `json:"checks"`
		Questions []any `json:"questions"`
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(now.Checks) == 0 {
		select {
		case <-answered: // it was over before anybody looked
			go scan()
		case <-tick.C:
		}
		if err := r.call("GET", "/api/v1/questions", nil, &now); err != nil {
			t.Fatal(err)
		}
	}
	if len(now.Questions) != 1 {
		t.Errorf("%d questions", len(now.Questions))
	}
	r.kill()
	<-answered
	system.Break(permittest.Faults{})
	r.start("")
	if out := r.run("cheque"); strings.Contains(out, "Вода") || strings.Contains(out, "Тетрадь") {
		t.Errorf("%s", out)
	}
	r.scanned(water)
	r.run("pay", "card")
	r.stop()
	r.agree()
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// kinds lists what the cloud has, in the order it came.
func (c *fakeCloud) kinds() (all []string) {
	for _, d := range c.Documents() {
		all = append(all, d.Kind)
	}
	return all
}

func (c *fakeCloud) body(kind string) string {
	c.t.Helper()
	for _, d := range c.Documents() {
		if d.Kind == kind {
			return string(d.Body)
		}
	}
	c.t.Errorf("the cloud has no %s", kind)
	return ""
}

// TestMadeAtTheTill: without a network goods, a customer and an order are made,
// used at once and after a kill; when there is one they arrive before what
// names them, each once, and then come back with the catalogue.
func TestMadeAtTheTill(t *testing.T) {
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	l := cloud.connect(r, false)
	r.start("")
	const code, phone = "4607000000993", "79990001122"
	r.refused(fault.LoginRequired, "make", "product", "Хлеб", "25", code)
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.await("the catalogue is there", func() bool { return !strings.Contains(r.run("sync"), "none downloaded") })
	l.set(true, 0)
	r.run("shift", "open")
	if out, _, c := r.kassa("", "scan", code); c == 0 {
		t.Error("an unknown code was sold: " + out)
	}
	if out := r.run("make", "product", "Хлеб ржаной", "25.00", code, "--vat", "10"); !strings.Contains(out, "Хлеб ржаной, 25.00: syncid/") {
		t.Error(out)
	}
	r.refused(fault.MadeKnown, "make", "product", "Ещё один", "26.00", code)
	r.refused(fault.MadeKnown, "make", "product", "Ещё один", "26.00", "4600000000015")
	r.refused(fault.AmountBad, "make", "product", "Даром", "0")
	who := "Новый Иван; +7 (999) 000-11-22; ivan@example.com; 7700"
	if out, errOut, c := r.kassa(who+"\n", "make", "customer"); c != 0 || !strings.Contains(out, "Новый Иван: syncid/") {
		t.Fatal(out, errOut)
	}
	if _, errOut, c := r.kassa("Другой; 8 999 000 11 22\n", "make", "customer"); c == 0 || !strings.Contains(errOut, string(fault.MadeKnown)) {
		t.Error(errOut)
	}
	r.run("scan", code, code)
	r.must("POST", "/api/v1/cheque/customer", map[string]string{"customer": "8 (999) 000-11-22"})
	r.run("pay", "cash", "100")
	r.kill()
	r.start("")
	r.run("scan", code)
	r.refused(fault.CustomerNone, "make", "order")
	r.must("POST", "/api/v1/cheque/customer", map[string]string{"customer": "новый иван"})
	order := strings.TrimSuffix(strings.Fields(r.run("make", "order", "--description", "к пятнице"))[1], ",")
	if out := r.run("orders"); !strings.Contains(out, order) || !strings.Contains(out, "1 lines, 25.00") {
		t.Error(out)
	}
	r.run("orders", "take", order)
	r.run("prepay", "--pay", "card")
	r.run("shift", "close")
	r.nowhereInJournal(phone)
	r.nowhereInJournal("ivan@example.com")
	l.set(false, 0)
	r.run("sync", "--wait")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	cloud.has(map[string]int{"openshift": 1, "closeshift": 1, "retaildemand": 1, "product": 1, "counterparty": 1, "customerorder": 1, "prepayment": 1})
	kinds := cloud.kinds()
	for _, pair := range [][2]string{{"product", "retaildemand"}, {"counterparty", "retaildemand"}, {"counterparty", "customerorder"}, {"customerorder", "prepayment"}} {
		if slices.Index(kinds, pair[0]) > slices.Index(kinds, pair[1]) {
			t.Errorf("%s after %s: %v", pair[0], pair[1], kinds)
		}
	}
	if body := cloud.body("retaildemand"); strings.Count(body, "/syncid/") != 4 || !strings.Contains(body, "/counterparty/syncid/") || !strings.Contains(body, "/product/syncid/") {
		t.Error(body)
	}
	if body := cloud.body("counterparty"); !strings.Contains(body, phone) || !strings.Contains(body, "ivan@example.com") {
		t.Error(body)
	}
	// Two downloads later the cloud's own goods and customers have taken over.
	r.run("sync", "--wait")
	r.run("sync", "--wait")
	r.await("the cloud's goods have taken over", func() bool { return strings.Contains(r.run("journal", "show", "--kind", "made"), "known") })
	r.run("shift", "open")
	r.run("scan", code)
	r.run("pay", "cash", "100")
	r.run("shift", "close")
	r.await("the second shift is in the cloud", func() bool { return r.settled() && strings.Count(strings.Join(cloud.kinds(), " "), "closeshift") == 2 })
	r.stop()
	r.agree()
	r.nowhereInJournal(phone)
	docs := cloud.Documents()
	last := slices.IndexFunc(docs, func(d moyskladtest.Stored) bool {
		return d.Kind == "retaildemand" && !strings.Contains(string(d.Body), "/product/syncid/")
	})
	if last < 0 {
		t.Error("the cloud's own goods are not sold")
	}
}

// TestParkedDocuments: what the cloud refuses is shown with its words and what
// waits for it, goes into a file for a person, and on its way again.
func TestParkedDocuments(t *testing.T) {
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.await("the shift is in the cloud", func() bool { return len(cloud.Documents()) == 1 && r.settled() })
	if err := cloud.Fault("refuse", "3007"); err != nil {
		t.Fatal(err)
	}
	r.run("scan", "4600000000015")
	r.run("pay", "cash", "100")
	type parked struct {
		Document, Name, Code, Words string
	}
	list := func() []parked {
		var s struct{ Destinations []struct{ Parked []parked } }
		if err := r.call("GET", "/api/v1/sync", nil, &s); err != nil {
			t.Fatal(err)
		}
		return s.Destinations[0].Parked
	}
	r.await("the sale is parked", func() bool { return len(list()) == 1 })
	r.run("return", "3")
	r.await("its return is parked too", func() bool { return len(list()) == 2 })
	all := list()
	if all[0].Code != "3007" || all[0].Words != "Ошибка проверки объекта" || all[1].Code != "depends" {
		t.Errorf("%+v", all)
	}
	if out := r.run("sync"); !strings.Contains(out, "2 parked") || !strings.Contains(out, all[0].Document) || !strings.Contains(out, "Ошибка проверки объекта [3007]") {
		t.Error(out)
	}
	file := filepath.Join(t.TempDir(), "sale.json")
	r.run("sync", "export", all[0].Document, file)
	var x struct {
		Frozen   bool
		Path     string
		Request  struct{ Name string }
		Document parked
	}
	b, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(b, &x) != nil || !x.Frozen || x.Path != "/entity/retaildemand" || x.Request.Name != all[0].Name || x.Document.Words == "" {
		t.Errorf("%v %s", err, b)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, _, code := r.kassa("", "sync", "export", all[0].Document, file); code == 0 {
		t.Error("a file was written over")
	}
	r.refused(fault.NotFound, "sync", "retry", "018f0000-0000-7000-8000-0000000000ff")
	r.run("sync", "retry", all[0].Document)
	r.await("both are in the cloud", func() bool { return len(list()) == 0 && r.settled() })
	if err := cloud.Fault("refuse", "1021", "2"); err != nil {
		t.Fatal(err)
	}
	r.run("cash", "in", "10")
	r.run("cash", "in", "20")
	r.await("two more are parked", func() bool { return len(list()) == 2 })
	r.run("sync", "retry")
	r.await("all is in the cloud", func() bool { return len(list()) == 0 && r.settled() })
	cloud.has(map[string]int{"openshift": 1, "retaildemand": 1, "retailsalesreturn": 1, "retaildrawercashin": 2})

	// Seen to by hand: a senior's word with a reason; nothing sends it again.
	if err := cloud.Fault("refuse", "1021", "1"); err != nil {
		t.Fatal(err)
	}
	r.run("cash", "in", "30")
	r.await("one more is parked", func() bool { return len(list()) == 1 })
	one := list()[0].Document
	r.refused(fault.ReasonNone, "sync", "done", one, "--reason", " ")
	r.refused(fault.NotFound, "sync", "done", all[0].Document, "--reason", "внесли сами")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.refused(fault.LoginSenior, "sync", "done", one, "--reason", "внесли сами")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	if out := r.run("sync", "done", one, "--reason", "внесли сами"); !strings.Contains(out, "0 parked") {
		t.Error(out)
	}
	r.kill()
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("cash", "in", "40")
	r.await("what came after it is in the cloud", func() bool {
		return r.settled() && strings.Count(strings.Join(cloud.kinds(), " "), "retaildrawercashin") == 3
	})
	cloud.has(map[string]int{"openshift": 1, "retaildemand": 1, "retailsalesreturn": 1, "retaildrawercashin": 3})
	if len(list()) != 0 {
		t.Errorf("a start knows nothing of it: %+v", list())
	}
	var notes struct {
		Records []struct{ Data json.RawMessage }
	}
	if err := r.call("GET", "/api/v1/journal?kind=audit&type=sync_by_hand", nil, &notes); err != nil || len(notes.Records) != 1 || !strings.Contains(string(notes.Records[0].Data), "внесли сами") {
		t.Errorf("%v %+v", err, notes)
	}
	r.stop()
}

// TestStateIsTold: the store's page in the cloud shows what the till runs on and
// how it is doing, without half an object, and again when something changed.
func TestStateIsTold(t *testing.T) {
	plainOnly(t)
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	type told struct {
		Environment struct {
			Software struct{ Name, Version string }
			Printer  struct{ Name, Serial, TaxSystem string } `json:"chequePrinter"`
		}
		State struct {
			Sync   struct{ Message, LastAttemptMoment string }
			Memory struct {
				Unsent *int `json:"notSendDocCount"`
			} `json:"fiscalMemory"`
		}
	}
	last := func() (s told) {
		for _, rep := range cloud.Reports() {
			if err := json.Unmarshal(rep.Body, &s); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	r.await("the state is told", func() bool {
		s := last()
		return s.Environment.Software.Name == "Kassa" && s.Environment.Printer.Name != "" && s.State.Sync.LastAttemptMoment != "" && s.State.Memory.Unsent != nil
	})
	before := *last().State.Memory.Unsent
	if err := cloud.Fault("refuse", "3007"); err != nil { // before there is anything to refuse
		t.Fatal(err)
	}
	r.run("shift", "open")
	r.await("the change is told", func() bool {
		s := last()
		return *s.State.Memory.Unsent > before && strings.Contains(s.State.Sync.Message, "Ошибка проверки объекта")
	})
	if s := last(); s.Environment.Printer.TaxSystem != "GENERAL_TAX_SYSTEM" || s.Environment.Printer.Serial == "" {
		t.Errorf("%+v", s)
	}
	r.stop()
}

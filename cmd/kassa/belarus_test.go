package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/ikassa/ikassatest"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// registerPIN is the till's on the register.
const registerPIN = "739155"

// minsk is a till in a process of its own that sells through a virtual register
// in this one.
type minsk struct {
	*rig
	reg  *ikassatest.Register
	hook atomic.Pointer[func(op string, done bool)] // before and after each request
}

func newMinsk(t *testing.T) *minsk {
	t.Helper()
	m := &minsk{rig: newRig(t, "")}
	m.restock()
	var err error
	m.reg, err = ikassatest.Open(ikassatest.Options{StatePath: filepath.Join(m.dir, "register"), PIN: registerPIN, Now: moscow})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op := strings.Join(r.Header.Values("Intent_operation_type"), "")
		tell := func(done bool) {
			if hook := m.hook.Load(); hook != nil {
				(*hook)(op, done)
			}
		}
		tell(false)
		defer tell(true)
		m.reg.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	secret := filepath.Join(m.dir, "register.secret")
	if err := os.WriteFile(secret, []byte("pin = \""+registerPIN+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(m.config())
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "[kkt]")
	kkt := fmt.Sprintf("[kkt]\ndriver = \"ikassa\"\naddress = %q\ncredentials = %q\n", srv.URL, secret)
	if err := os.WriteFile(m.config(), []byte(head+kkt), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// restock gives the till a shop in Minsk.
func (m *minsk) restock() {
	m.t.Helper()
	db, err := catalogdb.Open(m.t.Context(), catalogdb.Options{Dir: filepath.Join(m.dir, "data", "catalog")})
	if err != nil {
		m.t.Fatal(err)
	}
	owner, err := pin.Hash(ownerPIN)
	if err != nil {
		m.t.Fatal(err)
	}
	item := func(id, code, unit string, price money.Amount, rate tax.Rate) catalog.Item {
		return catalog.Item{ID: itemID(id), Type: catalog.Product, Name: "Тавар " + id, Barcodes: []string{code}, Rate: rate, Unit: unit, Prices: []catalog.Price{{Type: "retail", Value: price}}}
	}
	cheese := item("2", "4600000000022", "кг", 27_99, tax.VAT10)
	cheese.ByWeight, cheese.UnitCode = true, 11
	water := item("4", "4607015730012", "шт", 2_49, tax.VAT20)
	water.Tracking = "WATER"
	b, err := db.Begin(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	err = errors.Join(
		b.PutItems([]catalog.Item{item("1", "4600000000015", "шт", 3_15, tax.VAT20), cheese, item("3", "4600000000039", "шт", 12_00, tax.VAT22), water, item("5", "4600000000046", "шт", 25_00, tax.VAT25)}),
		b.SetStore(catalog.Store{ID: "s", Name: "Крама", PriceType: "retail", Currency: "BYN", TaxSystem: tax.General, DiscountStrategy: "bySum", ManualDiscount: true, MaxDiscount: 50_000,
			Cashiers: []catalog.Cashier{{ID: "o", Name: "Янка К.", Position: "Старшы", PINHash: owner, Role: catalog.RoleOwner}}}))
	if err == nil {
		_, err = b.Commit()
	}
	if err := errors.Join(err, db.Close()); err != nil {
		m.t.Fatal(err)
	}
}

// registered is the register's journal of what the till sent: by operation.
func (m *minsk) registered() map[string][]ikassatest.Document {
	all := map[string][]ikassatest.Document{}
	for _, d := range m.reg.Documents() {
		if d.Operation != "" {
			all[d.Operation] = append(all[d.Operation], d)
		}
	}
	return all
}

// same checks that the register's tape and the journal hold the same, each
// once, to the kopeck, and that the drawers agree.
func (m *minsk) same() {
	m.t.Helper()
	report, err := journal.Verify(m.t.Context(), filepath.Join(m.dir, "data", "journal"), journal.VerifyOptions{})
	if err != nil || !report.OK {
		m.t.Errorf("verify: %v %+v", err, report.Problems)
	}
	on := m.registered()
	var drawer money.Amount
	for _, d := range m.documents() {
		if d.Currency != "BYN" {
			m.t.Errorf("%s %d in %s", d.Type, d.Number, d.Currency)
		}
		if d.Receipt == nil && d.Cash == nil {
			continue
		}
		docs := on[d.ID.String()]
		delete(on, d.ID.String())
		if len(docs) != 1 {
			m.t.Errorf("%s %s is %d times on the register", d.Type, d.Name, len(docs))
			continue
		}
		r := docs[0]
		drawer += r.Cash - r.Change
		if len(r.Prefix) != 1 || r.Prefix[0] != d.Name {
			m.t.Errorf("%s is headed %q", d.Name, r.Prefix)
		}
		if d.Cash != nil {
			if r.Total != d.Cash.Sum {
				m.t.Errorf("%s: %s on the register, %s in the journal", d.Name, r.Total, d.Cash.Sum)
			}
			continue
		}
		f := d.Fiscal
		if f == nil || !f.SKKO || int64(f.FD) != r.Number || f.FN != ikassatest.Number || !f.ByHand && f.UID != r.UID || f.Total != r.Total || d.Receipt.Total != r.Total || len(r.Items) != len(d.Receipt.Lines) {
			m.t.Errorf("%s: %+v of %+v", d.Name, f, r)
			continue
		}
		for i, l := range d.Receipt.Lines {
			if r.Items[i].Total != l.Total || r.Items[i].Name != l.Name {
				m.t.Errorf("%s line %d: %+v of %+v", d.Name, i+1, r.Items[i], l)
			}
		}
	}
	for id, docs := range on {
		m.t.Errorf("%s is on the register and not in the journal: %+v", id, docs)
	}
	if s := m.reg.State(); s.Drawer != drawer || s.Repeated != 0 {
		m.t.Errorf("%s in the drawer, want %s; %d sent twice", s.Drawer, drawer, s.Repeated)
	}
}

// TestBelarus is a day in Minsk by the command line: the register's own shift,
// cash with change, card, both, a discount, a weighed line, a marked unit; what
// the register does not take from a till; answers that get lost.
func TestBelarus(t *testing.T) {
	m := newMinsk(t)
	m.start("")
	m.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	m.run("shift", "open")
	m.run("scan", "4600000000015")
	m.refused(fault.RegisterShift, "pay", "cash", "5") // the register's is closed
	if err := m.reg.OpenShift(); err != nil {
		t.Fatal(err)
	}
	if out := m.run("pay", "cash", "5"); !strings.Contains(out, "3.15") || !strings.Contains(out, "1.85") {
		t.Errorf("paid: %s", out)
	}
	m.run("cash", "in", "100", "--reason", "размен")
	m.run("scan", "0.333*4600000000022", "2*4600000000015", "4600000000046")
	m.run("cheque", "discount", "10%")
	m.run("pay", "card")
	m.run("scan", "3*4600000000015")
	m.run("pay", "split", "card=4.00", "cash=20")
	m.scanned("0104607015730012215abc12345\x1d93abcd")
	m.run("pay", "cash", "2.49")
	m.notScanned(fault.MarkSold, "0104607015730012215abc12345\x1d93abcd")
	m.refused(fault.RateBad, "scan", "4600000000039") // 22 % is Russian
	m.refused(fault.RegisterOnly, "cash", "out", "1")
	m.refused(fault.RegisterOnly, "return", "4")
	m.refused(fault.RegisterOnly, "shift", "x")
	m.refused(fault.RegisterOnly, "shift", "state-report")

	for name, code := range map[string]fault.Code{"blocked": fault.RegisterBlocked, "certificate": fault.RegisterCertificate, "pending": fault.RegisterPending, "down": fault.FiscalNoAnswer} {
		if err := m.reg.Fault(name); err != nil {
			t.Fatal(err)
		}
		m.run("scan", "4600000000015")
		m.refused(code, "pay", "cash", "5")
		m.run("cheque", "void")
		if err := m.reg.Fault("up"); err != nil {
			t.Fatal(err)
		}
		m.back()
	}
	m.decide("lose-answer", true)
	m.decide("lose-request", false)
	m.decide("error-500", false)
	m.decide("garbage", true)
	m.decide("error-399", false)

	if out := m.run("documents"); !strings.Contains(out, "register "+ikassatest.Number+" cheque") {
		t.Errorf("documents:\n%s", out)
	}
	m.run("shift", "close")
	if out, _, _ := m.kassa("", "doctor"); !strings.Contains(out, "a Belarusian register") {
		t.Errorf("doctor:\n%s", out)
	}
	m.stop()
	if out, _, _ := m.kassa("", "doctor", "--config", m.config()); !strings.Contains(out, "register http://127.0.0.1") || !strings.Contains(out, "answers") {
		t.Errorf("doctor of a till that does not run:\n%s", out)
	}
	m.same()
	for _, file := range []string{"till.log", "data/journal"} {
		m.hides(file, registerPIN)
	}
}

// back waits until the till has seen that the register answers.
func (m *minsk) back() {
	m.t.Helper()
	m.await("the register is back", func() bool {
		s, err := m.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready && s.KKT.Code == ""
	})
}

// hides checks that a secret is in no file below a path.
func (m *minsk) hides(path, secret string) {
	m.t.Helper()
	err := filepath.WalkDir(filepath.Join(m.dir, path), func(file string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if strings.Contains(string(text), secret) {
			m.t.Errorf("%s holds the PIN", file)
		}
		return err
	})
	if err != nil {
		m.t.Error(err)
	}
}

// decide loses the answer to a sale in some way; a senior looks at the paper
// and says what is there.
func (m *minsk) decide(way string, there bool) {
	m.t.Helper()
	m.run("scan", "4600000000015")
	if err := m.reg.Fault(way); err != nil {
		m.t.Fatal(err)
	}
	m.refused(fault.FiscalUntold, "pay", "cash", "10")
	m.person(there)
	m.back()
	if !there {
		m.run("pay", "cash", "10") // the goods are back in the cheque
	}
}

// person looks at the paper and says what is on it.
func (m *minsk) person(there bool) {
	m.t.Helper()
	m.refused(fault.FiscalBlocked, "pay", "cash", "10")
	if !there {
		m.run("abandon", "на ленте нет")
		return
	}
	m.refused(fault.FiscalNumber, "abandon", "на ленте есть", "--done")
	docs := m.reg.Documents()
	m.run("abandon", "на ленте есть", "--done", "--number", fmt.Sprint(docs[len(docs)-1].Number))
}

// TestRegisterKilled: the till dies at every request of a sale and of cash in,
// before and after the register has done it. It never asks twice: a person
// looks, and what is on the paper is in the journal.
func TestRegisterKilled(t *testing.T) {
	plainOnly(t)
	m := newMinsk(t)
	if err := m.reg.OpenShift(); err != nil {
		t.Fatal(err)
	}
	m.start("")
	m.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	m.run("shift", "open")
	m.run("cash", "in", "50")
	asked := 0
	for _, work := range []struct {
		op   string
		path string
		body map[string]any
	}{{"SALE", "/api/v1/pay", map[string]any{"type": "cash", "amount": "10"}}, {"DEPOSIT", "/api/v1/cash/in", map[string]any{"amount": "7"}}} {
		for _, at := range []string{"GET_CHEQUES", work.op} {
			for _, done := range []bool{false, true} {
				t.Log(work.op, "killed at", at, "done", done)
				m.run("scan", "4600000000015")
				before := len(m.reg.Documents())
				m.killAt(work.path, work.body, at, done)
				m.launch("")
				m.await("the till is up", func() bool {
					s, err := m.status()
					return err == nil && (s.Phase == "idle" || s.Phase == "blocked") && s.KKT.Ready
				})
				s, err := m.status()
				if err != nil {
					t.Fatal(err)
				}
				there := len(m.reg.Documents()) > before
				switch {
				case s.Phase == "blocked":
					asked++
					if work.op == "SALE" {
						m.person(there)
					} else {
						args := []string{"abandon", "посмотрела"}
						if there {
							args = append(args, "--done")
						}
						m.run(args...)
					}
				case there:
					t.Fatal("it is on the register, and nobody is asked")
				}
				m.await("the till goes on", func() bool {
					s, err := m.status()
					return err == nil && s.Phase == "idle"
				})
				if s, err := m.status(); err != nil || len(s.Cheque.Lines) > 0 != (!there || work.op == "DEPOSIT") {
					t.Errorf("%d lines before the cashier, %v", len(s.Cheque.Lines), err)
				}
				if !there || work.op == "DEPOSIT" {
					m.run("cheque", "void")
				}
			}
		}
	}
	if asked < 4 {
		t.Errorf("a person was asked %d times", asked)
	}
	m.run("scan", "4600000000015")
	m.run("pay", "card")
	m.stop()
	m.same()
}

// killAt gives a command and kills the till at a request of its: before the
// register hears of it, or once it is done.
func (m *minsk) killAt(path string, body map[string]any, at string, done bool) {
	m.t.Helper()
	killed := make(chan struct{})
	var once atomic.Bool
	hook := func(now string, after bool) {
		if now != at || after != done {
			return
		}
		if once.CompareAndSwap(false, true) {
			if err := m.child.Process.Kill(); err != nil {
				m.t.Error(err)
			}
			err := <-m.exited
			m.exited <- err
			close(killed)
		}
		if !after {
			panic(http.ErrAbortHandler) // the register never hears it
		}
	}
	m.hook.Store(&hook)
	_ = m.call("POST", path, body, nil) // its answer dies with the till
	<-killed
	m.hook.Store(nil)
	m.kill()
}

// onRegister is a sale as the bench's register tells of it.
type onRegister struct {
	Number    int64        `json:"number"`
	Type      string       `json:"type"`
	Operation string       `json:"operation_id"`
	Total     money.Amount `json:"total"`
}

// TestBelarusianShop is the bench's shop in Belarus and a till as two programs:
// the catalogue comes from the cloud in BYN, goods of every rate are sold, an answer
// is lost, and journal, cloud and the register's tape hold the same.
func TestBelarusianShop(t *testing.T) {
	plainOnly(t)
	s := openShop(t, "--belarus")
	s.startTill()
	s.until("the catalogue has come", func() bool {
		_, _, code := s.kassa("3333\n", "login")
		return code == 0
	})
	s.must("shift", "open")
	s.lab("register", "open")
	shelf := []string{s.ready.Codes[0], s.ready.Codes[1], s.ready.Codes[6], s.ready.Codes[9], s.ready.Codes[10]} // 10 %, 20 %, weighed, 0 %, none
	s.lab(append([]string{"scan"}, shelf...)...)
	s.until("all of it is in the cheque", func() bool { return len(s.cheque().Cheque.Lines) == len(shelf) })
	if out := s.must("pay", "cash", "1000"); !strings.Contains(out, "register "+ikassatest.Number+" cheque 2") {
		t.Errorf("paid: %s", out)
	}
	s.scan(s.ready.Codes[0])
	s.lab("fault", "register", "lose-answer")
	s.refused(string(fault.FiscalUntold), "pay", "card")
	s.must("abandon", "чек есть на ленте", "--done", "--number", "3")
	s.must("shift", "close")
	sold := s.documents("SELL")
	var tape []onRegister
	for _, d := range decodeAll[onRegister](t, s.lab("register", "documents")) {
		if d.Type == "SALE" {
			tape = append(tape, d)
		}
	}
	if len(sold) != 2 || len(tape) != 2 {
		t.Fatalf("%d sales, %d on the tape", len(sold), len(tape))
	}
	for i, d := range sold {
		if on := tape[i]; d.Currency != "BYN" || on.Operation != d.ID.String() || on.Total != d.Receipt.Total || int64(d.Fiscal.FD) != on.Number || !d.Fiscal.SKKO || d.Fiscal.ByHand != (i == 1) {
			t.Errorf("%+v of %+v", on, d.Fiscal)
		}
	}
	s.until("the cloud has both sales", func() bool { return len(s.inCloud("retaildemand")) == 2 })
	for i, d := range s.inCloud("retaildemand") {
		if d.Sum != sold[i].Receipt.Total || d.Times != 1 {
			t.Errorf("%+v in the cloud, %s sold", d, sold[i].Receipt.Total)
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestProvision: a till is attached by a person, running or not; what it sold
// before goes up then; a store that another device holds is taken back only
// where that is said; no secret is anywhere but in its file.
func TestProvision(t *testing.T) {
	const kiosk = "018f0000-0000-7000-8000-0000000000cc"
	cloud := newFakeCloud(t, func(s *moyskladtest.Shop) {
		*s = s.With(moyskladtest.FromCatalog(catalog.Store{ID: kiosk, Name: "Киоск", Currency: "RUB", PriceType: "retail", Cashiers: []catalog.Cashier{{ID: "018f0000-0000-7000-8000-0000000000dd", Name: "Петрова"}}}, nil, nil, nil, nil))
	})
	server := httptest.NewServer(cloud)
	defer server.Close()
	r := newRig(t, "")
	f, err := os.OpenFile(r.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(f, "[cloud.moysklad]\nurl = %q\n", server.URL+moyskladtest.BasePath); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	provision := func(password string, args ...string) (string, string, int) {
		return r.kassa(moyskladtest.DefaultLogin+"\n"+password+"\n", append([]string{"provision", "moysklad"}, args...)...)
	}
	refused := func(want fault.Code, password string, args ...string) {
		t.Helper()
		if _, errs, code := provision(password, args...); code == 0 || !strings.Contains(errs, string(want)) {
			t.Errorf("%v: %d %s, want %s", args, code, errs, want)
		}
	}
	refused(fault.CloudLogin, "wrong", "--list")
	if out, errs, code := provision(moyskladtest.DefaultPassword, "--list"); code != 0 || !strings.Contains(out, "Лавка") || !strings.Contains(out, kiosk) || strings.Contains(out, "attached") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	refused(fault.CloudStores, moyskladtest.DefaultPassword)
	refused(fault.NotFound, moyskladtest.DefaultPassword, "--store", "Лавочка")

	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("scan", "4600000000015")
	r.run("pay", "card")
	if _, _, code := r.kassa("", "sync", "--wait"); code == 0 {
		t.Error("a till that belongs to nobody has synced")
	}
	out, errs, code := r.kassa(moyskladtest.DefaultLogin+"\n"+moyskladtest.DefaultPassword+"\n1\n", "provision", "moysklad")
	if code != 0 || !strings.Contains(out, "attached to Лавка") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	r.await("what was sold before is in the cloud", func() bool { return len(cloud.Documents()) == 2 && r.settled() })

	// Another device is attached: this one hears of it, and takes nothing back
	// by itself.
	o := moysklad.Options{BaseURL: server.URL + moyskladtest.BasePath}
	token, _, err := moysklad.Attach(t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, cloudStore)
	if err != nil {
		t.Fatal(err)
	}
	r.run("scan", "4600000000015")
	r.run("pay", "card")
	r.await("the till knows that it was cut off", func() bool {
		out, _, _ := r.kassa("", "sync")
		return strings.Contains(out, string(fault.CloudAuth))
	})
	if out, _, _ := provision(moyskladtest.DefaultPassword, "--list"); !strings.Contains(out, "another device") {
		t.Error(out)
	}
	refused(fault.CloudTaken, moyskladtest.DefaultPassword, "--store", "лавка")
	refused(fault.CloudUnsent, moyskladtest.DefaultPassword, "--store", "киоск")
	if st := cloud.State(); st.Sales != 1 {
		t.Errorf("%+v", st)
	}
	if out, errs, code := provision(moyskladtest.DefaultPassword, "--store", cloudStore, "--take-over", "--json"); code != 0 || !strings.Contains(out, `"own": true`) {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	r.await("the rest is in the cloud", func() bool { return cloud.State().Sales == 2 && r.settled() })
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	if out := r.run("journal", "show", "--kind", "audit", "--type", "cloud_attached"); strings.Count(out, "cloud_attached") != 2 {
		t.Error(out)
	}
	r.stop()
	r.start("") // the token is still there
	r.run("sync", "--wait")
	r.stop()
	r.agree()
	r.noSecret(token)
}

// TestAStoreIsNotStolen: a till with a login in its configuration attaches by
// itself, but never to a store that another device holds.
func TestAStoreIsNotStolen(t *testing.T) {
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	cloud.connect(r, false)
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.config(), []byte(strings.Replace(string(text), "take_over = true\n", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	defer server.Close()
	o := moysklad.Options{BaseURL: server.URL + moyskladtest.BasePath}
	if o.Token, o.CashierUID, err = moysklad.Attach(t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, cloudStore); err != nil {
		t.Fatal(err)
	}
	other, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.refused(fault.CloudTaken, "sync", "--wait")
	if out := r.run("status"); !strings.Contains(out, string(fault.CloudTaken)) {
		t.Error(out)
	}
	if _, err := other.Store(t.Context()); err != nil {
		t.Errorf("the other device was cut off: %v", err)
	}
	r.run("sync", "--attach")
	if _, err := other.Store(t.Context()); fault.Of(err).Code != fault.CloudAuth {
		t.Errorf("the store was not taken: %v", err)
	}
	r.stop()
}

// noSecret looks for what only the file of the token may have.
func (r *rig) noSecret(stale string) {
	r.t.Helper()
	path := filepath.Join(r.dir, "data", "secrets", "moysklad.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		r.t.Fatal(info, err)
	}
	b, err := os.ReadFile(path)
	var a struct{ Token string }
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil || a.Token == "" || a.Token == stale {
		r.t.Fatal(err)
	}
	err = filepath.WalkDir(r.dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || p == path {
			return err
		}
		text, err := os.ReadFile(p)
		if err == nil && (strings.Contains(string(text), a.Token) || strings.Contains(string(text), "password\":\""+moyskladtest.DefaultPassword)) {
			r.t.Errorf("a secret is in %s", p)
		}
		return err
	})
	if err != nil {
		r.t.Error(err)
	}
}

// TestPointsOfAKnownCustomer: the cloud tells how many points a customer has
// when he is named at the till; they pay a part; without the cloud he is known
// all the same, and nobody waits.
func TestPointsOfAKnownCustomer(t *testing.T) {
	const customer, serial = "018f0000-0000-7000-8000-0000000000ee", "018f0000-0000-7000-8000-0000000000ff"
	cloud := newFakeCloud(t, func(s *moyskladtest.Shop) {
		s.Points[0].Customers = append(s.Points[0].Customers, moyskladtest.CustomerJSON(customer, "Пётр Быков", "777001", ""))
		s.Points[0].Serials = append(s.Points[0].Serials, moyskladtest.SerialJSON(serial, "SN-77", itemID("1")))
	})
	if err := cloud.Set(moyskladtest.SetLoyaltyPoints, "20"); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "")
	line := cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("sync", "--wait")
	r.run("scan", "SN-77") // serial numbers came down with the catalogue
	r.run("cheque", "customer", "777001")
	r.refused(fault.BonusMore, "cheque", "bonus", "21")
	r.run("cheque", "bonus", "20")
	if out := r.run("pay", "card"); !strings.Contains(out, "paid 29.90") {
		t.Error(out)
	}
	line.set(true, 0)
	r.run("scan", "4600000000015")
	r.run("cheque", "customer", "777001")
	r.refused(fault.BonusUnknown, "cheque", "bonus", "20")
	if out := r.run("pay", "card"); !strings.Contains(out, "paid 49.90") {
		t.Error(out)
	}
	line.set(false, 0)
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.stop()
	r.agree()
}

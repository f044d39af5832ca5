package bench

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	demo "github.com/kassa-pos/kassa/cmd/kassalab/internal/shop"
	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/offline/ikassa/ikassatest"
	ikassaclient "github.com/kassa-pos/kassa/offline/ikassa/register"
	"github.com/kassa-pos/kassa/pos/tax"
)

func openIn(t *testing.T, dir string, belarus bool) (*Bench, error) {
	t.Helper()
	b, err := Open(Options{Dir: dir, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Belarus: belarus, Shop: func(uint64) demo.Shop { return small() }})
	if err == nil {
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return b, err
}

// A Belarusian bench: the register stands where its configuration says, with
// its PIN, its faults have names people understand, and what it has registered
// is there after a restart. The country of a directory stays.
func TestBelarus(t *testing.T) {
	dir := t.TempDir()
	b, err := openIn(t, dir, true)
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(b.Ready().Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`driver = "ikassa"`, `address = "` + b.Ready().Register + `"`} {
		if !strings.Contains(string(config), line) {
			t.Errorf("no %s in the configuration", line)
		}
	}
	for _, russian := range []string{"shtrih-m", "[cloud.ofd]", "[permit]"} {
		if strings.Contains(string(config), russian) {
			t.Errorf("%s in the configuration of a Belarusian till", russian)
		}
	}
	if len(b.Ready().Codes) == 0 || b.Sign() != "Br" {
		t.Errorf("%d codes, prices in %s", len(b.Ready().Codes), b.Sign())
	}
	if _, err := b.PressRegister("open"); err != nil {
		t.Fatal(err)
	}
	c := ikassaclient.New(ikassaclient.Options{Address: b.Ready().Register, PIN: ikassatest.PIN})
	if _, err := c.Deposit(t.Context(), &ikassa.Deposit{Cashier: "a", Sum: 5_00, Operation: "op"}); err != nil {
		t.Fatal(err)
	}
	until(t, b, "the cash is in the drawer", func(s State) bool {
		return s.Register != nil && s.Register.Drawer == 5_00 && len(s.Register.Latest) == 2
	})
	named := 0
	for _, f := range b.Faults() {
		if f.Device != "register" {
			continue
		}
		named++
		if f.Text["ru"] == f.Name || f.Text["ru"] == "" || f.Text["en"] == "" || f.Help == "" {
			t.Errorf("%+v", f)
		}
		if _, err := b.Fault(FaultRequest{Device: "register", Name: f.Name}); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if named < 10 || len(b.State().Register.Faults) != named || b.State().Register.Up {
		t.Errorf("%d faults, %+v", named, b.State().Register)
	}
	var bad *BadRequest
	if _, err := b.Fault(FaultRequest{Device: "register", Name: "lose-answer", Args: []string{"x"}}); !errors.As(err, &bad) {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openIn(t, dir, false) // it was a Belarusian one
	if err != nil {
		t.Fatal(err)
	}
	docs, err := again.RegisterDocuments()
	if err != nil || len(docs) != 2 || docs[1].Operation != "op" || again.Ready().Register != b.Ready().Register {
		t.Errorf("%+v, %v", docs, err)
	}
	russian := t.TempDir()
	if b, err := openIn(t, russian, false); err != nil || b.State().Register != nil || b.Ready().Register != "" {
		t.Fatal(err)
	} else if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openIn(t, russian, true); err == nil {
		t.Error("a Russian shop moved to Belarus")
	}
}

// Everything in the Belarusian shop can be sold there.
func TestBelarusianGoods(t *testing.T) {
	s := demo.Generate(1).Belarus()
	was := demo.Generate(1)
	for i, it := range s.Items {
		info, err := tax.Lookup(it.Rate)
		if err != nil || !info.ValidIn(tax.Belarus, time.Now()) {
			t.Fatalf("%s at %s", it.Name, it.Rate)
		}
		for k, p := range it.Prices {
			if (p.Value == 0) != (was.Items[i].Prices[k].Value == 0) {
				t.Fatalf("%s costs %s, it was %s", it.Name, p.Value, was.Items[i].Prices[k].Value)
			}
		}
	}
	if n := len(s.Codes()); n != 12 {
		t.Errorf("%d things worth scanning", n)
	}
	if s.Store.Currency != tax.BYN || was.Store.Currency != tax.RUB || s.Second.Store.Currency != tax.BYN {
		t.Error("currencies")
	}
}

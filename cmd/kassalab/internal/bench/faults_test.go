package bench

import (
	"errors"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/link"
)

func kick(t *testing.T, b *Bench) {
	t.Helper()
	p := shtrih.New(link.TCP{Addr: b.Ready().KKT.TCP}, shtrih.Options{})
	if err := p.OpenDrawer(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := p.Halt(); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, all []Fault, device, name string) Fault {
	t.Helper()
	for _, f := range all {
		if f.Device == device && f.Name == name {
			return f
		}
	}
	t.Fatalf("no fault %s %s", device, name)
	return Fault{}
}

// Every fault that is listed can be made, shows itself, and goes away the way
// the list says.
func TestEveryFault(t *testing.T) {
	b := start(t, t.TempDir())
	given := map[string][]string{"cloud http": {"503"}, "cloud refuse": {"3006"}, "cloud clock": {"90"}, // arguments that must be there
		"cloud document-bin": {"K-1"}, "cloud document-date": {"K-1", "2026-11-22"}, "cloud document-sum": {"K-1", "1"}, "cloud document-cashless": {"K-1", "1"}}
	passing := map[string]bool{ // over at once: there is nothing to show
		"kkt power-cycle": true, "kkt shift-expired": true, "kkt ofd-takes-all": true, "cloud token-revoked": true, "gpio disconnect": true, "scanner garbage": true,
	}
	for _, f := range b.Faults() {
		name := f.Device + " " + f.Name
		if f.On {
			t.Errorf("%s is on from the start", name)
		}
		if f.Text["ru"] == "" || f.Text["en"] == "" || f.Text["ru"] == f.Text["en"] || f.Help == "" {
			t.Errorf("%s is described as %v", name, f.Text)
		}
		after, err := b.Fault(FaultRequest{Device: f.Device, Name: f.Name, Args: given[name]})
		if name == "cloud trash-shift" {
			if err == nil || !strings.Contains(err.Error(), "no shift is open") {
				t.Errorf("%s without a shift: %v", name, err)
			}
			continue
		}
		if strings.HasPrefix(name, "cloud document-") {
			if err == nil || !strings.Contains(err.Error(), "no document") {
				t.Errorf("%s without a document: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if on := find(t, after, f.Device, f.Name).On; on == passing[name] {
			t.Errorf("%s: on is %v", name, on)
		}
		if f.Mend == "" {
			continue
		}
		mend, args, _ := strings.Cut(f.Mend, " ")
		after, err = b.Fault(FaultRequest{Device: f.Device, Name: mend, Args: strings.Fields(args)})
		if err != nil {
			t.Errorf("%s %s: %v", f.Device, f.Mend, err)
			continue
		}
		if find(t, after, f.Device, f.Name).On {
			t.Errorf("%s is still on after %s", name, f.Mend)
		}
	}
}

func TestPromisedFaults(t *testing.T) {
	b := start(t, t.TempDir())
	for _, line := range []string{
		"kkt unplug", "kkt replug", "kkt drop-answer", "kkt drop-answer FF45", "kkt paper-out", "kkt paper-in", "cloud down", "cloud up",
		"cloud slow", "cloud slow 100", "cloud slow 0", "cloud lose-answer", "scanner unplug", "scanner replug", "display unplug", "display replug",
	} {
		w := strings.Fields(line)
		if _, err := b.Fault(FaultRequest{Device: w[0], Name: w[1], Args: w[2:]}); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		// Again, as it is already so.
		if _, err := b.Fault(FaultRequest{Device: w[0], Name: w[1], Args: w[2:]}); err != nil {
			t.Errorf("%s twice: %v", line, err)
		}
	}
}

// TestArmedFaults: what waits for its moment shows that it does.
func TestArmedFaults(t *testing.T) {
	b := start(t, t.TempDir())
	for name, args := range map[string][]string{"paper-out": {"7"}, "cut-after": {"FF45"}, "split": {"2000"}, "drop-request": {"3"}} {
		after, err := b.Fault(FaultRequest{Device: "kkt", Name: name, Args: args})
		if err != nil {
			t.Fatal(err)
		}
		f := find(t, after, "kkt", name)
		if !f.On || name == "paper-out" && f.Value != "in 7 lines" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestFaultsRefused(t *testing.T) {
	b := start(t, t.TempDir())
	long := strings.Repeat("x", 10_000)
	for _, r := range []FaultRequest{
		{}, {Device: "toaster", Name: "unplug"}, {Device: "kkt"}, {Device: "kkt", Name: "explode"}, {Device: long, Name: "unplug"},
		{Device: "kkt", Name: long}, {Device: "kkt", Name: "delay", Args: []string{long}}, {Device: "kkt", Name: "delay", Args: []string{"soon"}},
		{Device: "kkt", Name: "unplug", Args: []string{"now"}}, {Device: "scanner", Name: "unplug", Args: []string{"now"}},
		{Device: "cloud", Name: "slow", Args: []string{"-1"}}, {Device: "cloud", Name: "http", Args: []string{"x"}}, {Device: "cloud", Name: "up", Args: []string{"x"}},
		{Device: "ofd", Name: "reject", Args: []string{"x"}}, {Device: "ofd", Name: "down", Args: []string{"x"}}, {Device: "gpio", Name: "disconnect", Args: []string{"x"}},
		{Device: "kkt", Name: "drop-answer", Args: []string{"x"}}, {Device: "kkt", Name: "clock-drift", Args: []string{"x"}}, {Device: "kkt", Name: "paper-out", Args: []string{"x"}},
		{Device: "cloud", Name: "http"}, {Device: "kkt", Name: "delay", Args: make([]string, 99)},
	} {
		_, err := b.Fault(r)
		var bad *BadRequest
		if !errors.As(err, &bad) || len(bad.Text) > 1000 {
			t.Errorf("%.60v: %.200v", r, err)
			continue
		}
		for _, jargon := range []string{"shtrihtest", "moyskladtest", "ofdtest", "strconv", "time:", "parsing"} {
			if strings.Contains(bad.Text, jargon) {
				t.Errorf("%.60v: %q in %q", r, jargon, bad.Text)
			}
		}
	}
	for _, f := range b.Faults() {
		if f.On {
			t.Errorf("%s %s is on", f.Device, f.Name)
		}
	}
}

// TestUniformFaults: whatever the device, the four words work, or the bench
// says why they make no sense; mend makes it whole.
func TestUniformFaults(t *testing.T) {
	b := startWith(t, Options{Dir: t.TempDir(), Printer: true, Terminal: true})
	for _, device := range Classes() {
		for _, name := range Uniform() {
			_, err := b.Fault(FaultRequest{Device: device, Name: name})
			if why := senseless[device][name]; why != "" {
				if err == nil || !strings.Contains(err.Error(), why) {
					t.Errorf("%s %s: %v", device, name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %s: %v", device, name, err)
				continue
			}
			on := 0
			for _, f := range b.Faults() {
				if f.On {
					on++
				}
			}
			if passing := device == "scanner" && name == "garbage"; (on == 1) == passing {
				t.Errorf("%s %s: %d faults are on", device, name, on)
			}
			after, err := b.Fault(FaultRequest{Device: device, Name: "mend"})
			if err != nil {
				t.Errorf("%s mend: %v", device, err)
			}
			for _, f := range after {
				if f.On {
					t.Errorf("%s %s is on after mend", f.Device, f.Name)
				}
			}
		}
	}
	var bad *BadRequest
	if _, err := b.Fault(FaultRequest{Device: "toaster", Name: "mend"}); !errors.As(err, &bad) {
		t.Errorf("a toaster: %v", err)
	}
}

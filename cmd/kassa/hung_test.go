package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goroutines are the running till's.
func (s *shop) goroutines() int {
	s.t.Helper()
	st, code := s.status()
	if code != 0 {
		s.t.Fatal("the till does not answer")
	}
	n, err := strconv.Atoi(metricOf(s.t, st.Console, filepath.Join(s.dir, "till"), "kassa_goroutines"))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// phases are the devices' by name.
func (s *shop) phases() map[string]string {
	s.t.Helper()
	out, _, code := s.kassa("", "status", "--json")
	if code != 0 {
		return nil
	}
	all := map[string]string{}
	for _, st := range decodeAll[struct {
		Devices []struct{ Name, Phase string }
	}](s.t, out) {
		for _, d := range st.Devices {
			all[d.Name] = d.Phase
		}
	}
	return all
}

// broken is the table of what can happen to a device: what the till says of
// each. A device that never speaks is not missed until a write of it fails, and
// one that is slow is no trouble as long as it answers in its time.
var broken = []struct {
	fault string
	told  []string // devices the till finds wrong
}{
	{"unplug", []string{"bench", "display", "scale", "terminal", "printer", "gpio"}},
	{"hang", []string{"scale", "terminal", "printer", "gpio"}},
	{"garbage", []string{"scale", "terminal", "printer"}},
	{"slow", nil},
}

// seldom are asked when they are idle: that is waited for in the long run alone.
var seldom = map[string]bool{"terminal": true, "printer": true}

// TestEveryDeviceIsBroken breaks every device of a shop at once, in each way
// there is: the till tells which are wrong and sells for cash. With the KKT
// broken it fills and parks. Mended, each device is back by itself, nothing is
// lost or doubled, and nothing of the till is left hanging.
func TestEveryDeviceIsBroken(t *testing.T) {
	plainOnly(t)
	s := openShop(t, "--terminal", "--printer")
	s.startTill()
	s.must("sync", "--wait")
	s.login()
	s.must("shift", "open")
	classes := map[string]string{"scanner": "bench", "display": "display", "scale": "scale", "terminal": "terminal", "printer": "printer", "gpio": "gpio"} // what the till calls them
	back := func() bool {
		now := s.phases()
		for _, name := range classes {
			if now[name] != "ready" {
				return false
			}
		}
		return true
	}
	s.until("every device is ready", back)
	s.scan(s.ready.Codes[0])
	s.must("pay", "cash", "9000")
	healthy := s.goroutines()
	receipts := 1
	for _, row := range broken {
		for class := range classes {
			if refused := row.fault == "garbage" && (class == "display" || class == "gpio"); s.fault(class, row.fault) == refused {
				t.Errorf("%s %s: refused is %v", class, row.fault, !refused)
			}
		}
		s.fault("cloud", map[string]string{"unplug": "down", "garbage": "html"}[row.fault])
		s.must("scan", s.ready.Codes[receipts%3])
		s.must("pay", "cash", "9000")
		receipts++
		s.until("told of: "+row.fault, func() bool {
			now := s.phases()
			return !slices.ContainsFunc(row.told, func(d string) bool { return now[d] == "ready" && !(seldom[d] && os.Getenv("KASSA_LONG") == "") })
		})
		s.must("scan", s.ready.Codes[receipts%3])
		s.must("pay", "cash", "9000")
		receipts++
		for class := range classes {
			s.fault(class, "mend")
		}
		s.fault("cloud", "up")
		s.until("every device is back after "+row.fault, back)
	}
	kkt := func() bool { st, code := s.status(); return code == 0 && st.KKT.Ready && st.KKT.Code == "" }
	for _, row := range broken {
		if !s.fault("kkt", row.fault) {
			t.Fatalf("kkt %s", row.fault)
		}
		s.must("scan", s.ready.Codes[receipts%3], s.ready.Codes[0])
		s.must("cheque", "park")
		s.must("scan", s.ready.Codes[2])
		if lines := s.cheque().Cheque.Lines; len(lines) != 1 {
			t.Errorf("%d lines in the cheque beside a parked one", len(lines))
		}
		s.must("cheque", "void")
		s.fault("kkt", "mend")
		s.until("the KKT is back after "+row.fault, kkt)
		s.must("cheque", "recall", "1")
		s.must("pay", "cash", "9000")
		receipts++
	}
	s.scan(s.ready.Codes[0]) // by the scanner itself
	s.must("pay", "cash", "9000")
	receipts++
	s.must("sync", "--wait")
	if n := len(s.registered("receipt")); n != receipts {
		t.Errorf("%d receipts, want %d", n, receipts)
	}
	s.agree()
	s.until("nothing is left hanging", func() bool { return s.goroutines() <= healthy+2 })
}

// fault breaks or mends something on the bench; false: the bench refuses.
func (s *shop) fault(device, name string, args ...string) bool {
	s.t.Helper()
	if name == "" {
		return false
	}
	body, err := json.Marshal(map[string]any{"device": device, "name": name, "args": args})
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.Post(strings.TrimSuffix(s.ready.Bench, "/")+"/api/v1/faults", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		s.t.Error(err)
	}
	return res.StatusCode == http.StatusOK
}

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
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

// Every device hangs, answers garbage or is gone, all at once: the shop sells
// for cash; without the KKT too it fills and parks. Mended, each device is back
// by itself, nothing is lost or doubled, and nothing of the till is left hanging.
func TestEveryDeviceHangs(t *testing.T) {
	plainOnly(t)
	s := openShop(t, "--terminal")
	s.startTill()
	s.must("sync", "--wait")
	s.login()
	s.must("shift", "open")
	devices := []string{"bench", "display", "scale", "terminal", "gpio"}
	back := func() bool {
		now := s.phases()
		return !slices.ContainsFunc(devices, func(d string) bool { return now[d] != "ready" })
	}
	s.until("every device is ready", back)
	s.scan(s.ready.Codes[0])
	s.must("pay", "cash", "9000")
	healthy := s.goroutines()
	fault := func(faults ...string) {
		t.Helper()
		for _, f := range faults {
			word := strings.Fields(f)
			body, err := json.Marshal(map[string]any{"device": word[0], "name": word[1], "args": word[2:]})
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.Post(strings.TrimSuffix(s.ready.Bench, "/")+"/api/v1/faults", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d %v", f, res.StatusCode, err)
			}
		}
	}
	sell := func(code string) {
		t.Helper()
		s.must("scan", code)
		s.must("pay", "cash", "9000")
	}

	fault("display hang", "scale silent", "terminal hang", "gpio hang", "cloud slow 20000", "scanner garbage")
	sell(s.ready.Codes[0])
	sell(s.ready.Codes[1])
	fault("scale garbage", "terminal mend", "terminal garbage", "scanner garbage", "cloud slow 0", "cloud html", "display unhang", "display unplug")
	sell(s.ready.Codes[1])
	fault("scanner unplug", "scale unplug", "terminal mend", "terminal unplugged", "cloud down")
	sell(s.ready.Codes[2])

	fault("kkt hang")
	s.must("scan", s.ready.Codes[0], s.ready.Codes[1])
	s.must("cheque", "park")
	s.must("scan", s.ready.Codes[2])
	if lines := s.cheque().Cheque.Lines; len(lines) != 1 {
		t.Errorf("%d lines in the cheque beside a parked one", len(lines))
	}
	s.must("cheque", "park")

	fault("kkt unhang", "terminal mend", "gpio unhang", "display replug", "scanner replug", "scale replug", "scale well", "cloud up")
	s.until("every device is back", back)
	s.until("the KKT is back", func() bool { st, code := s.status(); return code == 0 && st.KKT.Ready && st.KKT.Code == "" })
	for range 2 {
		s.must("cheque", "recall", "1")
		s.must("pay", "cash", "9000")
	}
	s.scan(s.ready.Codes[0]) // by the scanner itself
	s.must("pay", "cash", "9000")
	s.must("sync", "--wait")
	if n := len(s.registered("receipt")); n != 8 {
		t.Errorf("%d receipts, want 8", n)
	}
	s.agree()
	s.until("nothing is left hanging", func() bool { return s.goroutines() <= healthy+2 })
}

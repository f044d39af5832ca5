package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/offline/journal"
)

// period is what status says of the journal.
func (s *shop) period() journal.Periods {
	s.t.Helper()
	out := s.must("status", "--json")
	var st struct {
		Journal struct {
			Period journal.Periods `json:"period"`
		} `json:"journal"`
	}
	if err := json.Unmarshal([]byte(out), &st); err != nil {
		s.t.Fatal(err)
	}
	return st.Journal.Period
}

func (s *shop) login() {
	s.t.Helper()
	if out, errOut, code := s.kassa(s.ready.PIN+"\n", "login"); code != 0 {
		s.t.Fatalf("login: %s %s", out, errOut)
	}
}

// sellShift opens a shift, sells as often and closes it.
func (s *shop) sellShift(sales int) {
	s.t.Helper()
	s.must("shift", "open")
	for n := range sales {
		s.scan(s.ready.Codes[n%4])
		s.must("pay", "cash", "5000")
	}
	s.must("shift", "close")
}

// TestPeriods: a till whose journal is cut into periods sells, delivers what
// was left over from the last one with the bytes it had, is killed and starts,
// and finds everything.
func TestPeriods(t *testing.T) {
	plainOnly(t)
	s := openShop(t)
	if _, _, code := s.kassa("", "journal", "rotate"); code != exitNotRunning {
		t.Errorf("a till that is not running: exit %d", code)
	}
	s.startTill()
	s.must("sync", "--wait")
	s.login()
	s.must("shift", "open")
	s.refused("journal.shift", "journal", "rotate")
	s.must("shift", "close")
	s.sellShift(2)
	s.must("sync", "--wait")

	// The answer to one sale is lost, then the cloud is away: a request that is
	// frozen and may have arrived, a shift that is not delivered at all.
	s.lab("fault", "cloud", "lose-answer")
	s.must("shift", "open")
	s.scan(s.ready.Codes[0])
	s.must("pay", "card")
	s.lab("fault", "cloud", "down")
	s.scan(s.ready.Codes[1])
	s.must("pay", "cash", "5000")
	s.must("shift", "close")
	waiting := func() int {
		st, _ := s.status()
		return st.Sync.Destinations[0].Queued
	}
	s.until("something waits", func() bool { return waiting() >= 3 })
	before := waiting()
	s.scan(s.ready.Codes[2]) // a cheque is filled: it goes along
	if out := s.must("journal", "rotate"); !strings.Contains(out, "period 1 is closed") {
		t.Error(out)
	}
	if p := s.period(); p.Number != 2 || p.Archived != 1 || p.Begun.IsZero() {
		t.Errorf("%+v", p)
	}
	if out, _, _ := s.kassa("", "doctor", "--json"); !strings.Contains(out, "period 2, 1 archived") {
		t.Error(out)
	}

	s.stopTill(syscall.SIGKILL)
	s.startTill()
	if n := waiting(); n != before {
		t.Errorf("%d wait after the start, %d before", n, before)
	}
	if c := s.cheque(); len(c.Cheque.Lines) != 1 {
		t.Errorf("the cheque is gone: %+v", c)
	}
	s.login()
	s.must("shift", "open")
	s.must("pay", "card")
	s.must("shift", "close")
	s.lab("fault", "cloud", "up")
	s.must("sync", "--wait")
	s.agree()
	for _, d := range s.inCloud("retaildemand") {
		if d.Times > 2 {
			t.Errorf("%s was sent %d times", d.Name, d.Times)
		}
	}
	if open, closed := s.inCloud("openshift"), s.inCloud("closeshift"); len(open) != 4 || len(closed) != 4 {
		t.Errorf("the cloud has %d openings and %d closings", len(open), len(closed))
	}

	// Once more, and a search over all of it.
	s.must("journal", "rotate")
	s.refused("journal.fresh", "journal", "rotate")
	s.sellShift(1)
	s.must("sync", "--wait")
	s.agree()
	if n := len(s.documents("OPEN_SESSION")); n != 5 {
		t.Errorf("%d shifts", n)
	}
	s.seenVerifying()
	if out, _, _ := s.kassa("", "doctor"); !strings.Contains(out, "period 3, 2 archived, since ") || !strings.Contains(out, "not read through yet") {
		t.Error(out)
	}
	s.stopTill(syscall.SIGTERM)
	s.must("journal", "verify")
	if out, _, _ := s.kassa("", "doctor"); !strings.Contains(out, "period 3, 2 archived, since ") || !strings.Contains(out, "not read through yet") {
		t.Error(out)
	}
	names, err := os.ReadDir(filepath.Join(s.dir, "till", "journal", "archive"))
	if err != nil || len(names) != 2 {
		t.Error(names, err)
	}
	if shown := decodeAll[[]struct {
		Kind string `json:"kind"`
	}](t, s.must("journal", "show", "--json"))[0]; !slices.ContainsFunc(shown, func(r struct {
		Kind string `json:"kind"`
	}) bool {
		return r.Kind == "period"
	}) {
		t.Error("no period is shown")
	}
}

// seenVerifying verifies until the till's status has told how far it is.
func (s *shop) seenVerifying() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			if out, stderr, code := s.kassa("", "journal", "verify"); code != 0 {
				s.t.Errorf("%d %s %s", code, out, stderr)
				return
			}
		}
	})
	defer done.Wait()
	defer cancel()
	s.until("progress", func() bool {
		how, err := verifying(ctx, client.New(filepath.Join(s.dir, "till")))
		return err == nil && how.Total > 0 && how.Done <= how.Total
	})
}

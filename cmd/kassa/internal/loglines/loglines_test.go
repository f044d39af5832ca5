package loglines

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func logger() (*slog.Logger, *Ring, *bytes.Buffer) {
	var out bytes.Buffer
	r := New(slog.NewTextHandler(&out, nil))
	return slog.New(r), r, &out
}

func TestLinesGoOnAndStay(t *testing.T) {
	log, r, out := logger()
	log.Debug("unheard")
	log.With("dev", "kkt").WithGroup("answer").Warn("odd", "code", 7, slog.Group("at", "x", "a b"))
	lines := r.Lines(10)
	if len(lines) != 1 || lines[0].Text != `odd dev=kkt answer.code=7 answer.at.x="a b"` || !lines[0].Grave() || !strings.Contains(out.String(), "answer.code=7") {
		t.Errorf("%+v, passed on %q", lines, out)
	}
}

func TestTheNewestStay(t *testing.T) {
	log, r, _ := logger()
	for n := range Kept + 7 {
		log.Info(fmt.Sprint(n))
	}
	all := r.Lines(2 * Kept)
	if len(all) != Kept || all[0].Text != "7" || all[Kept-1].Text != fmt.Sprint(Kept+6) {
		t.Errorf("%d lines from %q to %q", len(all), all[0].Text, all[len(all)-1].Text)
	}
	if two := r.Lines(2); len(two) != 2 || two[1].Text != fmt.Sprint(Kept+6) {
		t.Errorf("%+v", two)
	}
	if none := r.Lines(-1); len(none) != 0 {
		t.Errorf("%+v", none)
	}
}

// Secrets that got into the log by mistake are not shown.
func TestRedacts(t *testing.T) {
	log, r, _ := logger()
	log.Info("request failed: Authorization: Bearer abcdefgh.ijkl", "token", "t0psecret", "PIN", "4711", "api_token", "zzz9", "contact", "x")
	log.Info("sent to ivan.petrov+1@example.com and +7 916 123-45-67", "err", "card 4111 1111 1111 1111 refused", "pan", "5555")
	log.Info("fd 9999078902004312 of shift 118", "doc", "01890000-0000-7000-8000-000000000001", "sum", 148130)
	var text strings.Builder
	for _, l := range r.Lines(9) {
		text.WriteString(l.Text + "\n")
	}
	for _, bad := range []string{"abcdefgh", "t0psecret", "4711", "zzz9", "ivan", "example", "916", "4111", "5555"} {
		if strings.Contains(text.String(), bad) {
			t.Errorf("%q is shown:\n%s", bad, text.String())
		}
	}
	for _, good := range []string{"request failed", "9999078902004312", "148130", "shift 118"} {
		if !strings.Contains(text.String(), good) {
			t.Errorf("%q is not shown:\n%s", good, text.String())
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	log, r, _ := logger()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 300 {
				log.Info("x", "n", 1)
				r.Lines(10)
			}
		})
	}
	all.Wait()
	if n := len(r.Lines(Kept)); n != Kept {
		t.Errorf("%d lines", n)
	}
}

// FuzzRedact: whatever is logged, a card's number is not in it, and it is text
// of a bounded length.
func FuzzRedact(f *testing.F) {
	f.Add("card 4111111111111111", "\xff\x00")
	f.Add("a@b.c", strings.Repeat("я", 3000))
	f.Fuzz(func(t *testing.T, message, value string) {
		s := redact(message + " " + value)
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxLine+1 {
			t.Errorf("%q", s)
		}
		if strings.Contains(redact(message+" 4111111111111111 "+value), "4111111111111111") && !strings.ContainsAny(message+value, "0123456789") {
			t.Errorf("a card's number beside %q %q", message, value)
		}
	})
}

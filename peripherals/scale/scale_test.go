package scale

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/qty"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func bytesOf(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Frames as Massa-K's scales send them.
func TestMassaFrames(t *testing.T) {
	if got := MassaFrame(massaGet); string(got) != string(bytesOf(t, "F8 55 CE 01 00 23 23 00")) {
		t.Errorf("question % X", got)
	}
	golden := bytesOf(t, "F8 55 CE 0D 00 24 00 00 00 00 01 01 00 01 00 00 00 00 FC 23")
	if got := MassaFrame(golden[5:18]...); string(got) != string(golden) {
		t.Errorf("answer % X", got)
	}
	weigh := func(units int32, division, stable byte) []byte {
		return []byte{massaAck, byte(units), byte(units >> 8), byte(units >> 16), byte(units >> 24), division, stable, 0, 0}
	}
	for name, c := range map[string]struct {
		body []byte
		want Reading
		bad  bool
	}{
		"nothing":              {golden[5:18], Reading{Stable: true}, false},
		"grams":                {weigh(1234, 1, 1), Reading{Weight: 1234, Stable: true}, false},
		"it swings":            {weigh(1234, 1, 0), Reading{Weight: 1234}, false},
		"tenths of a gram":     {weigh(12344, 0, 1), Reading{Weight: 1234, Stable: true}, false},
		"half a gram":          {weigh(12345, 0, 1), Reading{Weight: 1235, Stable: true}, false},
		"half a gram below":    {weigh(-12345, 0, 1), Reading{Weight: -1235, Stable: true, Trouble: Below}, false},
		"tens of grams":        {weigh(7, 2, 1), Reading{Weight: 70, Stable: true}, false},
		"kilograms":            {weigh(7, 4, 1), Reading{Weight: 7000, Stable: true}, false},
		"below zero":           {weigh(-5, 1, 1), Reading{Weight: -5, Stable: true, Trouble: Below}, false},
		"overload":             {[]byte{massaError, massaOver}, Reading{Trouble: Overload}, false},
		"broken":               {[]byte{massaError, massaBroken}, Reading{Trouble: Faulty}, false},
		"an unknown error":     {[]byte{massaError, 0x42}, Reading{}, true},
		"an unknown division":  {weigh(1, 9, 1), Reading{}, true},
		"too short":            {[]byte{massaAck, 1, 2}, Reading{}, true},
		"another command":      {[]byte{0x76, 1, 2}, Reading{}, true},
		"an error without one": {[]byte{massaError}, Reading{}, true},
	} {
		got, err := massaReading(c.body, massaCRC(c.body))
		if got != c.want || errors.Is(err, ErrGarbage) != c.bad {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := massaReading(golden[5:18], 1); !errors.Is(err, ErrGarbage) {
		t.Errorf("a wrong CRC: %v", err)
	}
}

// casFrame is an answer: state, sign, weight, unit.
func casFrame(body string) []byte {
	check := byte(0)
	for i := range len(body) {
		check ^= body[i]
	}
	return append(append([]byte{soh, stx}, body...), check, etx, eot)
}

func TestCASFrames(t *testing.T) {
	for body, want := range map[string]Reading{
		"S 01.234kg":   {Weight: 1234, Stable: true},
		"U 01.234kg":   {Weight: 1234},
		"S 00.000kg":   {Stable: true},
		"S- 0.005kg":   {Weight: -5, Stable: true, Trouble: Below},
		"S-00.000kg":   {Stable: true},
		"S 123.7 g":    {Weight: 124, Stable: true},
		"S  123.4 g":   {Weight: 123, Stable: true},
		"S   1500 g":   {Weight: 1500, Stable: true},
		"S  1.2345kg":  {Weight: 1235, Stable: true},
		"SF99.999kg":   {Trouble: Overload},
		"SF        kg": {},
	} {
		b := casFrame(body)
		if len(b) != casShort && len(b) != casLong {
			if _, err := casReading(b); !errors.Is(err, ErrGarbage) {
				t.Errorf("%q: %v", body, err)
			}
			continue
		}
		got, err := casReading(b)
		if got != want || err != nil {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
		b[0] |= 0x80 // some models
		if again, err := casReading(b); again != got || err != nil {
			t.Errorf("%q with the top bit: %v", body, err)
		}
	}
	for _, body := range []string{"X 01.234kg", "S?01.234kg", "S 01.234lb", "S 01,234kg", "S       kg", "S 1.2.34kg"} {
		if got, err := casReading(casFrame(body)); !errors.Is(err, ErrGarbage) {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
	}
	b := casFrame("S 01.234kg")
	for i := range b { // a bit of any byte
		c := append([]byte(nil), b...)
		c[i] ^= 0x08
		if got, err := casReading(c); err == nil {
			t.Errorf("byte %d damaged: %+v", i, got)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(MassaFrame(massaAck, 0xD2, 4, 0, 0, 1, 1, 0, 0))
	f.Add(MassaFrame(massaError, massaOver))
	f.Add(append([]byte{ack}, casFrame("S 01.234kg")...))
	f.Add(append([]byte{ack}, casFrame("S  1.2345kg")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, d := range []dialect{massa{}, cas{}} {
			r, err := d.ask(&stream{conn: &heard{b: b}})
			if err == nil && r.Trouble == Fine && r.Weight < 0 {
				t.Errorf("%T: %+v", d, r)
			}
		}
		if len(b) > 2 {
			if r, err := massaReading(b, massaCRC(b)); err == nil && r.Sellable() && r.Weight <= 0 {
				t.Errorf("%+v is sold", r)
			}
		}
	})
}

// heard is a link on which everything has been said.
type heard struct{ b []byte }

func (h *heard) Read(p []byte) (int, error) {
	if len(h.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, h.b)
	h.b = h.b[n:]
	return n, nil
}
func (*heard) Write(p []byte) (int, error)        { return len(p), nil }
func (*heard) Close() error                       { return nil }
func (*heard) SetReadDeadline(time.Time) error    { return nil }
func (*heard) SetWriteDeadline(_ time.Time) error { return nil }

func TestUnknownProtocol(t *testing.T) {
	if _, err := New(link.NewPair(), Options{Protocol: "yards"}); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
}

// A scale that is silent is given up after some questions, and a till that
// stops does not wait for it.
func TestSilentScale(t *testing.T) {
	for _, p := range []Protocol{MassaK, CAS} {
		synctest.Test(t, func(t *testing.T) {
			pair := link.NewPair()
			s, err := New(pair, Options{Protocol: p})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 2)
			run := func() {
				ended <- s.Run(ctx, func() { t.Error("ready") }, func(Reading) { t.Error("a reading") })
			}
			go run()
			far, err := pair.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, far) }() // until the link ends
			began := time.Now()
			if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) > misses*2*timeout {
				t.Errorf("%s: %v after %v", p, err, time.Since(began))
			}
			go run()
			far, err = pair.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, far) }()
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", p, err)
			}
		})
	}
}

func TestSellable(t *testing.T) {
	for _, c := range []struct {
		r    Reading
		want bool
	}{
		{Reading{Weight: 1, Stable: true}, true},
		{Reading{Weight: 1}, false},
		{Reading{Stable: true}, false},
		{Reading{Weight: -1, Stable: true, Trouble: Below}, false},
		{Reading{Weight: 5, Stable: true, Trouble: Overload}, false},
		{Reading{Weight: qty.Max + 1, Stable: true}, false},
	} {
		if got := c.r.Sellable(); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
}

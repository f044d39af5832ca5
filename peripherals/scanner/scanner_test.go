package scanner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// session runs a scanner on a memory link; send is the device's side.
func session(t *testing.T, o Options, send func(device link.Conn)) (scans []Scan, err error) {
	t.Helper()
	pair := link.NewPair()
	s, err := New(pair, o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(t.Context(), func(sc Scan) { scans = append(scans, sc) }) }()
	device, err := pair.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send(device)
	synctest.Wait()
	if err := device.Close(); err != nil {
		t.Fatal(err)
	}
	return scans, <-done
}

func write(t *testing.T, w io.Writer, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if _, err := io.WriteString(w, s); err != nil {
			t.Fatal(err)
		}
	}
}

const marking = "0104607177964089215'W!?Hh\x1d91EE06\x1d92c1Nxs/q7/rIM8="

func TestRun(t *testing.T) {
	long := strings.Repeat("7", 10_000)
	for name, c := range map[string]struct {
		o    Options
		send []string
		want []Scan
	}{
		"plain":            {Options{Suffix: CR}, []string{"4607177964089\r"}, []Scan{{Data: []byte("4607177964089"), Length: 13}}},
		"byte by byte":     {Options{Suffix: CR}, strings.Split("460\r46\r", ""), []Scan{{Data: []byte("460"), Length: 3}, {Data: []byte("46"), Length: 2}}},
		"several at once":  {Options{Suffix: LF}, []string{"1\n2\n\n3\n"}, []Scan{{Data: []byte("1"), Length: 1}, {Data: []byte("2"), Length: 1}, {Data: []byte("3"), Length: 1}}},
		"crlf for cr":      {Options{Suffix: CR}, []string{"1\r\n2\r\n"}, []Scan{{Data: []byte("1"), Length: 1}, {Data: []byte("2"), Length: 1}}},
		"crlf for lf":      {Options{Suffix: LF}, []string{"1\r\n2\r\n"}, []Scan{{Data: []byte("1"), Length: 1}, {Data: []byte("2"), Length: 1}}},
		"lf inside crlf":   {Options{Suffix: CRLF}, []string{"BEGIN\nEND\r\n"}, []Scan{{Data: []byte("BEGIN\nEND"), Length: 9}}},
		"split crlf":       {Options{Suffix: CRLF}, []string{"1\r", "\n2\r\n"}, []Scan{{Data: []byte("1"), Length: 1}, {Data: []byte("2"), Length: 1}}},
		"no suffix":        {Options{Suffix: None}, []string{"12", "34"}, []Scan{{Data: []byte("1234"), Length: 4}}},
		"suffix lost":      {Options{Suffix: CR}, []string{"1234"}, []Scan{{Data: []byte("1234"), Length: 4, Incomplete: true}}},
		"gs is data":       {Options{Suffix: CR}, []string{"]d2" + marking + "\r"}, []Scan{{Symbology: GS1DataMatrix, Data: []byte(marking), Length: 3 + len(marking)}}},
		"aim":              {Options{Suffix: CR}, []string{"]C1" + "00123\r]E0" + "4607\r]Q3" + "t=1\r"}, []Scan{{Symbology: GS1128, Data: []byte("00123"), Length: 8}, {Symbology: "]E0", Data: []byte("4607"), Length: 7}, {Symbology: GS1QR, Data: []byte("t=1"), Length: 6}}},
		"not an aim":       {Options{Suffix: CR}, []string{"]4x9\r]C1\r"}, []Scan{{Data: []byte("]4x9"), Length: 4}, {Data: []byte("]C1"), Length: 3}}},
		"longest":          {Options{Suffix: CRLF}, []string{long[:MaxBytes] + "\r\n"}, []Scan{{Data: []byte(long[:MaxBytes]), Length: MaxBytes}}},
		"longest plus one": {Options{Suffix: CRLF}, []string{long[:MaxBytes+1] + "\r\n1\r\n"}, []Scan{{Length: MaxBytes + 1, TooLong: true}, {Data: []byte("1"), Length: 1}}},
		"garbage":          {Options{Suffix: CR}, []string{long + "\r4607\r"}, []Scan{{Length: len(long), TooLong: true}, {Data: []byte("4607"), Length: 4}}},
		"endless garbage":  {Options{Suffix: CR}, []string{long, long}, []Scan{{Length: 2 * len(long), TooLong: true}}},
		"only suffixes":    {Options{Suffix: CR}, []string{"\r\r\n\r"}, nil},
		"zeroes":           {Options{Suffix: CR}, []string{"\x00\xff\r"}, []Scan{{Data: []byte("\x00\xff"), Length: 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.o.Name = "counter"
				got, err := session(t, c.o, func(device link.Conn) {
					write(t, device, c.send...)
					time.Sleep(time.Second) // the pause after the last code
				})
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Error(err)
				}
				for i := range got {
					if got[i].Device != "counter" || got[i].At.IsZero() {
						t.Errorf("scan %d of %q at %v", i, got[i].Device, got[i].At)
					}
					got[i].Device, got[i].At = "", time.Time{}
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestALostSuffixDoesNotMeltTwoCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, _ := session(t, Options{Suffix: CR}, func(device link.Conn) {
			write(t, device, "46071")
			time.Sleep(PauseSuffix + time.Millisecond)
			write(t, device, "4607177964089\r")
		})
		if len(got) != 2 || !got[0].Incomplete || got[1].Incomplete || string(got[1].Data) != "4607177964089" {
			t.Errorf("%+v", got)
		}
	})
}

func TestASlowCodeStaysWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, _ := session(t, Options{Suffix: CR}, func(device link.Conn) {
			for _, s := range strings.Split("46071\r", "") {
				write(t, device, s)
				time.Sleep(PauseSuffix - time.Millisecond)
			}
		})
		if len(got) != 1 || got[0].Incomplete || string(got[0].Data) != "46071" {
			t.Errorf("%+v", got)
		}
	})
}

func TestUnplugShowsWhatCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := session(t, Options{Suffix: CR}, func(device link.Conn) { write(t, device, "460") })
		if err == nil || len(got) != 1 || !got[0].Incomplete {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := link.NewPair()
		s, err := New(pair, Options{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx, func(Scan) {}) }()
		device, err := pair.Accept(ctx)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := device.Write([]byte("x")); err == nil {
			t.Error("the link is still open")
		}
	})
}

func TestRunTellsWhyItCanNotOpen(t *testing.T) {
	pair := link.NewPair()
	pair.Break(io.ErrClosedPipe)
	s, err := New(pair, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), func(Scan) {}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{Suffix: "tab"}, {InterByte: -1}, {MaxBytes: -1}} {
		if _, err := New(link.NewPair(), o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
}

func TestSymbologyNames(t *testing.T) {
	for s, want := range map[Symbology]string{
		"": "", "]C1": "GS1-128", "]C0": "Code 128", "]E0": "EAN/UPC", "]Q3": "GS1 QR", "]e0": "GS1 DataBar", "]Y0": "]Y0", "junk": "junk",
	} {
		if got := s.String(); got != want {
			t.Errorf("%q: %q, want %q", string(s), got, want)
		}
	}
	if !GS1DataMatrix.GS1() || Symbology("]d1").GS1() {
		t.Error("GS1 is wrong")
	}
}

// FuzzFramer holds what any stream must satisfy, however it is cut into reads.
func FuzzFramer(f *testing.F) {
	f.Add([]byte("4607177964089\r\n"), byte(0), byte(5))
	f.Add([]byte("]d2"+marking+"\r"), byte(1), byte(1))
	f.Add(bytes.Repeat([]byte("7"), 700), byte(2), byte(100))
	f.Add([]byte("\n\r\r\n\r"), byte(3), byte(2))
	f.Fuzz(func(t *testing.T, stream []byte, kind, chunk byte) {
		suffix := []Suffix{CR, LF, CRLF, None}[kind%4]
		const most = 64
		cut := func(step int) (all []frame) {
			fr := &framer{suffix: suffix, max: most}
			for p := stream; len(p) > 0; {
				n := min(step, len(p))
				fr.push(p[:n], func(x frame) { all = append(all, x) })
				p = p[n:]
				if cap(fr.buf) > 4*most {
					t.Fatalf("buffer grew to %d", cap(fr.buf))
				}
			}
			fr.silence(func(x frame) { all = append(all, x) })
			if fr.open() {
				t.Fatal("still open after a pause")
			}
			return all
		}
		whole := cut(len(stream) + 1)
		if d := cmp.Diff(whole, cut(int(chunk)+1), cmp.AllowUnexported(frame{})); d != "" {
			t.Fatalf("depends on the reads: %s", d)
		}
		total := 0
		for _, x := range whole {
			total += x.length
			switch {
			case x.length == 0 || x.data == nil && x.length <= most:
				t.Fatalf("empty frame %+v", x)
			case x.data != nil && (len(x.data) != x.length || x.length > most || !bytes.Contains(stream, x.data)):
				t.Fatalf("frame %+v of %q", x, stream)
			}
		}
		if total > len(stream) {
			t.Fatalf("%d bytes came out of %d", total, len(stream))
		}
	})
}

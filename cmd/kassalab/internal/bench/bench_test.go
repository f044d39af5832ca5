package bench

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
	demo "github.com/kassa-pos/kassa/cmd/kassalab/internal/shop"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	values "github.com/kassa-pos/kassa/pos/kkt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 10 * time.Second

// small is the demo shop with a part of its goods: most tests have no use for
// thousands.
var small = sync.OnceValue(func() demo.Shop {
	s := demo.Generate(1)
	s.Items, s.Second.Items = s.Items[:300], s.Second.Items[:10]
	return s
})

func start(t *testing.T, dir string) *Bench {
	t.Helper()
	return startWith(t, Options{Dir: dir})
}

func startWith(t *testing.T, o Options) *Bench {
	t.Helper()
	o.Listen, o.Log, o.Shop = "127.0.0.1:0", slog.New(slog.DiscardHandler), func(uint64) demo.Shop { return small() }
	b, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// until waits for something to be true of the bench.
func until(t *testing.T, b *Bench, what string, ok func(State) bool) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		changed := b.Changed()
		if ok(b.State()) {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("%s: not within %v; the bench: %+v", what, patience, b.State())
		}
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// openShift opens a shift on the KKT as a till would.
func openShift(t *testing.T, by link.Opener) {
	t.Helper()
	ctx := within(t)
	p := shtrih.New(by, shtrih.Options{})
	defer func() {
		if err := p.Halt(); err != nil {
			t.Error(err)
		}
	}()
	mark, err := p.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	op := values.Operation{Kind: values.OpOpenShift, ID: uuid.Must(uuid.NewV7()), Cashier: doc.Cashier{Name: "Кузнецова Мария"}}
	if err := p.Prepare(ctx, mark, op); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(ctx, mark, op); err != nil {
		t.Fatal(err)
	}
}

// attach takes a token from the cloud, as a till does first.
func attach(t *testing.T, b *Bench) {
	t.Helper()
	ask := func(method, path string) string {
		req, err := http.NewRequestWithContext(within(t), method, b.Ready().Cloud+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(b.shop.account.Login, b.shop.account.Password)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode >= 300 {
			t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, text, err)
		}
		return string(text)
	}
	list := ask(http.MethodGet, "/admin/retailstore")
	_, rest, ok := strings.Cut(list, `/entity/retailstore/`)
	if !ok || len(rest) < 36 {
		t.Fatalf("no store in %.300s", list)
	}
	ask(http.MethodPost, "/admin/attach/"+rest[:36])
	http.DefaultClient.CloseIdleConnections()
}

func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir)
	ready := b.Ready()
	openShift(t, link.TCP{Addr: ready.KKT.TCP})
	attach(t, b)
	b.gpio.spring()
	if err := b.MoveInput("key_lock", true); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Fault(FaultRequest{Device: "kkt", Name: "paper-out"}); err != nil {
		t.Fatal(err)
	}
	documents, paper, tokens := b.KKTDocuments(), b.Paper(), b.CloudState().Tokens
	if len(documents) != 2 || len(paper) == 0 || tokens != 1 {
		t.Fatalf("before: %d documents, %d lines, %d tokens", len(documents), len(paper), tokens)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "dev")); err != nil || len(left) != 0 {
		t.Errorf("ports of a bench that has ended: %v, %v", left, err)
	}

	b = start(t, dir)
	if diff := cmp.Diff(ready, b.Ready()); diff != "" {
		t.Errorf("the ready line changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(documents, b.KKTDocuments()); diff != "" {
		t.Errorf("the FN's archive changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(paper, b.Paper()); diff != "" {
		t.Errorf("the paper changed (-before +after):\n%s", diff)
	}
	s := b.State()
	if s.KKT.Shift != "open" || s.KKT.Paper || !s.GPIO.DrawerOpen || s.GPIO.DrawerOpened != 1 || !s.GPIO.Inputs["key_lock"] ||
		!s.GPIO.Inputs["drawer_sensor"] || b.CloudState().Tokens != tokens {
		t.Errorf("after: %+v, cloud %+v", s, b.CloudState())
	}
}

func TestKKTOnBothLines(t *testing.T) {
	b := start(t, t.TempDir())
	openShift(t, serialport.Opener{Path: b.Ready().KKT.PTY})
	p := shtrih.New(link.TCP{Addr: b.Ready().KKT.TCP}, shtrih.Options{})
	defer func() {
		if err := p.Halt(); err != nil {
			t.Error(err)
		}
	}()
	s, err := p.Status(within(t))
	if err != nil || s.Shift != values.ShiftOpened {
		t.Errorf("over TCP: %+v, %v; want the shift that was opened over the serial line", s, err)
	}
}

// The KKT speaks what it is told and hangs on what it is told, and the till's
// configuration says so.
func TestKKTOptions(t *testing.T) {
	for _, c := range []struct {
		o        KKTOptions
		tcp, pty string // protocol over each; "-": not there
	}{
		{KKTOptions{Protocol: "v2", Link: "pty"}, "-", "v2"}, {KKTOptions{Protocol: "v1", Link: "tcp"}, "v1", "-"},
		{KKTOptions{Protocol: "v2"}, "v2", "v2"}, {KKTOptions{}, "v1", "v1"},
	} {
		t.Run(c.o.Protocol+" "+c.o.Link, func(t *testing.T) {
			dir := t.TempDir()
			b, err := Open(Options{Dir: dir, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), KKT: c.o, Shop: func(uint64) demo.Shop { return small() }})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}()
			kkt := b.Ready().KKT
			config, err := os.ReadFile(filepath.Join(dir, configFile))
			if err != nil {
				t.Fatal(err)
			}
			if scheme := map[bool]string{true: "serial", false: "tcp"}[c.tcp == "-"]; !strings.Contains(string(config), "\naddress = \""+scheme+"://") ||
				strings.Contains(string(config), "# address") != (c.tcp != "-" && c.pty != "-") {
				t.Errorf("configured as\n%s", config)
			}
			for _, way := range []struct {
				want, where string
				open        link.Opener
			}{{c.tcp, kkt.TCP, link.TCP{Addr: kkt.TCP}}, {c.pty, kkt.PTY, serialport.Opener{Path: kkt.PTY}}} {
				if (way.want == "-") != (way.where == "") {
					t.Errorf("%q, want %s", way.where, way.want)
				}
				if way.want == "-" {
					continue
				}
				p := shtrih.New(way.open, shtrih.Options{})
				if id, err := p.Identify(within(t)); err != nil || id.Protocol != way.want {
					t.Errorf("%v: %q, %v", way.open, id.Protocol, err)
				}
				if err := p.Halt(); err != nil {
					t.Error(err)
				}
			}
			for _, name := range []string{"unplug", "replug"} {
				if _, err := b.Fault(FaultRequest{Device: "kkt", Name: name}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, bad := range []KKTOptions{{Protocol: "v3"}, {Link: "usb"}} {
		if _, err := Open(Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", KKT: bad}); err == nil {
			t.Errorf("%+v works", bad)
		}
	}
}

// The cable of the KKT is pulled while a till sits on it: both ways break,
// and both work again at the same places.
func TestKKTUnplugged(t *testing.T) {
	b := start(t, t.TempDir())
	ready := b.Ready()
	p := shtrih.New(serialport.Opener{Path: ready.KKT.PTY}, shtrih.Options{})
	if _, err := p.Status(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Fault(FaultRequest{Device: "kkt", Name: "unplug"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Status(within(t)); err == nil {
		t.Error("an unplugged KKT answers")
	}
	if _, err := os.Stat(ready.KKT.PTY); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unplugged port is there: %v", err)
	}
	q := shtrih.New(link.TCP{Addr: ready.KKT.TCP}, shtrih.Options{})
	if _, err := q.Status(within(t)); err == nil {
		t.Error("an unplugged KKT answers over TCP")
	}
	if _, err := b.Fault(FaultRequest{Device: "kkt", Name: "replug"}); err != nil {
		t.Fatal(err)
	}
	for _, printer := range []*shtrih.Printer{p, q} {
		if _, err := printer.Status(within(t)); err != nil {
			t.Errorf("replugged, %v: %v", printer, err)
		}
		if err := printer.Halt(); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoBenchesOneDirectory(t *testing.T) {
	dir := t.TempDir()
	start(t, dir)
	_, err := Open(Options{Dir: dir, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, home.ErrHeld) || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v, want ErrHeld with the directory", err)
	}
}

func TestSeedIsFixed(t *testing.T) {
	open := func(dir string, seed int64) ([]string, error) {
		b, err := Open(Options{Dir: dir, Seed: seed, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return nil, err
		}
		return b.Ready().Codes, b.Close()
	}
	dir := t.TempDir()
	first, err := open(dir, 7)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := open(dir, 0); err != nil || !cmp.Equal(first, again) || len(again) != 12 {
		t.Errorf("a second start: %v, %v; want the dozen %v", again, err, first)
	}
	if _, err := open(dir, 8); err == nil || !strings.Contains(err.Error(), "seed 7") {
		t.Errorf("another seed on the same directory: %v", err)
	}
	if other, err := open(t.TempDir(), 8); err != nil || cmp.Equal(first, other) {
		t.Errorf("another seed elsewhere: %v, %v", other, err)
	}
}

// A port that somebody took meanwhile is an error that says which; nothing is
// left running, and the directory is free again.
func TestPortTaken(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir)
	addr := b.Ready().KKT.TCP
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Dir: dir, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "KKT") {
		t.Errorf("%v, want an error that names the KKT", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

// Unix sockets, serial links and files all work below a path far longer than
// a socket's address may be.
func TestVeryLongDirectory(t *testing.T) {
	dir := t.TempDir()
	for range 12 {
		dir = filepath.Join(dir, strings.Repeat("д", 40)+" %?#\"")
	}
	b := start(t, dir)
	set := openPins(t, b)
	out, err := set.Output(pins.Drawer)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Pulse(within(t), 20*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	until(t, b, "drawer", func(s State) bool { return s.GPIO.DrawerOpen })
	openShift(t, serialport.Opener{Path: b.Ready().KKT.PTY})

	tooLong := filepath.Join(t.TempDir(), strings.Repeat("x", 300))
	if _, err := Open(Options{Dir: tooLong, Listen: "127.0.0.1:0"}); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a name of 300 bytes: %v", err)
	}
	if _, err := Open(Options{Dir: "\xff", Listen: "127.0.0.1:0"}); err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("a path that is no text: %v", err)
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// rig is a real till in a process of its own, on a real journal, with an
// emulated fiscal device in this process that outlives it.
type rig struct {
	t      testing.TB
	dir    string
	dev    *shtrihtest.Device
	hook   atomic.Pointer[func(shtrihtest.Stage, uint16)]
	child  *exec.Cmd
	exited chan error
	client *client.Client
	listen string
}

// newRig makes a rig from a directory that an earlier rig has left, or begins
// a new one.
func newRig(t testing.TB, from string) *rig { return newRigIn(t, t.TempDir(), from) }

func newRigIn(t testing.TB, dir, from string) *rig { return newRigWith(t, dir, from, nil) }

// newRigWith is newRigIn with another kind of fiscal device.
func newRigWith(t testing.TB, dir, from string, change func(*shtrihtest.Options)) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir}
	if from != "" {
		if err := os.CopyFS(r.dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	} else {
		r.stock()
	}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	o := shtrihtest.Options{StatePath: filepath.Join(r.dir, "kkt"), Now: moscow, Log: quiet, Hook: func(s shtrihtest.Stage, cmd uint16) {
		if hook := r.hook.Load(); hook != nil {
			(*hook)(s, cmd)
		}
	}}
	if change != nil {
		change(&o)
	}
	r.dev, err = shtrihtest.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.listen = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.dev.ListenAndServe(ctx, l) }()
	t.Cleanup(func() {
		r.kill()
		r.kept()
		cancel()
		<-served
		if err := r.dev.Close(); err != nil {
			t.Error(err)
		}
	})
	text := fmt.Sprintf("data = \"data\"\nbench = true\ntimezone = \"Europe/Moscow\"\nlanguage = \"en\"\n[console]\nlisten = \"127.0.0.1:0\"\n[kkt]\ndriver = \"shtrih-m\"\naddress = \"tcp://%s\"\n", r.listen)
	if err := os.WriteFile(r.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.client = client.New(filepath.Join(r.dir, "data"))
	return r
}

// plainOnly leaves a long test of whole tills to the run without the race
// detector, under which it takes minutes: the others run the same till.
func plainOnly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the plain run has it")
	}
}

const ownerPIN = "907060"

// moscow is the time on the device's clock: the till's zone.
func moscow() time.Time { return time.Now().In(time.FixedZone("MSK", 3*3600)) }

func (r *rig) config() string { return filepath.Join(r.dir, "till.toml") }

// itemID is an id as the cloud gives them.
func itemID(n string) string { return "018f0000-0000-7000-8000-00000000000" + n }

// stock gives the till a catalogue and a cashier, as a download would.
func (r *rig) stock() {
	db, err := catalogdb.Open(r.t.Context(), catalogdb.Options{Dir: filepath.Join(r.dir, "data", "catalog")})
	if err != nil {
		r.t.Fatal(err)
	}
	hash, err := pin.Hash("1111")
	owner, err2 := pin.Hash(ownerPIN)
	if err := errors.Join(err, err2); err != nil {
		r.t.Fatal(err)
	}
	item := func(id, code string, price money.Amount, rate tax.Rate) catalog.Item {
		return catalog.Item{ID: itemID(id), Type: catalog.Product, Name: "Товар " + id, Barcodes: []string{code}, Rate: rate, Unit: "шт", Prices: []catalog.Price{{Type: "retail", Value: price}}}
	}
	tea := item("3", "4600000000039", 777, tax.None)
	tea.TaxSystem = tax.SimplifiedIncome
	b, err := db.Begin(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	_, commitErr := int64(0), error(nil)
	err = errors.Join(
		b.PutItems([]catalog.Item{item("1", "4600000000015", 4990, tax.VAT10), item("2", "4600000000022", 12345, tax.VAT22), tea}),
		b.SetStore(catalog.Store{ID: "s", Name: "Лавка", PriceType: "retail", Currency: "RUB", TaxSystem: tax.General, DiscountStrategy: "bySum", ManualDiscount: true, MaxDiscount: 20_000,
			Cashiers: []catalog.Cashier{{ID: "c", Name: "Иванова А.", Position: "Кассир", PINHash: hash, Role: catalog.RoleCashier},
				{ID: "o", Name: "Петров П.", Position: "Владелец", PINHash: owner, Role: catalog.RoleOwner}}}))
	if err == nil {
		_, commitErr = b.Commit()
	}
	if err := errors.Join(err, commitErr, db.Close()); err != nil {
		r.t.Fatal(err)
	}
}

// start runs the till until it is ready; die makes it kill itself at a step of its journal.
func (r *rig) start(die string) {
	r.t.Helper()
	r.launch(die)
	r.await("the till is ready", func() bool {
		s, err := r.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready || r.gone()
	})
}

// launch starts the till and waits for nothing.
func (r *rig) launch(die string) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	r.child = exec.Command(self)
	r.child.Env = append(os.Environ(), childEnv+"="+r.config(), dieEnv+"="+die)
	log, err := os.OpenFile(filepath.Join(r.dir, "till.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	r.child.Stdout, r.child.Stderr = log, log
	if err := errors.Join(r.child.Start(), log.Close()); err != nil {
		r.t.Fatal(err)
	}
	r.exited = make(chan error, 1)
	go func(c *exec.Cmd, ended chan error) { ended <- c.Wait() }(r.child, r.exited)
}

func (r *rig) gone() bool {
	select {
	case err := <-r.exited:
		r.exited <- err
		return true
	default:
		return false
	}
}

// kill is the power cut of the till: SIGKILL, and certainty that it is dead.
func (r *rig) kill() {
	if r.child == nil {
		return
	}
	if err := r.child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.t.Error(err)
	}
	err := <-r.exited
	r.exited <- err
	r.child = nil
}

// stop ends the till the polite way.
func (r *rig) stop() {
	r.t.Helper()
	if err := r.child.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	select {
	case err := <-r.exited:
		r.exited <- err
		if err != nil {
			r.t.Errorf("the till ended with %v\n%s", err, r.log())
		}
	case <-time.After(20 * time.Second):
		r.t.Fatalf("the till does not stop\n%s", r.log())
	}
	r.child = nil
}

func (r *rig) log() string {
	b, err := os.ReadFile(filepath.Join(r.dir, "till.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// await polls until something holds.
func (r *rig) await(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.NewTimer(60 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			s, err := r.status()
			r.t.Fatalf("waited too long until %s: %+v %v\n%s", what, s, err, r.log())
		}
	}
}

func (r *rig) call(method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	answer, err := r.client.Call(ctx, method, path, in)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

func (r *rig) status() (status, error) {
	var s status
	return s, r.call("GET", "/api/v1/status", nil, &s)
}

func (r *rig) must(method, path string, in any) {
	r.t.Helper()
	if err := r.call(method, path, in, nil); err != nil {
		r.t.Fatalf("%s: %v\n%s", path, err, r.log())
	}
}

func (r *rig) receipts() (n int) {
	for _, d := range r.dev.Documents() {
		if d.Type == "receipt" {
			n++
		}
	}
	return n
}

// documents reads the journal of a till that is not running.
func (r *rig) documents() []doc.Document {
	r.t.Helper()
	var out strings.Builder
	a := &app{in: strings.NewReader(""), out: &out}
	root := a.root()
	root.SetArgs([]string{"journal", "show", "--json", "--data", filepath.Join(r.dir, "data")})
	root.SetErr(io.Discard)
	if err := root.ExecuteContext(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	var records []struct {
		Kind string          `json:"kind"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal([]byte(out.String()), &records); err != nil {
		r.t.Fatal(err)
	}
	var docs []doc.Document
	for _, rec := range records {
		if rec.Kind != "document" {
			continue
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			r.t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return docs
}

// agree checks that FN and journal hold the same documents, each once, receipts
// with equal money, and that verify finds nothing.
func (r *rig) agree() {
	r.t.Helper()
	report, err := journal.Verify(r.t.Context(), filepath.Join(r.dir, "data", "journal"), journal.VerifyOptions{})
	if err != nil || !report.OK {
		r.t.Errorf("verify: %v %+v", err, report.Problems)
	}
	fn, inFN := r.dev.State().FN, map[uint32]shtrihtest.Document{}
	for _, d := range r.dev.Documents() {
		if d.Type != "registration" {
			inFN[d.FD] = d
		}
	}
	type entry struct {
		fd  uint32
		typ doc.Type
	}
	journaled, entries := map[uint32]bool{}, map[entry]bool{}
	for _, d := range r.documents() {
		if d.Fiscal == nil {
			if d.Receipt != nil {
				r.t.Errorf("receipt %d is journaled without fiscal data", d.Number)
			}
			continue
		}
		if d.Fiscal.FN != fn {
			continue // of one that was changed
		}
		f, ok := inFN[d.Fiscal.FD]
		if !ok || f.Sign != d.Fiscal.Sign || d.Receipt != nil && f.Total != d.Receipt.Total {
			r.t.Errorf("%s %d says FD %d, sign %d, %+v; the FN has %s, %s, %d", d.Type, d.Number, d.Fiscal.FD, d.Fiscal.Sign, d.Receipt, f.Type, f.Total, f.Sign)
		}
		// A shift's opening and its end are two documents of ours each; anything
		// else is one.
		e := entry{d.Fiscal.FD, d.Type}
		if entries[e] || d.Receipt != nil && journaled[e.fd] {
			r.t.Errorf("FD %d is journaled twice as %s", e.fd, e.typ)
		}
		entries[e], journaled[e.fd] = true, true
	}
	for fd, d := range inFN {
		if !journaled[fd] {
			r.t.Errorf("FD %d, %s, is not journaled", fd, d.Type)
		}
	}
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// shop is the bench and a till as two real programs, spoken to by their
// command lines alone, as other programs do.
type shop struct {
	t      *testing.T
	bin    string
	dir    string
	config string
	ready  struct {
		Config, Bench, Cloud, Scanner, Display, PIN string
		KKT                                         struct{ TCP, PTY string }
		Codes                                       []string
	}
	till *exec.Cmd
}

// built is the directory of both programs, built once for all tests; TestMain
// removes it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kassa-built-")
	if err != nil {
		return "", err
	}
	programs.Store(&dir)
	build := exec.Command("go", "build", "-o", dir, "./cmd/kassa", "./cmd/kassalab")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

// programs is where built has put them; nil: nobody has asked.
var programs atomic.Pointer[string]

// unbuild removes what built has made.
func unbuild() {
	if dir := programs.Load(); dir != nil {
		if err := os.RemoveAll(*dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func openShop(t *testing.T, country ...string) *shop {
	t.Helper()
	s := &shop{t: t, bin: t.TempDir(), dir: filepath.Join(t.TempDir(), "bench")}
	programs, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kassa", "kassalab"} {
		if err := os.Symlink(filepath.Join(programs, name), filepath.Join(s.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	lab := exec.Command(filepath.Join(s.bin, "kassalab"), append([]string{"run", "--dir", s.dir}, country...)...)
	log, err := os.Create(filepath.Join(s.bin, "kassalab.log"))
	if err != nil {
		t.Fatal(err)
	}
	lab.Stderr = log
	out, err := lab.StdoutPipe()
	if err == nil {
		err = lab.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stopTill(syscall.SIGTERM)
		if err := lab.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := lab.Wait(); err != nil {
			t.Errorf("the bench ended with %v", err)
		}
		if t.Failed() {
			t.Log(s.file("kassalab.log"), s.file("kassa.log"))
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &s.ready)
	}
	if err != nil || len(s.ready.Codes) < 12 || s.ready.PIN == "" || s.ready.KKT.PTY == "" {
		t.Fatalf("ready line %q: %v", line, err)
	}
	s.config = s.ready.Config
	return s
}

func (s *shop) file(name string) string {
	b, err := os.ReadFile(filepath.Join(s.bin, name))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (s *shop) startTill() {
	s.t.Helper()
	s.launch()
	s.until("the till is ready", func() bool {
		st, code := s.status()
		return code == 0 && st.Phase == "idle" && st.KKT.Ready
	})
}

// launch starts the till and waits for nothing.
func (s *shop) launch() {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.bin, "kassa.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	s.till = exec.Command(filepath.Join(s.bin, "kassa"), "run", "--config", s.config)
	s.till.Stderr = log
	if err := errors.Join(s.till.Start(), log.Close()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) stopTill(sig syscall.Signal) {
	if s.till == nil {
		return
	}
	if err := s.till.Process.Signal(sig); err != nil {
		s.t.Error(err)
	}
	if err := s.till.Wait(); err != nil && sig == syscall.SIGTERM {
		s.t.Errorf("the till ended with %v", err)
	}
	s.till = nil
}

func (s *shop) until(what string, holds func() bool) {
	s.t.Helper()
	deadline := time.NewTimer(90 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			out, errOut, _ := s.kassa("", "status")
			s.t.Fatalf("waited too long until %s\n%s%s\n%s", what, out, errOut, s.file("kassa.log"))
		}
	}
}

// kassa runs one command of the till and returns stdout and the exit code.
func (s *shop) kassa(stdin string, args ...string) (string, string, int) {
	return s.command(stdin, append([]string{"kassa", "--config", s.config}, args...)...)
}

func (s *shop) command(stdin string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	var out, errOut bytes.Buffer
	c := exec.Command(filepath.Join(s.bin, args[0]), args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errOut
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return out.String(), errOut.String(), c.ProcessState.ExitCode()
}

func (s *shop) must(args ...string) string {
	s.t.Helper()
	out, errOut, code := s.kassa("", args...)
	if code != 0 {
		s.t.Fatalf("kassa %v: exit %d: %s", args, code, errOut)
	}
	return out
}

// refused runs a command that must be refused with a code.
func (s *shop) refused(code string, args ...string) {
	s.t.Helper()
	_, errOut, exit := s.kassa("", args...)
	if exit != exitRefused || !strings.Contains(errOut, "["+code+"]") {
		s.t.Errorf("kassa %v: exit %d, %q, want %s", args, exit, errOut, code)
	}
}

func (s *shop) lab(args ...string) string {
	s.t.Helper()
	out, errOut, code := s.command("", append([]string{"kassalab", "--dir", s.dir}, args...)...)
	if code != 0 {
		s.t.Fatalf("kassalab %v: exit %d: %s", args, code, errOut)
	}
	return out
}

func decodeAll[T any](t *testing.T, text string) (all []T) {
	t.Helper()
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var v T
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v in %.300s", err, text)
		}
		all = append(all, v)
	}
}

func (s *shop) status() (st status, exit int) {
	out, _, exit := s.kassa("", "status", "--json")
	if exit == 0 {
		st = decodeAll[status](s.t, out)[0]
	}
	return st, exit
}

func (s *shop) cheque() chequeAnswer {
	s.t.Helper()
	return decodeAll[chequeAnswer](s.t, s.must("cheque", "--json"))[0]
}

// scan uses the scanner and waits for the line on the screen.
func (s *shop) scan(code string) {
	s.t.Helper()
	before := s.cheque()
	s.lab("scan", code)
	s.until("the scan has arrived", func() bool {
		now := s.cheque()
		return now.Cheque.Revision != before.Cheque.Revision || now.Cheque.ID != before.Cheque.ID || len(now.Notices) != len(before.Notices)
	})
}

type receiptInFN struct {
	FD    uint32       `json:"fd"`
	Type  string       `json:"type"`
	Total money.Amount `json:"total"`
}

func (s *shop) registered(typ string) []receiptInFN {
	s.t.Helper()
	return slices.DeleteFunc(decodeAll[receiptInFN](s.t, s.lab("kkt", "documents")), func(r receiptInFN) bool { return r.Type != typ })
}

type inCloud struct {
	Kind  string       `json:"kind"`
	Name  string       `json:"name"`
	Sum   money.Amount `json:"sum"`
	Times int          `json:"times"`
}

func (s *shop) inCloud(kind string) []inCloud {
	s.t.Helper()
	return slices.DeleteFunc(decodeAll[inCloud](s.t, s.lab("cloud", "documents")), func(d inCloud) bool { return d.Kind != kind })
}

func (s *shop) documents(types ...string) []doc.Document {
	s.t.Helper()
	all := decodeAll[[]doc.Document](s.t, s.must("documents", "--json"))[0]
	return slices.DeleteFunc(all, func(d doc.Document) bool { return len(types) > 0 && !slices.Contains(types, string(d.Type)) })
}

// TestTheWalk is the first sale from the scan to the cloud, with everything
// that goes wrong on the way, through the command lines.
func TestTheWalk(t *testing.T) {
	s := openShop(t)
	if _, errOut, code := s.kassa("", "status"); code != exitNotRunning {
		t.Fatalf("status of a till that is not running: exit %d, %s", code, errOut)
	}
	s.startTill()
	s.must("sync", "--wait")

	// Login and shift.
	s.refused("login.required", "shift", "open")
	if _, errOut, code := s.kassa("0000\n", "login"); code != exitRefused || !strings.Contains(errOut, "[login.refused]") {
		t.Errorf("wrong PIN: exit %d, %s", code, errOut)
	}
	if out, errOut, code := s.kassa(s.ready.PIN+"\n", "login"); code != 0 {
		t.Fatalf("login: %s %s", out, errOut)
	}
	s.must("shift", "open")

	// Scans: the item is in the cheque and on the customer's display; an unknown
	// code is a row.
	s.scan(s.ready.Codes[0])
	s.scan(s.ready.Codes[1])
	s.scan("0000000000000")
	c := s.cheque()
	if len(c.Cheque.Lines) != 2 || len(c.Notices) != 1 || c.Cheque.Total <= 0 {
		t.Fatalf("cheque %+v", c)
	}
	name := []rune(c.Cheque.Lines[1].Name)[:8]
	s.until("the display shows the item", func() bool { return strings.Contains(s.lab("display"), string(name)) })
	if _, _, code := s.kassa("", "scan", strings.Repeat("9", 10_000)); code != exitRefused {
		t.Errorf("10,000 bytes: exit %d", code)
	}

	// Cash with change.
	s.refused("payment.less", "pay", "cash", "0.01")
	if _, _, code := s.kassa("", "pay", "cash", "lots"); code != exitUsage {
		t.Errorf("not an amount: exit %d", code)
	}
	out := s.must("pay", "cash", "5000", "--json")
	var paid struct {
		Receipt struct{ Total, Change money.Amount } `json:"receipt"`
	}
	if err := json.Unmarshal([]byte(out), &paid); err != nil || paid.Receipt.Total != c.Cheque.Total || paid.Receipt.Change != 5000*money.Rouble-c.Cheque.Total {
		t.Errorf("paid %s (%v)", out, err)
	}
	s.until("the display shows the change", func() bool { return strings.Contains(s.lab("display"), paid.Receipt.Change.String()) })
	s.until("the drawer has opened", func() bool { return strings.Contains(s.lab("gpio"), `"drawer_open": true`) })
	if fn := s.registered("receipt"); len(fn) != 1 || fn[0].Total != c.Cheque.Total {
		t.Errorf("FN %+v", fn)
	}
	s.must("sync", "--wait")
	if got := s.inCloud("retaildemand"); len(got) != 1 || got[0].Sum != c.Cheque.Total || got[0].Times != 1 {
		t.Errorf("cloud %+v", got)
	}

	s.walkWithoutCloud()
	s.walkWithoutKKT()
	s.walkThroughKills()

	// Close: documents, cloud, books.
	s.must("shift", "x")
	s.must("shift", "close")
	s.must("sync", "--wait")
	s.must("journal", "verify")
	if open, closed := s.inCloud("openshift"), s.inCloud("closeshift"); len(open) != 1 || len(closed) != 1 || open[0].Times != 1 {
		t.Errorf("the cloud has openings %+v and closings %+v", open, closed)
	}
	if n := len(s.documents("Z_REPORT", "CLOSE_SESSION", "X_REPORT", "OPEN_SESSION", "POS_OPEN_SESSION")); n != 5 {
		t.Errorf("%d session documents, want 5", n)
	}
	s.agree()
	s.reconciled("1", func(r reconcile.Result) bool { return len(r.Silent) == 0 && r.Pending == 0 })
	s.walkOverSerial()
}

// reconciled asks the till to compare its books with everybody's until they
// are as they should be: nobody ever contradicts.
func (s *shop) reconciled(of string, as func(reconcile.Result) bool) {
	s.t.Helper()
	var r reconcile.Result
	last := ""
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("reconcile %s: %s", of, last)
		}
	})
	s.until("the books are compared", func() bool {
		out, errOut, code := s.kassa("", "reconcile", of, "--json")
		if code != 0 {
			s.t.Fatalf("reconcile %s: exit %d\n%s%s", of, code, out, errOut)
		}
		r = reconcile.Result{}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			s.t.Fatal(err)
		}
		last = out
		return as(r)
	})
	for _, row := range r.Rows {
		if row.Journal == nil || row.InFN == nil || *row.Journal != *row.InFN || row.Cloud == nil || row.Cloud.Sums[0] != row.Journal.Sums[0] ||
			r.Silent[reconcile.SideOFD] == "" && r.Pending == 0 && (row.OFD == nil || *row.OFD != *row.Journal) {
			s.t.Errorf("%+v: %+v %+v %+v %+v", row, row.Journal, row.InFN, row.OFD, row.Cloud)
		}
	}
}

// agree compares FN, journal and cloud, sale by sale.
func (s *shop) agree() {
	s.t.Helper()
	fn, journaled, cloud := s.registered("receipt"), s.documents("SELL"), s.inCloud("retaildemand")
	if len(fn) != len(journaled) || len(fn) != len(cloud) {
		s.t.Fatalf("FN has %d receipts, the journal %d, the cloud %d", len(fn), len(journaled), len(cloud))
	}
	for i, d := range journaled {
		if d.Fiscal.FD != fn[i].FD || d.Receipt.Total != fn[i].Total {
			s.t.Errorf("sale %d: journal FD %d %s, FN FD %d %s", d.Number, d.Fiscal.FD, d.Receipt.Total, fn[i].FD, fn[i].Total)
		}
		if n := slices.IndexFunc(cloud, func(c inCloud) bool { return c.Name == d.Name && c.Sum == d.Receipt.Total }); n < 0 {
			s.t.Errorf("the cloud lacks %s of %s", d.Name, d.Receipt.Total)
		}
	}
}

func (s *shop) walkWithoutCloud() {
	s.t.Helper()
	s.lab("fault", "cloud", "down")
	s.scan(s.ready.Codes[2])
	s.must("pay", "card")
	if n := len(s.inCloud("retaildemand")); n != 1 {
		s.t.Errorf("%d sales in a cloud that is down", n)
	}
	s.lab("fault", "cloud", "up")
	s.lab("fault", "cloud", "lose-answer")
	s.scan(s.ready.Codes[3])
	s.must("pay", "card")
	s.must("sync", "--wait")
	if n := len(s.inCloud("retaildemand")); n != 3 {
		s.t.Errorf("%d sales in the cloud, want 3", n)
	}
}

func (s *shop) walkWithoutKKT() {
	s.t.Helper()
	s.lab("fault", "kkt", "unplug")
	s.until("the till knows", func() bool { st, _ := s.status(); return !st.KKT.Ready })
	s.scan(s.ready.Codes[4])
	s.refused("fiscal.missing", "pay", "card")
	s.must("cheque", "park", "Анна")
	s.lab("fault", "kkt", "replug")
	s.until("the till knows", func() bool { st, _ := s.status(); return st.KKT.Ready })
	s.must("cheque", "recall", s.cheque().Parked[0].ID.String())
	s.must("pay", "card")

	// No paper: refused before anything is registered, then sold.
	s.lab("fault", "kkt", "paper-out")
	s.scan(s.ready.Codes[0])
	receipts := len(s.registered("receipt"))
	if _, errOut, code := s.kassa("", "pay", "card"); code != exitRefused || !strings.Contains(errOut, "[fiscal.paper]") || len(s.registered("receipt")) != receipts {
		s.t.Errorf("without paper: exit %d, %s", code, errOut)
	}
	s.lab("fault", "kkt", "paper-in")
	s.until("the till knows", func() bool { st, _ := s.status(); return st.KKT.Code == "" })
	s.must("pay", "card")

	// The device does it, its answer is lost: one receipt all the same.
	s.scan(s.ready.Codes[1])
	s.lab("fault", "kkt", "drop-answer", "FF45")
	s.must("pay", "cash", "1000")
}

func (s *shop) walkThroughKills() {
	s.t.Helper()
	s.scan(s.ready.Codes[2])
	s.scan(s.ready.Codes[3])
	before := s.cheque()
	s.must("journal", "verify") // a cart event may take 50 ms to the disk; verify waits for it
	s.stopTill(syscall.SIGKILL)
	s.startTill()
	s.until("the catalogue is there", func() bool { return s.cheque().Cheque.Total == before.Cheque.Total })
	after := s.cheque()
	if after.Cheque.ID != before.Cheque.ID || len(after.Cheque.Lines) != 2 {
		s.t.Errorf("the cheque came back as %+v", after)
	}
	s.must("pay", "cash", "10000")
}

// walkOverSerial sells once more with the KKT on its serial line.
func (s *shop) walkOverSerial() {
	s.t.Helper()
	s.stopTill(syscall.SIGTERM)
	text, err := os.ReadFile(s.ready.Config)
	if err != nil {
		s.t.Fatal(err)
	}
	serial := strings.Replace(string(text), "tcp://"+s.ready.KKT.TCP, "serial://"+s.ready.KKT.PTY+"?baud=115200", 1)
	s.config = filepath.Join(s.dir, "serial.toml")
	if serial == string(text) {
		s.t.Fatalf("no KKT address in %s", text)
	}
	if err := os.WriteFile(s.config, []byte(serial), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.startTill()
	if _, errOut, code := s.kassa(s.ready.PIN+"\n", "login"); code != 0 {
		s.t.Fatal(errOut)
	}
	s.must("shift", "open")
	s.lab("fault", "ofd", "down")
	s.scan(s.ready.Codes[5])
	s.must("pay", "card")
	s.must("shift", "close")
	s.must("sync", "--wait")
	s.agree()
	s.reconciled("2", func(r reconcile.Result) bool { return r.Pending >= 2 && r.Silent[reconcile.SideOFD] != "" })
	s.lab("fault", "ofd", "up")
	s.reconciled("2", func(r reconcile.Result) bool { return r.Pending == 0 && len(r.Silent) == 0 })
	s.reconciled(time.Now().In(time.FixedZone("", 3*3600)).Format("2006-01"), func(r reconcile.Result) bool { return len(r.Rows) == 2 })
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/offline/ofd/reporttest"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// reports gives a rig the operator's report service, before it starts.
func (r *rig) reports(f *ofdtest.OFD) {
	r.t.Helper()
	server := httptest.NewServer(reporttest.New(reporttest.Options{YandexKey: "y", OFDKey: "o", Documents: f.Documents}))
	r.t.Cleanup(server.Close)
	secret := filepath.Join(r.dir, "ofd.secret")
	if err := os.WriteFile(secret, []byte("yandex_key = \"y\"\nofd_key = \"o\"\n"), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.configure(fmt.Sprintf("[cloud.ofd]\nurl = %q\ncredentials = %q\n", server.URL, secret))
}

// compared is what the command makes of a period, as JSON.
func (r *rig) compared(of string) (result reconcile.Result) {
	r.t.Helper()
	out, errOut, code := r.kassa("", "reconcile", of, "--json")
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		r.t.Fatalf("reconcile %s: %d %v\n%s%s", of, code, err, out, errOut)
	}
	if (code == 0) != result.OK {
		r.t.Errorf("reconcile %s: OK is %t and the exit code %d", of, result.OK, code)
	}
	return result
}

// named waits until a comparison names exactly these differences.
func (r *rig) named(of string, want ...fault.Code) (result reconcile.Result) {
	r.t.Helper()
	var got []fault.Code
	r.t.Cleanup(func() {
		if r.t.Failed() {
			r.t.Logf("reconcile %s names %v, want %v: %+v", of, got, want, result)
		}
	})
	slices.Sort(want)
	r.await("the differences are named", func() bool {
		result, got = r.compared(of), nil
		for _, d := range result.Differences {
			got = append(got, d.Code)
		}
		slices.Sort(got)
		got = slices.Compact(got)
		return slices.Equal(got, slices.Compact(want))
	})
	return result
}

// TestReconcileNamesWhatDiffers: on a running till with a KKT, an operator and a
// cloud, every difference that the four can have is named with what to do about
// it, by the command, on paper and on the page; the till finds out by itself
// after a shift was closed and when the network returns.
func TestReconcileNamesWhatDiffers(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	cloud := newFakeCloud(t)
	f, address := operator(t)
	r := newRigWith(t, t.TempDir(), "", func(o *shtrihtest.Options) { o.ByHost, o.OFD = true, address })
	line := cloud.connect(r, true)
	r.reports(f)

	// A receipt that is printed and not journaled: the till's disk is of before.
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.stop()
	old, data := filepath.Join(t.TempDir(), "old"), filepath.Join(r.dir, "data", "journal")
	if err := os.CopyFS(old, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.run("scan", "4600000000015")
	r.run("pay", "card")
	r.stop()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("scan", "4600000000015", "4600000000015", "4600000000015")
	r.run("pay", "split", "card=50", "cash=100")
	for range 3 {
		r.run("scan", "4600000000015")
		r.run("pay", "cash", "100")
	}
	r.run("shift", "close")
	line.set(false, 0)
	r.run("sync", "--wait")

	// By itself: the metric, the warning, and once the cloud is there the whole.
	r.await("the till has compared by itself", func() bool {
		return r.warned(string(fault.ReconcileWarning)) && r.metric("kassa_reconcile_pending") == "0"
	})
	if r.metric("kassa_reconcile_differences") == "0" {
		t.Error("the metric tells of no difference")
	}
	r.await("the cloud has it all", func() bool { return cloud.closed() && r.settled() })
	result := r.named("1", fault.ReconcilePrinted, fault.ReconcileOFDSum)
	if len(result.Silent) != 0 || len(result.Rows) != 1 {
		t.Fatalf("%+v", result)
	}
	row := result.Rows[0]
	if row.Journal.Ways[0] != (reconcile.Ways{249_40, 50_00}) || row.InFN.Ways[0] != (reconcile.Ways{249_40, 99_90}) || row.OFD.Ways[0] != row.InFN.Ways[0] || row.Cloud.Ways[0] != row.Journal.Ways[0] {
		t.Errorf("journal %v, FN %v, OFD %v, cloud %v", row.Journal, row.InFN, row.OFD, row.Cloud)
	}

	// What somebody does in the cloud's own pages.
	sales := cloud.Documents()
	sales = slices.DeleteFunc(sales, func(d moyskladtest.Stored) bool { return d.Kind != "retaildemand" })
	slices.SortFunc(sales, func(a, b moyskladtest.Stored) int { return strings.Compare(a.Name, b.Name) })
	for _, args := range [][]string{{"document-cashless", sales[0].Name, "4900"}, {"document-bin", sales[1].Name}, {"document-date", sales[2].Name, "2026-01-01"}, {"document-sum", sales[3].Name, "4991"}} {
		if err := cloud.Fault(args[0], args[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	r.named("1", fault.ReconcilePrinted, fault.ReconcileOFDSum, fault.ReconcileCloudWay, fault.ReconcileLost, fault.ReconcileCloudDay, fault.ReconcileCloudSum)
	_, before := r.dev.PaperAfter(0)
	out, _, code := r.kassa("", "reconcile", "1", "--print")
	paper, _ := r.dev.PaperAfter(before)
	flat := strings.Join(strings.Fields(paper), "")
	for _, want := range []string{"was printed and is not in the journal. Find out who made it", sales[1].Name + " and does not have it now. Look into the cloud's bin",
		sales[2].Name + " was made on", "the cloud has it under 2026-01-01. Mend the date", sales[3].Name + ": journal 49.90, cloud 49.91. The receipt is right", sales[0].Name + ", without cash: journal 50.00, cloud 49.00"} {
		if code == 0 || !strings.Contains(out, want) {
			t.Errorf("%d, no %q in\n%s", code, want, out)
		}
		if !strings.Contains(flat, strings.Join(strings.Fields(want), "")) {
			t.Errorf("no %q on the paper\n%s", want, paper)
		}
	}
	r.consoleCompares(t, sales[1].Name)

	// What waits is told apart from what is wrong, with why: the cloud takes a
	// sale and its answer gets lost, again and again; then there is no network.
	r.run("shift", "open")
	r.await("the operator and the cloud have it", func() bool { return r.dev.State().Unsent == 0 && r.settled() })
	if err := f.Fault("down"); err != nil {
		t.Fatal(err)
	}
	lose := func(q *http.Request, done bool) {
		if done && q.Method == http.MethodPost && strings.HasSuffix(q.URL.Path, "/entity/retaildemand") {
			panic(http.ErrAbortHandler)
		}
	}
	line.trip.Store(&lose)
	r.run("scan", "4600000000015")
	r.run("pay", "cash", "100")
	result = r.named("2", fault.ReconcileUnsent, fault.ReconcileOFDLate, fault.ReconcileArrived)
	for _, d := range result.Differences {
		if !d.Pending || d.Code == fault.ReconcileUnsent && d.Args[2] == reconcile.UnsentUnknown {
			t.Errorf("%s: %s", d.Code, d.Text("en"))
		}
	}
	line.set(true, 0)
	r.named("2", fault.ReconcileUnsent, fault.ReconcileOFDLate, fault.ReconcileQueued, fault.ReconcileUnasked)
	r.run("shift", "close")
	r.await("the till has compared by itself", func() bool { n := r.metric("kassa_reconcile_pending"); return n != "0" && n != "" })
	line.trip.Store(nil)
	line.set(false, 0)
	if err := f.Fault(ofdtest.FaultUp); err != nil {
		t.Fatal(err)
	}
	r.await("the network is back and the till has compared again", func() bool {
		return r.metric("kassa_reconcile_pending") == "0" && r.metric("kassa_reconcile_differences") == "0" && !r.warned(string(fault.ReconcileWarning))
	})
	if result = r.named("2"); !result.OK || result.Pending != 0 || len(result.Silent) != 0 {
		t.Errorf("%+v", result)
	}
	r.foreign(t)
}

// foreign lets another program use the KKT behind the till's back.
func (r *rig) foreign(t *testing.T) {
	t.Helper()
	r.stop()
	other := newRig(t, "")
	text, err := os.ReadFile(other.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other.config(), []byte(strings.Replace(string(text), other.listen, r.listen, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	other.start("")
	other.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	other.run("shift", "open")
	other.run("scan", "4600000000022")
	other.run("pay", "cash", "500")
	other.run("shift", "close")
	other.stop()
	r.start("")
	result := r.named("2", fault.ReconcileForeign, fault.ReconcilePrinted)
	texts := ""
	for _, d := range result.Differences {
		texts += d.Text("en") + "\n"
	}
	if strings.Count(texts, "was not made by this program. Find out") != 2 || strings.Count(texts, "for 123.45 was printed") != 1 {
		t.Error(texts)
	}
	r.stop()
}

// consoleCompares: the page compares the last shift, shows what differs and
// prints it.
func (r *rig) consoleCompares(t *testing.T, lost string) {
	t.Helper()
	get, post := r.ownerPages(t)
	if status := post("/do/compare", map[string]string{"id": "1"}); status != http.StatusNoContent {
		t.Fatalf("%d", status)
	}
	var page string
	r.await("the page shows it", func() bool { _, page = get("/reconcile"); return strings.Contains(page, "compare-print") })
	for _, want := range []string{"The cloud had taken document " + lost, "cash", "without cash", `class="num odd"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	_, before := r.dev.PaperAfter(0)
	if status := post("/do/compare-print", nil); status != http.StatusNoContent {
		t.Errorf("%d", status)
	}
	if paper, _ := r.dev.PaperAfter(before); !strings.Contains(paper, "RECONCILIATION 1") {
		t.Errorf("printed %q", paper)
	}
}

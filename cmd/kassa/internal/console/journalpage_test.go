package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
)

// The journal's page: a check that goes on while nobody waits for it, one at a
// time, a copy to a medium that is not there, and a PIN for a cashier.
func TestJournalPage(t *testing.T) {
	steps, report := make(chan struct{}), journal.Report{Records: 1234, Documents: 77, OK: true}
	d := newDesk(t, func(o *Options) {
		o.Journal = &Journal{
			Periods: func() journal.Periods {
				return journal.Periods{Number: 4, First: 900, Begun: moment, Latest: moment, Archived: 3}
			},
			Archived: func() []journal.Archived {
				return []journal.Archived{{Number: 3, First: 600, Last: 899, Oldest: moment, Newest: moment}}
			},
			Verify: func(ctx context.Context, progress func(done, total uint64)) (journal.Report, error) {
				progress(600, 1234)
				select {
				case <-steps:
					return report, nil
				case <-ctx.Done():
					return journal.Report{}, ctx.Err()
				}
			},
			Export: func(context.Context) (string, error) { return "", fault.New(fault.CopyNoUSB) },
		}
	})
	refusal(t, d.signedIn().post("/do/journal-export", url.Values{}), fault.LoginSenior)
	b := d.browser()
	b.post("/login", url.Values{"pin": {"4321"}})
	shows := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !strings.Contains(b.get("/journal").body, want) {
			d.c.cacheMu.Lock()
			clear(d.c.cache) // the test's clock stands still, and with it what is drawn
			d.c.cacheMu.Unlock()
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("the page never shows %q", want)
			}
		}
	}
	shows("05.03.2026 14:07:00")
	shows(`href="/documents?before=900"`)
	if r := b.post("/do/journal-verify", url.Values{}); r.status != http.StatusNoContent {
		t.Fatalf("verify: %d %s", r.status, r.body)
	}
	shows(`<progress max="1234" value="600">`)
	if code := b.post("/do/journal-export", url.Values{}).header.Get("Kassa-Fault"); code != "busy" {
		t.Errorf("two at a time: %q", code)
	}
	steps <- struct{}{}
	shows("Журнал цел")
	if r := b.post("/do/journal-export", url.Values{}); r.status != http.StatusNoContent {
		t.Fatalf("export: %d", r.status)
	}
	shows(fault.Text(fault.CopyNoUSB, "ru"))
	report.OK, report.Problems = false, []journal.Problem{{Code: "number.lost", Seq: 17, Text: "number 5 was lost"}}
	b.post("/do/journal-verify", url.Values{})
	steps <- struct{}{}
	shows("number 5 was lost")
	b.post("/do/journal-verify", url.Values{}) // and the console closes while it runs
	shows(`value="600"`)
}

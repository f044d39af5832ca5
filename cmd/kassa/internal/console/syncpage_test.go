package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// wire is an exchange that a test moves.
type wire struct {
	mu      sync.Mutex
	state   SyncState
	retried []uuid.UUID
	byHand  []string
	gate    chan error // what Now and Attach come to
}

func (w *wire) page() *Sync {
	long := func(ctx context.Context) error {
		select {
		case err := <-w.gate:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return &Sync{
		State: func() SyncState {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.state
		},
		Now: long, Attach: long,
		Retry: func(_ context.Context, id uuid.UUID) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, known := range w.retried {
				if known == id {
					return fault.New(fault.NotFound, id.String())
				}
			}
			w.retried = append(w.retried, id)
			return nil
		},
		ByHand: func(_ context.Context, id uuid.UUID, why string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if why == "" {
				return fault.New(fault.ReasonNone)
			}
			w.byHand = append(w.byHand, id.String()+" "+why)
			return nil
		},
		File: func(context.Context) (string, error) { return "", fault.New(fault.CopyNoUSB) },
	}
}

func parkedDoc(name string) outbox.Parked {
	return outbox.Parked{Document: uuid.NewSHA1(uuid.Nil, []byte(name)), Seq: 7, Type: doc.Sell, Name: name, Time: moment, Code: "3006", Words: "<b>уже есть</b>"}
}

func TestSyncPage(t *testing.T) {
	w := &wire{gate: make(chan error)}
	two := []outbox.Parked{parkedDoc("K1-00041"), parkedDoc("K1-00042")}
	w.state = SyncState{
		Places: []SyncPlace{
			{Name: PlaceMoySklad, Detail: "https://cloud.example", Queued: 1234, Oldest: moment.Add(-3 * time.Hour), Hourly: 77, Success: moment.Add(-2 * time.Hour),
				Next: moment.Add(5 * time.Minute), Failure: fault.New(fault.CloudDown), Parked: two},
			{Name: PlaceMoySklad, From: "K7", Hourly: -1, Online: true},
			{Name: PlaceOFD, Online: true, Hourly: -1},
			{Name: "elsewhere", Hourly: -1, Refused: true}},
		References: []Reference{{Name: RefGoods, Count: 18, At: moment.Add(-50 * time.Hour), Failure: fault.New(fault.CatalogRejected, "0 < 18")}, {Name: RefOrders}},
		Hours:      []outbox.Flow{{Begin: moment.Add(-2 * time.Hour), Sent: 9, Queued: 4}, {Begin: moment.Add(-time.Hour), Queued: 8}, {Begin: moment, Sent: 18}},
	}
	d := newDesk(t, func(o *Options) { o.Sync = w.page() })
	owner, cashier := d.browser(), d.browser()
	fresh := func() {
		d.c.cacheMu.Lock()
		clear(d.c.cache) // the test's clock stands still, and with it what is drawn
		d.c.cacheMu.Unlock()
	}
	shows := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for fresh(); !strings.Contains(owner.get("/sync").body, want); fresh() {
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("the page never shows %q", want)
			}
		}
	}

	// A cashier sees how it goes and may begin an exchange; what was refused is
	// for others.
	cashier.post("/login", url.Values{"pin": {"1234"}})
	page := strings.ReplaceAll(cashier.get("/sync").body, nbsp, " ")
	for _, want := range []string{"МойСклад", "1 234 документа", "3 ч", "за кассу K7", "нет связи", fault.Text(fault.CloudDown, "ru"), "Обменяться сейчас", "через 5 мин"} {
		if !strings.Contains(page, want) {
			t.Errorf("a cashier's page lacks %q", want)
		}
	}
	for _, secret := range []string{"K1-00041", "cloud.example", "<svg class=\"plot\"", "Подключить"} {
		if strings.Contains(page, secret) {
			t.Errorf("a cashier's page shows %q", secret)
		}
	}
	for _, name := range []string{"sync-retry", "sync-file", "sync-attach"} {
		if r := cashier.post("/do/"+name, url.Values{"id": {"all"}}); r.header.Get("Kassa-Fault") != string(fault.LoginSenior) {
			t.Errorf("a cashier does %s: %d", name, r.status)
		}
	}

	owner.post("/login", url.Values{"pin": {"4321"}})
	fresh()
	page = strings.ReplaceAll(owner.get("/sync").body, nbsp, " ")
	for _, want := range []string{"Продажа K1-00041", "&lt;b&gt;уже есть&lt;/b&gt; [3006]", "https://cloud.example", "77 в час", "не пускает кассу", "Подключить кассу заново", "2 дня назад",
		"ещё не загружались", fault.Text(fault.CatalogRejected, "ru", "0 < 18")[:20], "27 документов за 7 дней", "Отправлено за час, до 18", "В очереди, до 8", `M0 100v-49h3v49z`, `href="/documents/7"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the owner's page lacks %q", want)
		}
	}
	if m := leaks.FindString(page); m != "" {
		t.Errorf("%q in the page", m)
	}

	// One long thing at a time, and how it ended stays on the page.
	if r := owner.post("/do/sync-now", url.Values{}); r.status != http.StatusNoContent {
		t.Fatalf("now: %d %s", r.status, r.body)
	}
	shows("Отправляю и загружаю")
	if code := owner.post("/do/sync-attach", url.Values{}).header.Get("Kassa-Fault"); code != "busy" {
		t.Errorf("two at a time: %q", code)
	}
	w.gate <- fault.New(fault.CloudAuth)
	shows(fault.Text(fault.CloudAuth, "ru"))
	owner.post("/do/sync-now", url.Values{})
	w.gate <- nil
	shows("Обмен прошёл в 14:07")
	owner.post("/do/sync-attach", url.Values{})
	w.gate <- nil
	shows("Касса подключена")
	owner.post("/do/sync-file", url.Values{})
	shows(fault.Text(fault.CopyNoUSB, "ru"))

	// Retrying one, and all: one that went along with another is no error.
	if r := owner.post("/do/sync-retry", url.Values{"id": {two[0].Document.String()}}); r.status != http.StatusNoContent {
		t.Errorf("retry: %d %s", r.status, r.body)
	}
	if r := owner.post("/do/sync-retry", url.Values{"id": {two[0].Document.String()}}); r.header.Get("Kassa-Fault") != string(fault.NotFound) {
		t.Errorf("retry of what is not parked: %d", r.status)
	}
	if r := owner.post("/do/sync-retry", url.Values{"id": {"all"}}); r.status != http.StatusNoContent || len(w.retried) != 2 {
		t.Errorf("retry all: %d, %d retried", r.status, len(w.retried))
	}
	id := two[0].Document.String()
	if r := owner.get("/dialog/sync-done?id=" + id); r.status != http.StatusOK || !strings.Contains(r.body, "K1-00041") || strings.Contains(r.body, "<b>уже") {
		t.Errorf("the dialog of one seen to by hand: %d %s", r.status, r.body)
	}
	for form, want := range map[string]string{"id=x&reason=y": "request.bad", "id=" + id: "reason.none", "id=" + id + "&reason=внесли": ""} {
		fields, _ := url.ParseQuery(form)
		if r := owner.post("/do/sync-done", fields); r.header.Get("Kassa-Fault") != want {
			t.Errorf("%s: %q, want %q", form, r.header.Get("Kassa-Fault"), want)
		}
	}
	if len(w.byHand) != 1 || w.byHand[0] != id+" внесли" {
		t.Errorf("seen to by hand: %q", w.byHand)
	}
	if r := owner.post("/do/sync-retry", url.Values{"id": {"x"}}); r.header.Get("Kassa-Fault") != string(fault.BadRequest) {
		t.Errorf("retry of nothing: %d", r.status)
	}
	owner.post("/do/sync-now", url.Values{}) // and the console closes while it runs
	shows("Отправляю и загружаю")
}

// A till that exchanges with nobody has the page, but nothing on it to press
// and no way to it.
func TestSyncPageWithoutExchange(t *testing.T) {
	d := newDesk(t)
	b := d.browser()
	b.post("/login", url.Values{"pin": {"4321"}})
	if r := b.get("/sync"); r.status != http.StatusOK || strings.Contains(r.body, "sync-now") || strings.Contains(r.body, `href="/sync"`) {
		t.Errorf("%d", r.status)
	}
	b.post("/do/sync-now", url.Values{})
	for _, name := range []string{"sync-retry", "sync-retry"} {
		if r := b.post("/do/"+name, url.Values{"id": {"all"}}); r.header.Get("Kassa-Fault") != string(fault.Unavailable) {
			t.Errorf("%s: %d", name, r.status)
		}
	}
}

func TestWhyTellsTheDetail(t *testing.T) {
	d := newDesk(t)
	s := d.c.screen(d.c.langs["en"], d.view(), moment)
	e := fault.New(fault.CloudDown)
	e.Detail = "no route"
	if got := s.Why(e); !strings.HasSuffix(got, "(no route)") {
		t.Error(got)
	}
	if s.Why(nil) != "" || s.Why(fault.Of(errors.New("x"))) == "" {
		t.Error("no words")
	}
}

package moysklad_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
)

// counted counts the questions to the list of operations.
type counted struct {
	http.Handler
	lists, searches int
}

func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/entity/retailoperation") {
		if r.URL.Query().Get("search") != "" {
			c.searches++
		} else {
			c.lists++
		}
	}
	c.Handler.ServeHTTP(w, r)
}

func wanted(i int, at time.Time) moysklad.Operation {
	return moysklad.Operation{Kind: "retaildemand", ID: strings.ToUpper(saleID(i)), Name: fmt.Sprintf("A-%06d", i), Time: at}
}

// Look reads the list once and asks only for what is not there; what it did not
// ask for is in neither answer, and an error keeps what was found before it.
func TestLook(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(1), RateLimit: moyskladtest.RateLimit{Requests: 100_000, Interval: time.Second, Parallel: 5}})
	count := &counted{Handler: s}
	c := attach(t, options(count))
	send(t, c, http.MethodPut, "/rpc/openshift/", shiftBody("openmoment"))
	const sales = 310
	for i := range sales {
		send(t, c, http.MethodPost, "/entity/retaildemand", saleBody(i))
	}
	at := time.Date(2026, 3, 14, 10, 0, 1, 0, time.UTC)
	newest := []moysklad.Operation{wanted(sales-1, at), wanted(sales-60, at)}
	sight, err := c.Look(t.Context(), newest)
	if err != nil || len(sight.Found) != 2 || len(sight.Gone) != 0 || count.lists != 1 || count.searches != 0 {
		t.Fatalf("%+v %v after %d lists and %d searches", sight, err, count.lists, count.searches)
	}
	if o := sight.Found[saleID(sales-1)]; o.Sum != 900 || o.Cash() != 900 || !o.Time.Equal(at) || o.Kind != "retaildemand" || o.Drawer() {
		t.Errorf("%+v", o)
	}

	// Old ones are not looked for in a list of newer ones, page after page.
	*count = counted{Handler: s}
	old := at.AddDate(0, 0, 3)
	sight, err = c.Look(t.Context(), []moysklad.Operation{wanted(5, old), wanted(9_999, old)})
	if err != nil || len(sight.Found) != 1 || len(sight.Gone) != 1 || !sight.Gone[saleID(9_999)] || count.lists != 1 || count.searches != 2 {
		t.Errorf("%+v %v after %d lists and %d searches", sight, err, count.lists, count.searches)
	}

	// So many are asked for, and no more.
	*count = counted{Handler: s}
	var many []moysklad.Operation
	for i := range moysklad.MaxAsked + 50 {
		many = append(many, wanted(10_000+i, at))
	}
	sight, err = c.Look(t.Context(), many)
	if err != nil || len(sight.Found) != 0 || len(sight.Gone) != moysklad.MaxAsked || count.searches != moysklad.MaxAsked {
		t.Errorf("%d there, %d gone, %v after %d searches", len(sight.Found), len(sight.Gone), err, count.searches)
	}

	for _, name := range []string{"down", "html", "truncate"} {
		if err := s.Fault(name); err != nil {
			t.Fatal(err)
		}
		if sight, err := c.Look(t.Context(), newest); err == nil || len(sight.Found)+len(sight.Gone) != 0 {
			t.Errorf("%s: %+v %v", name, sight, err)
		}
		if err := s.Fault("up"); err != nil {
			t.Fatal(err)
		}
	}
	if sight, err := c.Look(t.Context(), nil); err != nil || len(sight.Found) != 0 {
		t.Errorf("%+v %v", sight, err)
	}
}

// What is called like too many others is not taken for missing.
func TestLookAmongNamesakes(t *testing.T) {
	row := `{"meta":{"href":"/entity/retaildemand/syncid/%s","type":"retaildemand"},"name":"A-000001","moment":"2026-03-14 10:00:01","sum":1}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offset := 0
		if o := r.URL.Query().Get("offset"); o != "" {
			if _, err := fmt.Sscan(o, &offset); err != nil {
				t.Error(err)
			}
		}
		rows := []string{}
		for i := range 100 {
			rows = append(rows, fmt.Sprintf(row, saleID(offset+i+100)))
		}
		if _, err := fmt.Fprintf(w, `{"meta":{"size":9000,"limit":100,"offset":%d},"rows":[%s]}`, offset, strings.Join(rows, ",")); err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c, err := moysklad.New(moysklad.Options{BaseURL: srv.URL, HTTP: &http.Client{Transport: tr}, Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	sight, err := c.Look(t.Context(), []moysklad.Operation{wanted(1, time.Date(2026, 3, 14, 10, 0, 1, 0, time.UTC))})
	if err != nil || len(sight.Found)+len(sight.Gone) != 0 {
		t.Errorf("%+v %v", sight, err)
	}
}

// A person's changes in the cloud's own pages are seen, and survive its restart.
func TestMeddling(t *testing.T) {
	state := t.TempDir() + "/cloud"
	s, err := moyskladtest.New(moyskladtest.Options{Data: shop(1), StatePath: state})
	if err != nil {
		t.Fatal(err)
	}
	c := attach(t, options(s))
	send(t, c, http.MethodPut, "/rpc/openshift/", shiftBody("openmoment"))
	for i := range 4 {
		send(t, c, http.MethodPost, "/entity/retaildemand", saleBody(i))
	}
	for _, f := range [][]string{{"document-bin", "A-000000"}, {"document-date", "A-000001", "2026-03-13"}, {"document-sum", "A-000002", "77"}, {"document-cashless", "A-000003", "400"}} {
		if err := s.Fault(f[0], f[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range [][]string{{"document-bin"}, {"document-bin", "B-1"}, {"document-bin", "0001"}, {"document-date", "A-000001", "yesterday"}, {"document-sum", "A-000001"}, {"document-sum", "A-000001", "1.5"}} {
		if s.Fault(bad[0], bad[1:]...) == nil {
			t.Errorf("%v is done", bad)
		}
	}
	seen := func() {
		t.Helper()
		at := time.Date(2026, 3, 14, 10, 0, 1, 0, time.UTC)
		sight, err := c.Look(t.Context(), []moysklad.Operation{wanted(0, at), wanted(1, at), wanted(2, at), wanted(3, at)})
		if err != nil || !sight.Gone[saleID(0)] || len(sight.Found) != 3 {
			t.Fatalf("%+v %v", sight, err)
		}
		day, sum, way := sight.Found[saleID(1)], sight.Found[saleID(2)], sight.Found[saleID(3)]
		if day.Time.Format(time.DateTime) != "2026-03-13 10:00:01" || sum.Sum != 77 || way.NoCash != 400 || way.Cash() != 500 {
			t.Errorf("%+v %+v %+v", day, sum, way)
		}
	}
	seen()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = moyskladtest.New(moyskladtest.Options{Data: shop(1), StatePath: state})
	if err != nil {
		t.Fatal(err)
	}
	c = attach(t, options(s))
	seen()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

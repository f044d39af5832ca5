package face

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
	demo "github.com/kassa-pos/kassa/cmd/kassalab/internal/shop"
	"github.com/kassa-pos/kassa/pos/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// small is the demo shop with a part of its goods: most tests have no use for
// thousands.
var small = sync.OnceValue(func() demo.Shop {
	s := demo.Generate(1)
	s.Items, s.Second.Items = s.Items[:300], s.Second.Items[:10]
	return s
})

func start(t *testing.T) *bench.Bench { return startIn(t, false) }

func startIn(t *testing.T, belarus bool) *bench.Bench {
	t.Helper()
	b, err := bench.Open(bench.Options{Terminal: true, Printer: true, Dir: t.TempDir(), Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Belarus: belarus,
		Shop: func(uint64) demo.Shop { return small() }})
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

// ask makes a request in memory.
func ask(h http.Handler, method, target, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1"+target, strings.NewReader(body))
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPageIsItsOwn(t *testing.T) {
	b := start(t)
	h := Handler(b, slog.New(slog.DiscardHandler))
	for target, words := range map[string][]string{
		"/":         {`lang="ru"`, "испытательный стенд", b.Ready().PIN, b.Ready().Config, b.Ready().Console, b.Ready().Codes[0]},
		"/?lang=en": {`lang="en"`, "test bench"},
	} {
		w := ask(h, http.MethodGet, target, "")
		page := w.Body.String()
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", target, w.Code, page)
		}
		for _, word := range words {
			if !strings.Contains(page, word) {
				t.Errorf("%s does not hold %q", target, word)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", target, csp)
		}
		for _, inline := range []string{"<style", " style=", " onclick", "<script>"} {
			if strings.Contains(page, inline) {
				t.Errorf("%s holds %q, which its own policy forbids", target, inline)
			}
		}
		for _, ref := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(ref[1], "/") && ref[1] != b.Ready().Console {
				t.Errorf("%s refers to %s", target, ref[1])
			}
			if strings.HasPrefix(ref[1], "/assets/") {
				if w := ask(h, http.MethodGet, ref[1], ""); w.Code != http.StatusOK || w.Body.Len() == 0 {
					t.Errorf("%s: %d", ref[1], w.Code)
				}
			}
		}
	}
	for _, target := range []string{"/assets/index.html", "/assets/openapi.yaml", "/assets/../face.go", "/assets/none.css", "/nowhere"} {
		if w := ask(h, http.MethodGet, target, ""); w.Code == http.StatusOK {
			t.Errorf("%s was served", target)
		}
	}
}

// Every word that a template or the script asks for is there, in both
// languages.
func TestTexts(t *testing.T) {
	var sources strings.Builder
	err := fs.WalkDir(assets, "assets", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".html") {
			return err
		}
		text, err := assets.ReadFile(name)
		sources.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`[{(]t \$?(?:\.L|l)ang "([^"]+)"`).FindAllStringSubmatch(sources.String(), -1)
	if len(keys) < 40 {
		t.Fatalf("only %d words found in the templates", len(keys))
	}
	wanted := []string{"closed", "open", "expired"}
	for _, k := range keys {
		wanted = append(wanted, k[1])
	}
	for _, key := range slices.Concat(wanted, bench.LEDs(), bench.Tower(), bench.Inputs()) {
		if _, ok := texts[key]; !ok {
			t.Errorf("no text for %q", key)
		}
	}
	for key, two := range texts {
		if two[0] == "" || two[1] == "" {
			t.Errorf("%q is missing a language: %q", key, two)
		}
		if !strings.HasPrefix(key, "kind.") && !strings.HasPrefix(key, "form.") && !strings.HasPrefix(key, "queue.") && !strings.HasPrefix(key, "terminal.is.") && !slices.Contains(wanted, key) && !slices.Contains(slices.Concat(bench.LEDs(), bench.Tower(), bench.Inputs()), key) {
			t.Errorf("nobody asks for %q", key)
		}
	}
	for _, l := range append(bench.LEDs(), bench.Tower()...) {
		if lamp(l) == "" {
			t.Errorf("lamp %s has no colour", l)
		}
	}
}

// openapi.yaml names exactly the routes there are.
func TestOpenAPI(t *testing.T) {
	b := startIn(t, true)
	h := Handler(b, slog.New(slog.DiscardHandler))
	var described struct {
		OpenAPI string                    `yaml:"openapi"`
		Paths   map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(ask(h, http.MethodGet, "/api/v1/openapi.yaml", "").Body.Bytes(), &described); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(described.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s", described.OpenAPI)
	}
	var told, served []string
	for path, methods := range described.Paths {
		for method := range methods {
			told = append(told, strings.ToUpper(method)+" "+path)
		}
	}
	for pattern := range apiRoutes(b) {
		served = append(served, pattern)
	}
	slices.Sort(told)
	slices.Sort(served)
	if !slices.Equal(told, served) {
		t.Errorf("described:\n%s\nserved:\n%s", strings.Join(told, "\n"), strings.Join(served, "\n"))
	}
	for _, pattern := range served {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodGet || strings.HasSuffix(path, ".yaml") {
			continue
		}
		if w := ask(h, method, path, ""); w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %.200s", pattern, w.Code, w.Body)
		}
	}
}

// The register of a Belarusian shop: on the page with its keys, and nowhere in
// a Russian one.
func TestRegister(t *testing.T) {
	b := startIn(t, true)
	h := Handler(b, slog.New(slog.DiscardHandler))
	html := ask(h, http.MethodGet, "/?lang=en", "").Body.String()
	if !strings.Contains(html, `id="faults-register"`) || strings.Contains(html, `id="faults-ofd"`) || !strings.Contains(html, "Br</small>") || strings.Contains(html, "₽") {
		t.Errorf("the page is not a Belarusian one: %.300s", html)
	}
	press := func(key string, status int) string {
		w := ask(h, http.MethodPost, "/api/v1/register", `{"press":"`+key+`"}`, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
		if w.Code != status {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
		return w.Body.String()
	}
	if out := press("open", 200); !strings.Contains(out, `"shift":"open"`) {
		t.Error(out)
	}
	press("open", 409)
	press("sell", 400)
	panels, err := (&page{bench: b}).panels(pages[""], "en")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, p := range panels {
		if p.ID == "register" && strings.Contains(p.HTML, "Shift opened") && strings.Contains(p.HTML, `data-press="close"`) || p.ID == "faults-register" && strings.Contains(p.HTML, "lose the answer") {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d panels of the register", found)
	}
	press("expire", 200)
	press("close", 200)
	russian := Handler(start(t), slog.New(slog.DiscardHandler))
	if w := ask(russian, http.MethodGet, "/api/v1/register/state", ""); w.Code != http.StatusConflict {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHostileRequests(t *testing.T) {
	b := start(t)
	h := Handler(b, slog.New(slog.DiscardHandler))
	long := strings.Repeat("9", 10_000)
	for _, c := range []struct {
		target, body string
		status       int
	}{
		{"/api/v1/scan", ``, 400},
		{"/api/v1/scan", `[]`, 400},
		{"/api/v1/scan", `{"codes":[]}`, 400},
		{"/api/v1/scan", `{"codes":["1"],"more":1}`, 400},
		{"/api/v1/scan", `{"codes":["1"]} {}`, 400},
		{"/api/v1/scan", `{"codes":["` + long + long + `"]}`, 400},
		{"/api/v1/scan", `{"codes":["1\r2"]}`, 400},
		{"/api/v1/scan", `{"codes":["` + strings.Repeat("9", maxBody) + `"]}`, 413},
		{"/api/v1/faults", `{"device":"kkt","name":"explode"}`, 400},
		{"/api/v1/faults", `{"device":"` + long + `","name":"unplug"}`, 400},
		{"/api/v1/faults", `{"device":"cloud","name":"slow","args":["` + long + `"]}`, 400},
		{"/api/v1/gpio", `{"line":"` + long + `","high":true}`, 400},
		{"/api/v1/gpio", `{"line":"drawer","high":true}`, 400},
	} {
		w := ask(h, http.MethodPost, c.target, c.body)
		var answer struct {
			Error struct{ Code, Message string } `json:"error"`
		}
		err := json.Unmarshal(w.Body.Bytes(), &answer)
		if w.Code != c.status || err != nil || answer.Error.Code == "" || answer.Error.Message == "" || len(answer.Error.Message) > 1000 {
			t.Errorf("%s %.60s: %d %.200s", c.target, c.body, w.Code, w.Body)
		}
	}
	if w := ask(h, http.MethodGet, "/api/v1/codes?find="+long, ""); w.Code != http.StatusBadRequest {
		t.Errorf("a search of 10,000 bytes: %d", w.Code)
	}
	if w := ask(h, http.MethodGet, "/goods?find="+long, ""); w.Code != http.StatusOK {
		t.Errorf("the page's search of 10,000 bytes: %d", w.Code)
	}
	if w := ask(h, http.MethodDelete, "/api/v1/scan", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", w.Code)
	}
	if w := ask(h, http.MethodPost, "/api/v1/faults", `{"device":"scanner","name":"unplug"}`); w.Code != http.StatusOK {
		t.Fatalf("unplug: %d %s", w.Code, w.Body)
	}
	if w := ask(h, http.MethodPost, "/api/v1/scan", `{"codes":["1"]}`); w.Code != http.StatusConflict {
		t.Errorf("a scan with an unplugged scanner: %d %s", w.Code, w.Body)
	}
}

// A page of another site reaches the bench neither by a name that it points
// here nor by a form of its own.
func TestForeignSites(t *testing.T) {
	b := start(t)
	h := Handler(b, slog.New(slog.DiscardHandler))
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	from := func(site string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", site)
			r.Header.Set("Origin", "http://evil.example")
		}
	}
	for name, want := range map[string]int{
		"127.0.0.1:8080": 200, "[::1]:8080": 200, "::1": 200, "localhost:1": 200, "localhost": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "": 421,
	} {
		if w := ask(h, http.MethodGet, "/api/v1/ready", "", host(name)); w.Code != want {
			t.Errorf("host %q: %d, want %d", name, w.Code, want)
		}
	}
	fault := `{"device":"kkt","name":"lid-open"}`
	if w := ask(h, http.MethodPost, "/api/v1/faults", fault, from("cross-site")); w.Code != http.StatusForbidden {
		t.Errorf("a cross-site request: %d", w.Code)
	}
	if b.KKTState().LidOpen {
		t.Error("a foreign site opened the lid")
	}
	if w := ask(h, http.MethodPost, "/api/v1/faults", fault, from("same-origin")); w.Code != http.StatusOK {
		t.Errorf("the page's own request: %d", w.Code)
	}
}

// stream opens the page's stream of a served bench.
func stream(t *testing.T, b *bench.Bench, query string) *bufio.Scanner {
	t.Helper()
	s, err := Serve(b, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.Ready().Bench+"events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The server ends the stream, not the client.
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the stream ended with %v", err)
		}
		_ = resp.Body.Close() // read to its end
		cancel()
		http.DefaultClient.CloseIdleConnections()
	})
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return lines
}

// next reads a panel.
func next(t *testing.T, lines *bufio.Scanner) panel {
	t.Helper()
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var p panel
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return panel{}
}

func TestStream(t *testing.T) {
	b := start(t)
	lines := stream(t, b, "?lang=en")
	whole := map[string]string{}
	for range len(panels) + len(devices) {
		p := next(t, lines)
		whole[p.ID] = p.HTML
	}
	for _, id := range append([]string{"faults-kkt", "faults-cloud"}, panels...) {
		if strings.TrimSpace(whole[id]) == "" && id != "register" { // of another country
			t.Errorf("panel %s is empty at first", id)
		}
	}
	if !strings.Contains(whole["kkt"], "closed") || !strings.Contains(whole["faults-kkt"], "pull") {
		t.Errorf("the stream is not in English: %s", whole["kkt"])
	}
	if _, err := b.Fault(bench.FaultRequest{Device: "kkt", Name: "lid-open"}); err != nil {
		t.Fatal(err)
	}
	changed := map[string]string{}
	for range 2 {
		p := next(t, lines)
		changed[p.ID] = p.HTML
	}
	if changed["kkt"] == "" || changed["faults-kkt"] == "" {
		t.Errorf("the lid opened, and these panels came: %v", changed)
	}
	if _, err := b.Scan(t.Context(), []string{`<script>alert("1")</script>`}); err != nil {
		t.Fatal(err)
	}
	if p := next(t, lines); p.ID != "sent" || strings.Contains(p.HTML, "<script>") || !strings.Contains(p.HTML, "&lt;script&gt;") {
		t.Errorf("a hostile code: %+v", p)
	}
}

// The cloud's page: what it holds, what it refused and why, and its faults.
func TestCloudPage(t *testing.T) {
	b := start(t)
	h := Handler(b, slog.New(slog.DiscardHandler))
	if w := ask(h, http.MethodGet, "/cloud?lang=en", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `data-page="cloud"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(h, http.MethodGet, "/events?page=moon", ""); w.Code != http.StatusNotFound {
		t.Errorf("a page that is not there: %d", w.Code)
	}
	lines := stream(t, b, "?page=cloud&lang=en")
	whole := map[string]string{}
	for range 3 {
		p := next(t, lines)
		whole[p.ID] = p.HTML
	}
	if !strings.Contains(whole["books"], "Requests in 5s: 0 / 100") || !strings.Contains(whole["books"], "Nothing was refused") || !strings.Contains(whole["faults-cloud"], "cloud is down") {
		t.Errorf("%v", whole)
	}
	get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.Ready().Cloud+"/entity/discount", nil)
	if err != nil {
		t.Fatal(err)
	}
	get.Header.Set("Lognex-Pos-Auth-Token", "stale")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	res, err := client.Do(get)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatal(res.Status, err)
	}
	for { // the count and the refusal may come one after the other
		p := next(t, lines)
		if p.ID == "books" && strings.Contains(p.HTML, "GET /entity/discount") && strings.Contains(p.HTML, "401 · 12017") && strings.Contains(p.HTML, "1 / 100") {
			break
		}
	}
	if w := ask(h, http.MethodGet, "/api/v1/cloud/books", ""); !strings.Contains(w.Body.String(), `"code":12017`) {
		t.Errorf("%s", w.Body)
	}
}

func TestTooManyPages(t *testing.T) {
	b := start(t)
	p := &page{bench: b, log: slog.New(slog.DiscardHandler), seats: make(chan struct{}, 1)}
	p.seats <- struct{}{}
	if w := ask(http.HandlerFunc(p.events), http.MethodGet, "/events", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one page too many: %d", w.Code)
	}
}

func TestServeTaken(t *testing.T) {
	b := start(t)
	addr := strings.Trim(strings.TrimPrefix(b.Ready().Bench, "http://"), "/")
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if s, err := Serve(b, slog.New(slog.DiscardHandler)); err == nil {
		t.Errorf("served on a port that is taken: %v", s.Close())
	}
}

func TestBars(t *testing.T) {
	// The example of a symbol in every textbook: 5901234123457.
	want := "101" + "0001011" + "0100111" + "0110011" + "0010011" + "0111101" + "0011101" + "01010" +
		"1100110" + "1101100" + "1000010" + "1011100" + "1001110" + "1000100" + "101"
	b, ok := drawBars("5901234123457")
	if got := modules(t, b); !ok || got != want {
		t.Errorf("5901234123457 is drawn\n%s, want\n%s", got, want)
	}
	// EAN-8: 96385074.
	want = "101" + "0001011" + "0101111" + "0111101" + "0110111" + "01010" + "1001110" + "1110010" + "1000100" + "1011100" + "101"
	b, ok = drawBars("96385074")
	if got := modules(t, b); !ok || got != want {
		t.Errorf("96385074 is drawn\n%s, want\n%s", got, want)
	}
	// Code 128, set B: start, "A", "1", check 104+33+2*17 = 171 = 68, stop.
	want = "11010010000" + "10100011000" + "10011100110" + "10000100110" + "1100011101011"
	b, ok = drawBars("A1")
	if got := modules(t, b); !ok || got != want {
		t.Errorf("A1 is drawn\n%s, want\n%s", got, want)
	}
	seen := map[string]bool{}
	for i, w := range widths128 {
		if n := len(symbol128(i)); seen[w] || n != 11 && i != stop || i == stop && n != 13 {
			t.Errorf("symbol %d, %s: %d modules", i, w, n)
		}
		seen[w] = true
	}
	if len(widths128) != stop+1 {
		t.Errorf("%d symbols", len(widths128))
	}
	for _, code := range []string{"", "сыр", strings.Repeat("1", most128+1), "a\x1db"} {
		if _, ok := drawBars(code); ok {
			t.Errorf("%q was drawn", code)
		}
	}
}

// modules turns a picture back into modules.
func modules(t *testing.T, b bars) string {
	t.Helper()
	dark := make([]byte, b.Width)
	for i := range dark {
		dark[i] = '0'
	}
	for _, m := range regexp.MustCompile(`M(\d+) 0h(\d+)v\d+h-(\d+)z`).FindAllStringSubmatch(b.Path, -1) {
		var at, wide int
		if err := errors.Join(json.Unmarshal([]byte(m[1]), &at), json.Unmarshal([]byte(m[2]), &wide)); err != nil || m[2] != m[3] {
			t.Fatalf("path %s: %v", m[0], err)
		}
		for i := range wide {
			dark[at+i] = '1'
		}
	}
	return string(dark)
}

func TestLabel(t *testing.T) {
	for code, want := range map[string]string{
		"4600": "4600", "01\x1d93\x7f": "01␝93␡", strings.Repeat("9", 10_000): strings.Repeat("9", 80) + "…", strings.Repeat("ы", 80): strings.Repeat("ы", 80),
	} {
		if got := label(code); got != want {
			t.Errorf("%.100q: %.200q", code, got)
		}
	}
}

func TestRoubles(t *testing.T) {
	for a, want := range map[money.Amount]string{0: "0,00", 5: "0,05", 123450: "1\u202f234,50", 100000000: "1\u202f000\u202f000,00", -99999: "−999,99"} {
		if got := roubles(a); got != want {
			t.Errorf("%d kopecks: %q, want %q", a, got, want)
		}
	}
}

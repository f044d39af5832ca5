package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Files of other people are what VENDOR.txt says they are, and it lists all.
func TestVendoredFiles(t *testing.T) {
	list, err := fs.ReadFile(assetFiles, "assets/vendor/VENDOR.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(\S+)  \S+ \S+  .*\n  sha256 ([0-9a-f]{64})$`).FindAllStringSubmatch(string(list), -1) {
		listed[m[1]] = m[2]
	}
	files, err := fs.ReadDir(assetFiles, "assets/vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "VENDOR.txt" {
			continue
		}
		b, err := fs.ReadFile(assetFiles, "assets/vendor/"+f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != listed[f.Name()] {
			t.Errorf("%s is not what VENDOR.txt says", f.Name())
		}
		delete(listed, f.Name())
	}
	for name := range listed {
		t.Errorf("VENDOR.txt lists %s, which is not here", name)
	}
}

func TestAssetsTravelSmallAndStay(t *testing.T) {
	b := newDesk(t).browser()
	a := b.c.assets["console.css"]
	r := b.get("/assets/"+a.hash+"/console.css", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(bytes.NewReader([]byte(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(plain, a.body) {
		t.Errorf("the compressed file differs: %v", err)
	}
	if !strings.Contains(r.header.Get("Cache-Control"), "immutable") || r.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("headers %v", r.header)
	}
	if r := b.get("/assets/"+a.hash+"/console.css", "Accept-Encoding", "identity"); r.body != string(a.body) {
		t.Error("the plain file differs")
	}
}

// pairs are text and what it stands on. AA asks for 4.5 to 1, for edges of fields
// and icons 3 to 1.
var pairs = []struct {
	text, ground string
	least        float64
}{
	{"ink", "ground", 4.5}, {"ink", "surface", 4.5}, {"ink", "raised", 4.5}, {"ink", "touched", 4.5}, {"ink", "accent-soft", 4.5},
	{"muted", "ground", 4.5}, {"muted", "surface", 4.5}, {"muted", "raised", 4.5}, {"muted", "accent-soft", 4.5}, {"muted", "rule", 4.5},
	{"on-accent", "accent", 4.5}, {"accent-ink", "accent-soft", 4.5}, {"accent-ink", "surface", 4.5}, {"accent-ink", "ground", 4.5},
	{"on-warn", "warn", 4.5}, {"on-warn", "raised", 4.5}, {"on-stop", "stop", 4.5}, {"stop", "on-stop", 4.5}, {"on-stop", "surface", 4.5}, {"on-stop", "ground", 4.5},
	{"on-paper", "paper", 4.5}, {"edge", "surface", 3}, {"focus", "ground", 3}, {"focus", "surface", 3}, {"accent", "surface", 3}, {"accent", "raised", 3},
}

func TestContrast(t *testing.T) {
	css, err := fs.ReadFile(assetFiles, "assets/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := map[string]float64{}, map[string]float64{}
	for _, m := range regexp.MustCompile(`--([\w-]+): (?:light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)|#([0-9a-f]{6}));`).FindAllStringSubmatch(string(css), -1) {
		light[m[1]], dark[m[1]] = luminance(t, m[2]+m[4]), luminance(t, m[3]+m[4])
	}
	for _, p := range pairs {
		for theme, l := range map[string]map[string]float64{"light": light, "dark": dark} {
			a, okA := l[p.text]
			b, okB := l[p.ground]
			if !okA || !okB {
				t.Fatalf("no colour %s or %s", p.text, p.ground)
			}
			if ratio := (max(a, b) + .05) / (min(a, b) + .05); ratio < p.least {
				t.Errorf("%s: %s on %s is %.2f to 1, wanted %.1f", theme, p.text, p.ground, ratio, p.least)
			}
		}
	}
}

// luminance is the relative luminance of "rrggbb" as WCAG defines it.
func luminance(t *testing.T, hexColour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hexColour, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}

// Pages are made of the design system's own sizes and colours: a raw one is a
// mistake outside tokens.css, and the page of the system shows every token.
func TestTokens(t *testing.T) {
	files, err := fs.Glob(assetFiles, "assets/css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		b, err := fs.ReadFile(assetFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(b), "")
	}
	raw := regexp.MustCompile(`[^&]#[0-9a-f]{3,8}\b|\brgba?\(|font-size: [\d.]|font: \d+ [\d.]+r?e?m|border-radius: [\d.]+r?em`)
	known := regexp.MustCompile(`\.code svg|\.code path|::backdrop`) // a code to be scanned is black on white in every theme
	for _, name := range files {
		if name == "assets/css/tokens.css" {
			continue
		}
		for _, rule := range strings.SplitAfter(read(name), "}") {
			if m := raw.FindString(rule); m != "" && !known.MatchString(rule) {
				t.Errorf("%s: %q in %s", name, m, strings.TrimSpace(rule))
			}
		}
	}
	tokens, page := read("assets/css/tokens.css"), read("assets/css/design.css")
	for _, m := range colourToken.FindAllStringSubmatch(tokens, -1) {
		if !strings.Contains(page, ".swatch-"+m[1]+" { background: var(--"+m[1]+")") {
			t.Errorf("the design page does not show the colour %s", m[1])
		}
	}
	for _, m := range textToken.FindAllStringSubmatch(tokens, -1) {
		if !strings.Contains(page, ".type-"+m[1]+" { font-size: var(--text-"+m[1]+")") {
			t.Errorf("the design page does not show the size %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`var\(--([\w-]+)\)`).FindAllStringSubmatch(read("assets/css/base.css")+page, -1) {
		if !strings.Contains(tokens, "--"+m[1]+":") {
			t.Errorf("no token %s", m[1])
		}
	}
}

// The page of the design system is on the bench only.
func TestDesignPage(t *testing.T) {
	bench := newDesk(t, func(o *Options) { o.Bench = true })
	for _, lang := range []string{"ru", "en"} {
		r := bench.browser().get("/design", "Cookie", "kassa_lang="+lang)
		if r.status != 200 || leaks.MatchString(r.body) || strings.Count(r.body, "<article>") != 26 {
			t.Errorf("%s: %d, %d articles, %q", lang, r.status, strings.Count(r.body, "<article>"), leaks.FindString(r.body))
		}
	}
	if r := newDesk(t).browser().get("/design"); r.status != 404 {
		t.Errorf("in production: %d", r.status)
	}
}

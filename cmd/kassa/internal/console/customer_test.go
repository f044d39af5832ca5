package console

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/pictures"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestCustomerScreen: nobody buying, the shop's name and its pictures; a
// language of its own; after a purchase thanks for a while.
func TestCustomerScreen(t *testing.T) {
	dir := t.TempDir()
	folder := pictures.New(dir)
	with := func(o *Options) { o.Customer = Customer{Pictures: folder, Each: 3 * time.Second} }
	b := newDesk(t, with).browser()
	clean(t, b, "/customer", `class="c-hello"`)
	if r := b.get("/customer"); strings.Contains(r.body, "c-slides") {
		t.Error("pictures where there are none")
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "b.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), picture.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder.Look()
	b = newDesk(t, with).browser()
	page := b.get("/customer").body
	m := regexp.MustCompile(`data-pictures="(\S+) (\S+)" data-each="3000"`).FindStringSubmatch(page)
	if m == nil || !strings.Contains(page, `src="`+m[1]+`"`) || m[1] == m[2] {
		t.Fatalf("no pictures in %s", page)
	}
	r := b.get(m[1])
	if r.status != http.StatusOK || r.body != picture.String() || r.header.Get("Content-Type") != "image/png" || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the picture: %d %v", r.status, r.header)
	}
	for _, path := range []string{"/pictures/x", "/pictures/..%2Fsecret", "/pictures/"} {
		if r := b.get(path); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	clean(t, b, "/customer?lang=en", "Customer screen", `lang="en"`) // whatever the cashier chose
	clean(t, b, "/customer?lang=xx", "Экран покупателя")
	english := newDesk(t, func(o *Options) { o.Customer.Language = "en" }).browser()
	clean(t, english, "/customer", "Customer screen")
	clean(t, english, "/login", "Введите PIN-код")
}

// TestSold: thanks end after a while, also when the clock was set meanwhile.
func TestSold(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for age, want := range map[time.Duration]bool{0: true, thanked - 1: true, thanked: false, 24 * time.Hour: false, -time.Second: true, -24 * time.Hour: false} {
		s := &screen{Now: now}
		if s.Sold() {
			t.Fatal("thanks for nothing")
		}
		s.V.Last = &till.LastView{At: now.Add(-age)}
		if s.Sold() != want {
			t.Errorf("%v after a purchase: thanked %v", age, !want)
		}
	}
}

// TestNewRelease: a page made by another release is told to load itself anew.
func TestNewRelease(t *testing.T) {
	d := newDesk(t)
	page := d.browser().get("/customer").body
	m := regexp.MustCompile(`data-release="(\w+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page does not say what made it")
	}
	if f := d.browser().follow("customer&release=" + m[1]); f.next().name != "screen" {
		t.Error("a page of this release is not served")
	}
	if f := d.browser().follow("customer&release=0123456789abcdef"); f.next().name != "fresh" {
		t.Error("a page of another release is not told")
	}
}

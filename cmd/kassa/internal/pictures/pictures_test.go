package pictures

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func names(f *Folder) (all []string) {
	for _, p := range f.All() {
		all = append(all, p.Name)
	}
	return all
}

func get(f *Folder, id string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.ServePicture(w, httptest.NewRequest(http.MethodGet, "/pictures/"+id, nil), id)
	return w
}

// Whatever lies in the folder, only small pictures of it are shown, and the
// rest is told.
func TestOnlyPictures(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	put(t, outside, "secret.png", pngOf(t, 1, 1))
	put(t, dir, "b.jpg", photo.Bytes())
	put(t, dir, "a.txt", pngOf(t, 4, 3)) // by its contents, not by its name
	put(t, dir, "page.png", []byte("<svg onload=alert(1)>"))
	put(t, dir, "half.png", pngOf(t, 4, 3)[:20])
	put(t, dir, "wide.png", pngOf(t, MaxSide+1, 1))
	put(t, dir, "heavy.png", append(pngOf(t, 4, 3), make([]byte, MaxBytes)...))
	put(t, dir, ".hidden.png", pngOf(t, 4, 3))
	if err := os.Mkdir(filepath.Join(dir, "more"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret.png"), filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := New(dir)
	f.Look()
	if got := names(f); !slices.Equal(got, []string{"a.txt", "b.jpg"}) {
		t.Errorf("shown: %q", got)
	}
	if w := f.Warnings(); len(w) != 1 || w[0].Code != fault.PicturesRefused || w[0].Args[0] != "6" {
		t.Errorf("told: %v", w)
	}
	w := get(f, f.All()[1].ID)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/jpeg" || !bytes.Equal(w.Body.Bytes(), photo.Bytes()) {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
	for _, id := range []string{"", "..", "b.jpg", "../secret.png"} {
		if w := get(f, id); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", id, w.Code)
		}
	}
}

// A picture that is exchanged gets another address; one exchanged for a pipe
// or taken away is not found, at once.
func TestChanges(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.png", pngOf(t, 2, 2))
	f := New(dir)
	f.Look()
	old := f.All()[0].ID
	f.Look()
	if f.All()[0].ID != old {
		t.Error("an unchanged picture has another address")
	}
	put(t, dir, "a.png", pngOf(t, 3, 3))
	if err := os.Chtimes(filepath.Join(dir, "a.png"), time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if w := get(f, old); w.Code != http.StatusNotFound {
		t.Errorf("the old address: %d", w.Code)
	}
	f.Look()
	fresh := f.All()[0].ID
	if w := get(f, fresh); fresh == old || w.Code != http.StatusOK {
		t.Errorf("the new address: %d", w.Code)
	}
	if err := os.Remove(filepath.Join(dir, "a.png")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "a.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := get(f, fresh); w.Code != http.StatusNotFound {
		t.Errorf("a pipe: %d", w.Code)
	}
}

// Many pictures are bounded by count and by bytes; no folder is a warning.
func TestBounds(t *testing.T) {
	dir := t.TempDir()
	for i := range MaxPictures + 3 {
		put(t, dir, fmt.Sprintf("%02d.png", i), pngOf(t, 2, 2))
	}
	f := New(dir)
	f.Look()
	if n := len(f.All()); n != MaxPictures {
		t.Errorf("%d pictures", n)
	}
	heavy := t.TempDir()
	data := append(pngOf(t, 2, 2), make([]byte, MaxBytes-1000)...)
	for i := range MaxTotal/MaxBytes + 2 {
		put(t, heavy, fmt.Sprintf("%02d.png", i), data)
	}
	f = New(heavy)
	f.Look()
	if n := len(f.All()); n != MaxTotal/MaxBytes || len(f.Warnings()) != 1 {
		t.Errorf("%d heavy pictures, %v", n, f.Warnings())
	}
	f = New(filepath.Join(dir, "nowhere"))
	f.Look()
	if w := f.Warnings(); len(w) != 1 || w[0].Code != fault.PicturesNone || strings.Contains(w[0].Detail, dir) {
		t.Errorf("no folder: %v", w)
	}
}

package update

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// release is a bundle with everything that belongs to it.
type release struct {
	m      Manifest
	bundle []byte
	sealed []byte
	keys   []ed25519.PublicKey
}

func newRelease(t testing.TB, version string, size int) release {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(rand.New(rand.NewPCG(1, uint64(i/4096))).Uint32() >> (i % 24))
		if i%4096 != 0 {
			b[i] = b[i-1] + byte(i)
		}
	}
	sum := sha256.Sum256(b)
	m := Manifest{
		Version: version, Compatible: "kassa-arm64", Channel: "stable", Bundle: "kassa-" + version + ".raucb", Size: int64(size),
		SHA256: hex.EncodeToString(sum[:]), Reads: map[string]int{"tape": 1, "document": 5}, Released: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Notes: map[string]string{"ru": "Быстрее"},
	}
	sealed, err := Sign(m, key)
	if err != nil {
		t.Fatal(err)
	}
	return release{m: m, bundle: b, sealed: sealed, keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}}
}

func quiet(int64, int64) {}

func TestEnvelope(t *testing.T) {
	r := newRelease(t, "1.5.0", 1000)
	m, err := Open(r.sealed, r.keys)
	if err != nil || !cmp.Equal(r.m, m) {
		t.Fatalf("%v, %v", m, err)
	}
	stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	for name, keys := range map[string][]ed25519.PublicKey{"a stranger's key": {stranger}, "no key": nil, "a short key": {stranger[:5]}} {
		if _, err := Open(r.sealed, keys); !errors.Is(err, ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(r.sealed, []ed25519.PublicKey{stranger, r.keys[0]}); err != nil {
		t.Errorf("two keys: %v", err)
	}
	// Every bit of the envelope counts: whatever is changed, it is refused or
	// says the same.
	for i := range r.sealed {
		b := bytes.Clone(r.sealed)
		b[i] ^= 1
		if got, err := Open(b, r.keys); err == nil && !cmp.Equal(got, r.m) {
			t.Fatalf("byte %d changed: %v", i, got)
		}
	}
	if _, err := Open(make([]byte, MaxEnvelope+1), r.keys); !errors.Is(err, ErrEnvelope) {
		t.Errorf("a long one: %v", err)
	}
}

func TestReleasersMistakes(t *testing.T) {
	r := newRelease(t, "1.5.0", 10)
	for name, spoil := range map[string]func(*Manifest){
		"no version":   func(m *Manifest) { m.Version = "new" },
		"a path":       func(m *Manifest) { m.Bundle = "../../etc/passwd" },
		"no size":      func(m *Manifest) { m.Size = 0 },
		"huge":         func(m *Manifest) { m.Size = MaxBundle + 1 },
		"no sum":       func(m *Manifest) { m.SHA256 = "12" },
		"no schema":    func(m *Manifest) { m.Reads = nil },
		"endless note": func(m *Manifest) { m.Notes = map[string]string{"en": strings.Repeat("x", maxNotes+1)} },
		"no channel":   func(m *Manifest) { m.Channel = "" },
	} {
		m := r.m
		spoil(&m)
		if _, err := Sign(m, ed25519.NewKeyFromSeed(make([]byte, 32))); !errors.Is(err, ErrEnvelope) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAdmit(t *testing.T) {
	m := newRelease(t, "1.5.0", 10).m
	for _, c := range []struct {
		till   Till
		insist bool
		want   error
	}{
		{Till{"1.4.9", "kassa-arm64", map[string]int{"document": 5}}, false, nil},
		{Till{"v1.4.9-30-gabcdef1", "kassa-arm64", map[string]int{"document": 4}}, false, nil},
		{Till{"dev", "kassa-arm64", map[string]int{"document": 5}}, false, nil},
		{Till{"1.4.9", "kassa-amd64", map[string]int{"document": 5}}, false, ErrOtherTill},
		{Till{"1.4.9", "kassa-amd64", map[string]int{"document": 5}}, true, ErrOtherTill},
		{Till{"1.5.0", "kassa-arm64", map[string]int{"document": 5}}, false, ErrSame},
		{Till{"1.5.0", "kassa-arm64", map[string]int{"document": 5}}, true, nil},
		{Till{"1.5.0-2-g1234567", "kassa-arm64", map[string]int{"document": 5}}, false, ErrOlder},
		{Till{"2.0.0", "kassa-arm64", map[string]int{"document": 5}}, false, ErrOlder},
		{Till{"2.0.0", "kassa-arm64", map[string]int{"document": 5}}, true, nil},
		{Till{"1.4.0", "kassa-arm64", map[string]int{"document": 6}}, false, ErrJournal},
		{Till{"2.0.0", "kassa-arm64", map[string]int{"document": 6}}, true, ErrJournal},
		{Till{"1.4.0", "kassa-arm64", map[string]int{"dream": 1}}, true, ErrJournal},
	} {
		if err := m.Admit(c.till, c.insist); !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Errorf("%+v, insisting %t: %v", c.till, c.insist, err)
		}
	}
}

func TestVersionsHaveOneOrder(t *testing.T) {
	draw := func(t *rapid.T, name string) Version {
		n := rapid.IntRange(0, 3)
		return Version{n.Draw(t, name+"1"), n.Draw(t, name+"2"), n.Draw(t, name+"3"), n.Draw(t, name+"4")}
	}
	rapid.Check(t, func(t *rapid.T) {
		v, w := draw(t, "v"), draw(t, "w")
		if v.Compare(w) != -w.Compare(v) && (v.Compare(w) > 0) == (w.Compare(v) > 0) || (v == w) != (v.Compare(w) == 0) {
			t.Fatalf("%v and %v", v, w)
		}
		text := fmt.Sprintf("v%d.%d.%d-%d-gabcd123", v.Major, v.Minor, v.Patch, v.Commits)
		if back, err := ParseVersion(text); err != nil || back != v {
			t.Fatalf("%s is %v (%v)", text, back, err)
		}
	})
}

// server is a channel. behave may take an answer over.
func server(t *testing.T, r release, behave func(http.ResponseWriter, *http.Request) bool) Channel {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if behave != nil && behave(w, q) {
			return
		}
		switch q.URL.Path {
		case "/up/stable.json":
			if _, err := w.Write(r.sealed); err != nil {
				t.Log(err)
			}
		case "/up/" + r.m.Bundle:
			http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(r.bundle))
		default:
			http.NotFound(w, q)
		}
	}))
	t.Cleanup(s.Close)
	base, err := url.Parse(s.URL + "/up/")
	if err != nil {
		t.Fatal(err)
	}
	c := Channel{Base: base, Name: "stable", Client: s.Client()}
	t.Cleanup(c.Client.CloseIdleConnections)
	return c
}

func TestFromAChannel(t *testing.T) {
	r := newRelease(t, "1.5.0", 3*chunk+17)
	c := server(t, r, nil)
	m, sealed, err := c.Newest(t.Context(), r.keys)
	if err != nil {
		t.Fatal(err)
	}
	s := Store{Dir: filepath.Join(t.TempDir(), "update")}
	var last int64
	done, err := s.Stage(t.Context(), m, sealed, c, func(have, all int64) {
		if have < last || all != r.m.Size {
			t.Errorf("%d of %d after %d", have, all, last)
		}
		last = have
	})
	if err != nil || last != r.m.Size {
		t.Fatalf("%d bytes, %v", last, err)
	}
	got, err := os.ReadFile(done.Bundle)
	if err != nil || !bytes.Equal(got, r.bundle) {
		t.Fatalf("%d bytes on the disk (%v)", len(got), err)
	}
	// Once more, without a server: what is here is not brought again.
	if _, err := s.Stage(t.Context(), m, sealed, nil, quiet); err != nil {
		t.Fatal(err)
	}
	// Another release takes its place.
	next := newRelease(t, "1.6.0", 100)
	if _, err := s.Stage(t.Context(), next.m, next.sealed, server(t, next, nil), quiet); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(s.Dir); err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	if _, _, err := (Channel{Base: c.Base, Name: "beta", Client: c.Client}).Newest(t.Context(), r.keys); !errors.Is(err, ErrNoUpdate) {
		t.Fatalf("a channel that is not there: %v", err)
	}
}

// TestBrokenDownloads: a connection that breaks again and again, whether the
// server knows ranges or not, ends in the whole bundle.
func TestBrokenDownloads(t *testing.T) {
	r := newRelease(t, "1.5.0", 4*chunk)
	for name, ranges := range map[string]bool{"ranges": true, "no ranges": false} {
		t.Run(name, func(t *testing.T) {
			tries, sent := 0, 0
			c := server(t, r, func(w http.ResponseWriter, q *http.Request) bool {
				if !strings.HasSuffix(q.URL.Path, ".raucb") {
					return false
				}
				tries++
				if !ranges {
					q.Header.Del("Range")
				}
				if tries > 3 {
					return false
				}
				cut := &cutter{ResponseWriter: w, left: tries * chunk / 2}
				http.ServeContent(cut, q, "", time.Time{}, bytes.NewReader(r.bundle))
				sent += cut.sent
				panic(http.ErrAbortHandler)
			})
			s := Store{Dir: t.TempDir()}
			for range 3 {
				if _, err := s.Stage(t.Context(), r.m, r.sealed, c, quiet); err == nil {
					t.Fatal("a broken download is whole")
				}
			}
			if _, err := s.Stage(t.Context(), r.m, r.sealed, c, quiet); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// cutter breaks off after left bytes.
type cutter struct {
	http.ResponseWriter
	left, sent int
}

func (c *cutter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b[:min(len(b), c.left)])
	c.left -= n
	c.sent += n
	if err == nil && n < len(b) {
		err = io.ErrClosedPipe
	}
	return n, err
}

func TestServerThatStandsStill(t *testing.T) {
	r := newRelease(t, "1.5.0", 2*chunk)
	c := server(t, r, func(w http.ResponseWriter, q *http.Request) bool {
		if !strings.HasSuffix(q.URL.Path, ".raucb") {
			return false
		}
		if _, err := w.Write(r.bundle[:chunk]); err != nil {
			t.Log(err)
		}
		w.(http.Flusher).Flush()
		<-q.Context().Done()
		return true
	})
	c.Stall = 50 * time.Millisecond
	s := Store{Dir: t.TempDir()}
	if _, err := s.Stage(t.Context(), r.m, r.sealed, c, quiet); !errors.Is(err, ErrStalled) {
		t.Fatal(err)
	}
	if st, err := os.Stat(filepath.Join(s.Dir, r.m.SHA256[:16]+partSuffix)); err != nil || st.Size() != chunk {
		t.Fatalf("what came is not kept: %v, %v", st, err)
	}
}

func TestHostileServers(t *testing.T) {
	r := newRelease(t, "1.5.0", chunk+5)
	other := bytes.Clone(r.bundle)
	other[chunk/2] ^= 8
	answer := func(status int, head string, body []byte) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, q *http.Request) bool {
			if !strings.HasSuffix(q.URL.Path, ".raucb") {
				return false
			}
			if head != "" {
				w.Header().Set("Content-Range", head)
			}
			w.WriteHeader(status)
			if _, err := w.Write(body); err != nil {
				t.Log(err)
			}
			return true
		}
	}
	for name, c := range map[string]struct {
		behave func(http.ResponseWriter, *http.Request) bool
		want   error
	}{
		"one bit changed": {answer(200, "", other), ErrTampered},
		"longer":          {answer(200, "", append(bytes.Clone(other), 1, 2, 3)), ErrTampered},
		"shorter":         {answer(200, "", r.bundle[:chunk]), io.ErrUnexpectedEOF},
		"wrong range":     {answer(206, "bytes 77-/*", r.bundle), nil},
		"refused":         {answer(403, "", nil), nil},
		"gone":            {answer(410, "", nil), ErrNoUpdate},
	} {
		s := Store{Dir: t.TempDir()}
		_, err := s.Stage(t.Context(), r.m, r.sealed, server(t, r, c.behave), quiet)
		if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(s.Dir, r.m.SHA256[:16]+bundleSuffix)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a bundle is there (%v)", name, err)
		}
		// Whatever it left, an honest server mends it.
		if _, err := s.Stage(t.Context(), r.m, r.sealed, server(t, r, nil), quiet); err != nil {
			t.Errorf("%s, then honest: %v", name, err)
		}
	}
}

func TestNoRoom(t *testing.T) {
	r := newRelease(t, "1.5.0", 1000)
	s := Store{Dir: t.TempDir(), Free: func(string) (int64, error) { return reserve + 999, nil }}
	if _, err := s.Stage(t.Context(), r.m, r.sealed, server(t, r, nil), quiet); !errors.Is(err, ErrSpace) {
		t.Fatal(err)
	}
	s.Free = func(string) (int64, error) { return reserve + 1000, nil }
	if _, err := s.Stage(t.Context(), r.m, r.sealed, server(t, r, nil), quiet); err != nil {
		t.Fatal(err)
	}
}

// TestAnyPartGoesOn: whatever length a power cut left of the part, and whatever
// is in it, the next try ends in the bundle or says it is not.
func TestAnyPartGoesOn(t *testing.T) {
	r := newRelease(t, "1.5.0", 5000)
	c := server(t, r, nil)
	for length := 0; length <= 6000; length += 250 {
		for _, good := range []bool{true, false} {
			s := Store{Dir: t.TempDir()}
			part := make([]byte, length)
			if good {
				copy(part, r.bundle)
			}
			if err := os.WriteFile(filepath.Join(s.Dir, r.m.SHA256[:16]+partSuffix), part, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := s.Stage(t.Context(), r.m, r.sealed, c, quiet)
			if err != nil && (good || !errors.Is(err, ErrTampered)) {
				t.Fatalf("part of %d bytes, good %t: %v", length, good, err)
			}
			if err != nil {
				_, err = s.Stage(t.Context(), r.m, r.sealed, c, quiet)
			}
			if err != nil {
				t.Fatalf("part of %d bytes, good %t, second try: %v", length, good, err)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	r := newRelease(t, "1.5.0", 4*chunk)
	c := server(t, r, nil)
	s := Store{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Stage(ctx, r.m, r.sealed, c, func(have, _ int64) {
		if have >= chunk {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := s.Stage(t.Context(), r.m, r.sealed, c, quiet); err != nil {
		t.Fatal(err)
	}
}

func TestFromAStick(t *testing.T) {
	stick := Folder{Dir: t.TempDir()}
	older, r := newRelease(t, "1.4.0", 50), newRelease(t, "1.5.0", 3000)
	if _, _, err := stick.Newest(t.Context(), r.keys); !errors.Is(err, ErrNoUpdate) {
		t.Fatal(err)
	}
	for file, b := range map[string][]byte{
		"holiday.json": []byte(`{"a":1}`), "kassa-1.4.0.json": older.sealed, "kassa-1.5.0.json": r.sealed,
		r.m.Bundle: r.bundle, "notes.txt": []byte("x"),
	} {
		if err := os.WriteFile(filepath.Join(stick.Dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := stick.Newest(t.Context(), nil); !errors.Is(err, ErrUnsigned) {
		t.Fatalf("a stranger's: %v", err)
	}
	m, sealed, err := stick.Newest(t.Context(), r.keys)
	if err != nil || m.Version != "1.5.0" {
		t.Fatalf("%v, %v", m, err)
	}
	s := Store{Dir: t.TempDir()}
	if _, err := s.Stage(t.Context(), m, sealed, stick, quiet); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(s.Dir); err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
}

func TestKeys(t *testing.T) {
	r := newRelease(t, "1.5.0", 10)
	line := base64.StdEncoding.EncodeToString(r.keys[0])
	keys, err := ParseKeys([]byte("# the releaser's\n\n" + line + " autumn\n" + line + "\n"))
	if err != nil || len(keys) != 2 || !keys[0].Equal(r.keys[0]) {
		t.Fatalf("%v, %v", keys, err)
	}
	for _, bad := range []string{"abc", line[:20], strings.Repeat(line+"\n", maxKeys+1)} {
		if _, err := ParseKeys([]byte(bad)); err == nil {
			t.Errorf("%.30q is taken", bad)
		}
	}
}

func FuzzOpen(f *testing.F) {
	r := newRelease(f, "1.5.0", 10)
	f.Add(r.sealed)
	f.Add([]byte(`{"payloadType":"application/vnd.kassa.update.v1+json","payload":"e30=","signatures":[{"sig":"AA=="}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := Open(b, r.keys); err == nil && !cmp.Equal(m, r.m) {
			t.Fatalf("forged: %v", m)
		}
	})
}

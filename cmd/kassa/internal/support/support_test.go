package support

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var made1 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// unpack reads a bundle.
func unpack(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

// A part that fails, hangs or is too long takes nothing else with it.
func TestWrite(t *testing.T) {
	var b bytes.Buffer
	text := func(s string) func(context.Context, io.Writer) error {
		return func(_ context.Context, w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	err := Write(t.Context(), &b, "1.2.3", made1, []Part{
		{"good.txt", text("good")},
		{"bad.txt", func(context.Context, io.Writer) error { return errors.New("no answer from +7 900 123-45-67") }},
		{"long.txt", text(strings.Repeat("x", MaxPart+1))},
		{"half.txt", func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "half")
			return errors.Join(err, context.DeadlineExceeded)
		}},
		JSON("state.json", func(context.Context) (any, error) { return map[string]any{"a": 1, "secret": "x"}, nil }, "a"),
		JSON("none.json", func(context.Context) (any, error) { return nil, errors.New("gone") }, "a"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := unpack(t, b.Bytes())
	if got["good.txt"] != "good" || got["half.txt"] != "half" || len(got["long.txt"]) != MaxPart || got["state.json"] != "{\n  \"a\": 1\n}\n" {
		t.Errorf("parts of %d, %d bytes; %q", len(got["long.txt"]), len(got["state.json"]), got["good.txt"])
	}
	var m manifest
	if err := json.Unmarshal([]byte(got["manifest.json"]), &m); err != nil {
		t.Fatal(err)
	}
	want := manifest{format, "1.2.3", made1, []made{{Name: "good.txt", Bytes: 4}, {Name: "bad.txt", Error: "no answer from +•"}, {Name: "long.txt", Bytes: MaxPart, Cut: true},
		{Name: "half.txt", Bytes: 4, Error: "context deadline exceeded"}, {Name: "state.json", Bytes: 13}, {Name: "none.json", Error: "gone"}}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if err := Write(t.Context(), &b, "", made1, make([]Part, MaxParts+1)); err == nil {
		t.Error("any number of parts")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, &b, "", made1, []Part{{"a", text("a")}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Write(t.Context(), broken{}, "", made1, []Part{{"a", text("a")}}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestKeep(t *testing.T) {
	v := map[string]any{
		"phase": "idle", "sum": json.Number("12345678901234567"), "nothing": nil, "why": "no answer from 4276 1234 5678 9012",
		"cashier": map[string]any{"name": "Иванова", "pin_hash": "$argon2"},
		"devices": []any{map[string]any{"name": "kkt", "token": "x"}, map[string]any{"token": "y"}},
		"by":      map[string]any{"a": map[string]any{"n": 1, "s": "x"}, "b": map[string]any{"n": 2}},
		"long":    strings.Repeat("я", 2*maxText),
	}
	got, err := Keep(v, "phase", "sum", "nothing", "why~", "cashier", "devices.name", "by.*.n", "long", "absent.*")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"phase": "idle", "sum": json.Number("12345678901234567"), "why": "no answer from • • • •",
		"devices": []any{map[string]any{"name": "kkt"}}, "by": map[string]any{"a": map[string]any{"n": json.Number("1")}, "b": map[string]any{"n": json.Number("2")}},
		"long": strings.Repeat("я", maxText) + "…"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Keep(func() {}); err == nil {
		t.Error("a function is a structure")
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"dial tcp 192.168.1.20:7778: i/o timeout":                   "dial tcp 192.168.1.20:•: i/o timeout",
		"printer found dev=kkt model=ШТРИХ-М-01Ф port=/dev/ttyACM0": "printer found dev=kkt model=ШТРИХ-М-• port=/dev/ttyACM0",
		"err=\"error 0x4F after 1m30s\" code=fiscal.paper":          "err=\"error 0x4F after 1m30s\" code=fiscal.paper",
		"PIN 1234 is wrong":                                                   "PIN • is wrong",
		"call +7 (900) 123-45-67 or 8 900 123 45 67":                          "call +• or •",
		"to ivan.petrov+1@example.com.":                                       "to •.",
		"card 4276 1234 5678 9012, 4276123456789012":                          "card • • • •, •",
		"Bearer 5f2a9c0d1e":                                                   "Bearer •",
		"018f0000-0000-7000-8000-000000000001":                                "•",
		"0104600000000015215AbC\x1d93dGVz\x1d92" + strings.Repeat("aB3+", 11): "• • •",
		"$argon2id$v=19$m=65536,t=3,p=2$c29tZXNhbHQ$RdescudvJCsgt3ub":         "",
	} {
		got := Plain(text)
		if want == "" {
			for _, leak := range []string{"65536", "c29", "RdescudvJCsgt3ub"} {
				if strings.Contains(got, leak) {
					t.Errorf("%q: %q", text, got)
				}
			}
			continue
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// No secret of a usual shape comes through, whatever stands around it.
func TestNoSecretIsPlain(t *testing.T) {
	secrets := map[string]*rapid.Generator[string]{
		"pin":   rapid.StringMatching(`[0-9]{4,12}`),
		"token": rapid.StringMatching(`[0-9a-f]{32,64}`).Filter(func(s string) bool { return strings.ContainsAny(s, "0123456789") }),
		"phone": rapid.StringMatching(`\+7[0-9]{10}`),
		"card":  rapid.StringMatching(`[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{4}`),
		"mail":  rapid.StringMatching(`[a-z0-9]{1,10}@[a-z]{2,10}\.ru`),
		"mark":  rapid.StringMatching(`93[A-Za-z]{4}`),
	}
	around := rapid.SampledFrom([]string{"", " ", "=", "\"", ":", ",", "\n", "/", "?q=", "код ", "(", "\x1d"})
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"pin", "token", "phone", "card", "mail", "mark"}).Draw(t, "kind")
		secret := secrets[kind].Draw(t, "secret")
		text := "failed" + around.Draw(t, "before") + secret + around.Draw(t, "after") + "again"
		if got := Plain(text); strings.Contains(got, secret) {
			t.Fatalf("%s: %q became %q", kind, text, got)
		}
	})
}

func FuzzPlain(f *testing.F) {
	f.Add("dial tcp 192.168.1.20:7778: i/o timeout")
	f.Add("\xff\x00+7 900")
	f.Fuzz(func(t *testing.T, s string) {
		got := Plain(s)
		if again := Plain(got); again != got {
			t.Errorf("%q, then %q", got, again)
		}
		if len(got) > 3*len(s)+3 {
			t.Error("longer than it was")
		}
	})
}

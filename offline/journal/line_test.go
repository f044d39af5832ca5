package journal

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/record"
)

// plainly encodes an entry with encoding/json alone.
func plainly(t testing.TB, e record.Entry, sealed *vault.Sealed) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	must(t, enc.Encode(stored{Record: record.Record{Time: start, Entry: e}, Sealed: sealed}))
	return bytes.TrimSuffix(bytes.TrimPrefix(buf.Bytes(), []byte(`{"seq":0,`)), []byte("}\n"))
}

// sameBytes checks an encoded entry against encoding/json, to the byte.
func sameBytes(t *testing.T, e record.Entry, sealed *vault.Sealed) {
	t.Helper()
	if check([]record.Entry{e}) != nil {
		return // the journal does not take it
	}
	lines, err := encode(start, []record.Entry{e}, []*vault.Sealed{sealed})
	must(t, err)
	if want := plainly(t, e, sealed); !bytes.Equal(lines[0], want) {
		t.Fatalf("%s\n%s", lines[0], want)
	}
}

// The short way to a line makes what encoding/json makes.
func TestEncode(t *testing.T) {
	var tr trade
	for range 10 {
		for _, e := range tr.next() {
			sameBytes(t, e, nil)
			e.Ends, e.Numbers = ids("e", 3), []int64{5, 6, 1 << 60}
			sameBytes(t, e, &vault.Sealed{Slot: 9, Nonce: []byte{1, 2, 3}, Text: []byte("<&>\xff")})
		}
	}
	for _, data := range []string{" {\n\t\"a b\" : [ 1 , \"\\\" \\\\\" ] }\r\n", `"<&>\u2028"`, "\" \u2028\u2029 \"", "null", "12", `""`} {
		for _, typ := range []string{"", "SELL", "a<b>&\"c\"", "касса", "a\u2028", "\xff\x01\\", "\x7f"} {
			sameBytes(t, record.Entry{Kind: record.Audit, ID: goldenID, Type: typ, Schema: 1, Data: json.RawMessage(data)}, nil)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("SELL", []byte(`{"a": [1, "\\\"]"]}`), int64(1))
	f.Add("\u2028\"", []byte("\"\u2028 \x7f\""), int64(7))
	f.Fuzz(func(t *testing.T, typ string, data []byte, n int64) {
		sameBytes(t, record.Entry{Kind: record.Cart, ID: goldenID, Type: typ, Schema: 1, Numbers: []int64{n}, Data: data}, nil)
	})
}

func BenchmarkEncode(b *testing.B) {
	var tr trade
	entries := tr.next()
	sale := entries[len(entries)-2]
	for name, fn := range map[string]func(){
		"check":  func() { must(b, check([]record.Entry{sale})) },
		"encode": func() { _, err := encode(start, []record.Entry{sale}, make([]*vault.Sealed, 1)); must(b, err) },
		"json":   func() { plainly(b, sale, nil) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(sale.Data)))
			for b.Loop() {
				fn()
			}
		})
	}
}

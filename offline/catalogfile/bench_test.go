package catalogfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// nothing is a sink that keeps nothing.
type nothing struct{ held }

func (*nothing) PutItems([]catalog.Item) error { return nil }

// BenchmarkRead tells what reading costs beside decoding the same file.
func BenchmarkRead(b *testing.B) {
	s := shop()
	var items []catalog.Item
	for n := range 20_000 {
		it := s.Items[n%len(s.Items)]
		it.ID = fmt.Sprint(n)
		items = append(items, it)
	}
	s.Items = items
	var file, sheet bytes.Buffer
	if err := Write(&file, JSON, s.source()); err != nil {
		b.Fatal(err)
	}
	if err := Write(&sheet, CSV, s.source()); err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(file.Len()))
		for b.Loop() {
			var v struct{ Items []catalog.Item }
			if err := json.Unmarshal(file.Bytes(), &v); err != nil || len(v.Items) != len(items) {
				b.Fatal(err)
			}
		}
	})
	for name, data := range map[string][]byte{"json": file.Bytes(), "csv": sheet.Bytes()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if r, err := Read(b.Context(), bytes.NewReader(data), Options{PriceType: "Цена", Folders: s.Folders}, &nothing{}); err != nil || r.Items != len(items) {
					b.Fatal(r.Bad, told(r)[:1], err)
				}
			}
		})
	}
}

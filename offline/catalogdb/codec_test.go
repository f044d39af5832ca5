package catalogdb

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// everything sets every field of a value, so that one the codec forgets shows.
func everything(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x" + v.Type().Name())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-7)
	case reflect.Uint8:
		v.SetUint(4)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		everything(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			everything(v.Field(i))
		}
	default:
		panic("a kind of field this test does not know: " + v.Kind().String())
	}
}

func TestItemKeepsEveryField(t *testing.T) {
	var full catalog.Item
	everything(reflect.ValueOf(&full).Elem())
	// Each field alone too: a field must not hang on another's bit.
	items := []catalog.Item{full, {}}
	for i := range reflect.TypeOf(full).NumField() {
		var one catalog.Item
		everything(reflect.ValueOf(&one).Elem().Field(i))
		items = append(items, one)
	}
	for _, want := range items {
		if got := roundTrip(t, &want); !cmp.Equal(want, got) {
			t.Error(cmp.Diff(want, got))
		}
	}
}

func roundTrip(t interface{ Fatal(...any) }, want *catalog.Item) catalog.Item {
	s := &sharer{numbers: map[string]uint32{}}
	stored, err := encodeItem(nil, want, s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeItem(stored, s.list)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestItemRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[catalog.Item]().Draw(t, "item")
		if rapid.Bool().Draw(t, "uuid") {
			want.ID = rapid.StringMatching(`[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, "id")
		}
		want.Barcodes = want.Barcodes[:min(len(want.Barcodes), MaxBarcodes)]
		want.Packs = want.Packs[:min(len(want.Packs), MaxPacks)]
		want.Prices = want.Prices[:min(len(want.Prices), MaxPrices)]
		want.Parts = want.Parts[:min(len(want.Parts), MaxParts)]
		want.Groups = want.Groups[:min(len(want.Groups), MaxGroups)]
		got := roundTrip(t, &want)
		// An empty list comes back as none.
		if d := cmp.Diff(want, got, cmp.Transformer("length", func(l []string) []string { return append([]string{}, l...) }),
			cmp.Transformer("packs", func(l []catalog.Pack) []catalog.Pack { return append([]catalog.Pack{}, l...) }),
			cmp.Transformer("parts", func(l []catalog.Part) []catalog.Part { return append([]catalog.Part{}, l...) }),
			cmp.Transformer("prices", func(l []catalog.Price) []catalog.Price { return append([]catalog.Price{}, l...) })); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzDecodeItem: damaged bytes are an error or an item, never a panic, and
// an item that was read is written again as it was meant.
func FuzzDecodeItem(f *testing.F) {
	s := &sharer{numbers: map[string]uint32{}}
	for _, i := range shelf(1) {
		stored, err := encodeItem(nil, &i, s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored)
		f.Add(stored[:len(stored)/2])
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, stored []byte) {
		item, err := decodeItem(stored, s.list)
		if err != nil {
			return
		}
		if got := roundTrip(t, &item); got.ID != item.ID || got.Name != item.Name || len(got.Prices) != len(item.Prices) {
			t.Fatalf("%+v became %+v", item, got)
		}
	})
}

func FuzzDecodeRefs(f *testing.F) {
	pack := codeRef{kind: byPack, ordinal: 7, pack: 3}.encode(nil)
	f.Add(pack)
	f.Add(append(pack, codeRef{kind: byArticle, ordinal: 1 << 31}.encode(nil)...))
	f.Add(pack[:5])
	f.Fuzz(func(t *testing.T, b []byte) {
		refs, err := decodeRefs(b)
		if err != nil {
			return
		}
		var again []byte
		for _, r := range refs {
			again = append(again, r.encode(nil)...)
		}
		if string(again) != string(b) {
			t.Fatalf("%x became %+v", b, refs)
		}
	})
}

package catalogdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/qty"
)

// A serial number finds its item, beside whatever else the code stands for.
func TestSerials(t *testing.T) {
	db := openDir(t, t.TempDir())
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	number := func(n string, item string) catalog.Serial {
		return catalog.Serial{Number: n, Item: item, ID: "id of " + n}
	}
	serials := []catalog.Serial{number("SN-1", "phone"), number("SN-1", "phone"), number("SN-10", "phone"), number("SN-2", "kettle"), number("SN-2", "phone"),
		number("АРТ-7", "phone"), number("4600000000022", "kettle"), number("SN-3", "gone"),
		number("", "phone"), number("x", ""), number("a\x00b", "phone"), number(strings.Repeat("9", 256), "phone")}
	items := []catalog.Item{{ID: "phone", Name: "Телефон", Code: "АРТ-7", Serials: true, Barcodes: []string{"4600000000015"}},
		{ID: "kettle", Name: "Чайник", Serials: true}, {ID: "cup", Name: "Чашка", Barcodes: []string{"4600000000022"}}}
	// Before and after their items.
	if err := errors.Join(b.PutSerials(serials[:4]), b.PutItems(items), b.PutSerials(serials[4:])); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if i := db.Current(); i.Serials != 7 || i.Rejected != 4 {
		t.Errorf("%d serial numbers, %d rejected", i.Serials, i.Rejected)
	}
	for code, want := range map[string]struct {
		items, serials []string
	}{
		"SN-1":          {[]string{"phone"}, []string{"SN-1"}},
		"SN-2":          {[]string{"kettle", "phone"}, []string{"SN-2", "SN-2"}},
		"АРТ-7":         {[]string{"phone"}, []string{"АРТ-7"}}, // its own code too: the unit is meant
		"4600000000022": {[]string{"kettle", "cup"}, []string{"4600000000022", ""}},
		"4600000000015": {[]string{"phone"}, []string{""}},
	} {
		m, err := db.Lookup(t.Context(), 0, code)
		var got []string
		for _, o := range append([]catalog.Match{m}, m.Others...) {
			got = append(got, o.Serial)
			if o.Serial != "" && o.SerialID != "id of "+code {
				t.Errorf("%s: %q", code, o.SerialID)
			}
			if o.Code != code || o.Qty != qty.One || o.Generation != 1 {
				t.Errorf("%s: %+v", code, o)
			}
		}
		if err != nil || !cmp.Equal(all(m), want.items) || !cmp.Equal(got, want.serials) {
			t.Errorf("%s: %v %v, %v", code, all(m), got, err)
		}
	}
	for _, code := range []string{"SN", "SN-3", "SN-11"} {
		if m, err := db.Lookup(t.Context(), 0, code); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %+v, %v", code, m, err)
		}
	}
	var kept []catalog.Serial
	if err := db.EachSerial(t.Context(), func(s catalog.Serial) error { kept = append(kept, s); return nil }); err != nil || len(kept) != 7 || !slices.Contains(kept, number("SN-3", "gone")) {
		t.Errorf("%v, %v", kept, err)
	}
}

// Many serial numbers cost the disk, not the memory: they are sorted in runs.
func TestManySerials(t *testing.T) {
	const many = 200_000
	db := openDir(t, t.TempDir())
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page := make([]catalog.Serial, 1000)
	for n := 0; n < many; n += len(page) {
		for i := range page {
			page[i] = catalog.Serial{Number: fmt.Sprintf("%07d", (n+i)*7919%many), Item: "phone"}
		}
		if err := b.PutSerials(page); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.PutItems([]catalog.Item{{ID: "phone", Name: "Телефон"}}); err != nil {
		t.Fatal(err)
	}
	if len(b.serials.runs) == 0 {
		t.Error("all of it was held in memory")
	}
	if _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := db.Current().Serials; n != many {
		t.Errorf("%d of %d", n, many)
	}
	for _, code := range []string{"0000000", "0123456", "0199999"} {
		if m, err := db.Lookup(t.Context(), 0, code); err != nil || m.Serial != code {
			t.Errorf("%s: %+v, %v", code, m, err)
		}
	}
}

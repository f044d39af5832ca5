package restrict

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
)

var msk = time.FixedZone("MSK", 3*3600)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, msk)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDefaults(t *testing.T) {
	r := Default()
	for name, c := range map[string]struct {
		item  catalog.Item
		group string
		years int
	}{
		"cigarettes":      {catalog.Item{Name: "Мальборо", Tobacco: true}, "tobacco", 18},
		"a heated stick":  {catalog.Item{Name: "Стик", Tracking: "OTP"}, "tobacco", 18},
		"by its name":     {catalog.Item{Name: "ТАБАК ДЛЯ КАЛЬЯНА"}, "tobacco", 18},
		"beer":            {catalog.Item{Name: "Пиво", Tracking: "BEER"}, "alcohol", 18},
		"wine":            {catalog.Item{Name: "Вино", Alcohol: true}, "alcohol", 18},
		"an energy drink": {catalog.Item{Name: "Напиток б/а энергетический"}, "energy", 18},
		"bread":           {catalog.Item{Name: "Хлеб"}, "", 0},
		"no tracking":     {catalog.Item{Name: "Вода", Tracking: "NOT_TRACKED"}, "", 0},
	} {
		all := r.Of(&c.item)
		if (len(all) > 0) != (c.group != "") || (c.group != "" && (all[0].ID != c.group || all[0].Years(at("2026-11-22 12:00")) != c.years)) {
			t.Errorf("%s: %+v", name, all)
		}
	}
	if y := r.Named("energy").Years(at("2025-02-28 23:59")); y != 0 {
		t.Errorf("energy drinks before their day: %d", y)
	}
}

func TestBorn(t *testing.T) {
	r := Default()
	for day, want := range map[string]string{"2026-11-22 23:59": "2008-11-22", "2028-02-29 10:00": "2010-02-28", "2026-03-01 00:00": "2008-03-01"} {
		if got := r.Born("tobacco", at(day)).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}

const doc = `{"version":1,"region":"77","groups":[{"id":"g","name":{"ru":"г","en":"g"},"covers":{"folders":["f"]},
	"age":[{"from":"2020-01-01","years":18},{"from":"2026-01-01","years":21,"until":"2027-01-01"}],
	"hours":[{"from":"2020-01-01","begin":"23:00","end":"08:00"},{"from":"2026-06-01","days":[6,7],"begin":"14:00","end":"24:00"}],
	"days":[{"from":"2020-01-01","month":9,"day":1}],
	"least":[{"from":"2026-01-01","sum":10000},{"from":"2026-03-01","sum":12000}]}]}`

// TestWhatItemsSay: an item's own word and its nomenclature code go before what its
// name sounds like.
func TestWhatItemsSay(t *testing.T) {
	for name, c := range map[string]struct {
		it   catalog.Item
		want string
	}{
		"flag":                {catalog.Item{Name: "Напиток «Молния»", Groups: []string{"energy"}}, "energy"},
		"flag and tracking":   {catalog.Item{Name: "Напиток", Tracking: "SOFT_DRINKS", TNVED: "2202100000", Groups: []string{"energy"}}, "energy"},
		"name":                {catalog.Item{Name: "Напиток энергетический"}, "energy"},
		"not by its name":     {catalog.Item{Name: "Энергетическое обследование", Groups: []string{"-"}}, ""},
		"another of its own":  {catalog.Item{Name: "Энергетик", Groups: []string{"tobacco"}}, "tobacco"},
		"nomenclature":        {catalog.Item{Name: "Разливное", TNVED: "2203000100"}, "alcohol"},
		"of tobacco":          {catalog.Item{Name: "Стики", TNVED: "2404110009"}, "tobacco"},
		"neither":             {catalog.Item{Name: "Квас", TNVED: "2202991900", Tracking: "SOFT_DRINKS"}, ""},
		"tracking of nothing": {catalog.Item{Name: "Напиток", Tracking: "NOT_TRACKED"}, ""},
	} {
		got := ""
		for _, g := range Default().Of(&c.it) {
			got += g.ID
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestDates: each figure holds from its day on until the next.
func TestDates(t *testing.T) {
	r, err := Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	g := r.Of(&catalog.Item{Name: "x", FolderPath: "/a/f/b/"})[0]
	for moment, want := range map[string]struct {
		years int
		least int64
		until string
	}{
		"2019-12-31 23:30": {0, 0, ""},
		"2020-01-01 07:59": {18, 0, ""}, // the night began a day too early
		"2020-01-01 23:00": {18, 0, "2020-01-02 08:00"},
		"2025-12-31 12:00": {18, 0, ""},
		"2026-01-01 08:00": {21, 10000, ""},
		"2026-02-28 22:59": {21, 10000, ""},
		"2026-03-01 07:59": {21, 12000, "2026-03-01 08:00"},
		"2026-06-05 15:00": {21, 12000, ""},                 // a Friday
		"2026-06-06 15:00": {21, 12000, "2026-06-07 00:00"}, // a Saturday
		"2026-09-01 12:00": {21, 12000, "2026-09-02 00:00"},
		"2027-01-01 12:00": {18, 12000, ""},
	} {
		now := at(moment)
		until := ""
		if c := g.Closed(now); !c.IsZero() {
			until = c.Format("2006-01-02 15:04")
		}
		if g.Years(now) != want.years || int64(g.LeastPrice(now)) != want.least || until != want.until {
			t.Errorf("%s: %d years, least %s, closed until %q; want %+v", moment, g.Years(now), g.LeastPrice(now), until, want)
		}
	}
}

func TestBadDocuments(t *testing.T) {
	for name, change := range map[string][2]string{
		"another version": {`"version":1`, `"version":2`}, "an unknown key": {`"region"`, `"regoin"`}, "no id": {`"id":"g"`, `"id":""`},
		"covers nothing": {`{"folders":["f"]}`, `{}`}, "an empty word": {`["f"]`, `[" "]`}, "a date": {`2020-01-01`, `2020-13-01`},
		"an hour": {`23:00`, `25:00`}, "a day": {`"day":1`, `"day":31`}, "an age": {`"years":18`, `"years":0`}, "a price": {`12000`, `-1`},
		"a weekday": {`[6,7]`, `[0]`}, "ends before": {`2027-01-01`, `2025-01-01`}, "no name": {`"ru":"г",`, ``}, "more": {`]}]}`, `]}]}{}`},
	} {
		bad := strings.Replace(doc, change[0], change[1], 1)
		if bad == doc {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := Parse([]byte(bad)); !errors.Is(err, ErrRules) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse(make([]byte, MaxDocument+1)); !errors.Is(err, ErrRules) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(doc), "Сигареты", int64(1_800_000_000))
	f.Add(defaults, "", int64(0))
	f.Fuzz(func(t *testing.T, data []byte, name string, unix int64) {
		r, err := Parse(data)
		if err != nil {
			return
		}
		now := time.Unix(unix%4_000_000_000, 0).In(msk)
		for i := range r.Groups {
			g := &r.Groups[i]
			if c := g.Closed(now); !c.IsZero() && (!c.After(now) || c.Sub(now) > 49*time.Hour) {
				t.Fatalf("closed from %s until %s", now, c)
			}
			if g.Years(now) < 0 || g.LeastPrice(now) < 0 {
				t.Fatal("below zero")
			}
		}
		r.Of(&catalog.Item{Name: name})
	})
}

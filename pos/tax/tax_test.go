package tax

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/money"
)

func TestTable(t *testing.T) {
	codes, names := map[int]Rate{}, map[Rate]bool{}
	for _, i := range Rates() {
		if other, twice := codes[i.FFD]; twice || names[i.Rate] {
			t.Errorf("rate %s, code %d stands twice (%s)", i.Rate, i.FFD, other)
		}
		codes[i.FFD], names[i.Rate] = i.Rate, true
		if got, err := ByFFD(i.FFD); err != nil || got != i.Rate {
			t.Errorf("code %d: %s, %v", i.FFD, got, err)
		}
		if got, err := Lookup(i.Rate); err != nil || got != i {
			t.Errorf("%s: %+v, %v", i.Rate, got, err)
		}
	}
	// The table of tag 1199: 1..12 without a gap.
	for code := 1; code <= 12; code++ {
		if codes[code] == "" {
			t.Errorf("no rate has code %d", code)
		}
	}
	for rate, code := range map[Rate]int{VAT22: 11, VAT22of: 12, VAT20: 1, VAT10: 2, VAT20of: 3, VAT10of: 4, VAT0: 5, None: 6, VAT5: 7, VAT7: 8, VAT5of: 9, VAT7of: 10} {
		if i, err := Lookup(rate); err != nil || i.FFD != code {
			t.Errorf("%s has code %d, want %d", rate, i.FFD, code)
		}
	}
	Rates()[0].FFD = 99
	if i, err := Lookup(VAT22); err != nil || i.FFD != 11 {
		t.Errorf("the table can be changed from outside: %+v, %v", i, err)
	}
}

func TestUnknown(t *testing.T) {
	if _, err := Lookup("18"); !errors.Is(err, ErrUnknown) {
		t.Errorf("18 %%: %v", err)
	}
	if _, err := Lookup(""); !errors.Is(err, ErrUnknown) {
		t.Errorf("empty rate: %v", err)
	}
	if _, err := ByFFD(13); !errors.Is(err, ErrUnknown) {
		t.Errorf("code 13: %v", err)
	}
	if _, err := ByPercent(18); !errors.Is(err, ErrUnknown) {
		t.Errorf("18 %%: %v", err)
	}
	for percent, want := range map[int64]Rate{22: VAT22, 20: VAT20, 10: VAT10, 7: VAT7, 5: VAT5, 0: VAT0} {
		if got, err := ByPercent(percent); err != nil || got != want {
			t.Errorf("%d %%: %s, %v", percent, got, err)
		}
	}
}

// The rates change at midnight in Moscow, wherever the till stands.
func TestValidOn(t *testing.T) {
	change := time.Date(2025, 12, 31, 21, 0, 0, 0, time.UTC) // 2026-01-01 00:00 in Moscow
	vladivostok := time.FixedZone("VLAT", 10*3600)
	for _, v := range []struct {
		at   time.Time
		rate Rate
		want bool
	}{
		{change.Add(-time.Nanosecond), VAT20, true}, {change.Add(-time.Nanosecond), VAT22, false},
		{change, VAT20, false}, {change, VAT22, true}, {change, VAT20of, false}, {change, VAT22of, true},
		{change.In(vladivostok), VAT22, true}, {change.Add(-time.Second).In(vladivostok), VAT22, false},
		{change, VAT10, true}, {change, VAT0, true}, {change, None, true}, {change, VAT5, true}, {change, VAT7of, true},
		{time.Date(2024, 12, 31, 20, 59, 59, 0, time.UTC), VAT5, false}, {time.Date(2024, 12, 31, 21, 0, 0, 0, time.UTC), VAT5, true},
		{time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), VAT10, true}, {time.Date(2018, 6, 1, 0, 0, 0, 0, time.UTC), VAT20, false},
	} {
		i, err := Lookup(v.rate)
		if err != nil || i.ValidOn(v.at) != v.want {
			t.Errorf("%s on %s: %v, %v", v.rate, v.at, i.ValidOn(v.at), err)
		}
	}
}

// Included is total*p/(100+p), halves up, against exact fractions.
func TestIncluded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.SampledFrom(Rates()).Draw(t, "rate")
		total := rapid.OneOf(rapid.Int64Range(0, 5000), rapid.Int64Range(0, int64(money.Max))).Draw(t, "total")
		exact := new(big.Rat).SetFrac64(total*i.Percent, 100+i.Percent)
		exact.Add(exact, big.NewRat(1, 2))
		want := new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()
		if got, err := i.Included(money.Amount(total)); err != nil || int64(got) != want {
			t.Fatalf("%s of %d: %d, %v, want %d", i.Rate, total, got, err, want)
		}
	})
	for _, v := range []struct {
		rate        Rate
		total, want money.Amount
	}{{VAT22, 12200, 2200}, {VAT20, 12000, 2000}, {VAT10, 8990, 817}, {VAT10, 11, 1}, {VAT22, 3, 1}, {VAT22, 2, 0}, {VAT5, 10500, 500}, {VAT7of, 10700, 700}, {VAT0, 10000, 0}, {None, 10000, 0}} {
		i, err := Lookup(v.rate)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := i.Included(v.total); err != nil || got != v.want {
			t.Errorf("%s of %s: %s, %v, want %s", v.rate, v.total, got, err, v.want)
		}
	}
}

func TestSystems(t *testing.T) {
	for _, s := range []System{General, SimplifiedIncome, SimplifiedProfit, UTII, Agricultural, Patent} {
		if s&(s-1) != 0 {
			t.Errorf("%s is not one bit", s)
		}
		if got, err := ParseSystem(s.String()); err != nil || got != s {
			t.Errorf("%s became %d, %v", s, got, err)
		}
	}
	for _, name := range []string{"", "general_tax_system", "TAX_SYSTEM_3"} {
		if s, err := ParseSystem(name); !errors.Is(err, ErrUnknown) || s != 0 {
			t.Errorf("%q: %d, %v", name, s, err)
		}
	}
	if got := System(3).String(); got != "TAX_SYSTEM_3" {
		t.Errorf("a wrong system is called %s", got)
	}
}

func TestOn(t *testing.T) {
	old, now := time.Date(2025, 12, 31, 20, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		rate Rate
		at   time.Time
		want Rate
	}{{VAT22, old, VAT20}, {VAT22, now, VAT22}, {VAT22of, old, VAT20of}, {VAT10, old, VAT10}, {None, old, None}, {VAT20, now, VAT20}, {"?", now, "?"}} {
		if got := On(c.rate, c.at); got != c.want {
			t.Errorf("%s on %s was %s, want %s", c.rate, c.at, got, c.want)
		}
	}
}

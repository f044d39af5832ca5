package tax

import (
	"errors"
	"testing"
	"time"
)

// What is a rate in one country need not be one in the other, and what was
// abolished in one goes on in the other.
func TestCountries(t *testing.T) {
	before, now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, v := range []struct {
		rate                    Rate
		was, is, belarus, there bool
	}{
		{VAT22, false, true, false, false}, {VAT20, true, false, true, true}, {VAT25, false, false, true, true}, {VAT10, true, true, true, true},
		{VAT7, true, true, false, false}, {VAT5, true, true, false, false}, {VAT0, true, true, true, true}, {None, true, true, true, true},
		{VAT20of, true, false, false, false}, {VAT22of, false, true, false, false}, {VAT10of, true, true, false, false},
	} {
		i, err := Lookup(v.rate)
		if err != nil {
			t.Fatal(err)
		}
		if i.ValidIn(Russia, before) != v.was || i.ValidIn(Russia, now) != v.is || i.ValidIn(Belarus, before) != v.there || i.ValidIn(Belarus, now) != v.belarus {
			t.Errorf("%s: %v %v %v", v.rate, i.ValidIn(Russia, before), i.ValidIn(Russia, now), i.ValidIn(Belarus, now))
		}
	}
	if Of("BYN") != Belarus || Of("RUB") != Russia || Of("") != Russia {
		t.Error("currencies and countries")
	}
	if Belarus.Usual(General) != VAT20 || Russia.Usual(General) != VAT22 || Belarus.Usual(SimplifiedIncome) != None || Russia.Usual(Patent) != None {
		t.Error("usual rates")
	}
}

// 25 % is known by name and percent, and has no number for a Russian device.
func TestRate25(t *testing.T) {
	i, err := Lookup(VAT25)
	if err != nil || i.Percent != 25 || i.FFD != 0 {
		t.Errorf("%+v, %v", i, err)
	}
	if vat, err := i.Included(125_00); err != nil || vat != 25_00 {
		t.Errorf("%s, %v", vat, err)
	}
	if r, err := ByPercent(25); err != nil || r != VAT25 {
		t.Errorf("%s, %v", r, err)
	}
	if r, err := ByFFD(0); !errors.Is(err, ErrUnknown) {
		t.Errorf("number 0 is %s, %v", r, err)
	}
}

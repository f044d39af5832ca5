package evotor

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"
)

func TestNumbersHaveTheirDecimals(t *testing.T) {
	for want, v := range map[string]any{
		`0.00`: Roubles(0), `0.05`: Roubles(5), `121.50`: Roubles(12150), `-0.50`: Roubles(-50), `-1234567.89`: Roubles(-123456789),
		`1.500`: Quantity(1500), `0.001`: Quantity(1), `10.00000`: Percent(1_000_000), `0.00001`: Percent(1),
		`-92233720368547758.08`:          Roubles(math.MinInt64),
		`"2017-01-10T09:33:19.757+0000"`: Time(time.Date(2017, 1, 10, 12, 33, 19, 757_999_999, time.FixedZone("", 3*3600))),
	} {
		if b, err := json.Marshal(v); err != nil || string(b) != want {
			t.Errorf("%#v: %s, want %s (%v)", v, b, want, err)
		}
	}
}

func TestNumbersAreReadExactly(t *testing.T) {
	for s, want := range map[string]Roubles{
		`135`: 13500, `121.5`: 12150, `11.05`: 1105, `1.10`: 110, `0`: 0, `-0.5`: -50, `1e2`: 10000, `1.215E+2`: 12150,
		`0.005`: 1, `0.0049999999999999999999999999`: 0, `-0.005`: -1, `33.333333333`: 3333, `null`: 0,
		`99999999.99`: 9999999999,
	} {
		got := Roubles(7)
		if err := json.Unmarshal([]byte(s), &got); err != nil || got != want {
			t.Errorf("%s: %d, want %d (%v)", s, got, want, err)
		}
	}
	for _, s := range []string{`"1"`, `true`, `{}`, `100000000`, `1e21`, `1e-21`, `1e999999999`, `1234567890123456789012345678901234567890123`} {
		var got Roubles
		if err := json.Unmarshal([]byte(s), &got); !errors.Is(err, ErrNumber) {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
}

func TestTimesOfAllSpellings(t *testing.T) {
	want := time.Date(2017, 1, 10, 9, 33, 19, 757_000_000, time.UTC)
	for _, s := range []string{`"2017-01-10T09:33:19.757+0000"`, `"2017-01-10T12:33:19.757+0300"`, `"2017-01-10T09:33:19.757Z"`} {
		var got Time
		if err := json.Unmarshal([]byte(s), &got); err != nil || !time.Time(got).Equal(want) {
			t.Errorf("%s: %v (%v)", s, time.Time(got), err)
		}
	}
	var got Time
	if err := json.Unmarshal([]byte(`"yesterday"`), &got); err == nil {
		t.Error("yesterday is a time")
	}
}

// What is written is read as the same number; hostile text is refused or read.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{`1`, `-1.005`, `1e5`, `null`, `""`, `1/3`, `0x10`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Roubles
		if r.UnmarshalJSON(b) != nil {
			return
		}
		out, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Roubles
		if err := back.UnmarshalJSON(out); err != nil || back != r {
			t.Fatalf("%s: %d became %d: %v", b, r, back, err)
		}
	})
}

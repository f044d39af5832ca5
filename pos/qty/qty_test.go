package qty

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/money"
)

func quantities() *rapid.Generator[Milli] {
	return rapid.OneOf(
		rapid.SampledFrom([]Milli{0, 1, -1, One, Max, Max + 1, math.MaxInt64, math.MinInt64}),
		rapid.Map(rapid.Int64Range(1, int64(Max)), func(v int64) Milli { return Milli(v) }),
		rapid.Map(rapid.Int64(), func(v int64) Milli { return Milli(v) }),
	)
}

func TestAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := quantities().Draw(t, "a"), quantities().Draw(t, "b")
		exact := new(big.Int).Add(big.NewInt(int64(a)), big.NewInt(int64(b)))
		fits := exact.Sign() > 0 && exact.Cmp(big.NewInt(int64(Max))) <= 0
		got, err := a.Add(b)
		if fits && (err != nil || exact.Cmp(big.NewInt(int64(got))) != 0) {
			t.Fatalf("got %d, %v, exact %s", int64(got), err, exact)
		}
		if !fits && (!errors.Is(err, ErrRange) || got != 0) {
			t.Fatalf("got %d, %v, exact %s", int64(got), err, exact)
		}
	})
}

// The sum of a line is price*quantity/1000, halves up.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := Milli(rapid.Int64Range(1, int64(Max)).Draw(t, "quantity"))
		price := money.Amount(rapid.OneOf(rapid.Int64Range(0, 100_000), rapid.Int64Range(0, int64(money.Max))).Draw(t, "price"))
		exact := new(big.Int).Mul(big.NewInt(int64(price)), big.NewInt(int64(q)))
		exact.Quo(exact.Add(exact, big.NewInt(500)), big.NewInt(1000))
		got, err := q.Times(price)
		if exact.Cmp(big.NewInt(int64(money.Max))) > 0 {
			if !errors.Is(err, money.ErrRange) {
				t.Fatalf("got %d, %v, exact %s", int64(got), err, exact)
			}
			return
		}
		if err != nil || exact.Cmp(big.NewInt(int64(got))) != 0 {
			t.Fatalf("got %d, %v, exact %s", int64(got), err, exact)
		}
	})
	for _, v := range []struct {
		q     Milli
		price money.Amount
		want  money.Amount
	}{{1530, 66000, 100980}, {5, 100, 1}, {4, 100, 0}, {333, 100, 33}, {One, 8990, 8990}, {2500, 1, 3}} {
		if got, err := v.q.Times(v.price); err != nil || got != v.want {
			t.Errorf("%s x %s = %s, %v; want %s", v.q, v.price, got, err, v.want)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]Milli{"1": 1000, "2.5": 2500, "0,001": 1, "1.530": 1530, "9999999.999": Max, "007": 7000} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, int64(got), err)
		}
	}
	for _, text := range []string{"", "-1", "+1", ".5", "1.", "1.2345", "1.2.3", "1 000", "1e3", "٣", "123456789", "0x2"} {
		if got, err := Parse(text); !errors.Is(err, ErrSyntax) || got != 0 {
			t.Errorf("%q: %d, %v", text, int64(got), err)
		}
	}
	for _, text := range []string{"0", "0.000", "10000000", "99999999"} {
		if got, err := Parse(text); !errors.Is(err, ErrRange) || got != 0 {
			t.Errorf("%q: %d, %v", text, int64(got), err)
		}
	}
	for q, want := range map[Milli][2]string{0: {"0", "0.000"}, 1: {"0.001", "0.001"}, 1500: {"1.5", "1.500"}, 10_000: {"10", "10.000"}, -2050: {"-2.05", "-2.050"}, math.MinInt64: {"-9223372036854775.808", "-9223372036854775.808"}} {
		if q.String() != want[0] || q.Fixed() != want[1] {
			t.Errorf("%d is %s and %s, want %v", int64(q), q.String(), q.Fixed(), want)
		}
	}
}

func TestValidWhole(t *testing.T) {
	for q, want := range map[Milli][2]bool{0: {false, true}, 1: {true, false}, One: {true, true}, Max: {true, false}, Max + 1: {false, true}, -One: {false, true}} {
		if q.Valid() != want[0] || q.Whole() != want[1] {
			t.Errorf("%s: valid %v, whole %v", q, q.Valid(), q.Whole())
		}
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := Milli(rapid.Int64Range(1, int64(Max)).Draw(t, "q"))
		for _, text := range []string{q.String(), q.Fixed()} {
			if got, err := Parse(text); err != nil || got != q {
				t.Fatalf("%s became %d, %v", text, int64(got), err)
			}
		}
	})
}

// FuzzParse: what is read can stand on a line and reads the same again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "0.001", "2,5", "9999999.999", "-1", "1e3", "0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			if q != 0 {
				t.Fatalf("%q: %d with %v", s, int64(q), err)
			}
			return
		}
		if again, err := Parse(q.String()); !q.Valid() || err != nil || again != q {
			t.Fatalf("%q reads as %s, which reads as %d, %v", s, q, int64(again), err)
		}
	})
}

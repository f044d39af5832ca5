package money

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// amounts draws sums in and out of range, with the edges often.
func amounts() *rapid.Generator[Amount] {
	return rapid.OneOf(
		rapid.SampledFrom([]Amount{0, 1, -1, Max, -Max, Max + 1, -Max - 1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1}),
		rapid.Map(rapid.Int64Range(-int64(Max), int64(Max)), func(v int64) Amount { return Amount(v) }),
		rapid.Map(rapid.Int64(), func(v int64) Amount { return Amount(v) }),
	)
}

// agree checks a result against the exact one.
func agree(t *rapid.T, got Amount, err error, exact *big.Int) {
	t.Helper()
	if exact.CmpAbs(big.NewInt(int64(Max))) > 0 {
		if !errors.Is(err, ErrRange) || got != 0 {
			t.Fatalf("exact %s is out of range, got %d, %v", exact, int64(got), err)
		}
		return
	}
	if err != nil || big.NewInt(int64(got)).Cmp(exact) != 0 {
		t.Fatalf("got %d, %v, exact %s", int64(got), err, exact)
	}
}

func TestAddSub(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := amounts().Draw(t, "a"), amounts().Draw(t, "b")
		x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
		sum, err := a.Add(b)
		agree(t, sum, err, new(big.Int).Add(x, y))
		difference, err := a.Sub(b)
		agree(t, difference, err, new(big.Int).Sub(x, y))
	})
}

func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, int64(Max)/4), func(v int64) Amount { return Amount(v) }), 0, 8).Draw(t, "list")
		exact := new(big.Int)
		for _, a := range list {
			exact.Add(exact, big.NewInt(int64(a)))
		}
		got, err := Sum(list...)
		agree(t, got, err, exact)
	})
}

// halfAway rounds a fraction to the nearest whole number, halves away from zero.
func halfAway(r *big.Rat) *big.Int {
	num, den := new(big.Int).Abs(r.Num()), r.Denom()
	num.Add(num.Lsh(num, 1), den) // (2n+d) / 2d
	num.Quo(num, new(big.Int).Lsh(den, 1))
	if r.Sign() < 0 {
		num.Neg(num)
	}
	return num
}

func TestMulDiv(t *testing.T) {
	factors := rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64}), rapid.Int64Range(-200, 200), rapid.Int64())
	divisors := rapid.OneOf(rapid.SampledFrom([]int64{1, 2, 100, 122, math.MaxInt64}), rapid.Int64Range(1, 1000), rapid.Int64Min(1))
	rapid.Check(t, func(t *rapid.T) {
		a, num, den := amounts().Draw(t, "a"), factors.Draw(t, "num"), divisors.Draw(t, "den")
		product := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(num))
		got, err := a.MulDiv(num, den)
		agree(t, got, err, halfAway(new(big.Rat).SetFrac(product, big.NewInt(den))))
	})
	for _, den := range []int64{0, -1, math.MinInt64} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a divisor of %d went unseen", den)
				}
			}()
			_, err := Amount(1).MulDiv(1, den)
			t.Errorf("divisor %d: %v", den, err)
		}()
	}
}

// The parts add up to the whole, carry its sign, and each is within a kopeck
// of its exact share; a larger weight never gets less.
func TestAllocate(t *testing.T) {
	weights := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]Amount{0, 1, Max}), rapid.Map(rapid.Int64Range(0, int64(Max)), func(v int64) Amount { return Amount(v) })), 1, 40)
	totals := rapid.Map(rapid.OneOf(rapid.Int64Range(-50, 50), rapid.Int64Range(-int64(Max), int64(Max))), func(v int64) Amount { return Amount(v) })
	rapid.Check(t, func(t *rapid.T) {
		total, weights := totals.Draw(t, "total"), weights.Draw(t, "weights")
		parts, err := Allocate(total, weights)
		if err != nil || len(parts) != len(weights) {
			t.Fatalf("%v, %v", parts, err)
		}
		var sum, all Amount
		for i, p := range parts {
			sum += p
			all += weights[i]
			if p != 0 && (p < 0) != (total < 0) {
				t.Fatalf("part %d of total %d", p, total)
			}
		}
		if sum != total {
			t.Fatalf("parts add up to %d, total %d", sum, total)
		}
		if all == 0 {
			if parts[0] != total {
				t.Fatalf("without weights the first part is %d of %d", parts[0], total)
			}
			return
		}
		for i, p := range parts {
			share := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(int64(weights[i]))), big.NewInt(int64(all)))
			off := new(big.Rat).Sub(share, new(big.Rat).SetInt64(int64(p)))
			if off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("part %d is %d, its share %s", i, p, share.FloatString(3))
			}
			for j := range i {
				if (weights[j] > weights[i] && abs(parts[j]) < abs(p)) || (weights[j] == weights[i] && abs(parts[j]) < abs(p)) {
					t.Fatalf("weights %d, %d got %d, %d", weights[j], weights[i], parts[j], p)
				}
			}
		}
	})
}

func abs(a Amount) Amount { return max(a, -a) }

func TestAllocateEdges(t *testing.T) {
	huge := make([]Amount, 3)
	for i := range huge {
		huge[i] = math.MaxInt64
	}
	for name, v := range map[string]struct {
		total   Amount
		weights []Amount
		want    []Amount
		err     error
	}{
		"nothing to nobody":       {0, nil, nil, nil},
		"something to nobody":     {1, nil, nil, ErrRange},
		"negative weight":         {1, []Amount{2, -1}, nil, ErrRange},
		"total out of range":      {Max + 1, []Amount{1}, nil, ErrRange},
		"weights out of range":    {1, huge, nil, ErrRange},
		"weights that just fit":   {5, huge[:2], []Amount{3, 2}, nil},
		"ties go to the earlier":  {2, []Amount{1, 1, 1}, []Amount{1, 1, 0}, nil},
		"largest remainder first": {10, []Amount{1, 2, 4}, []Amount{1, 3, 6}, nil},
		"zero weight gets none":   {7, []Amount{0, 3, 0}, []Amount{0, 7, 0}, nil},
		"all weights zero":        {-7, []Amount{0, 0}, []Amount{-7, 0}, nil},
		"a discount":              {-1, []Amount{5000, 5000}, []Amount{-1, 0}, nil},
	} {
		got, err := Allocate(v.total, v.weights)
		if !errors.Is(err, v.err) || len(got) != len(v.want) {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		for i := range got {
			if got[i] != v.want[i] {
				t.Errorf("%s: %v, want %v", name, got, v.want)
			}
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]Amount{
		"0": 0, "500": 50000, "500.5": 50050, "500,50": 50050, "0.01": 1, "-0.01": -1, "00012": 1200, "99999999.99": Max, "-99999999.99": -Max,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, int64(got), err)
		}
	}
	for _, text := range []string{"", "-", ".", "1.", ".5", "1.234", "1 000", "+5", "--5", "1.2.3", "1,2.3", "1e3", "٣", "5-", "0x1", "9999999999999", "NaN", "1\x00"} {
		if got, err := Parse(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: %d, %v", text, int64(got), err)
		}
	}
	for _, text := range []string{"100000000", "-100000000.00", "999999999999"} {
		if got, err := Parse(text); !errors.Is(err, ErrRange) {
			t.Errorf("%q: %d, %v", text, int64(got), err)
		}
	}
	for a, want := range map[Amount]string{0: "0.00", 5: "0.05", -5: "-0.05", 123450: "1234.50", math.MinInt64: "-92233720368547758.08"} {
		if got := a.String(); got != want {
			t.Errorf("%d is %s, want %s", int64(a), got, want)
		}
	}
}

// FuzzParse: what is read is in range, and its text reads as the same sum.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"500", "500.00", "-0,5", "99999999.99", "1e9", "", "000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			if a != 0 {
				t.Fatalf("%q: %d with %v", s, int64(a), err)
			}
			return
		}
		if a > Max || a < -Max {
			t.Fatalf("%q: %d is out of range", s, int64(a))
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Fatalf("%q reads as %s, which reads as %d, %v", s, a, int64(again), err)
		}
	})
}

// Every sum has a text that reads as that sum.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Amount(rapid.Int64Range(-int64(Max), int64(Max)).Draw(t, "a"))
		if got, err := Parse(a.String()); err != nil || got != a {
			t.Fatalf("%s became %d, %v", a, int64(got), err)
		}
	})
}

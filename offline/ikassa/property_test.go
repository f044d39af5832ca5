package ikassa

import (
	"bytes"
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// Every step is what whole fractions say it is, rounded half up.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Sum(rapid.Int64Range(0, int64(MaxSum)).Draw(t, "a"))
		num := rapid.Int64Range(0, int64(MaxQuantity)).Draw(t, "num")
		den := rapid.SampledFrom([]int64{100, 1000, 10_000, 110, 120, 199}).Draw(t, "den")
		want := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(num))
		want.Add(want.Mul(want, big.NewInt(2)), big.NewInt(den))
		want.Div(want, big.NewInt(2*den))
		got, err := mulDiv(a, num, den)
		switch fits := want.Cmp(big.NewInt(int64(MaxSum))) <= 0; {
		case fits && (err != nil || int64(got) != want.Int64()):
			t.Fatalf("%d*%d/%d = %d (%v), want %s", a, num, den, got, err, want)
		case !fits && err == nil:
			t.Fatalf("%d*%d/%d = %d, want a refusal", a, num, den, got)
		}
	})
}

// Decimal text comes back as it went, in any number of zeros.
func TestDecimalsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Sum(rapid.Int64Range(-int64(MaxSum), int64(MaxSum)).Draw(t, "s"))
		q := Quantity(rapid.Int64Range(0, int64(MaxQuantity)).Draw(t, "q"))
		if got, err := ParseSum(s.String()); err != nil || got != s {
			t.Fatalf("%d is %q is %d: %v", s, s, got, err)
		}
		if got, err := ParseQuantity(q.String()); err != nil || got != q {
			t.Fatalf("%d is %q is %d: %v", q, q, got, err)
		}
	})
	for text, want := range map[string]Sum{"15.00": 15_00, "7.000": 7_00, "0.5": 50, "5": 5_00, "-1.25": -1_25, "00": 0} {
		if got, err := ParseSum(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "5.", ".5", "1,5", "+1", "1e2", "0.001", "--1", "1 000", "0x1", "NaN", "9999999999999999"} {
		if got, err := ParseSum(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// What a decoder takes it also writes, and reads again the same.
func FuzzDecodeCheques(f *testing.F) {
	f.Add(read(f, "add.json"))
	f.Add(read(f, "order.json"))
	f.Add([]byte(`{"cheques":[{"info":{"uuid":"1"},"items":[{"price":"1","quantity":"0.5","code":{"type":"0","value":"007"}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range []Operation{OpAddCheques, OpEditCheque, OpEditOrder} {
			cheques, err := DecodeCheques(op, body)
			if err != nil {
				if ResultOf(err) == General {
					t.Fatalf("refused without a code: %v", err)
				}
				continue
			}
			stable(t, cheques, func(b []byte) (any, error) { return DecodeCheques(op, b) })
		}
	})
}

func FuzzDecodeUUIDs(f *testing.F) {
	f.Add(read(f, "ask_one.json"))
	f.Add([]byte(`{"uuids":[1,"a",null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ids, err := DecodeUUIDs(body)
		if err == nil && len(ids) > MaxUUIDs {
			t.Fatalf("%d ids", len(ids))
		}
	})
}

func FuzzDecodeSale(f *testing.F) {
	f.Add(read(f, "sale.json"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := DecodeSale(body)
		if err != nil {
			return
		}
		stable(t, s, func(b []byte) (any, error) { return DecodeSale(b) })
		c, err := s.Compute()
		if err != nil {
			t.Fatalf("checked, and then: %v", err)
		}
		if back, err := s.Pay(c.Total); err == nil && back < 0 {
			t.Fatalf("change of %s", back)
		}
	})
}

func FuzzDecodeDepositAndAuth(f *testing.F) {
	f.Add([]byte(`{"cashier":"a","sum":"10","operationId":"123"}`))
	f.Add([]byte(`{"pin":"1234","rememberPin":true,"returnToken":true}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if d, err := DecodeDeposit(body); err == nil {
			stable(t, d, func(b []byte) (any, error) { return DecodeDeposit(b) })
		}
		if a, err := DecodeAuth(body); err == nil && len(a.PIN) > MaxPin {
			t.Fatal("a long PIN")
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	for _, name := range []string{"all.json", "one.json", "missing.json"} {
		f.Add(read(f, name))
	}
	f.Add([]byte(`{"resultCode":200,"type":"SALE","total":"7.97","change":"7.03","rrn":"","payments":[{"type":"Cash","sum":"15"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if r, err := DecodeResponse(body); err == nil {
			stable(t, r, func(b []byte) (any, error) { return DecodeResponse(b) })
		}
	})
}

// stable tells that a value is written the same after it was read again, and
// never with a null.
func stable(t *testing.T, v any, again func([]byte) (any, error)) {
	t.Helper()
	first, err := Encode(v)
	if err != nil {
		t.Fatalf("read and not written: %v", err)
	}
	read, err := again(first)
	if err != nil {
		t.Fatalf("written and not read: %v\n%s", err, first)
	}
	second, err := Encode(read)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("changed (%v):\n%s\n%s", err, first, second)
	}
	if !json.Valid(first) {
		t.Fatalf("not JSON: %s", first)
	}
}

package ikassatest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// number is a decimal of a request: a string or a number, taken exactly.
type number struct{ *big.Rat }

// UnmarshalJSON reads "13.5", 13.5 and "".
func (n *number) UnmarshalJSON(b []byte) error {
	s := string(b)
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	if s == "" || s == "null" {
		return nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || len(s) > 32 || strings.ContainsAny(s, "/eE") {
		return fmt.Errorf("%.40q is no number", s)
	}
	n.Rat = r
	return nil
}

// rat is the number, 0 when there is none.
func (n number) rat() *big.Rat {
	if n.Rat == nil {
		return new(big.Rat)
	}
	return n.Rat
}

// kopecks rounds a sum half up.
func kopecks(sum *big.Rat) money.Amount {
	x := new(big.Rat).Mul(sum, big.NewRat(100, 1))
	x.Add(x, big.NewRat(1, 2))
	q := new(big.Int).Div(x.Num(), x.Denom()) // towards minus infinity
	return money.Amount(q.Int64())
}

// adjusted is a discount or an increase of a sum.
func adjusted(sum money.Amount, percent bool, value number) money.Amount {
	if percent {
		of := new(big.Rat).Mul(big.NewRat(int64(sum), 100), value.rat())
		return kopecks(of.Quo(of, big.NewRat(100, 1)))
	}
	return kopecks(value.rat())
}

// text writes a sum as the register does: without zeros at its end.
func text(v money.Amount) string {
	return strings.TrimSuffix(strings.TrimRight(v.String(), "0"), ".")
}

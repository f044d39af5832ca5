package users

import (
	"context"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
)

// A PIN's length, in digits.
const (
	MinPIN = 4
	MaxPIN = 12
)

// CheckPIN says why a PIN is none, or too easy to guess.
func CheckPIN(pin string) error {
	if len(pin) < MinPIN || len(pin) > MaxPIN || strings.Trim(pin, digits) != "" {
		return fault.New(fault.UserPINShape, fmt.Sprint(MinPIN), fmt.Sprint(MaxPIN))
	}
	if weak(pin) {
		return fault.New(fault.UserPINWeak)
	}
	return nil
}

// weak tells whether somebody who tries a few would find a PIN: steps of one
// size (1111, 1234, 9876, also over the end: 8901) and repetitions (1212,
// 123123).
func weak(pin string) bool {
	step, steady := (10+pin[1]-pin[0])%10, true
	for i := 2; i < len(pin); i++ {
		steady = steady && (10+pin[i]-pin[i-1])%10 == step
	}
	if steady && (step <= 1 || step == 9) {
		return true
	}
	for n := 1; n <= len(pin)/2; n++ {
		if len(pin)%n == 0 && strings.Repeat(pin[:n], len(pin)/n) == pin {
			return true
		}
	}
	return false
}

// hash makes the hash of a PIN that is good and nobody else's: a PIN alone says
// who logs in. Whoever tries one that is taken leaves a trace, for so others'
// could be found out.
func (k *Keeper) hash(ctx context.Context, by Actor, u kept, pin string) (string, error) {
	if err := CheckPIN(pin); err != nil {
		return "", err
	}
	for _, e := range k.everybody(k.o.Catalogue()) {
		if e.PINHash == "" || e.ID == u.ID {
			continue
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
		same, err := k.o.Check(e.PINHash, pin)
		if err != nil || !same { // a hash that can not be read lets nobody in
			continue
		}
		said, err := k.entry(auditTaken, by, u)
		if err == nil {
			_, err = k.o.Append(ctx, said)
		}
		if err != nil {
			return "", err
		}
		return "", fault.New(fault.UserPINTaken)
	}
	return k.o.Hash(pin)
}

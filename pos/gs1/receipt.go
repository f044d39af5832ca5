package gs1

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Receipt is what the QR code of a fiscal receipt says. FN, FD and Sign name
// the document for ever.
type Receipt struct {
	Time      time.Time    // the shop's wall clock, as if it were UTC: the code carries no zone
	Sum       money.Amount // total
	FN        string       // fiscal storage, 16 digits
	FD        uint32       // number of the fiscal document
	Sign      uint32       // fiscal sign
	Operation int          // 1 sale, 2 return of sale, 3 purchase, 4 return of purchase
}

// ErrReceipt: not the QR code of a fiscal receipt.
var ErrReceipt = errors.New("gs1: not a receipt code")

// ParseReceipt reads "t=20260131T1205&s=123.45&fn=..&i=..&fp=..&n=1". The
// order of the fields is free, each stands once, none is missing.
func ParseReceipt(s string) (Receipt, error) {
	if len(s) > MaxCode {
		return Receipt{}, ErrTooLong
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(s, "&") {
		key, value, ok := strings.Cut(part, "=")
		if _, twice := fields[key]; !ok || twice {
			return Receipt{}, fmt.Errorf("%w: field %.20q", ErrReceipt, part)
		}
		fields[key] = value
	}
	return readReceipt(fields)
}

func readReceipt(fields map[string]string) (r Receipt, err error) {
	if r.Time, err = receiptTime(fields["t"]); err != nil {
		return Receipt{}, fmt.Errorf("%w: time %.20q", ErrReceipt, fields["t"])
	}
	if r.Sum, err = money.Parse(fields["s"]); err != nil || r.Sum < 0 {
		return Receipt{}, fmt.Errorf("%w: sum %.20q", ErrReceipt, fields["s"])
	}
	if r.FN = fields["fn"]; len(r.FN) != 16 || !digits(r.FN) {
		return Receipt{}, fmt.Errorf("%w: fiscal storage %.20q", ErrReceipt, r.FN)
	}
	if r.FD, err = number(fields["i"]); err != nil || r.FD == 0 {
		return Receipt{}, fmt.Errorf("%w: document %.20q", ErrReceipt, fields["i"])
	}
	if r.Sign, err = number(fields["fp"]); err != nil {
		return Receipt{}, fmt.Errorf("%w: fiscal sign %.20q", ErrReceipt, fields["fp"])
	}
	n, err := number(fields["n"])
	if err != nil || n < 1 || n > 4 {
		return Receipt{}, fmt.Errorf("%w: operation %.20q", ErrReceipt, fields["n"])
	}
	r.Operation = int(n)
	return r, nil
}

// receiptTime reads the time with or without seconds: devices print both.
func receiptTime(s string) (time.Time, error) {
	if len(s) == len("20060102T150405") {
		return time.Parse("20060102T150405", s)
	}
	return time.Parse("20060102T1504", s)
}

// number reads an unsigned decimal without sign; leading zeros are usual.
func number(s string) (uint32, error) {
	if !digits(s) {
		return 0, strconv.ErrSyntax
	}
	v, err := strconv.ParseUint(s, 10, 32)
	return uint32(v), err
}

// String spells the code's text.
func (r Receipt) String() string {
	return fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%d", r.Time.Format("20060102T150405"), r.Sum, r.FN, r.FD, r.Sign, r.Operation)
}

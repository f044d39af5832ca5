package scanner

import (
	"bytes"

	"github.com/kassa-pos/kassa/peripherals/link/record"
)

// What is shown of a code: numbers of goods whole; of marking codes the good;
// of anything else (customers' cards, badges, receipts) how it begins.
const (
	shownNumber = 14 // digits of a GTIN
	shownMark   = 16 // AI 01 and the GTIN
	shownOther  = 4
)

// Redact hides of scans what identifies a single piece or a person, and the
// crypto tails of marking codes. A scanner without a suffix shows lengths.
func Redact(suffix Suffix) func() record.Redactor {
	return func() record.Redactor {
		return func(_ record.Way, b []byte) (int, []int16) {
			var end int
			switch i := bytes.IndexAny(b, "\r\n"); {
			case suffix == None || suffix == "":
				return len(b), record.Hide(len(b))
			case i < 0:
				return 0, nil
			default:
				end = i
			}
			n := end + 1
			for n < len(b) && (b[n] == '\r' || b[n] == '\n') {
				n++
			}
			shown := record.Hide(n)
			copy(shown, record.Plain(b[:seen(b[:end])]))
			copy(shown[end:], record.Plain(b[end:n]))
			return n, shown
		}
	}
}

// seen is how many bytes of a code are shown.
func seen(code []byte) int {
	at := 0
	if len(code) >= 3 && code[0] == ']' {
		at = 3 // AIM prefix
	}
	rest := bytes.TrimLeft(code[at:], "\x1D")
	at = len(code) - len(rest)
	digits := len(rest) - len(bytes.TrimLeft(rest, "0123456789"))
	switch {
	case digits == len(rest) && digits <= shownNumber:
		return len(code)
	case bytes.HasPrefix(rest, []byte("01")) && digits >= shownMark:
		return at + shownMark
	}
	return at + min(shownOther, len(rest))
}

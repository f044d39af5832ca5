package catalogfile

import (
	"strconv"
	"strings"
)

// maxNumber is the longest number worth reading, in bytes.
const maxNumber = 40

// maxDigits surely fit an int64.
const maxDigits = 17

// plainNumber takes away how people set numbers.
var plainNumber = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".")

// decimal reads a number times 10^digits, rounded half away from zero, and
// tells whether that was exact. Either decimal sign will do, and spaces
// between thousands.
func decimal(s string, digits int) (v int64, exact, ok bool) {
	if len(s) > maxNumber {
		return 0, false, false
	}
	s = plainNumber.Replace(s)
	s, neg := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(s, ".")
	if whole == "" || dotted && frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return 0, false, false
	}
	if len(whole)+digits > maxDigits {
		return 0, false, false
	}
	frac += strings.Repeat("0", max(0, digits-len(frac)))
	v, err := strconv.ParseInt(whole+frac[:digits], 10, 64)
	if err != nil {
		return 0, false, false
	}
	rest := frac[digits:]
	if rest != "" && rest[0] >= '5' {
		v++
	}
	if neg {
		v = -v
	}
	return v, strings.Trim(rest, "0") == "", true
}

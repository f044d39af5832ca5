package moysklad

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

var errNumber = errors.New("moysklad: not a number in range")

// number is a JSON number kept as text; a string that holds one will do.
type number struct{ text string }

// UnmarshalJSON takes 1.5, "1.5", null and, as absent, anything else.
func (n *number) UnmarshalJSON(b []byte) error {
	n.text = ""
	b = bytes.Trim(bytes.TrimSpace(b), `"`)
	if len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') {
		n.text = string(b)
	}
	return nil
}

func (n number) set() bool { return n.text != "" }

// scaled gives the number times 10^digits as a whole, rounded half away from
// zero, and whether that was exact. An absent number is an exact 0.
func (n number) scaled(digits int) (v int64, exact bool, err error) {
	if n.text == "" {
		return 0, true, nil
	}
	return scaled(n.text, digits)
}

const maxNumberText = 64 // characters of a number

// scaled reads decimal text without ever making a float of it.
func scaled(s string, digits int) (v int64, exact bool, err error) {
	if len(s) > maxNumberText {
		return 0, false, errNumber
	}
	mant, exps, hasExp := strings.Cut(strings.ToLower(s), "e")
	exp := 0
	if hasExp {
		if exp, err = strconv.Atoi(exps); err != nil || exp > 99 || exp < -99 {
			return 0, false, errNumber
		}
	}
	mant, neg := strings.CutPrefix(mant, "-")
	whole, frac, dotted := strings.Cut(mant, ".")
	all := whole + frac
	if whole == "" || dotted && frac == "" || strings.Trim(all, "0123456789") != "" {
		return 0, false, errNumber
	}
	point := len(whole) + exp + digits // digits of all before the new point
	trimmed := strings.TrimLeft(all, "0")
	point -= len(all) - len(trimmed)
	if v, exact, err = cutAt(trimmed, point); neg {
		v = -v
	}
	return v, exact, err
}

// cutAt reads the first point digits of all and rounds by the rest.
func cutAt(all string, point int) (v int64, exact bool, err error) {
	rest := all
	if point > 0 {
		if all == "" {
			return 0, true, nil
		}
		if point > 18 {
			return 0, false, errNumber
		}
		padded := all + strings.Repeat("0", max(0, point-len(all)))
		if v, err = strconv.ParseInt(padded[:point], 10, 64); err != nil {
			return 0, false, errNumber
		}
		rest = padded[point:]
	}
	if point >= 0 && rest != "" && rest[0] >= '5' {
		v++
	}
	return v, strings.Trim(rest, "0") == "", nil
}

// text is a JSON string; a number will do, anything else counts as absent.
type text string

// UnmarshalJSON takes "a", 1 and, as absent, anything else.
func (t *text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch {
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = text(s)
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*t = text(b)
	}
	return nil
}

// flag is a JSON boolean that may be absent.
type flag struct{ set, v bool }

// UnmarshalJSON takes true, "true", 1 and, as absent, anything else.
func (f *flag) UnmarshalJSON(b []byte) error {
	switch strings.Trim(string(b), `"`) {
	case "true", "1":
		*f = flag{set: true, v: true}
	case "false", "0":
		*f = flag{set: true}
	default:
		*f = flag{}
	}
	return nil
}

// texts is an array of strings; objects give their string values, as newer
// answers list barcodes by kind.
type texts []string

// UnmarshalJSON takes ["a"], [{"ean13":"a"}] and, as absent, anything else.
func (t *texts) UnmarshalJSON(b []byte) error {
	*t = nil
	var rows []json.RawMessage
	if json.Unmarshal(b, &rows) != nil {
		return nil
	}
	for _, r := range rows {
		var one text
		if err := one.UnmarshalJSON(r); err != nil {
			return err
		}
		if one != "" {
			*t = append(*t, string(one))
			continue
		}
		var kinds map[string]text
		if json.Unmarshal(r, &kinds) == nil {
			for _, k := range slices.Sorted(maps.Keys(kinds)) {
				if kinds[k] != "" {
					*t = append(*t, string(kinds[k]))
				}
			}
		}
	}
	return nil
}

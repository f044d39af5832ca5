package ikassa

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Int is a whole number that is written as a number and may come as text.
type Int int32

// UnmarshalJSON reads a number or the text of one.
func (n *Int) UnmarshalJSON(b []byte) error {
	text, absent, err := scalar(b)
	if err != nil || absent {
		return err
	}
	v, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return fmt.Errorf("ikassa: not a whole number: %.40q", text)
	}
	*n = Int(v)
	return nil
}

// Text is text that may come as a number: the guide's examples have the same
// field both ways.
type Text string

// UnmarshalJSON reads text, or a number as it was written.
func (t *Text) UnmarshalJSON(b []byte) error {
	text, absent, err := scalar(b)
	if err != nil || absent {
		return err
	}
	*t = Text(text)
	return nil
}

// Types of an item's code.
const (
	CodeOwn  = 0 // the shop's own short code
	CodeGTIN = 1 // of the goods: EAN, UPC, GTIN
)

// Code is an item's code. An own code is written as two numbers, as the guide
// has it in answers, when it is one; any other as two texts, so that leading
// zeros and long codes stay.
type Code struct {
	Type  int
	Value string // at most MaxCode bytes
}

// wireCode reads both forms.
type wireCode struct {
	Type  Int  `json:"type"`
	Value Text `json:"value"`
}

// UnmarshalJSON reads numbers and texts.
func (c *Code) UnmarshalJSON(b []byte) error {
	var w wireCode
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*c = Code{int(w.Type), string(w.Value)}
	return nil
}

// MarshalJSON writes the form that belongs to the code.
func (c Code) MarshalJSON() ([]byte, error) {
	if n, ok := c.number(); ok {
		return json.Marshal(struct {
			Type  int    `json:"type"`
			Value uint64 `json:"value"`
		}{c.Type, n})
	}
	return json.Marshal(struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}{strconv.Itoa(c.Type), c.Value})
}

// maxExact is the largest whole number that every JSON reader keeps.
const maxExact = 1<<53 - 1

// number is an own code as a number, when it comes back the same.
func (c Code) number() (uint64, bool) {
	n, err := strconv.ParseUint(c.Value, 10, 64)
	return n, c.Type == CodeOwn && err == nil && n <= maxExact && strconv.FormatUint(n, 10) == c.Value
}

func (c *Code) check() error {
	if c != nil && (c.Type < 0 || len(c.Value) > MaxCode || !utf8.ValidString(c.Value)) {
		return BadRequest
	}
	return nil
}

package pricing

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// Limits of a file of promotions.
const (
	MaxFile       = 1 << 20 // bytes
	MaxPromotions = 1000
	maxFaults     = 100 // that are told
	maxNames      = 200 // characters of an id or a name
)

// Example is a file with a promotion of every kind.
//
//go:embed promotions.json
var Example []byte

// FileFault is what is wrong in a file of promotions, and where.
type FileFault struct {
	Line  int    `json:"line"`            // from 1
	ID    string `json:"id,omitempty"`    // of the promotion
	Field string `json:"field,omitempty"` // "when.hours"
	Why   string `json:"why"`
}

func (f FileFault) String() string {
	where := fmt.Sprintf("line %d", f.Line)
	for _, s := range []string{f.ID, f.Field} {
		if s != "" {
			where += ", " + s
		}
	}
	return where + ": " + f.Why
}

// ReadFile reads {"promotions": [..]} strictly: a field that is not known is
// an error, for a misspelt condition would make everything cheaper. Either all
// of it is good or nothing is given back but the faults.
func ReadFile(data []byte) ([]catalog.Promotion, []FileFault) {
	r := fileReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), ids: map[string]int{}}
	if len(data) > MaxFile {
		return nil, []FileFault{{Line: 1, Why: fmt.Sprintf("longer than %d bytes", MaxFile)}}
	}
	if !utf8.Valid(data) {
		return nil, []FileFault{{Line: 1, Why: "not UTF-8"}}
	}
	if err := r.read(); err != nil {
		r.fail(r.offsetOf(err), "", "", plainError(err))
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return r.all, nil
}

type fileReader struct {
	data   []byte
	dec    *json.Decoder
	ids    map[string]int // line of each
	all    []catalog.Promotion
	faults []FileFault
}

var errForm = errors.New(`the file is {"promotions": [..]}`)

func (r *fileReader) read() error {
	if err := r.expect(json.Delim('{'), "promotions", json.Delim('[')); err != nil {
		return err
	}
	for r.dec.More() {
		if len(r.all) >= MaxPromotions || len(r.faults) >= maxFaults {
			return fmt.Errorf("more than %d promotions, or %d faults", MaxPromotions, maxFaults)
		}
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return err
		}
		r.promotion(raw, int(r.dec.InputOffset())-len(raw))
	}
	if err := r.expect(json.Delim(']'), json.Delim('}')); err != nil {
		return err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return errForm
	}
	return nil
}

func (r *fileReader) expect(tokens ...json.Token) error {
	for _, want := range tokens {
		got, err := r.dec.Token()
		if err != nil {
			return err
		}
		if got != want {
			return errForm
		}
	}
	return nil
}

// promotion reads one, which begins at a place in the file.
func (r *fileReader) promotion(raw []byte, at int) {
	var p catalog.Promotion
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		place, field := r.fieldOf(err, raw)
		r.fail(at+place, p.ID, field, plainError(err))
		return
	}
	line := r.line(at)
	if was, twice := r.ids[p.ID]; twice && p.ID != "" {
		r.fail(at, p.ID, "id", fmt.Sprintf("the same as in line %d", was))
		return
	}
	r.ids[p.ID] = line
	if utf8.RuneCountInString(p.ID) > maxNames || utf8.RuneCountInString(p.Name) > maxNames {
		r.fail(at, "", "name", fmt.Sprintf("longer than %d characters", maxNames))
		return
	}
	if _, why := compile(p); why != "" {
		field := strings.FieldsFunc(why, func(c rune) bool { return c == ' ' || c == ':' })[0]
		place := keyIn(raw, field)
		if place < 0 {
			field, place = "", 0
		}
		r.fail(at+place, p.ID, field, why)
		return
	}
	r.all = append(r.all, p)
}

func (r *fileReader) fail(at int, id, field, why string) {
	r.faults = append(r.faults, FileFault{Line: r.line(at), ID: id, Field: field, Why: why})
}

// line counts from 1.
func (r *fileReader) line(at int) int {
	at = min(max(at, 0), len(r.data))
	return 1 + bytes.Count(r.data[:at], []byte{'\n'})
}

func (r *fileReader) offsetOf(err error) int {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return int(syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return len(r.data)
	}
	return int(r.dec.InputOffset())
}

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// fieldOf finds where in a promotion decoding stopped.
func (r *fileReader) fieldOf(err error, raw []byte) (place int, field string) {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return int(wrong.Offset), wrong.Field
	}
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return max(keyIn(raw, m[1]), 0), m[1]
	}
	return 0, ""
}

// keyIn finds the key that a dotted field ends with; below zero: nowhere.
func keyIn(raw []byte, field string) int {
	key := field[strings.LastIndexByte(field, '.')+1:]
	return bytes.Index(raw, []byte(`"`+key+`"`))
}

// plainError says what is wrong without naming the program's own types.
func plainError(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return "a " + wrong.Value + " does not belong here"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the file ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

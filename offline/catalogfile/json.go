package catalogfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// version of the JSON form.
const version = 1

// jsonFile is a JSON file being read.
type jsonFile struct {
	*reader
	text  *text
	lines *lineCounter
	d     *json.Decoder
}

// json reads the one object.
func (r *reader) json(t *text) error {
	j := &jsonFile{reader: r, text: t, lines: &lineCounter{in: t}}
	j.d = json.NewDecoder(j.lines)
	j.d.DisallowUnknownFields()
	r.begin(1)
	err := j.object()
	var f *fault.Error
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case isSyntax(err):
		r.line = j.lines.at(j.d.InputOffset())
		return r.syntax(err)
	}
	return err
}

// isSyntax tells mistakes of the file from trouble with reading or keeping it.
func isSyntax(err error) bool {
	var s *json.SyntaxError
	return errors.As(err, &s) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, errElement) || errors.Is(err, errShape)
}

// errShape: JSON, but not a catalogue.
var errShape = errors.New("catalogfile: not a catalogue")

// want reads one token and sees that it is this one.
func (j *jsonFile) want(delim json.Delim) error {
	tok, err := j.d.Token()
	if err == nil && tok != delim {
		err = fmt.Errorf("%w: %v instead of %v", errShape, tok, delim)
	}
	return err
}

func (j *jsonFile) object() error {
	if err := j.want('{'); err != nil {
		return err
	}
	for j.d.More() {
		key, err := j.d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string) // of an object, so a string
		j.begin(j.lines.at(j.d.InputOffset()))
		if slices.Contains(j.report.Sections, name) {
			j.mistake(fault.FileTwice, "section", name)
			return errors.Join(errShape, fault.New(fault.FileTwice, "section", name))
		}
		if err := j.section(name); err != nil {
			return err
		}
	}
	if err := j.want('}'); err != nil {
		return err
	}
	if !j.report.Has("kassa_catalog") {
		j.begin(1)
		j.mistake(fault.FileNeeded, "kassa_catalog")
		_, err := j.end()
		return err
	}
	return nil
}

func (j *jsonFile) section(name string) error {
	j.report.Sections = append(j.report.Sections, name)
	switch name {
	case "kassa_catalog":
		return one(j, func(v int) error {
			if v != version {
				j.mistake(fault.FileValue, "kassa_catalog", fmt.Sprint(v))
			}
			return nil
		})
	case "stock_at":
		return one(j, func(at time.Time) error { return j.to.SetStockAt(at) })
	case "store":
		return one(j, j.store)
	case "folders":
		return j.folderList()
	case "discounts":
		var all []catalog.Discount
		return errors.Join(each(j, func(d catalog.Discount) error {
			if d.ID == "" || d.Name == "" {
				j.mistake(fault.FileNeeded, "discounts.id, discounts.name")
			}
			all = append(all, d)
			return j.few(len(all))
		}), j.to.SetDiscounts(all))
	case "promotions":
		var all []catalog.Promotion
		return errors.Join(each(j, func(p catalog.Promotion) error {
			if p.ID == "" || p.Name == "" {
				j.mistake(fault.FileNeeded, "promotions.id, promotions.name")
			}
			all = append(all, p)
			return j.few(len(all))
		}), j.to.SetPromotions(all))
	case "customers":
		return each(j, func(p catalog.CustomerCard) error {
			if j.person(&p); j.bad {
				return nil
			}
			j.report.Customers++
			return j.to.PutCustomers([]catalog.CustomerCard{p})
		})
	case "serials":
		return each(j, func(s catalog.Serial) error {
			if j.serial(&s); j.bad {
				return nil
			}
			j.report.Serials++
			return j.to.PutSerials([]catalog.Serial{s})
		})
	case "items":
		return each(j, j.wireItem)
	}
	j.mistake(fault.FileColumn, name)
	return one(j, func(json.RawMessage) error { return nil })
}

// maxRules bounds what is kept in memory as a whole.
const maxRules = 10_000

func (j *jsonFile) few(n int) error {
	if n > maxRules {
		return fmt.Errorf("%w: more than %d rules", errShape, maxRules)
	}
	return nil
}

// one reads a section that is one value.
func one[T any](j *jsonFile, take func(T) error) error {
	var v T
	if err := j.value(&v); err != nil {
		return err
	}
	if !j.bad {
		if err := take(v); err != nil {
			return err
		}
	}
	_, err := j.end()
	return err
}

// each reads a section that is a list, element by element.
func each[T any](j *jsonFile, take func(T) error) error {
	if err := j.want('['); err != nil {
		return err
	}
	for n := 0; j.d.More(); n++ {
		if n%page == 0 && j.ctx.Err() != nil {
			return j.ctx.Err()
		}
		j.begin(j.lines.at(j.d.InputOffset()) + j.gap())
		var v T
		if err := j.value(&v); err != nil {
			return err
		}
		if !j.bad {
			if err := take(v); err != nil {
				return err
			}
		}
		if _, err := j.end(); err != nil {
			return err
		}
	}
	return j.want(']')
}

// value decodes the next value. One of the wrong shape is a mistake of the
// record; the error is of what can not be read on.
func (j *jsonFile) value(into any) error {
	err := j.d.Decode(into)
	j.text.allow(j.d.InputOffset())
	var typed *json.UnmarshalTypeError
	var field string
	switch {
	case err == nil:
		return nil
	case errors.As(err, &typed):
		j.mistake(fault.FileValue, firstOf(typed.Field, "value"), typed.Value)
	case unknownField(err, &field):
		j.mistake(fault.FileColumn, field)
	case isSyntax(err) || j.lines.err != nil:
		return err
	default: // a type of ours refused its text
		j.mistake(fault.FileSyntax, err.Error())
	}
	return nil
}

// unknownField recognises encoding/json's complaint, which has no type.
func unknownField(err error, field *string) bool {
	rest, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	*field = strings.Trim(rest, `"`)
	return ok
}

// gap counts the lines between the last value and the next.
func (j *jsonFile) gap() (lines int) {
	in, ok := j.d.Buffered().(io.ByteReader) // it is one in memory
	for ok {
		b, err := in.ReadByte()
		switch {
		case err != nil || b != ',' && b != ' ' && b != '\t' && b != '\r' && b != '\n':
			return lines
		case b == '\n':
			lines++
		}
	}
	return 0
}

// lineCounter knows the line of an offset that was read.
type lineCounter struct {
	in   io.Reader
	read int64
	ends []int64 // offsets of line ends that were not passed yet
	line int     // line ends passed
	err  error   // of the reader below
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		l.err = err
	}
	return n, err
}

// at gives the line of an offset; offsets only rise.
func (l *lineCounter) at(offset int64) int {
	passed := 0
	for passed < len(l.ends) && l.ends[passed] < offset {
		passed++
	}
	l.line += passed
	l.ends = append(l.ends[:0], l.ends[passed:]...)
	return l.line + 1
}

package journal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/record"
)

// check refuses entries the journal could not keep.
func check(entries []record.Entry) error {
	if len(entries) == 0 || len(entries) > record.MaxBatch {
		return fmt.Errorf("%w: batch of %d entries", record.ErrInvalid, len(entries))
	}
	for i := range entries {
		e := &entries[i]
		if err := e.Validate(); err != nil {
			return err
		}
		if e.Kind == record.Period || e.Carried != 0 {
			return fmt.Errorf("%w: periods are the journal's own business", record.ErrInvalid)
		}
		if e.Schema > known[string(e.Kind)] {
			return fmt.Errorf("%w: schema %d of %s", record.ErrInvalid, e.Schema, e.Kind)
		}
		if len(e.Type) > MaxType || len(e.Ends) > MaxEnds || len(e.Numbers) > MaxEnds {
			return fmt.Errorf("%w: type of %d bytes, %d ends or %d numbers", record.ErrInvalid, len(e.Type), len(e.Ends), len(e.Numbers))
		}
		for _, n := range e.Numbers {
			if n < 1 {
				return fmt.Errorf("%w: number %d", record.ErrInvalid, n)
			}
		}
	}
	return nil
}

// encode gives what the tape wants: a record's members without braces. The
// bytes made here are the record for ever. They are those that encoding/json
// makes of a stored, at a tenth of the cost: a sale waits for this.
func encode(now time.Time, entries []record.Entry, sealed []*vault.Sealed) ([][]byte, error) {
	now = now.Round(0) // no monotonic reading
	lines := make([][]byte, len(entries))
	for i := range entries {
		b, err := appendMembers(make([]byte, 0, len(entries[i].Data)+lineSlack), now, &entries[i], sealed[i])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", record.ErrInvalid, err)
		}
		lines[i] = b
	}
	return lines, nil
}

// lineSlack is what a line has beside its data, as a rule.
const lineSlack = 512

func appendMembers(b []byte, now time.Time, e *record.Entry, sealed *vault.Sealed) (_ []byte, err error) {
	b = append(b, `"time":"`...)
	if b, err = now.AppendText(b); err != nil {
		return nil, err
	}
	b = append(b, `","kind":`...)
	if b, err = appendText(b, string(e.Kind)); err != nil {
		return nil, err
	}
	b = appendID(append(b, `,"id":`...), e.ID)
	if e.Type != "" {
		if b, err = appendText(append(b, `,"type":`...), e.Type); err != nil {
			return nil, err
		}
	}
	if e.Group != uuid.Nil {
		b = appendID(append(b, `,"group":`...), e.Group)
	}
	if len(e.Ends) > 0 {
		b = append(b, `,"ends":`...)
		for i, id := range e.Ends {
			b = appendID(append(b, listMark(i)), id)
		}
		b = append(b, ']')
	}
	if e.Shift != uuid.Nil {
		b = appendID(append(b, `,"shift":`...), e.Shift)
	}
	if len(e.Numbers) > 0 {
		b = append(b, `,"numbers":`...)
		for i, n := range e.Numbers {
			b = strconv.AppendInt(append(b, listMark(i)), n, 10)
		}
		b = append(b, ']')
	}
	b = strconv.AppendInt(append(b, `,"schema":`...), int64(e.Schema), 10)
	if len(e.Data) > 0 {
		b = appendTight(append(b, `,"data":`...), e.Data)
	}
	if sealed == nil {
		return b, nil
	}
	s, err := json.Marshal(sealed)
	return append(append(b, `,"sealed":`...), s...), err
}

// listMark stands before an element of a list.
func listMark(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

// appendID adds a UUID as a JSON string.
func appendID(b []byte, id uuid.UUID) []byte {
	b = hex.AppendEncode(append(b, '"'), id[:4])
	for _, part := range [][]byte{id[4:6], id[6:8], id[8:10], id[10:]} {
		b = hex.AppendEncode(append(b, '-'), part)
	}
	return append(b, '"')
}

// appendText adds a JSON string.
func appendText(b []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			err := enc.Encode(s)
			return append(b, bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...), err
		}
	}
	return append(append(append(b, '"'), s...), '"'), nil
}

// appendTight adds a JSON value, which check has seen to be one, without the
// white space between its tokens: a line is one line.
func appendTight(b, value []byte) []byte {
	from := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"':
			i += stringEnd(value[i:])
		case ' ', '\t', '\r', '\n':
			b = append(b, value[from:i]...)
			from = i + 1
		}
	}
	return append(b, value[from:]...)
}

// stored is a record as its line has it.
type stored struct {
	record.Record
	Sealed *vault.Sealed `json:"sealed,omitempty"` // what Private was
}

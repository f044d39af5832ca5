package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/record"
)

// seqZero is how a record that has no number yet begins; the tape gives it.
const seqZero = `{"seq":0,`

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
// bytes made here are the record for ever.
func encode(now time.Time, entries []record.Entry, sealed []*vault.Sealed) ([][]byte, error) {
	now = now.Round(0) // no monotonic reading
	lines := make([][]byte, len(entries))
	for i, e := range entries {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false) // Data stays as it came, but for white space
		if err := enc.Encode(stored{Record: record.Record{Time: now, Entry: e}, Sealed: sealed[i]}); err != nil {
			return nil, fmt.Errorf("%w: %w", record.ErrInvalid, err)
		}
		b, ok := bytes.CutPrefix(buf.Bytes(), []byte(seqZero))
		if !ok {
			panic("journal: a record does not begin with its sequence")
		}
		lines[i] = bytes.TrimSuffix(b, []byte("}\n"))
	}
	return lines, nil
}

// stored is a record as its line has it.
type stored struct {
	record.Record
	Sealed *vault.Sealed `json:"sealed,omitempty"` // what Private was
}

// decode reads a stored line. The private part stays sealed.
func decode(line []byte) (stored, error) {
	var s stored
	if err := json.Unmarshal(line, &s); err != nil {
		return s, fmt.Errorf("journal: stored line: %w", err)
	}
	s.Erased = false // a fact of now, not of the line
	return s, nil
}

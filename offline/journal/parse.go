package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// A million records are read at every check: a line in exactly the form that
// encode and carry write is read without the detours of encoding/json, ten
// times as fast. Any other is left to it.

// decode reads a stored line and keeps nothing of it. The private part stays
// sealed.
func decode(line []byte) (stored, error) {
	s, err := look(line)
	s.Data = bytes.Clone(s.Data)
	return s, err
}

// look is decode whose Data is a part of the line, and may be no JSON when a
// line is written so that it does not matter for its other members: Verify
// tells.
func look(line []byte) (stored, error) {
	if s, ok := parseLine(line); ok {
		return s, nil
	}
	var s stored
	if err := json.Unmarshal(line, &s); err != nil {
		return s, fmt.Errorf("journal: stored line: %w", err)
	}
	s.Erased = false // a fact of now, not of the line
	return s, nil
}

// parseLine reads a line of the usual form; false when it is of another.
func parseLine(line []byte) (s stored, ok bool) {
	p := fields{rest: line}
	p.want(`{"seq":`)
	s.Seq = p.number()
	p.want(`,"time":`)
	if b := p.quoted(); !p.bad {
		p.bad = s.Time.UnmarshalJSON(b) != nil
	}
	p.want(`,"kind":`)
	s.Kind = record.Kind(p.text())
	p.want(`,"id":`)
	s.ID = p.id()
	if p.has(`,"type":`) {
		s.Type = p.text()
	}
	if p.has(`,"group":`) {
		s.Group = p.id()
	}
	if p.has(`,"ends":[`) {
		for more := true; more && !p.bad; more = p.more() {
			s.Ends = append(s.Ends, p.id())
		}
	}
	if p.has(`,"shift":`) {
		s.Shift = p.id()
	}
	if p.has(`,"numbers":[`) {
		for more := true; more && !p.bad; more = p.more() {
			s.Numbers = append(s.Numbers, int64(p.number()))
		}
	}
	p.want(`,"schema":`)
	s.Schema = int(p.number())
	if p.has(`,"data":`) {
		s.Data = p.value()
	}
	if p.has(`,"sealed":`) {
		if b := p.value(); !p.bad {
			p.bad = json.Unmarshal(b, &s.Sealed) != nil
		}
	}
	if p.has(carriedLabel) {
		s.Carried = p.number()
	}
	p.end()
	return s, !p.bad
}

// fields reads the members of a JSON object whose names and order are known.
// The first that is something else makes it bad.
type fields struct {
	rest []byte
	bad  bool
}

// has takes a label if it comes next.
func (p *fields) has(label string) bool {
	if p.bad || len(p.rest) < len(label) || string(p.rest[:len(label)]) != label {
		return false
	}
	p.rest = p.rest[len(label):]
	return true
}

func (p *fields) want(label string) { p.bad = !p.has(label) }

// more is behind an element of a list: whether another one comes.
func (p *fields) more() bool {
	if p.has(",") {
		return true
	}
	p.want("]")
	return false
}

// maxDigits keep a number below 2^63.
const maxDigits = 18

func (p *fields) number() (n uint64) {
	i := 0
	for ; i < len(p.rest) && p.rest[i] >= '0' && p.rest[i] <= '9'; i++ {
		n = n*10 + uint64(p.rest[i]-'0')
	}
	if i == 0 || i > maxDigits || p.rest[0] == '0' && i > 1 {
		p.bad = true
	}
	if p.bad {
		return 0
	}
	p.rest = p.rest[i:]
	return n
}

// quoted takes a string without escapes, with its quotes.
func (p *fields) quoted() []byte {
	if !p.bad && len(p.rest) > 1 && p.rest[0] == '"' {
		if n := bytes.IndexByte(p.rest[1:], '"'); n >= 0 {
			s := p.rest[:n+2]
			p.rest = p.rest[n+2:]
			return s
		}
	}
	p.bad = true
	return nil
}

func (p *fields) text() string {
	b := p.quoted()
	if p.bad {
		return ""
	}
	b = b[1 : len(b)-1]
	for _, c := range b {
		if c < ' ' || c == '\\' {
			p.bad = true
		}
	}
	p.bad = p.bad || !utf8.Valid(b)
	return string(b)
}

func (p *fields) id() (id uuid.UUID) {
	b := p.quoted()
	if p.bad || len(b) != len(`""`)+36 {
		p.bad = true
		return id
	}
	id, err := uuid.ParseBytes(b[1 : len(b)-1])
	p.bad = err != nil
	return id
}

// value takes any value, looking no closer than needed to find its end.
func (p *fields) value() []byte {
	depth := 0
	for i := 0; i < len(p.rest) && !p.bad; i++ {
		switch p.rest[i] {
		case '"':
			n := stringEnd(p.rest[i:])
			if n < 0 {
				p.bad = true
				return nil
			}
			i += n
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		case ',', ':', ' ', '\t':
			continue
		default: // a number or a word
			if depth > 0 {
				continue
			}
			for i+1 < len(p.rest) && p.rest[i+1] != ',' && p.rest[i+1] != '}' {
				i++
			}
		}
		if depth == 0 {
			v := p.rest[:i+1]
			p.rest = p.rest[i+1:]
			return v
		}
		p.bad = depth < 0
	}
	p.bad = true
	return nil
}

// stringEnd finds the closing quote of a string; -1 when there is none.
func stringEnd(b []byte) int {
	for i := 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		slashes := 0
		for b[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
}

// end: nothing but the place in the chain follows.
func (p *fields) end() {
	p.want(prevLabel)
	p.bad = p.bad || len(p.rest) != 2*len(tape.Hash{})+len(`"}`) || string(p.rest[len(p.rest)-2:]) != `"}`
	for i := 0; !p.bad && i < 2*len(tape.Hash{}); i++ {
		c := p.rest[i]
		p.bad = (c < '0' || c > '9') && (c < 'a' || c > 'f')
	}
}

package input

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	// ErrNotScanner: the device's reports hold no codes.
	ErrNotScanner = errors.New("input: not an HID barcode scanner")
	// ErrReport: a report is not what the descriptor says.
	ErrReport = errors.New("input: a report makes no sense")
)

// Limits of what a device may say of itself and of one code.
const (
	maxDescriptor = 4096 // bytes, the kernel's own
	maxReport     = 8192 // bytes
	maxFields     = 256
	maxCode       = 8192 // bytes of a code in several reports
)

// Usages of a scanned code: page, then usage.
const (
	usageByteCount = 0x0001_003B
	usageSymbol1   = 0x008C_00FB // the AIM identifier: "]"..
	usageSymbol2   = 0x008C_00FC // ..the symbology..
	usageSymbol3   = 0x008C_00FD // ..and its variant
	usageData      = 0x008C_00FE
	usageMore      = 0x008C_00FF // the code goes on in the next report
)

// field is a place in an input report.
type field struct {
	bit   int // from the beginning, the report's number included
	size  int // bits of one element
	count int
}

// report is where an input report keeps a code.
type report struct {
	id     byte
	fields map[uint32]field
}

// scanReport finds the report that holds codes in a report descriptor.
func scanReport(descriptor []byte) (numbered bool, r report, err error) {
	p := parser{bits: map[byte]int{}, found: map[byte]map[uint32]field{}}
	if err := p.parse(descriptor); err != nil {
		return false, report{}, err
	}
	for id, fields := range p.found {
		data, ok := fields[usageData]
		if ok && data.size == 8 && data.bit%8 == 0 && (r.fields == nil || data.count > r.fields[usageData].count) {
			r = report{id, fields}
		}
	}
	if r.fields == nil {
		return false, report{}, ErrNotScanner
	}
	return p.numbered, r, nil
}

// parser walks the items of a report descriptor.
type parser struct {
	page, size, count int // globals..
	id                byte
	stack             []parser // ..pushed; only the globals matter
	usages            []uint32 // of the next main item
	numbered          bool
	bits              map[byte]int // how long each input report is so far
	found             map[byte]map[uint32]field
	total             int
}

// Items: tag and type of a short item's first byte, without its size.
const (
	itemLong       = 0xFE
	itemInput      = 0x80
	itemOutput     = 0x90
	itemFeature    = 0xB0
	itemCollection = 0xA0
	itemEnd        = 0xC0
	itemPage       = 0x04
	itemSize       = 0x74
	itemID         = 0x84
	itemCount      = 0x94
	itemPush       = 0xA4
	itemPop        = 0xB4
	itemUsage      = 0x08
)

func (p *parser) parse(d []byte) error {
	if len(d) > maxDescriptor {
		return fmt.Errorf("%w: descriptor of %d bytes", ErrNotScanner, len(d))
	}
	for len(d) > 0 {
		head := d[0]
		if head == itemLong {
			if len(d) < 3 || len(d) < 3+int(d[1]) {
				return fmt.Errorf("%w: descriptor ends within an item", ErrNotScanner)
			}
			d = d[3+int(d[1]):]
			continue
		}
		n := int(head & 3)
		if n == 3 {
			n = 4
		}
		if len(d) < 1+n {
			return fmt.Errorf("%w: descriptor ends within an item", ErrNotScanner)
		}
		var v [4]byte
		copy(v[:], d[1:1+n])
		if err := p.item(head&^3, binary.LittleEndian.Uint32(v[:]), n); err != nil {
			return err
		}
		d = d[1+n:]
	}
	return nil
}

func (p *parser) item(tag byte, v uint32, n int) error {
	switch tag {
	case itemPage:
		p.page = int(v & 0xFFFF)
	case itemSize:
		p.size = int(min(v, maxReport*8))
	case itemCount:
		p.count = int(min(v, maxReport*8))
	case itemID:
		p.id, p.numbered = byte(v), true
	case itemPush:
		if len(p.stack) >= 16 {
			return fmt.Errorf("%w: too many items pushed", ErrNotScanner)
		}
		p.stack = append(p.stack, parser{page: p.page, size: p.size, count: p.count, id: p.id})
	case itemPop:
		if len(p.stack) == 0 {
			return fmt.Errorf("%w: nothing to pop", ErrNotScanner)
		}
		g := p.stack[len(p.stack)-1]
		p.stack = p.stack[:len(p.stack)-1]
		p.page, p.size, p.count, p.id = g.page, g.size, g.count, g.id
	case itemUsage:
		if n < 4 {
			v = uint32(p.page)<<16 | v&0xFFFF
		}
		if len(p.usages) < maxFields {
			p.usages = append(p.usages, v)
		}
	case itemInput:
		err := p.input()
		p.usages = nil
		return err
	case itemOutput, itemFeature, itemCollection, itemEnd:
		p.usages = nil
	}
	return nil
}

// input adds fields to the report. Several usages share the elements, the
// last has what is left.
func (p *parser) input() error {
	at := p.bits[p.id]
	if p.numbered && at == 0 {
		at = 8
	}
	if p.total++; p.total > maxFields || at+p.size*p.count > maxReport*8 {
		return fmt.Errorf("%w: reports too long", ErrNotScanner)
	}
	fields := p.found[p.id]
	if fields == nil {
		fields = map[uint32]field{}
		p.found[p.id] = fields
	}
	left := p.count
	for i, u := range p.usages {
		if left == 0 {
			break
		}
		n := 1
		if i == len(p.usages)-1 {
			n = left
		}
		if _, twice := fields[u]; !twice {
			fields[u] = field{bit: at + (p.count-left)*p.size, size: p.size, count: n}
		}
		left -= n
	}
	p.bits[p.id] = at + p.size*p.count
	return nil
}

// scans puts reports together to codes.
type scans struct {
	numbered bool
	report   report
	code     []byte // begun, and going on in the next report
	begun    bool
}

// take reads one report. A whole code is returned with its AIM identifier,
// when the report has one; nil while it goes on.
func (s *scans) take(b []byte) ([]byte, error) {
	if s.numbered && (len(b) == 0 || b[0] != s.report.id) {
		return nil, nil // of keys, of a trigger
	}
	data, err := s.data(b)
	if err != nil {
		s.code, s.begun = nil, false
		return nil, err
	}
	if !s.begun {
		s.code = append(s.code[:0:0], s.symbology(b)...)
		s.begun = true
	}
	if len(s.code)+len(data) > maxCode {
		s.code, s.begun = nil, false
		return nil, fmt.Errorf("%w: a code of more than %d bytes", ErrReport, maxCode)
	}
	s.code = append(s.code, data...)
	if more, ok := s.number(b, usageMore); ok && more != 0 {
		return nil, nil
	}
	code := s.code
	s.code, s.begun = nil, false
	return code, nil
}

func (s *scans) data(b []byte) ([]byte, error) {
	f := s.report.fields[usageData]
	from := f.bit / 8
	if len(b) <= from {
		return nil, fmt.Errorf("%w: %d bytes", ErrReport, len(b))
	}
	data := b[from:min(from+f.count, len(b))]
	n, told := s.number(b, usageByteCount)
	if !told {
		return bytes.TrimRight(data, "\x00"), nil
	}
	if n > len(data) {
		return nil, fmt.Errorf("%w: %d bytes of data in a report of %d", ErrReport, n, len(b))
	}
	return data[:n], nil
}

// symbology is the AIM identifier, "]C1", or nothing.
func (s *scans) symbology(b []byte) []byte {
	var id []byte
	for _, u := range []uint32{usageSymbol1, usageSymbol2, usageSymbol3} {
		c, ok := s.number(b, u)
		if !ok || c <= ' ' || c > '~' {
			return nil
		}
		id = append(id, byte(c))
	}
	if id[0] != ']' {
		return nil
	}
	return id
}

// number reads a field of at most 16 bits.
func (s *scans) number(b []byte, usage uint32) (int, bool) {
	f, ok := s.report.fields[usage]
	if !ok || f.size > 16 || (f.bit+f.size+7)/8 > len(b) {
		return 0, false
	}
	n := 0
	for i := range f.size {
		bit := f.bit + i
		n |= int(b[bit/8]>>(bit%8)&1) << i
	}
	return n, true
}

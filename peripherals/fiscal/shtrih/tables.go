package shtrih

import (
	"context"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
)

// maxTables bounds the look for a table by name; models have up to 26.
const maxTables = 32

// maxNumber is the longest number of a field, in bytes.
const maxNumber = 8

// tables is what is known of a device's settings tables: their numbers and
// the places of fields differ between models, the names hardly do.
type tables struct {
	list   []table
	fields map[[2]byte]field
}

type table struct {
	number byte
	title  string
	name   string // lower case
	rows   int
	fields int
}

type field struct {
	title string
	name  string // lower case
	text  bool
	size  int    // bytes
	low   uint64 // of a number
	high  uint64
}

// findTable looks for the table whose name holds one of words. ok is false
// when the device has none, or no tables at all.
func (p *Printer) findTable(ctx context.Context, words ...string) (t table, ok bool, err error) {
	if p.tables == nil {
		if p.tables, err = p.readTables(ctx); err != nil {
			return t, false, err
		}
	}
	for _, t := range p.tables.list {
		if containsAny(t.name, words) {
			return t, true, nil
		}
	}
	return t, false, nil
}

func (p *Printer) readTables(ctx context.Context) (*tables, error) {
	all := &tables{fields: map[[2]byte]field{}}
	for n := byte(1); n <= maxTables; n++ {
		data, err := p.call(ctx, cmdTableInfo, []byte{n})
		if refusedWith(err, codeNoTable, codeBadParams, codeBadModel) {
			continue
		}
		if refusedWith(err, codeUnsupported) {
			break
		}
		if err != nil {
			return nil, err
		}
		t, err := parseTable(n, data)
		if err != nil {
			return nil, err
		}
		all.list = append(all.list, t)
	}
	return all, nil
}

func parseTable(number byte, data []byte) (table, error) {
	u := unpacker{b: data}
	t := table{number: number, title: title(u.bytes(40)), rows: int(u.u(2)), fields: int(u.byte())}
	if u.short {
		return t, answerError(cmdTableInfo)
	}
	t.name = strings.ToLower(t.title)
	return t, nil
}

// parseField reads 2Eh. Numbers come with their range; one that makes no sense
// gives way to what so many bytes hold.
func parseField(data []byte) (field, error) {
	u := unpacker{b: data}
	f := field{title: title(u.bytes(40)), text: u.byte() == 1, size: int(u.byte())}
	if u.short {
		return f, answerError(cmdFieldInfo)
	}
	f.name = strings.ToLower(f.title)
	if f.text || f.size < 1 || f.size > maxNumber {
		return f, nil
	}
	f.low, f.high = u.u(f.size), u.u(f.size)
	if u.short || f.low > f.high || f.high == 0 {
		f.low, f.high = 0, 1<<(8*f.size)-1
	}
	return f, nil
}

// findField looks for the field of t whose name holds one of words, at the
// place it usually has first.
func (p *Printer) findField(ctx context.Context, t table, usual byte, words ...string) (n byte, f field, ok bool, err error) {
	order := []byte{}
	if usual >= 1 && int(usual) <= t.fields {
		order = append(order, usual)
	}
	for i := 1; i <= t.fields; i++ {
		if byte(i) != usual {
			order = append(order, byte(i))
		}
	}
	for _, n := range order {
		f, err := p.fieldInfo(ctx, t, n)
		if refusedWith(err, codeNoTable, codeBadParams, codeBadModel, codeBadSetting) {
			continue
		}
		if err != nil {
			return 0, f, false, err
		}
		if containsAny(f.name, words) {
			return n, f, true, nil
		}
	}
	return 0, f, false, nil
}

func (p *Printer) fieldInfo(ctx context.Context, t table, n byte) (field, error) {
	known := p.tables
	if known == nil { // forgotten: the line was lost and somebody else answers
		return field{}, fmt.Errorf("%w: another device answers while settings are read", fiscal.ErrMoved)
	}
	if f, ok := known.fields[[2]byte{t.number, n}]; ok {
		return f, nil
	}
	data, err := p.call(ctx, cmdFieldInfo, []byte{t.number, n})
	if err != nil {
		return field{}, err
	}
	f, err := parseField(data)
	if err != nil {
		return f, err
	}
	known.fields[[2]byte{t.number, n}] = f
	return f, nil
}

func (p *Printer) readField(ctx context.Context, t table, row uint16, n byte) ([]byte, error) {
	return p.call(ctx, cmdReadTable, pack().u(uint64(t.number), 1).u(uint64(row), 2).u(uint64(n), 1).b)
}

func (p *Printer) readNumber(ctx context.Context, t table, row uint16, n byte) (uint64, error) {
	data, err := p.readField(ctx, t, row, n)
	u := unpacker{b: data}
	return u.u(min(len(data), 8)), err
}

func (p *Printer) writeNumber(ctx context.Context, t table, row uint16, n byte, f field, v uint64) error {
	params := pack().u(uint64(t.number), 1).u(uint64(row), 2).u(uint64(n), 1).u(v, min(f.size, 8)).b
	_, err := p.call(ctx, cmdWriteTable, params)
	return err
}

func title(b []byte) string {
	return strings.TrimSpace(text.CP1251.Printable(text.CP1251.DecodeZ(b)))
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

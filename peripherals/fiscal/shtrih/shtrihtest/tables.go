package shtrihtest

import (
	"fmt"
	"net"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
)

// Layouts: how a family numbers its tables, and which fields it does not have.
const (
	DesktopLayout = "desktop"
	AndroidLayout = "android" // FN is 13, OFD is 14, the FFD version stands in 10
)

type layout struct {
	numbers map[byte]byte // from the line's number to the desktop's; nil: the same
	hidden  map[byte][]int
}

var layouts = map[string]layout{
	DesktopLayout: {hidden: map[byte][]int{modeTable: {electronicRow}, serviceTable: {formatField}}},
	AndroidLayout: {
		numbers: map[byte]byte{1: modeTable, 2: cashierTable, 4: 4, 5: 5, 6: 6, 7: 7, 10: serviceTable, 11: regionTable, 12: 16, 13: 18, 14: exchangeTable, 15: 20, 16: 21},
		hidden:  map[byte][]int{regionTable: {17}},
	},
}

// table gives the table the line calls n, and its desktop number.
func (d *Device) table(n byte) (tableDef, byte, bool) {
	l := layouts[d.s.Layout]
	if l.numbers != nil {
		desktop, ok := l.numbers[n]
		if !ok {
			return tableDef{}, 0, false
		}
		n = desktop
	}
	t, ok := tableDefs[n]
	for t.last > 0 && l.hides(n, t.last) {
		t.last = t.before(t.last)
	}
	return t, n, ok
}

func (l layout) hides(table byte, field int) bool {
	for _, f := range l.hidden[table] {
		if f == field {
			return true
		}
	}
	return false
}

// before is the highest field below n.
func (t tableDef) before(n int) (highest int) {
	for f := range t.fields {
		if f < n && f > highest {
			highest = f
		}
	}
	return highest
}

// lookup finds a field by the line's numbers; n is the table's desktop number.
// Numbers a table skips are reserved bytes.
func (d *Device) lookup(table byte, row, field int) (t tableDef, f fieldDef, n, code byte) {
	t, n, ok := d.table(table)
	if !ok {
		return t, f, n, errNoTable
	}
	if row < 1 || row > t.rows || field < 1 || field > t.last {
		return t, f, n, errParams
	}
	f, ok = t.fields[field]
	if !ok || layouts[d.s.Layout].hides(n, field) {
		f = readOnly(num("РЕЗЕРВ", 1, 255, 0))
	}
	return t, f, n, 0
}

func cell(table byte, row, field int) string { return fmt.Sprintf("%d.%d.%d", table, row, field) }

// value reads a cell by its desktop numbers; it must exist. d.mu is held.
func (d *Device) value(table byte, row, field int) []byte {
	return d.read(tableDefs[table].fields[field], table, row, field)
}

func (d *Device) read(f fieldDef, table byte, row, field int) []byte {
	if f.live != nil {
		return f.live(d)
	}
	if v, ok := d.s.Tables[cell(table, row, field)]; ok {
		return v
	}
	return f.initial(d, row)
}

func (d *Device) tableInfo(in *call) ([]byte, byte) {
	t, _, ok := d.table(in.byte())
	if !ok {
		return nil, errNoTable
	}
	b := fill(text.CP1251.EncodeMax(t.name, 40), 40)
	return append(le(b, uint64(t.rows), 2), byte(t.last)), 0
}

func (d *Device) fieldInfo(in *call) ([]byte, byte) {
	_, f, _, e := d.lookup(in.byte(), 1, int(in.byte()))
	if e != 0 {
		return nil, e
	}
	b := fill(text.CP1251.EncodeMax(f.name, 40), 40)
	if f.chars {
		return append(b, 1, byte(f.size)), 0
	}
	b = append(b, 0, byte(f.size))
	return le(le(b, f.low, f.size), f.high, f.size), 0
}

func (d *Device) readTable(in *call) ([]byte, byte) {
	table, row, field := in.byte(), int(in.u(2)), int(in.byte())
	_, f, n, e := d.lookup(table, row, field)
	if e != 0 {
		return nil, e
	}
	return d.read(f, n, row, field), 0
}

func (d *Device) writeTable(in *call) ([]byte, byte) {
	table, row, field := in.byte(), int(in.u(2)), int(in.byte())
	t, f, n, e := d.lookup(table, row, field)
	value := append([]byte(nil), in.b...)
	switch {
	case e != 0:
		return nil, e
	case f.fixed:
		return nil, errReadOnly
	case n == 5 && row == 1: // cash is always cash
		return nil, errReadOnly
	case (t.locked || f.locked) && d.s.ShiftOpen:
		return nil, errLocked
	case len(value) > f.size:
		return nil, errLength
	}
	value = fill(value, f.size)
	if v := (&reader{value}).u(min(f.size, 8)); !f.chars && (v < f.low || v > f.high) {
		return nil, errParams
	}
	d.s.Tables[cell(n, row, field)] = value
	return nil, 0
}

// resetTables is 24h: the factory's values come back, passwords included.
func (d *Device) resetTables(*call) ([]byte, byte) {
	if d.s.ShiftOpen {
		return nil, errMode
	}
	d.s.Tables = map[string][]byte{}
	return nil, 0
}

// replacesVAT tells whether the firmware turns 20 % into 22 %. d.mu is held.
func (d *Device) replacesVAT() bool {
	return d.value(regionTable, 1, vatReplaceField)[0] == 1 && d.now().Year() >= 2026
}

// roubles prints a sum the way slips do.
func roubles(a money.Amount) string { return "=" + a.String() }

// hostPort takes an address apart; what is none is no host and no port.
func hostPort(address string) (host string, port uint64) {
	host, number, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.ParseUint(number, 10, 16)
	}
	if err != nil {
		return "", 0
	}
	return host, port
}

package shtrih

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// maxRows bounds the rows of one table: no model has as many.
const maxRows = 256

// hidden stands for the value of a password.
const hidden = "••••"

// secret tells whether a field holds a password: of cashiers, of a network.
func (f field) secret() bool { return containsAny(f.name, []string{"парол", "password"}) }

// reserved tells whether a field means nothing on this model.
func (f field) reserved() bool {
	return f.name == "" || containsAny(f.name, []string{"резерв", "reserved"})
}

// Settings implements fiscal.Service.
func (p *Printer) Settings(ctx context.Context, name string) ([]kkt.Setting, error) {
	ctx, end := p.begin(ctx)
	defer end()
	chosen, err := p.chooseTables(ctx, name)
	if err != nil {
		return nil, err
	}
	var all []kkt.Setting
	for _, t := range chosen {
		list, err := p.listTable(ctx, t)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// chooseTables gives the table of a name, or all of them.
func (p *Printer) chooseTables(ctx context.Context, name string) ([]table, error) {
	if p.tables == nil {
		var err error
		if p.tables, err = p.readTables(ctx); err != nil {
			return nil, err
		}
	}
	if name == "" {
		return p.tables.list, nil
	}
	t, err := pick(p.tables.list, name, func(t table) (int, string) { return int(t.number), t.name })
	return []table{t}, err
}

func (p *Printer) listTable(ctx context.Context, t table) ([]kkt.Setting, error) {
	if t.rows > maxRows {
		return nil, fmt.Errorf("%w: table %d has %d rows", fiscal.ErrGarbage, t.number, t.rows)
	}
	fields, err := p.fieldsOf(ctx, t)
	if err != nil {
		return nil, err
	}
	var all []kkt.Setting
	for row := 1; row <= t.rows; row++ {
		for _, f := range fields {
			if f.reserved() {
				continue
			}
			s, err := p.setting(ctx, t, row, f)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// numbered is a field with its place.
type numbered struct {
	field
	n byte
}

// fieldsOf describes the fields of a table. What a model refuses to describe
// it does not have.
func (p *Printer) fieldsOf(ctx context.Context, t table) ([]numbered, error) {
	var all []numbered
	for n := 1; n <= t.fields; n++ {
		f, err := p.fieldInfo(ctx, t, byte(n))
		if isRefusal(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, numbered{f, byte(n)})
	}
	return all, nil
}

func (p *Printer) setting(ctx context.Context, t table, row int, f numbered) (kkt.Setting, error) {
	s := kkt.Setting{SettingRef: kkt.SettingRef{Table: t.title, Row: row, Field: f.title},
		TableNo: int(t.number), FieldNo: int(f.n), Text: f.text, Min: f.low, Max: f.high, Size: f.size, Value: hidden}
	if f.secret() {
		return s, nil
	}
	data, err := p.readField(ctx, t, uint16(row), f.n)
	s.Value = f.show(data)
	return s, err
}

// show writes a value as a person reads it.
func (f field) show(data []byte) string {
	switch {
	case f.text:
		return title(data)
	case f.size > maxNumber:
		return strings.ToUpper(hex.EncodeToString(data))
	}
	u := unpacker{b: data}
	return strconv.FormatUint(u.u(min(len(data), maxNumber)), 10)
}

// pack makes a value of what a person wrote, in the field's whole length.
func (f field) pack(value string) ([]byte, error) {
	bad := func(format string, args ...any) ([]byte, error) {
		return nil, fmt.Errorf("%w: %s", fiscal.ErrBadValue, fmt.Sprintf(format, args...))
	}
	switch {
	case f.text && text.CP1251.Printable(value) != value:
		return bad("the device has no letters for %.80q", value)
	case f.text:
		b := text.CP1251.Encode(value)
		if len(b) > f.size {
			return bad("%d letters, the field holds %d", utf8.RuneCountInString(value), f.size)
		}
		return append(b, make([]byte, f.size-len(b))...), nil
	case f.size < 1 || f.size > maxNumber:
		return bad("a field of %d bytes", f.size)
	}
	v, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
	if err != nil || v < f.low || v > f.high {
		return bad("%.40q is not a number of %d..%d", value, f.low, f.high)
	}
	return pack().u(v, f.size).b, nil
}

// Set implements fiscal.Service.
func (p *Printer) Set(ctx context.Context, ref kkt.SettingRef, value string) error {
	ctx, end := p.begin(ctx)
	defer end()
	if ref.Table == "" {
		return fmt.Errorf("%w: no table is named", fiscal.ErrNoSetting)
	}
	chosen, err := p.chooseTables(ctx, ref.Table)
	if err != nil {
		return err
	}
	t := chosen[0]
	fields, err := p.fieldsOf(ctx, t)
	if err != nil {
		return err
	}
	f, err := pick(fields, ref.Field, func(f numbered) (int, string) { return int(f.n), f.name })
	if err != nil {
		return err
	}
	switch {
	case ref.Row < 1 || ref.Row > t.rows:
		return fmt.Errorf("%w: row %d of %d in %q", fiscal.ErrNoSetting, ref.Row, t.rows, t.title)
	case f.secret():
		return fmt.Errorf("%w: %q", fiscal.ErrSecret, f.title)
	}
	b, err := f.pack(value)
	if err != nil {
		return fmt.Errorf("%q: %w", f.title, err)
	}
	return p.write(ctx, t, uint16(ref.Row), f, b)
}

// write writes a cell and reads it back. What the driver knows of the device
// may have changed with it.
func (p *Printer) write(ctx context.Context, t table, row uint16, f numbered, value []byte) error {
	p.identity, p.prints = nil, false
	if _, err := p.call(ctx, cmdWriteTable, pack().u(uint64(t.number), 1).u(uint64(row), 2).u(uint64(f.n), 1).bytes(value...).b); err != nil {
		return fmt.Errorf("%q: %w", f.title, err)
	}
	back, err := p.readField(ctx, t, row, f.n)
	if err != nil {
		return err
	}
	if cut := func(b []byte) []byte { return bytes.TrimRight(b, "\x00 ") }; !bytes.Equal(cut(back), cut(value)) {
		return fmt.Errorf("%w: %q was set and reads %q", fiscal.ErrGarbage, f.title, f.show(back))
	}
	return nil
}

// pick finds one by its name in any letter case, or by "#" and its number. A
// part of a name will do when it is only one's.
func pick[T any](list []T, name string, of func(T) (number int, name string)) (T, error) {
	var found []T
	name = strings.ToLower(strings.TrimSpace(name))
	if digits, byNumber := strings.CutPrefix(name, "#"); byNumber {
		for _, x := range list {
			if n, _ := of(x); strconv.Itoa(n) == digits {
				return x, nil
			}
		}
	}
	for _, fits := range []func(string) bool{
		func(s string) bool { return s == name },
		func(s string) bool { return name != "" && strings.Contains(s, name) },
	} {
		for _, x := range list {
			if _, s := of(x); fits(s) {
				found = append(found, x)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			break
		}
	}
	var none T
	if len(found) > 1 {
		return none, fmt.Errorf("%w: %q names %d", fiscal.ErrNoSetting, name, len(found))
	}
	return none, fmt.Errorf("%w: %q", fiscal.ErrNoSetting, name)
}

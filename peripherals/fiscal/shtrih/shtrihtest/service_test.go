package shtrihtest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// walk plays steps on a device.
func walk(t *testing.T, d *Device, steps []step) {
	t.Helper()
	h := connect(t, d)
	for i, s := range steps {
		if name, arg, ok := strings.Cut(s.send, "!"); ok {
			args := []string{arg}
			if arg == "" {
				args = nil
			}
			if err := d.Fault(name, args...); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := h.code(s.send); got != s.code {
			t.Fatalf("step %d, %s: answered %02X, want %02X", i+1, s.what, got, s.code)
		}
	}
}

// TestClock: what the clock's commands ask for, and what a wrong clock costs.
func TestClock(t *testing.T) {
	walk(t, open(t, Options{}), []step{
		{"confirming nothing", "23" + pwd + "140B1A", errMode},
		{"25 o'clock", "21" + pwd + "190000", errParams},
		{"30 February", "22" + pwd + "1E021A", errDate},
		{"time", "21" + pwd + "0D0A3B", 0},
		{"date", "22" + pwd + "150B1A", 0},
		{"a document meanwhile", "FF41" + pwd, errConfirm},
		{"a report meanwhile", "40" + pwd, errConfirm},
		{"status meanwhile", "10" + pwd, 0},
		{"another date", "23" + pwd + "160B1A", errDateDiffers},
		{"confirmed", "23" + pwd + "150B1A", 0},
		{"a day ahead of the FN", openShiftHex, errTimer},
		{"", "22" + pwd + "140B1A", 0},
		{"", "23" + pwd + "140B1A", 0},
		{"an hour ahead still", openShiftHex, errTimer},
		{"", "21" + pwd + "0C0400", 0},
		{"four minutes", openShiftHex, 0},
		{"time in a shift", "21" + pwd + "0C0000", errMode},
		{"date in a shift", "22" + pwd + "140B1A", errMode},
		{"", "clock-wrong!-6m", 0},
		{"behind the FN", zReportHex, errTime},
		{"", "clock-wrong!6m", 0},
		{"ahead of the FN", zReportHex, errTimer},
		{"", "clock-wrong!0s", 0},
		{"closed before its opening", zReportHex, errTime},
		{"", "clock-drift!10m", 0},
		{"time passes for both", zReportHex, 0},
		{"", "clock-lost!", 0},
		{"mode 6", openShiftHex, errConfirm},
	})
	d := open(t, Options{})
	h := connect(t, d)
	h.ok("21", pwd, "0D0A3B")
	if now := d.State().Clock; !now.Equal(time.Date(2026, 11, 20, 13, 10, 0, 0, noon.Location())) {
		t.Errorf("set to 13:10:59, it shows %s", now)
	}
}

// tableInfo reads one table's card by hand.
func tableInfo(t *testing.T, h *host, n byte) (name string, rows, fields int, ok bool) {
	t.Helper()
	a := h.ask("2D", pwd, hex.EncodeToString([]byte{n}))
	if a[1] != 0 {
		return "", 0, 0, false
	}
	if len(a) != 45 {
		t.Errorf("table %d: %d bytes, want 45", n, len(a))
	}
	return text.CP1251.DecodeZ(a[2:42]), int(a[42]) | int(a[43])<<8, int(a[44]), true
}

// TestTables: every cell of every table reads in the size and range its field
// claims, in both layouts.
func TestTables(t *testing.T) {
	for name, want := range map[string]map[byte]string{
		DesktopLayout: {1: "ТИП И РЕЖИМ КАССЫ", 17: "РЕГИОНАЛЬНЫЕ НАСТРОЙКИ", 18: "FISCAL STORAGE", 19: "ПАРАМЕТРЫ ОФД", 21: "СЕТЕВЫЕ ИНТЕРФЕЙСЫ"},
		AndroidLayout: {10: "СЛУЖЕБНАЯ", 11: "РЕГИОНАЛЬНЫЕ НАСТРОЙКИ", 13: "FISCAL STORAGE", 14: "ПАРАМЕТРЫ ОФД", 17: "", 3: ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := connect(t, open(t, Options{Layout: name}))
			cells := 0
			for n := byte(1); n <= 32; n++ {
				title, rows, fields, ok := tableInfo(t, h, n)
				if said, asked := want[n]; asked && said != title {
					t.Errorf("table %d is %q, want %q", n, title, said)
				}
				for f := 1; ok && f <= fields; f++ {
					cells += checkField(t, h, n, f, rows)
				}
			}
			if cells < 150 {
				t.Errorf("only %d cells", cells)
			}
		})
	}
}

func checkField(t *testing.T, h *host, table byte, field, rows int) (cells int) {
	info := h.ok("2E", pwd, hex.EncodeToString([]byte{table, byte(field)}))
	chars, size := info[40] == 1, int(info[41])
	if chars && len(info) != 42 || !chars && len(info) != 42+2*size {
		t.Errorf("field %d.%d: %d bytes about %d", table, field, len(info), size)
	}
	for row := 1; row <= rows; row++ {
		v := h.ok("1F", pwd, hex.EncodeToString([]byte{table, byte(row), 0, byte(field)}))
		if len(v) != size {
			t.Errorf("cell %d.%d.%d: %d bytes, want %d", table, row, field, len(v), size)
		}
		if !chars {
			low, high, is := (&reader{info[42 : 42+size]}).u(size), (&reader{info[42+size:]}).u(size), (&reader{v}).u(size)
			if is < low || is > high {
				t.Errorf("cell %d.%d.%d: %d is not within %d..%d", table, row, field, is, low, high)
			}
		}
		cells++
	}
	return cells
}

// TestTableLocks: what can not be written, and what a reset does.
func TestTableLocks(t *testing.T) {
	d := open(t, Options{})
	walk(t, d, []step{
		{"exchange status", "1E" + pwd + "14" + "0100" + "03" + "0000", errReadOnly},
		{"FN number", "1E" + pwd + "12" + "0100" + "04" + "31", errReadOnly},
		{"a reserved field", "1E" + pwd + "11" + "0100" + "02" + "01", errReadOnly},
		{"FFD version", "1E" + pwd + "11" + "0100" + "11" + "02", errReadOnly},
		{"the name of cash", "1E" + pwd + "05" + "0100" + "01" + "41", errReadOnly},
		{"another payment", "1E" + pwd + "05" + "0200" + "01" + "41", 0},
		{"a range with a lower end", "1E" + pwd + "11" + "0100" + "08" + "00", errParams},
		{"hidden on a desktop", "1E" + pwd + "0A" + "0100" + "1D" + "02", errReadOnly},
		{"a cashier's password", "1E" + pwd + "02" + "0500" + "01" + "39300000", 0},
		{"works", "10" + "39300000", 0},
		{"", openShiftHex, 0},
		{"payments in a shift", "1E" + pwd + "05" + "0200" + "01" + "42", errLocked},
		{"VAT mode in a shift", "1E" + pwd + "01" + "0100" + "0E" + "01", errLocked},
		{"the rest in a shift", "1E" + pwd + "01" + "0100" + "07" + "00", 0},
		{"reset in a shift", "24" + pwd, errMode},
		{"", zReportHex, 0},
		{"reset", "24" + pwd, 0},
		{"the password is the factory's again", "10" + "39300000", errPassword},
	})
	walk(t, open(t, Options{Layout: AndroidLayout}), []step{
		{"FFD version", "1E" + pwd + "0A" + "0100" + "1D" + "02", 0},
		{"the FN is read-only there too", "1E" + pwd + "0D" + "0100" + "04" + "31", errReadOnly},
	})
	if _, err := Open(Options{Layout: "tablet"}); err == nil {
		t.Error("an unknown layout passed")
	}
}

// TestShiftLimit: a shift ends some minutes before its 24 hours, as set.
func TestShiftLimit(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	for _, c := range []struct {
		age     string
		minutes string // set, hexadecimal
		mode    int
	}{{"23h58m", "01", modeOpen}, {"23h59m", "01", modeExpired}, {"23h1m", "3B", modeExpired}, {"23h0m", "3B", modeOpen}} {
		h.ok("1E", pwd, "11", "0100", "08", c.minutes)
		if err := d.Fault("clock-drift", c.age); err != nil {
			t.Fatal(err)
		}
		if st := d.State(); st.Mode != c.mode {
			t.Errorf("%s old, %sh minutes early: mode %d, want %d", c.age, c.minutes, st.Mode, c.mode)
		}
	}
}

// TestFacts: what the device says of itself, in its long and in its short
// forms.
func TestFacts(t *testing.T) {
	d := open(t, Options{Automatic: true})
	h := connect(t, d)
	if v := h.ok("FF09", pwd); len(v) != 5+12+20+2+1+12+4+8 || v[38] != 4 || v[39] != 0x10 {
		t.Errorf("registration % X", v)
	}
	if v := h.ok("FF60", pwd, "00", "1804"); text.CP866.Decode(v) != text.CP866.Printable(user) {
		t.Errorf("user % X", v)
	}
	if c := h.code("FF60", pwd, "00", "0F27"); c != errNoData {
		t.Errorf("no such tag: %02X", c)
	}
	if v := h.ok("FF4C", pwd, "01"); len(v) != 64 {
		t.Errorf("registration 1: %d bytes", len(v))
	}
	if c := h.code("FF4C", pwd, "02"); c != errNoData {
		t.Errorf("registration 2: %02X", c)
	}
	if v := h.ok("26", pwd, "01"); !bytes.Equal(v, []byte{0xE0, 1, 12, 24, 7}) {
		t.Errorf("font % X", v)
	}
	if v := h.ok("1B", pwd, "98"); len(v) != 3 {
		t.Errorf("counter % X", v)
	}
	h.ok("FF3D", pwd)
	h.ok("FF08", pwd)
	long := map[string]int{"FF03" + pwd: 5, "FF63" + pwd: 9, "FF09" + pwd: 64}
	for send, n := range map[string]int{"FF03" + pwd: 3, "FF63" + pwd: 8, "FF09" + pwd: 47} {
		if got := len(h.ok(send)); got != long[send] {
			t.Errorf("%s: %d bytes, want %d", send, got, long[send])
		}
		for fault, want := range map[string]int{"terse": n, "chatty": -1} {
			if err := d.Fault(fault, "on"); err != nil {
				t.Fatal(err)
			}
			got := len(h.ok(send))
			if want > 0 && got != want || want < 0 && got < long[send] {
				t.Errorf("%s %s: %d bytes", fault, send, got)
			}
			if err := d.Fault(fault, "off"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		fault, arg string
		bits       byte
	}{{"fn-expires", "31", 0}, {"fn-expires", "30", 2}, {"fn-expires", "3", 3}, {"fn-archive", "90", 7}, {"clock-drift", "73h", 15}} {
		if err := d.Fault(c.fault, c.arg); err != nil {
			t.Fatal(err)
		}
		if v := h.ok("FF01", pwd); v[4] != c.bits {
			t.Errorf("%s %s: warnings %02X, want %02X", c.fault, c.arg, v[4], c.bits)
		}
	}
}

// TestPaperCommands: feeding, copies, fonts.
func TestPaperCommands(t *testing.T) {
	d := open(t, Options{})
	walk(t, d, []step{
		{"nothing to copy", "8C" + pwd, errNothing},
		{"font 8", "2F" + pwd + "02" + "08" + "41", errParams},
		{"font 0", "26" + pwd + "00", errParams},
		{"feed", "29" + pwd + "02" + "03", 0},
		{"barcode", "C2" + pwd + "0F2C3C1B42", 0}, // 284 319 001 615
		{"barcode of 13 digits", "C2" + pwd + "FFFFFFFFFF", errParams},
		{"", "cutter-broken!on", 0},
		{"cut", "25" + pwd + "00", errCutter},
		{"", openShiftHex, 0},
		{"", openSale, 0},
		{"feed in a receipt", "29" + pwd + "02" + "01", errMode},
		{"", bread, 0},
		{"copy in a receipt", "8C" + pwd, errMode},
		{"", payCash(2000), 0},
		{"copy", "8C" + pwd, 0},
	})
	if p := d.Paper(); strings.Count(p, "Хлеб") != 2 || strings.Count(p, "КОПИЯ ЧЕКА") != 1 {
		t.Error(p)
	}
}

const (
	tail44  = "\x1d91EE10\x1d92" + "0123456789ABCDEF0123456789ABCDEF0123456789AB"
	goodKM  = "0104606203103348215=EfODA" + tail44
	forgeKM = "0104606203103348215=EfODB\x1d91EE10\x1d92BAD3456789ABCDEF0123456789ABCDEF0123456789AB"
	shortKM = "0104606203103348215=EfODC\x1d93UpGb"
)

func check(code string, status byte) string {
	return "FF61" + pwd + fmt.Sprintf("%02X00%02X00", status, len(code)) + hex.EncodeToString([]byte(code))
}

func bind(code string) string {
	return "FF67" + pwd + fmt.Sprintf("%02X", len(code)) + hex.EncodeToString([]byte(code))
}

// TestVerdicts: what a check says, by the FN's own and the marking system's.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		code, local, server string
		want                string // local, reason, type, what the server said, then 2106
		refused             byte
	}{
		{goodKM, "auto", "ok", "03 00 04 00 0F", 0},
		{goodKM, "auto", "bad", "03 00 04 00 07", 0},
		{goodKM, "auto", "timeout", "03 00 04 FF 03", 0},
		{goodKM, "auto", "broken", "03 00 04 20 03", 0},
		{goodKM, "auto", "offline", "03 00 04 -- 13", 0},
		{goodKM, "auto", "sold", "", errMarkGone},
		{goodKM, "auto", "forged", "", errMarkForged},
		{forgeKM, "auto", "ok", "01 00 04 00 05", 0},
		{forgeKM, "auto", "offline", "01 00 04 -- 11", 0},
		{forgeKM, "good", "ok", "03 00 04 00 0F", 0},
		{goodKM, "bad", "timeout", "01 00 04 FF 01", 0},
		{goodKM, "nokey", "ok", "00 02 04 00 0F", 0},
		{goodKM, "nokey", "offline", "00 02 04 -- 10", 0},
		{shortKM, "auto", "ok", "00 01 05 00 0F", 0},
		{shortKM, "auto", "timeout", "00 01 05 FF 00", 0},
		{"0104606203103348215=EfODC\x1d91EE10", "auto", "bad", "00 03 01 00 05", 0},
	} {
		t.Run(fmt.Sprint(c.code[24:], c.local, c.server), func(t *testing.T) {
			d := open(t, Options{})
			h := connect(t, d)
			h.ok(openShiftHex)
			for fault, arg := range map[string]string{"mark-local": c.local, "mark-server": c.server} {
				if err := d.Fault(fault, arg); err != nil {
					t.Fatal(err)
				}
			}
			a := h.ask(check(c.code, 1))
			if c.refused != 0 {
				if a[2] != c.refused || d.Marking().Pending {
					t.Errorf("answered % X", a)
				}
				return
			}
			server := "--"
			if a[6] > 0 {
				server = fmt.Sprintf("%02X", a[7])
			}
			result := h.ok("FF69", pwd, "01")
			if got := fmt.Sprintf("% X %s % X", a[3:6], server, result); got != c.want || int(a[6]) != len(a)-7 {
				t.Errorf("%s, want %s", got, c.want)
			}
			if m := d.Marking(); len(m.Saved) != 1 || m.Pending {
				t.Errorf("%+v", m)
			}
		})
	}
}

// TestMarkOrder: which command of marking may follow which.
func TestMarkOrder(t *testing.T) {
	quantity := "3C0801000B" + "FF0303000" + "3C201" // kg, 0.450
	marked := "FF46" + pwd + "01" + "40420F000000" + "D007000000" + notGivenHex + notGivenHex + "CB" + "01" + "04" + "21" + breadName
	walk(t, open(t, Options{}), []step{
		{"shift closed", check(goodKM, 1), errMode},
		{"", openShiftHex, 0},
		{"nothing to accept", "FF69" + pwd + "01", errMarkOrder},
		{"status 5", check(goodKM, 5), errParams},
		{"measured without a quantity", check(goodKM, 2), errParams},
		{"measured", "FF61" + pwd + fmt.Sprintf("0200%02X0C", len(goodKM)) + hex.EncodeToString([]byte(goodKM)) + quantity, 0},
		{"rejected", "FF69" + pwd + "00", 0},
		{"length", check(goodKM, 1) + "00", errLength},
		{"checked", check(goodKM, 1), 0},
		{"rejected", "FF69" + pwd + "00", 0},
		{"twice", "FF69" + pwd + "00", errMarkOrder},
		{"", check(goodKM, 1), 0},
		{"action 3", "FF69" + pwd + "03", errParams},
		{"accepted", "FF69" + pwd + "01", 0},
		{"bound to nothing", bind(goodKM), errMode},
		{"", openSale, 0},
		{"bound before an item", bind(goodKM), errMarkOrder},
		{"", marked, 0},
		{"closed without its code", payCash(2000), errMissing},
		{"bound", bind(goodKM), 0},
		{"bound twice", bind(goodKM), errMarkOrder},
		{"", marked, 0},
		{"the same code again", bind(goodKM), errMarkOrder},
		{"unchecked", bind(shortKM), 0},
		{"", payCash(4000), 0},
		{"", "mark-strict!on", 0},
		{"", openSale, 0},
		{"", marked, 0},
		{"the last receipt's code", bind(goodKM), errNotChecked},
		{"", check(goodKM, 1), 0},
		{"checked within", "FF69" + pwd + "01", 0},
		{"", bind(goodKM), 0},
		{"", cancelHex, 0},
		{"", "mark-inside!on", 0},
		{"outside", check(goodKM, 1), errMode},
		{"", "mark-inside!off", 0},
		{"", "mark-blocked!on", 0},
		{"blocked", check(goodKM, 1), errMarkBlocked},
		{"", "mark-blocked!off", 0},
		{"", "notices!1000", 0},
		{"no room for notices", check(goodKM, 1), errMarkBlocked},
	})
	walk(t, open(t, Options{NoMarking: true}), []step{{"", openShiftHex, 0}, {"not registered for it", check(goodKM, 1), errNoMarking}})
	walk(t, open(t, Options{FFD: "1.05"}), []step{
		{"", openShiftHex, 0}, {"no checks", check(goodKM, 1), errUnsupported}, {"no notices", "FF68" + pwd, errUnsupported},
		{"", openSale, 0}, {"", bread, 0}, {"bound all the same", bind(goodKM), 0},
	})
}

// TestMarkLimits: 128 codes, and what ends them: a receipt, its cancelling, a
// clear, a power cut.
func TestMarkLimits(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	fillUp := func(n int) {
		for i := range n {
			h.ok(check(fmt.Sprintf("01046062031033482100%05d\x1d93UpGb", i), 1))
			h.ok("FF69", pwd, "01")
		}
	}
	fillUp(maxMarks)
	if c := h.code(check(goodKM, 1)); c != errMarksFull {
		t.Errorf("code 129: %02X", c)
	}
	if v := h.ok("FF70", pwd); v[3] != maxMarks || len(v) != 8 {
		t.Errorf("state % X", v)
	}
	h.ok("FF69", pwd, "02")
	for name, end := range map[string]func(){
		"cleared":   func() { h.ok("FF69", pwd, "02") },
		"cancelled": func() { h.ok(openSale); h.ok(cancelHex) },
		"sold":      func() { h.ok(openSale); h.ok(bread); h.ok(payCash(2000)) },
		"power":     func() { breaks(t, d, "power-cycle") },
	} {
		fillUp(3)
		if end(); len(d.Marking().Saved) != 0 {
			t.Errorf("%s: %+v", name, d.Marking())
		}
	}
}

func breaks(t *testing.T, d *Device, name string) {
	t.Helper()
	if err := d.Fault(name); err != nil {
		t.Fatal(err)
	}
}

// TestNotices: a sold unit waits for the marking system, and can be carried
// there by hand.
func TestNotices(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	if v := h.ok("FF68", pwd); !bytes.Equal(v, make([]byte, 13)) {
		t.Errorf("empty queue % X", v)
	}
	if c := h.code("FF71", pwd); c != errNoData {
		t.Errorf("export of nothing: %02X", c)
	}
	h.ok(openShiftHex)
	h.ok(openSale)
	h.ok(bread)
	h.ok(bind(goodKM))
	h.ok(payCash(2000))
	if v := h.ok("FF68", pwd); !bytes.Equal(v, unhex(t, "01 0100 01000000 1A0B140C00 00")) {
		t.Errorf("queue % X", v)
	}
	body := d.s.Marks.Notices[0].Body
	if v := h.ok("FF71", pwd); !bytes.Equal(v, le(unhex(t, "0100 01000000"), uint64(len(body)), 2)) {
		t.Errorf("begin % X", v)
	}
	var got []byte
	for {
		a := h.ask("FF72", pwd)
		if a[2] == errNoData {
			break
		}
		if off := int(a[9]) | int(a[10])<<8; off != len(got) {
			t.Fatalf("offset %d of %d", off, len(got))
		}
		got = append(got, a[13:]...)
	}
	if !bytes.Equal(got, body) || !bytes.Contains(body, []byte(goodKM)) {
		t.Errorf("exported % X of % X", got, body)
	}
	sum := crc32.ChecksumIEEE(body)
	if c := h.code("FF73", pwd, "01000000", hex.EncodeToString(le(nil, uint64(sum+1), 4))); c != errParams {
		t.Errorf("wrong checksum: %02X", c)
	}
	h.ok("FF73", pwd, "01000000", hex.EncodeToString(le(nil, uint64(sum), 2)))
	if d.Marking().Notices != 0 {
		t.Error("confirmed and kept")
	}
}

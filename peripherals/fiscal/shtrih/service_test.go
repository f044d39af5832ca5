package shtrih_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// models are the kinds of device the service functions are tried on.
var models = map[string]shtrihtest.Options{
	"1.05, desktop": {FFD: "1.05"},
	"1.2, desktop":  {FFD: "1.2"},
	"1.05, android": {FFD: "1.05", Layout: shtrihtest.AndroidLayout},
	"1.2, android":  {FFD: "1.2", Layout: shtrihtest.AndroidLayout},
}

// each runs a test on every kind of device.
func each(t *testing.T, run func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer)) {
	for name, o := range models {
		t.Run(name, func(t *testing.T) {
			d := device(t, o)
			run(t, d, printer(t, serveTCP(t, d), shtrih.Options{}))
		})
	}
}

func TestFacts(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer) {
		for _, firmware := range []string{"usual", "terse", "chatty"} {
			if firmware != "usual" {
				fault(t, d, firmware, "on")
			}
			got, err := p.Facts(ctx)
			if err != nil {
				t.Fatal(firmware, err)
			}
			if got.FN == "" || got.FFD != d.State().FFD || got.TaxSystems[0] != tax.General {
				t.Errorf("%s: identity %+v", firmware, got.Identity)
			}
			got.Identity = kkt.Identity{}
			want := kkt.Facts{User: "ООО \"ПРИМЕР\"", Address: "г. Москва, ул. Примерная, 1", Place: "Магазин \"Пример\"",
				OFD:     kkt.OFD{Name: "ТЕСТОВЫЙ ОФД", INN: "7704358518", Host: "ofd.example", Port: 7777},
				FNPhase: 3, FNVersion: "fn debug v 2.20", FNExpires: time.Date(2029, 11, 20, 0, 0, 0, 0, noon.Location()),
				FNDocuments: 230_000 - 1, FNBuffer: 4095, Registered: noon, Exchange: kkt.Exchange{State: 2, Unsent: 1, FirstFD: 1, Since: noon},
				Notices: kkt.Notices{Supported: d.State().FFD == "1.2"}, Replaces: true, Battery: 3078, Supply: 23_888, Clock: noon}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(firmware, diff)
			}
			if firmware != "usual" {
				fault(t, d, firmware, "off")
			}
		}
	})
}

// TestFactsChange: what wears out, is set and is sold shows in the facts, and
// becomes a warning.
func TestFactsChange(t *testing.T) {
	ctx := context.Background()
	d := device(t, shtrihtest.Options{Automatic: true})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift)) // ends the replacing of rates
	fault(t, d, "fn-expires", "5")
	fault(t, d, "fn-archive", "95")
	fault(t, d, "battery-low")
	fault(t, d, "notices", "850")
	fault(t, d, "clock-wrong", "4m")
	if err := p.Set(ctx, kkt.SettingRef{Table: "параметры офд", Row: 1, Field: "обмен через хост"}, "1"); err != nil {
		t.Fatal(err)
	}
	f, err := p.Facts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Automatic || !f.Marking || f.Replaces || !f.ByHost || f.Notices.Queued != 850 || f.Notices.Fill != 85 || !f.Notices.Since.Equal(noon) || f.Battery != 2156 {
		t.Errorf("%+v", f)
	}
	st, err := p.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, w := range kkt.Warnings(f, st, noon) {
		codes = append(codes, string(w.Code))
	}
	want := []string{"fiscal.fn_expires", "fiscal.fn_archive", "fiscal.notices", "fiscal.drift", "fiscal.battery"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
}

func TestDrawerSensor(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	ctx := context.Background()
	if err := p.OpenDrawer(ctx); err != nil {
		t.Fatal(err)
	}
	if st, err := p.Status(ctx); err != nil || st.DrawerOpen {
		t.Errorf("believed before the model told of its sensor: %+v, %v", st, err)
	}
	if _, err := p.Identify(ctx); err != nil {
		t.Fatal(err)
	}
	if st, err := p.Status(ctx); err != nil || !st.DrawerOpen {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestSetClock(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer) {
		later := time.Date(2026, 11, 20, 12, 4, 59, 0, noon.Location())
		if err := p.SetClock(ctx, later); err != nil {
			t.Fatal(err)
		}
		if got := d.State().Clock; got.Sub(later).Abs() > time.Minute {
			t.Errorf("%s instead of %s", got, later)
		}
		// A clock that lost its date waits for one; so does one that was cut off
		// between setting and confirming.
		for _, broken := range []func(){
			func() { fault(t, d, "clock-lost") },
			func() { fault(t, d, "clock-wrong", "36h"); fault(t, d, "cut-before", "23") },
		} {
			broken()
			err := p.SetClock(ctx, noon)
			for tries := 0; err != nil && tries < 3; tries++ {
				if !errors.Is(err, fiscal.ErrNoAnswer) {
					t.Fatal(err)
				}
				err = p.SetClock(ctx, noon)
			}
			if st := d.State(); err != nil || !st.Clock.Equal(noon) || st.Mode != 4 {
				t.Errorf("%v, %+v", err, st)
			}
		}
		do(t, p, shiftOp(kkt.OpOpenShift)) // the FN agrees with the clock

		var refusal *fiscal.DeviceError
		err := p.SetClock(ctx, noon.Add(time.Minute))
		if !errors.Is(err, fiscal.ErrRefused) || !errors.As(err, &refusal) || !strings.Contains(refusal.Text, "смена") {
			t.Errorf("in a shift: %v", err)
		}
		do(t, p, shiftOp(kkt.OpCloseShift))
		if err := p.SetClock(ctx, noon.Add(-time.Minute)); !errors.Is(err, fiscal.ErrRefused) || !errors.As(err, &refusal) || refusal.Class != fiscal.FixClock && !strings.Contains(refusal.Text, "раньше") {
			t.Errorf("before the last document: %v", err)
		}
		if err := p.SetClock(ctx, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)); !errors.Is(err, fiscal.ErrBadValue) {
			t.Errorf("last century: %v", err)
		}
	})
}

// TestWrongClock: the FN refuses a clock five minutes off its timer, and takes
// the one that was set right.
func TestWrongClock(t *testing.T) {
	ctx := context.Background()
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	fault(t, d, "clock-wrong", "7m")
	mark, err := p.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	op := shiftOp(kkt.OpOpenShift)
	if err := p.Prepare(ctx, mark, op); err != nil {
		t.Fatal(err)
	}
	var e *fiscal.DeviceError
	if _, err := p.Commit(ctx, mark, op); !errors.As(err, &e) || e.Code != 0x17 || e.Class != fiscal.FixClock {
		t.Errorf("seven minutes off: %v", err)
	}
	if found, err := p.Find(ctx, mark, op); err != nil || found.Kind != kkt.NotRegistered {
		t.Error(found, err)
	}
	if err := p.SetClock(ctx, noon); err != nil {
		t.Fatal(err)
	}
	do(t, p, op)
}

func TestDocument(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer) {
		do(t, p, shiftOp(kkt.OpOpenShift))
		op := receipt(t, kkt.OpSale, 100_00, line(t, "Сыр «Наш»", 123_40, 345, tax.VAT22), line(t, strings.Repeat("Длинное имя ", 10), 1_00, 1000, tax.VAT10))
		sold := do(t, p, op)
		do(t, p, shiftOp(kkt.OpCloseShift))
		if _, err := d.SendToOFD(); err != nil {
			t.Fatal(err)
		}
		got, err := p.Document(ctx, sold.FD)
		if err != nil {
			t.Fatal(err)
		}
		if got.FN != sold.FN || got.FD != sold.FD || got.Form != 3 || got.OpType != 1 || got.Total != int64(op.Receipt.Total) || got.Sign != sold.Sign ||
			got.Shift != 1 || got.System != tax.General || !got.Time.Equal(sold.Time) || got.Ticket == nil || len(got.Ticket.Sign) != 36 {
			t.Errorf("%+v", got)
		}
		items := tagged(got.Tags, 1059)
		if len(items) != 2 {
			t.Fatalf("%d items in %+v", len(items), got.Tags)
		}
		for id, want := range map[uint16]string{1030: "Сыр \"Наш\"", 1023: "0.345", 1079: "123.40", 1043: "42.57", 1199: "НДС 22%", 1214: "полный расчет"} {
			if tag := tagged(items[0].Tags, id); len(tag) != 1 || tag[0].Value != want || tag[0].Name == "" {
				t.Errorf("tag %d: %+v, want %s", id, tag, want)
			}
		}
		for id, want := range map[uint16]string{1012: "20.11.2026 12:00", 1054: "приход", 1055: "ОСН", 1020: op.Receipt.Total.String(), 1021: cashier.Title()} {
			if tag := tagged(got.Tags, id); len(tag) != 1 || tag[0].Value != want {
				t.Errorf("tag %d: %+v, want %s", id, tag, want)
			}
		}
		for fd, form := range map[uint32]int{1: 1, 2: 2, 4: 5} {
			if other, err := p.Document(ctx, fd); err != nil || other.Form != form || len(other.Tags) == 0 {
				t.Errorf("FD %d: %+v, %v", fd, other, err)
			}
		}
		for _, fd := range []uint32{0, 99} {
			if _, err := p.Document(ctx, fd); !errors.Is(err, fiscal.ErrNoDocument) {
				t.Errorf("FD %d: %v", fd, err)
			}
		}
	})
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	if got, err := p.Document(ctx, 1); err != nil || got.Ticket != nil {
		t.Errorf("unsent: %+v, %v", got, err)
	}
}

func tagged(tags []kkt.Tag, id uint16) (found []kkt.Tag) {
	for _, t := range tags {
		if t.ID == id {
			found = append(found, t)
		}
	}
	return found
}

func TestPrint(t *testing.T) {
	ctx := context.Background()
	d := device(t, shtrihtest.Options{Columns: 32})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	before := d.Paper()
	if err := p.Print(ctx, []string{"Слева              справа", "одно два три четыре пять шесть семь восемь", "₽ 日 \x07конец", ""}); err != nil {
		t.Fatal(err)
	}
	got := strings.TrimPrefix(d.Paper(), before)
	want := "  ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ  \nСлева              справа\nодно два три четыре пять шесть\nсемь восемь\nр. ? ?конец\n\n"
	if got != want && got != strings.Replace(want, "?конец", " конец", 1) {
		t.Errorf("%q, want %q", got, want)
	}
	if err := p.Print(ctx, make([]string, 501)); !errors.Is(err, fiscal.ErrLimit) {
		t.Errorf("501 lines: %v", err)
	}
	if err := p.Print(ctx, []string{strings.Repeat("а ", 32*400)}); !errors.Is(err, fiscal.ErrLimit) {
		t.Errorf("a line of 800 lines: %v", err)
	}
	for n, want := range map[int]error{0: fiscal.ErrLimit, 256: fiscal.ErrLimit, 3: nil} {
		if err := p.Feed(ctx, n); !errors.Is(err, want) {
			t.Errorf("feed %d: %v", n, err)
		}
	}
	if err := p.Cut(ctx, true); err != nil {
		t.Error(err)
	}
	fault(t, d, "cutter-broken", "on")
	var e *fiscal.DeviceError
	if err := p.Cut(ctx, false); !errors.As(err, &e) || e.Code != 0x71 || e.Class != fiscal.UserAction {
		t.Errorf("broken cutter: %v", err)
	}
	fault(t, d, "paper-out")
	if err := p.Print(ctx, []string{"нет"}); !errors.Is(err, fiscal.ErrNoPaper) {
		t.Errorf("no paper: %v", err)
	}
}

// TestPrintWaits: what was printed is on paper when Print returns.
func TestPrintWaits(t *testing.T) {
	d := device(t, shtrihtest.Options{PrintDelay: 30 * time.Millisecond})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	if err := p.Print(context.Background(), []string{"раз", "два", "три"}); err != nil {
		t.Fatal(err)
	}
	if st := d.State(); st.SubMode != 0 {
		t.Errorf("still printing: %+v", st)
	}
}

func TestCopy(t *testing.T) {
	ctx := context.Background()
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	var e *fiscal.DeviceError
	if err := p.Copy(ctx); !errors.As(err, &e) || e.Code != 0x56 {
		t.Errorf("of nothing: %v", err)
	}
	do(t, p, shiftOp(kkt.OpOpenShift))
	do(t, p, bread(t))
	if err := p.Copy(ctx); err != nil || !strings.Contains(d.Paper(), "КОПИЯ") {
		t.Error(err, d.Paper())
	}
	if n := len(d.Documents()); n != 3 {
		t.Errorf("%d documents after a copy, want 3", n)
	}
	mark, err := p.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Prepare(ctx, mark, bread(t)); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"copy": func() error { return p.Copy(ctx) }, "print": func() error { return p.Print(ctx, []string{"x"}) }, "feed": func() error { return p.Feed(ctx, 1) },
	} {
		if err := call(); !errors.As(err, &e) || e.Code != 0x73 {
			t.Errorf("%s into an open receipt: %v", name, err)
		}
	}
}

func TestSettings(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer) {
		all, err := p.Settings(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]int{}
		for _, s := range all {
			tables[s.Table]++
			if secret := strings.Contains(s.Field, "ПАРОЛЬ"); secret != (s.Value == "••••") {
				t.Errorf("%+v", s)
			}
			if s.Field == "" || s.Field == "РЕЗЕРВ" || s.Row < 1 || s.TableNo < 1 || s.FieldNo < 1 || s.Size < 1 || (!s.Text && s.Max == 0) {
				t.Errorf("%+v", s)
			}
		}
		if len(tables) < 12 || len(all) < 150 {
			t.Errorf("%d settings in %v", len(all), tables)
		}
		one, err := p.Settings(ctx, "fiscal storage")
		if err != nil || len(one) != 15 || one[3].Value != d.State().FN || one[0].Value != d.State().Serial {
			t.Errorf("%+v, %v", one, err)
		}
		if byNumber, err := p.Settings(ctx, "#1"); err != nil || byNumber[0].TableNo != 1 {
			t.Errorf("%+v, %v", byNumber, err)
		}
		for _, name := range []string{"нет такой", "#99", "#", "наименовани"} { // the last one is two tables'
			if _, err := p.Settings(ctx, name); !errors.Is(err, fiscal.ErrNoSetting) {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}

func TestSet(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer) {
		ref := func(table string, row int, field string) kkt.SettingRef {
			return kkt.SettingRef{Table: table, Row: row, Field: field}
		}
		for _, c := range []struct {
			ref   kkt.SettingRef
			value string
			want  error
			code  byte // of a refusal
		}{
			{ref("тип и режим кассы", 1, "отрезка чека"), "1", nil, 0},
			{ref("тип и режим", 1, "отрезка"), " 2 ", nil, 0}, // parts of names
			{ref("#1", 1, "#7"), "0", nil, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 3, "ТЕКСТ РЕКЛАМЫ И КЛИШЕ"), "Спасибо за покупку — ждём вас", nil, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 3, "ТЕКСТ РЕКЛАМЫ И КЛИШЕ"), "", nil, 0},
			{ref("тип и режим кассы", 1, "отрезка чека"), "3", fiscal.ErrBadValue, 0},
			{ref("тип и режим кассы", 1, "отрезка чека"), "да", fiscal.ErrBadValue, 0},
			{ref("тип и режим кассы", 1, "отрезка чека"), "-1", fiscal.ErrBadValue, 0},
			{ref("РЕГИОНАЛЬНЫЕ", 1, "ограничение смены"), "0", fiscal.ErrBadValue, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 3, "ТЕКСТ"), strings.Repeat("ы", 58), fiscal.ErrBadValue, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 3, "ТЕКСТ"), "日本", fiscal.ErrBadValue, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 0, "ТЕКСТ"), "x", fiscal.ErrNoSetting, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 15, "ТЕКСТ"), "x", fiscal.ErrNoSetting, 0},
			{ref("ТЕКСТ В ЧЕКЕ", 1, "цвет"), "x", fiscal.ErrNoSetting, 0},
			{ref("", 1, "ТЕКСТ"), "x", fiscal.ErrNoSetting, 0},
			{ref("пароли кассиров", 1, "пароль"), "5", fiscal.ErrSecret, 0},
			{ref("сетевые интерфейсы", 1, "пароль wi-fi"), "x", fiscal.ErrSecret, 0},
			{ref("пароли кассиров", 3, "имя оператора"), "Петрова В.", nil, 0},
			{ref("fiscal storage", 1, "номер фн"), "1", fiscal.ErrRefused, 0x7A},
			{ref("статус обмена", 1, "количество сообщений"), "1", fiscal.ErrRefused, 0x7A},
		} {
			err := p.Set(ctx, c.ref, c.value)
			var e *fiscal.DeviceError
			if !errors.Is(err, c.want) || c.code != 0 && (!errors.As(err, &e) || e.Code != c.code || e.Text == "") {
				t.Errorf("%+v = %q: %v, want %v", c.ref, c.value, err, c.want)
			}
		}
		do(t, p, shiftOp(kkt.OpOpenShift))
		var e *fiscal.DeviceError
		if err := p.Set(ctx, ref("налоговые ставки", 1, "название"), "НДС"); !errors.As(err, &e) || e.Code != 0xC7 || !strings.Contains(e.Text, "смену") {
			t.Errorf("locked in a shift: %v", err)
		}
		all, err := p.Settings(ctx, "пароли кассиров и администраторов")
		if err != nil || all[5].Value != "Петрова В." {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// TestSetFormat: a setting the driver itself goes by is read anew.
func TestSetFormat(t *testing.T) {
	ctx := context.Background()
	d := device(t, shtrihtest.Options{Layout: shtrihtest.AndroidLayout})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	if id, err := p.Identify(ctx); err != nil || id.FFD != "1.2" {
		t.Fatal(id, err)
	}
	if err := p.Set(ctx, kkt.SettingRef{Table: "служебная", Row: 1, Field: "версия ффд"}, "2"); err != nil {
		t.Fatal(err)
	}
	do(t, p, shiftOp(kkt.OpOpenShift))
	if f, err := p.Facts(ctx); err != nil || f.FFD != "1.05" {
		t.Errorf("%+v, %v", f, err)
	}
}

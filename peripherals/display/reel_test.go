package display_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

var ru = display.Layout{Columns: 20, Rows: 2, Language: "ru"}

// A name that does not fit is read to its end, twice, and rests at its
// beginning; weight, price and sum stand still.
func TestALongNameMoves(t *testing.T) {
	it := display.Item{Name: "Сыр Российский молодой 45%", Qty: 1530, Unit: "кг", Price: 79900, Net: 79900}
	r := ru.Moving(it, 122247)
	at := func(since time.Duration) string {
		f, _ := r.At(since)
		if f.Lines[1] != "x799.00      1222.47" || !strings.HasSuffix(f.Lines[0], " 1,530 кг") {
			t.Errorf("after %v the money moved: %q", since, f.Lines)
		}
		return strings.TrimSuffix(f.Lines[0], " 1,530 кг")
	}
	const end = 2*time.Second + 14*250*time.Millisecond // 26 letters in a room of 11
	for since, want := range map[time.Duration]string{
		0: "Сыр Российс", 1999 * time.Millisecond: "Сыр Российс", 2 * time.Second: "ыр Российск", 2250 * time.Millisecond: "р Российски",
		end: "молодой 45%", end + 1999*time.Millisecond: "молодой 45%", end + 2*time.Second: "Сыр Российс",
		2*end + 2*time.Second: "молодой 45%", 2*end + 4*time.Second: "Сыр Российс", 24 * time.Hour: "Сыр Российс",
	} {
		if got := at(since); got != want {
			t.Errorf("after %v: %q, want %q", since, got, want)
		}
	}
	if _, left := r.At(24 * time.Hour); left != 0 {
		t.Errorf("it still moves in %v", left)
	}
	if r := ru.Moving(display.Item{Name: "Хлеб", Qty: qty.One, Price: 4500, Net: 4500}, 4500); len(r) != 1 {
		t.Errorf("a short name has %d shots", len(r))
	}
	wide := display.Layout{Columns: 20, Rows: 4, Language: "ru"}
	rows := wide.Moving(display.Item{Name: strings.Repeat("Очень длинное имя ", 6), Qty: qty.One, Price: 100, Net: 100}, 100)
	for _, s := range rows {
		if s.Frame.Lines[3] != "1.00      Итого 1.00" {
			t.Errorf("%q", s.Frame.Lines)
		}
	}
	if len(rows) != 2*(1+3)+1 { // six rows of text in a room of three
		t.Errorf("%d shots", len(rows))
	}
}

// Signs that a character set spells with several letters leave the weight and
// the money where they are.
func TestSubstitutesPushNothingOff(t *testing.T) {
	l := ru
	l.Printable = text.CP866.Printable
	f := l.Line(display.Item{Name: "₽₽₽₽ Сыр й", Qty: 1530, Unit: "кг", Price: 79900, Net: 79900}, 122247)
	if d := cmp.Diff([]string{"р.р.р.р. Сы 1,530 кг", "x799.00      1222.47"}, f.Lines); d != "" {
		t.Error(d)
	}
	for _, line := range l.Idle("…₽…").Lines {
		if text.Width(line) != 20 {
			t.Errorf("%q", line)
		}
	}
}

func TestTheEndOfASale(t *testing.T) {
	next := display.Still(ru.Idle("Лавка"))
	r := ru.Paid(45050, 50000, 4950, next)
	for since, want := range map[time.Duration]display.Frame{
		0: ru.Change(45050, 50000, 4950), 19 * time.Second: ru.Change(45050, 50000, 4950), 20 * time.Second: ru.ThankYou(), 29 * time.Second: ru.ThankYou(),
		30 * time.Second: next[0].Frame, time.Hour: next[0].Frame,
	} {
		if got, _ := r.At(since); !got.Equal(want) {
			t.Errorf("after %v: %q, want %q", since, got.Lines, want.Lines)
		}
	}
	dark := ru.PaidInTheDark(45050, 50000, 4950)
	for since, want := range map[time.Duration]display.Frame{0: ru.Change(45050, 50000, 4950), 3 * time.Second: ru.Dark(), time.Hour: ru.Dark()} {
		if got, _ := dark.At(since); !got.Equal(want) {
			t.Errorf("without power, after %v: %q, want %q", since, got.Lines, want.Lines)
		}
	}
	if f, left := (display.Reel{}).At(time.Second); len(f.Lines) != 0 || left != 0 {
		t.Errorf("nothing to show: %v %v", f, left)
	}
}

// Whatever the name, a reel is bounded, ends where it began and shows the sum
// in every shot.
func TestEveryReelEndsAndKeepsTheMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := display.Layout{
			Columns: rapid.IntRange(display.MinColumns, display.MaxColumns).Draw(t, "columns"), Rows: rapid.IntRange(display.MinRows, display.MaxRows).Draw(t, "rows"),
			Language: rapid.SampledFrom([]string{"ru", "en"}).Draw(t, "language"), Printable: text.CP866.Printable,
		}
		sum := money.Amount(rapid.Int64Range(0, 9_999_999_999).Draw(t, "sum"))
		it := display.Item{Name: rapid.StringN(0, 600, -1).Draw(t, "name"), Qty: qty.Milli(rapid.Int64Range(1, 99_999_000).Draw(t, "quantity")),
			Unit: rapid.SampledFrom([]string{"", "кг", "м₽"}).Draw(t, "unit"), Price: 100, Net: 90, Discount: money.Amount(rapid.Int64Range(-100, 100).Draw(t, "discount"))}
		r := l.Moving(it, sum)
		if len(r) > 2*(80+1)+1 {
			t.Fatalf("%d shots", len(r))
		}
		if last := r[len(r)-1]; last.For != 0 || !last.Frame.Equal(l.Line(it, sum)) {
			t.Fatalf("it ends as %+v", last)
		}
		for i, s := range r {
			all := strings.Join(s.Frame.Lines, "\n")
			if !strings.Contains(all, sum.String()) && !strings.Contains(all, "********") {
				t.Fatalf("shot %d: %v is neither shown nor starred in %q", i, sum, all)
			}
			for _, line := range s.Frame.Lines {
				if text.Width(line) != l.Columns {
					t.Fatalf("shot %d: %q is not %d wide", i, line, l.Columns)
				}
			}
			if i < len(r)-1 && (s.For <= 0 || s.For > 2*time.Second) {
				t.Fatalf("shot %d stays for %v", i, s.For)
			}
		}
	})
}

package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

const (
	nbsp  = "\u00a0"
	minus = "\u2212"
)

// signs of the currencies a till may count in; others show their code.
var signs = map[string]string{"RUB": "₽", "BYN": "Br", "": "₽"}

func sign(currency string) string {
	if s, ok := signs[currency]; ok {
		return s
	}
	return currency
}

// integer groups by thousands: "12 345" or "12,345". Four digits stay
// together only where a Russian text would keep them, that is nowhere here:
// sums stand in columns.
func (l *locale) integer(n int64) string {
	neg := n < 0
	s := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	gap := nbsp
	if l.name == "en" {
		gap = ","
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + gap + s[i:]
	}
	if neg {
		return minus + s
	}
	return s
}

func (l *locale) point() string {
	if l.name == "en" {
		return "."
	}
	return ","
}

// sum gives a sum without its currency: "1 234,50" or "1,234.50".
func (l *locale) sum(a money.Amount) string {
	s := a.String() // exact, two decimals, dot
	whole, frac, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return s
	}
	out := l.integer(n) + l.point() + frac
	if a < 0 {
		return minus + out
	}
	return out
}

// money gives a sum with its currency: "1 234,50 ₽" or "₽1,234.50".
func (l *locale) money(a money.Amount, currency string) string {
	s := sign(currency)
	if l.name != "en" {
		return l.sum(a) + nbsp + s
	}
	if len([]rune(s)) > 1 {
		s += nbsp
	}
	if a < 0 {
		return minus + s + l.sum(-a)
	}
	return s + l.sum(a)
}

// round is money without ",00": for note buttons.
func (l *locale) round(a money.Amount, currency string) string {
	return strings.Replace(l.money(a, currency), l.point()+"00", "", 1)
}

// qty gives the shortest quantity: "2", "0,35".
func (l *locale) qty(q qty.Milli) string {
	whole, frac, dotted := strings.Cut(strings.TrimPrefix(q.String(), "-"), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return q.String()
	}
	s := l.integer(n)
	if dotted {
		s += l.point() + frac
	}
	if q < 0 {
		return minus + s
	}
	return s
}

func (l *locale) day(t time.Time) string {
	if l.name == "en" {
		return t.Format("2 Jan 2006")
	}
	return t.Format("02.01.2006")
}

func (l *locale) hm(t time.Time) string { return t.Format("15:04") }

func (l *locale) clock(t time.Time) string { return l.day(t) + " " + t.Format("15:04:05") }

// age says how long: "< 1 мин", "12 мин", "3 ч", "2 дня". Coarse on purpose, so
// that screens do not flicker.
func (l *locale) age(d time.Duration) string {
	const days = 24 * time.Hour
	switch {
	case d < time.Minute:
		return l.must("age.now")
	case d < time.Hour:
		return l.must("age.minutes", int(d/time.Minute))
	case d < days:
		return l.must("age.hours", int(d/time.Hour))
	}
	s, err := l.count("age.days", int(d/days))
	if err != nil {
		panic(err) // embedded text; the tests prove every form
	}
	return s
}

// notes are the banknotes a customer hands over, in kopecks.
var notes = []money.Amount{100_00, 500_00, 1000_00, 2000_00, 5000_00}

// maxRoundups is how many sums are offered beside the exact one.
const maxRoundups = 4

// roundups offers what a customer is likely to hand over for a sum: the sum
// rounded up to whole tens, fifties and banknotes, each once, ascending.
func roundups(due money.Amount) []money.Amount {
	if due <= 0 {
		return nil
	}
	var out []money.Amount
	for _, step := range append([]money.Amount{10_00, 50_00}, notes...) {
		up := (due + step - 1) / step * step
		if up == due || up > money.Max || (len(out) > 0 && up <= out[len(out)-1]) {
			continue
		}
		out = append(out, up)
	}
	return out[:min(len(out), maxRoundups)]
}

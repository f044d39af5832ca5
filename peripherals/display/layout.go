package display

import (
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Layout makes frames for a display of a size, in a language ("ru" or "en";
// others read Russian).
type Layout struct {
	Columns, Rows int
	Language      string
}

type words struct{ total, due, tendered, change, thanks, welcome string }

var languages = map[string]words{
	"ru": {"Итого", "К ОПЛАТЕ", "Внесено", "СДАЧА", "Спасибо за покупку!", "Добро пожаловать!"},
	"en": {"Total", "TO PAY", "Tendered", "CHANGE", "Thank you!", "Welcome!"},
}

func (l Layout) words() words {
	if w, ok := languages[l.Language]; ok {
		return w
	}
	return languages["ru"]
}

// Idle shows the shop's words between customers, centred; "" is a welcome.
func (l Layout) Idle(s string) Frame {
	if strings.TrimSpace(s) == "" {
		s = l.words().welcome
	}
	return l.centred(s)
}

// ThankYou says goodbye.
func (l Layout) ThankYou() Frame { return l.centred(l.words().thanks) }

// Line shows what was just put into the cheque, its price and the cheque's
// running total. The name gets all rows but the last.
func (l Layout) Line(name string, q qty.Milli, price, total money.Amount) Frame {
	left := price.String()
	if q != qty.One {
		left = q.String() + "x" + left
	}
	last := l.row(
		pair{left, l.words().total + " " + total.String()},
		pair{left, total.String()},
		pair{price.String(), total.String()},
		pair{"", total.String()},
	)
	if l.Rows < 2 {
		return Frame{Lines: []string{last}}
	}
	lines := text.Wrap(name, l.Columns)
	if l.Rows == 2 { // a name cut at the edge says more than its first words
		lines = []string{strings.Join(strings.Fields(name), " ")}
	}
	return l.frame(append(fill(lines, l.Rows-1), last))
}

// Total shows what is to be paid.
func (l Layout) Total(total money.Amount) Frame {
	if l.Rows < 2 {
		return l.frame([]string{l.row(pair{l.words().due, total.String()}, pair{"", total.String()})})
	}
	return l.frame([]string{l.words().due, l.row(pair{"", total.String()})})
}

// Change shows what was to be paid and what comes back; a display with more
// than two rows also what was given.
func (l Layout) Change(total, tendered, change money.Amount) Frame {
	w := l.words()
	due := func(word string, a money.Amount) string {
		return l.row(pair{word, a.String()}, pair{"", a.String()})
	}
	switch {
	case l.Rows < 2:
		return l.frame([]string{due(w.change, change)})
	case l.Rows == 2:
		return l.frame([]string{due(w.total, total), due(w.change, change)})
	}
	return l.frame([]string{due(w.total, total), due(w.tendered, tendered), due(w.change, change)})
}

type pair struct{ left, right string }

// row lays out the first pair that fits whole. Money is never cut: a sum
// without its first digits would be a lie, and stars are none.
func (l Layout) row(choice ...pair) string {
	for _, p := range choice {
		gap := 0
		if p.left != "" {
			gap = 1
		}
		if text.Width(p.left)+gap+text.Width(p.right) <= l.Columns {
			return p.left + strings.Repeat(" ", l.Columns-text.Width(p.left)-text.Width(p.right)) + p.right
		}
	}
	return strings.Repeat("*", l.Columns)
}

func (l Layout) centred(s string) Frame {
	lines := fill(text.Wrap(s, l.Columns), l.Rows)
	for i := range lines {
		lines[i] = text.Center(lines[i], l.Columns)
	}
	return l.frame(lines)
}

func (l Layout) frame(lines []string) Frame {
	return Frame{Lines: Frame{Lines: lines}.Fit(l.Columns, l.Rows)}
}

// fill makes n lines of what there is.
func fill(lines []string, n int) []string {
	return append(lines, make([]string, max(0, n-len(lines)))...)[:n]
}

package display

import (
	"fmt"
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
	// Printable gives a text as the display will show it; nil: as it is. What a
	// character set lacks can take more room than it had (₽ is "р."), and room is
	// what is laid out here.
	Printable func(string) string
}

type words struct {
	total, due, discount, tendered, change, thanks, welcome, scan string
	silent, dark                                                  string
}

var languages = map[string]words{
	"ru": {"Итого", "К ОПЛАТЕ", "Скидка", "Внесено", "СДАЧА", "Спасибо за покупку!", "Добро пожаловать!", "СКАНИРУЙТЕ QR",
		"Касса не отвечает", "Нет питания. Касса закрыта"},
	"en": {"Total", "TO PAY", "Discount", "Tendered", "CHANGE", "Thank you!", "Welcome!", "SCAN THE QR CODE",
		"The till does not answer", "No power. The till is closed"},
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
	return l.centred(l.printable(s))
}

// ThankYou says goodbye.
func (l Layout) ThankYou() Frame { return l.centred(l.words().thanks) }

// Silent stands in place of what may not be true any more: the till has not
// said anything for too long.
func (l Layout) Silent() Frame { return l.centred(l.words().silent) }

// Dark is the goodbye of a till whose supply has failed.
func (l Layout) Dark() Frame { return l.centred(l.words().dark) }

// Item is a line of the cheque as the customer sees it.
type Item struct {
	Name     string
	Qty      qty.Milli
	Unit     string       // of weighed goods: the quantity is shown with it
	Price    money.Amount // of one unit, before the line's discount
	Net      money.Amount // ..and after it
	Discount money.Amount // of the whole line; below zero it is dearer
}

// Line shows what was just put into the cheque, its price with what is taken
// off, and the cheque's running total. The name gets the rows that are left.
// What does not fit is left out whole: first the words, then the discount,
// with the net price in place of the full one.
func (l Layout) Line(it Item, total money.Amount) Frame {
	f, _ := l.line(it, total, 0)
	return f
}

// line is Line with the name moved on by so many characters, or rows where it
// has several; more is by how many it can be until its end is seen.
func (l Layout) line(it Item, total money.Amount, moved int) (f Frame, more int) {
	full, net := it.Price.String(), it.Net.String()
	weight := ""
	switch {
	case it.Unit != "":
		weight = l.decimals(it.Qty) + " " + l.printable(it.Unit)
		full, net = "x"+full, "x"+net
	case it.Qty != qty.One:
		full, net = it.Qty.String()+"x"+full, it.Qty.String()+"x"+net
	}
	off := ""
	if it.Discount != 0 {
		off = signed(-it.Discount)
		full += " " + off
	}
	sum := l.words().total + " " + total.String()
	if l.Rows < 2 {
		return Frame{Lines: []string{l.row(pair{full, total.String()}, pair{net, total.String()}, pair{"", total.String()})}}, 0
	}
	last := l.row(pair{full, sum}, pair{full, total.String()}, pair{net, sum}, pair{net, total.String()}, pair{it.Net.String(), total.String()}, pair{"", total.String()})
	name := strings.Join(strings.Fields(l.printable(it.Name)), " ")
	if l.Rows > 2 {
		var details []string
		if weight+off != "" { // rows of their own for weight and price
			last = l.row(pair{l.words().total, total.String()}, pair{"", total.String()})
			details = []string{l.row(pair{full, ""}, pair{net, ""}, pair{it.Net.String(), ""}, pair{"", ""})}
			if one := strings.TrimSpace(weight + " " + full); text.Width(one) < l.Columns {
				details[0] = one
			} else if weight != "" && l.Rows > 3 {
				details = append([]string{weight}, details...)
			}
		}
		rows, room := text.Wrap(name, l.Columns), l.Rows-1-len(details)
		more = max(0, len(rows)-room)
		return l.frame(append(append(fill(rows[min(moved, more):], room), details...), last)), more
	}
	room := l.Columns
	beside := weight != "" && text.Width(weight)+minName <= l.Columns
	if beside {
		room -= text.Width(weight) + 1
	}
	// A name cut at the edge says more than its first words.
	more = max(0, text.Width(name)-room)
	seen := text.Cut(name[len(text.Cut(name, min(moved, more))):], room)
	if beside {
		seen = l.row(pair{seen, weight})
	}
	return l.frame([]string{seen, last}), more
}

func (l Layout) printable(s string) string {
	if l.Printable == nil {
		return s
	}
	return l.Printable(s)
}

// minName is how much of a name there has to be room for beside a weight.
const minName = 6

// decimals is a weight to the gram, with the decimal sign of the language.
func (l Layout) decimals(q qty.Milli) string {
	sign := ","
	if l.Language == "en" {
		sign = "."
	}
	return fmt.Sprintf("%d%s%03d", q/qty.One, sign, q%qty.One)
}

func signed(a money.Amount) string {
	if a > 0 {
		return "+" + a.String()
	}
	return a.String()
}

// Total shows what is to be paid, and what was taken off the cheque, if
// anything was.
func (l Layout) Total(total, discount money.Amount) Frame {
	w := l.words()
	switch {
	case l.Rows < 2:
		return l.frame([]string{l.row(pair{w.due, total.String()}, pair{"", total.String()})})
	case discount > 0:
		return l.frame([]string{l.row(pair{w.discount, discount.String()}, pair{"", signed(-discount)}), l.row(pair{w.due, total.String()}, pair{"", total.String()})})
	}
	return l.frame([]string{w.due, l.row(pair{"", total.String()})})
}

// Scan asks the customer to scan the code he pays by, and says how much.
func (l Layout) Scan(sum money.Amount) Frame {
	w := l.words()
	if l.Rows < 2 {
		return l.frame([]string{l.row(pair{w.scan, sum.String()}, pair{"QR", sum.String()}, pair{"", sum.String()})})
	}
	return l.frame([]string{w.scan, l.row(pair{w.due, sum.String()}, pair{"", sum.String()})})
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

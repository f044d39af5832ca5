package reconcile

import (
	"fmt"
	"unicode/utf8"
)

// Limits of a slip: a device prints about a hundred lines at a time, the
// narrowest paper has about so many columns.
const (
	slipLines   = 80
	slipColumns = 24
)

// slipWords are the words of a slip, Russian and English.
var slipWords = map[string][2]string{
	"title":   {"СВЕРКА %s", "RECONCILIATION %s"},
	"made":    {"Сделана %s", "Made %s"},
	"good":    {"ВСЁ СХОДИТСЯ. Документов: %d", "ALL AGREE. Documents: %d"},
	"bad":     {"ЕСТЬ РАСХОЖДЕНИЯ: %d. Документов: %d", "DIFFERENCES: %d. Documents: %d"},
	"pending": {"В пути: %d", "On their way: %d"},
	"shift":   {"Смена ККТ %d, ФН %s", "KKT shift %d, FN %s"},
	"more":    {"И ещё %d: они в кассе на странице «Сверка»", "And %d more: see the till's page Reconciliation"},
	"silent":  {"Не ответил %s: %s", "No answer of %s: %s"},
	"journal": {"журнал", "journal"},
	"fn":      {"ФН", "FN"},
	"ofd":     {"ОФД", "OFD"},
	"cloud":   {"облако", "cloud"},
}

var slipOperations = [4][2]string{{"Приход", "Sold"}, {"Возврат прихода", "Returned"}, {"Расход", "Bought"}, {"Возврат расхода", "Given back"}}

// Slip is a result on paper: the verdict, what differs with what to do about
// it, the sums of every side, and who was silent. of names the period. Lines
// are as long as their sentences; what no paper has room for is counted.
func (r Result) Slip(of, lang string) []string {
	n := 0
	if lang == "en" {
		n = 1
	}
	say := func(word string, args ...any) string { return fmt.Sprintf(slipWords[word][n], args...) }
	lines := []string{say("title", of), say("made", r.Made.Format("2006-01-02 15:04"))}
	if r.OK {
		lines = append(lines, say("good", r.Documents))
	} else {
		lines = append(lines, say("bad", len(r.Differences)+r.More-r.Pending, r.Documents))
	}
	if r.Pending > 0 {
		lines = append(lines, say("pending", r.Pending))
	}
	for _, side := range []Side{SideFN, SideOFD, SideCloud} {
		if why, silent := r.Silent[side]; silent {
			lines = append(lines, say("silent", slipWords[string(side)][n], why))
		}
	}
	var parts [][]string
	for _, d := range r.Differences {
		parts = append(parts, []string{"- " + d.Text(lang)})
	}
	for _, row := range r.Rows {
		part := []string{say("shift", row.Shift, row.FN)}
		for op, name := range slipOperations {
			if row.There(op) {
				part = append(append(part, name[n]), row.onSlip(op, n, lang)...)
			}
		}
		parts = append(parts, part)
	}
	for i, part := range parts {
		if onPaper(lines)+onPaper(part) > slipLines {
			return append(lines, say("more", len(parts)-i+r.More))
		}
		lines = append(lines, part...)
	}
	return lines
}

// slipSides are the names of a row's sides.
var slipSides = [4]Side{SideJournal, SideFN, SideOFD, SideCloud}

// onSlip is an operation of a shift: what every side has of it, and by kinds of
// payment what the journal has, with those that have something else.
func (r *Row) onSlip(op, n int, lang string) (lines []string) {
	for i, f := range r.Sides() {
		if f != nil {
			lines = append(lines, fmt.Sprintf(" %s: %s (%d)", slipWords[string(slipSides[i])][n], f.Sums[op], f.Counts[op]))
		}
	}
	for _, w := range r.Used(op) {
		want := of(&r.Journal).Ways[op][w]
		lines = append(lines, fmt.Sprintf(" %s: %s", WayName(w, lang), want))
		for i, f := range r.Sides() {
			if f != nil && !f.Partly && f.Ways[op][w] != want {
				lines = append(lines, fmt.Sprintf("  %s: %s", slipWords[string(slipSides[i])][n], f.Ways[op][w]))
			}
		}
	}
	return lines
}

// onPaper is how many lines of narrow paper sentences take.
func onPaper(lines []string) (n int) {
	for _, l := range lines {
		n += utf8.RuneCountInString(l)/slipColumns + 1
	}
	return n
}

package text

import (
	"strings"
	"unicode/utf8"
)

// Width counts the columns s takes: one a rune.
func Width(s string) int { return utf8.RuneCountInString(s) }

// Wrap breaks s into lines of at most columns runes: at spaces where it can,
// inside a word only when the word alone is too long. Runs of spaces become
// one. The empty text gives one empty line. columns must be positive.
func Wrap(s string, columns int) []string {
	if columns < 1 {
		panic("text: wrapping to no columns")
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		for {
			switch {
			case line == "" && Width(word) <= columns:
				line = word
			case line != "" && Width(line)+1+Width(word) <= columns:
				line += " " + word
			case line != "":
				lines = append(lines, line)
				line = ""
				continue
			default:
				head := Cut(word, columns)
				lines = append(lines, head)
				word = word[len(head):]
				continue
			}
			break
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// Cut gives the first columns runes of s.
func Cut(s string, columns int) string {
	n := 0
	for i := range s {
		if n == columns {
			return s[:i]
		}
		n++
	}
	return s
}

// Row puts left and right on one line of columns runes: right stands whole at
// the edge, left is cut so that at least one space is between them. When right
// alone is too wide its end is cut.
func Row(left, right string, columns int) string {
	right = Cut(right, columns)
	room := columns - Width(right)
	if right != "" && room > 0 {
		left = Cut(left, room-1)
	} else {
		left = Cut(left, room)
	}
	return left + strings.Repeat(" ", room-Width(left)) + right
}

// Center puts s in the middle of columns runes; a longer s is cut.
func Center(s string, columns int) string {
	s = Cut(s, columns)
	left := (columns - Width(s)) / 2
	return strings.Repeat(" ", left) + s + strings.Repeat(" ", columns-left-Width(s))
}

package catalogdb

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Limits of the word index.
const (
	maxWords   = 32 // different words of a name that are indexed
	maxWordLen = 32 // letters of a word that are indexed
	maxTyped   = 8  // words of a search text that are looked at
)

// fold makes spellings equal that people do not tell apart: letter case, ё and е.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r == 'ё' {
			return 'е'
		}
		return r
	}, composed(text))
}

// composed gives letters that were written as a letter and a mark as one.
// Plain Latin and Cyrillic, which is nearly all there is, has none of these.
func composed(text string) string {
	plain := func(r rune) bool { return r < 0x300 || r >= 0x400 && r <= 0x482 || r >= 0x2010 && r <= 0x2117 }
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return norm.NFC.String(text)
}

// words splits a name or a search text into its different words, in order of
// appearance. Letters and digits part company ("930мл" is 930, мл); a decimal
// number stays one word whichever sign it was written with.
func words(text string, limit int) []string {
	var list []string
	runes := []rune(fold(text))
	for start := 0; start < len(runes) && len(list) < limit; {
		end := start
		switch r := runes[start]; {
		case unicode.IsDigit(r):
			end = number(runes, start)
		case unicode.IsLetter(r):
			for end < len(runes) && (unicode.IsLetter(runes[end]) || unicode.IsMark(runes[end])) {
				end++
			}
		default:
			start++
			continue
		}
		word := string(runes[start:min(end, start+maxWordLen)])
		if word = strings.ReplaceAll(word, ",", "."); !slices.Contains(list, word) {
			list = append(list, word)
		}
		start = end
	}
	return list
}

// number finds the end of a number that may hold one decimal sign.
func number(runes []rune, at int) int {
	signs := 0
	for ; at < len(runes); at++ {
		sign := (runes[at] == ',' || runes[at] == '.') && signs == 0 && at+1 < len(runes) && unicode.IsDigit(runes[at+1])
		if sign {
			signs++
		} else if !unicode.IsDigit(runes[at]) {
			break
		}
	}
	return at
}

// The keys of a keyboard in its two layouts, key by key.
const (
	latin    = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
	cyrillic = "ёйцукенгшщзхъфывапролджэячсмитьбю"
)

var toCyrillic, toLatin = layouts()

func layouts() (toCyrillic, toLatin map[rune]rune) {
	toCyrillic, toLatin = map[rune]rune{}, map[rune]rune{}
	c := []rune(cyrillic)
	for i, l := range []rune(latin) {
		toCyrillic[l], toLatin[c[i]] = c[i], l
	}
	for shifted, plain := range map[rune]rune{'~': '`', '{': '[', '}': ']', ':': ';', '"': '\'', '<': ',', '>': '.'} {
		toCyrillic[shifted] = toCyrillic[plain]
	}
	return toCyrillic, toLatin
}

// otherLayout gives what the same keys type in the other layout: "vjkjrj" is
// "молоко". A text with letters of both layouts, or of none, has no other.
func otherLayout(text string) (string, bool) {
	folded := strings.ToLower(text)
	isLatin := strings.ContainsFunc(folded, func(r rune) bool { return r >= 'a' && r <= 'z' })
	isCyrillic := strings.ContainsFunc(folded, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
	if isLatin == isCyrillic {
		return "", false
	}
	table := toLatin
	if isLatin {
		table = toCyrillic
	}
	runes := []rune(folded)
	other := make([]rune, len(runes))
	for i, r := range runes {
		other[i] = r
		// "vjkjrj 2,5": the comma of a number is meant as one.
		inNumber := (r == ',' || r == '.') && i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
		if key, ok := table[r]; ok && !inNumber {
			other[i] = key
		}
	}
	return string(other), string(other) != folded // letters of other languages are on no key of ours
}

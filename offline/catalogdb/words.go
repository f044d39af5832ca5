package catalogdb

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of the word index.
const (
	maxWords   = 32 // different words of a name that are indexed
	maxWordLen = 32 // letters of a word that are indexed
	maxTyped   = 8  // words of a search text that are looked at
)

// fold makes spellings equal that people do not tell apart: letter case, ё and е.
func fold(text string) string { return string(foldTo(nil, text)) }

// foldTo appends a folded text to dst.
func foldTo(dst []byte, text string) []byte {
	start := len(dst)
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			dst = append(dst, byte(r))
			continue
		case r == 'ё' || r == 'Ё':
			r = 'е'
		case 'А' <= r && r <= 'Я':
			r += 'а' - 'А'
		case 'а' <= r && r <= 'я':
		case !plain(r):
			return foldSlowly(dst[:start], text)
		default:
			r = unicode.ToLower(r)
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// foldSlowly knows all letters there are.
func foldSlowly(dst []byte, text string) []byte {
	for _, r := range norm.NFC.String(text) {
		if r = unicode.ToLower(r); r == 'ё' {
			r = 'е'
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// plain letters are never part of one that was written as a letter and a
// mark. Latin and Cyrillic, which is nearly all there is, have no others.
func plain(r rune) bool {
	return r < 0x300 || r >= 0x400 && r <= 0x482 || r >= 0x2010 && r <= 0x2117
}

// words splits a name or a search text into its different words, in order of
// appearance. Letters and digits part company ("930мл" is 930, мл); a decimal
// number stays one word whichever sign it was written with.
func words(text string, limit int) (list []string) {
	err := eachWord(foldTo(nil, text), limit, func(word []byte) error { list = append(list, string(word)); return nil })
	if err != nil {
		panic(err) // nothing above returns one
	}
	return list
}

// eachWord calls fn for the different words of a folded text, which it may
// change: a decimal sign becomes a point.
func eachWord(text []byte, limit int, fn func(word []byte) error) error {
	var seen [maxWords][]byte
	n := 0
	for start := 0; start < len(text) && n < min(limit, maxWords); {
		r, size := letter(text[start:])
		end := start + size
		var word []byte
		switch {
		case unicode.IsDigit(r):
			word, end = number(text, start)
		case unicode.IsLetter(r):
			word, end = run(text, start)
		default:
			start = end
			continue
		}
		start = end
		if slices.ContainsFunc(seen[:n], func(s []byte) bool { return bytes.Equal(s, word) }) {
			continue
		}
		seen[n] = word
		n++
		if err := fn(word); err != nil {
			return err
		}
	}
	return nil
}

func letter(text []byte) (rune, int) {
	if text[0] < utf8.RuneSelf {
		return rune(text[0]), 1
	}
	return utf8.DecodeRune(text)
}

// run finds the end of a word of letters, and what of it is indexed.
func run(text []byte, start int) (word []byte, end int) {
	letters, indexed := 0, start
	for end = start; end < len(text); letters++ {
		r, size := letter(text[end:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			break
		}
		if end += size; letters < maxWordLen {
			indexed = end
		}
	}
	return text[start:indexed], end
}

// number finds the end of a number that may hold one decimal sign.
func number(text []byte, start int) (word []byte, end int) {
	letters, indexed, signs := 0, start, 0
	for end = start; end < len(text); letters++ {
		r, size := letter(text[end:])
		if (r == ',' || r == '.') && signs == 0 && digitAt(text, end+size) {
			signs++
			text[end] = '.'
		} else if !unicode.IsDigit(r) {
			break
		}
		if end += size; letters < maxWordLen {
			indexed = end
		}
	}
	return text[start:indexed], end
}

func digitAt(text []byte, at int) bool {
	if at >= len(text) {
		return false
	}
	r, _ := letter(text[at:])
	return unicode.IsDigit(r)
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

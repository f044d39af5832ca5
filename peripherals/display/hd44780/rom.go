package hd44780

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// ROM is the character generator.
type ROM string

// The ROMs.
const (
	A00      ROM = "a00"      // Japanese: no Cyrillic, no backslash and tilde
	A02      ROM = "a02"      // European: ASCII is whole, Cyrillic is not
	Cyrillic ROM = "cyrillic" // MELT, Winstar: Russian letters from A0h
)

func (r ROM) valid() bool { return r == A00 || r == A02 || r == Cyrillic }

// slots is how many glyphs a panel remembers.
const slots = 8

// glyph is a letter drawn in the panel's memory: seven rows of five dots, the
// cursor's row empty.
type glyph struct {
	letter rune
	rows   [8]byte
}

// cyrillic are the letters of the Cyrillic ROM that are not Latin ones.
var cyrillic = table(map[byte]string{
	0xA0: "БГЁЖЗИЙЛПУФЧШЪЫЭЮЯбвгёжзийклмнптчшъыьэюя",
	0xE0: "ДЦЩдфцщ",
})

func table(runs map[byte]string) map[rune]byte {
	m := map[rune]byte{}
	for first, letters := range runs {
		for i, r := range []rune(letters) {
			m[r] = first + byte(i)
		}
	}
	return m
}

// alike are Cyrillic letters that look like Latin ones.
var alike = map[rune]byte{
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'Х': 'X', 'І': 'I',
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'Ў': 'Y', 'ў': 'y', 'Ь': 'b',
}

// latin is what is read for a capital letter that can not be shown.
var latin = map[rune]string{
	'Б': "B", 'Г': "G", 'Д': "D", 'Ё': "E", 'Ж': "J", 'З': "3", 'И': "I", 'Й': "I", 'Л': "L", 'П': "P", 'У': "Y", 'Ф': "F", 'Ц': "C",
	'Ч': "4", 'Ш': "W", 'Щ': "W", 'Ъ': "'", 'Ы': "Y", 'Ь': "'", 'Э': "E", 'Ю': "U", 'Я': "R", 'Ў': "Y",
}

// other are signs that ASCII says otherwise.
var other = map[rune]byte{
	'«': '"', '»': '"', '„': '"', '“': '"', '”': '"', '’': '\'', '–': '-', '—': '-', '−': '-', '×': 'x', '№': 'N', '₽': 'P', '…': '.', '\u00a0': ' ', '\u202f': ' ',
}

// unknownSign stands for what nothing else is known of.
const unknownSign = '?'

// encode gives the bytes of rows and the glyphs that they use.
func (r ROM) encode(lines []string) ([][]byte, []glyph) {
	own := r.glyphs(lines)
	out := make([][]byte, len(lines))
	for i, line := range lines {
		for _, c := range line {
			out[i] = append(out[i], r.code(c, own))
		}
	}
	return out, own
}

// code is one character's.
func (r ROM) code(c rune, own []glyph) byte {
	if c >= ' ' && c <= '}' && (c != '\\' || r != A00) {
		return byte(c)
	}
	if c == '~' && r != A00 {
		return '~'
	}
	if b, ok := other[c]; ok {
		return b
	}
	if r == Cyrillic {
		if b, ok := cyrillic[c]; ok {
			return b
		}
		if b, ok := alike[c]; ok {
			return b
		}
		return unknownSign
	}
	c = unicode.ToUpper(c)
	if b, ok := alike[c]; ok && c != 'Ь' {
		return b
	}
	for i, g := range own {
		if g.letter == c {
			return byte(i)
		}
	}
	if s, ok := latin[c]; ok {
		return s[0]
	}
	if c == '\\' {
		return '/'
	}
	if c == '~' {
		return '-'
	}
	return unknownSign
}

// glyphs are the letters to draw: of those that are needed the most frequent,
// in an order that does not change from frame to frame without need.
func (r ROM) glyphs(lines []string) []glyph {
	if r == Cyrillic {
		return nil
	}
	count := map[rune]int{}
	for _, c := range strings.ToUpper(strings.Join(lines, "")) {
		if _, ok := drawn[c]; ok {
			count[c]++
		}
	}
	letters := slices.SortedFunc(maps.Keys(count), func(a, b rune) int {
		return cmp.Or(count[b]-count[a], int(a-b))
	})
	letters = letters[:min(len(letters), slots)]
	slices.Sort(letters)
	all := make([]glyph, len(letters))
	for i, c := range letters {
		all[i] = glyph{c, drawn[c]}
	}
	return all
}

// drawn are the capitals that no Latin letter looks like, five dots a row.
var drawn = map[rune][8]byte{
	'Б': {0b11111, 0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b11110},
	'Г': {0b11111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000},
	'Д': {0b00110, 0b01010, 0b01010, 0b01010, 0b01010, 0b11111, 0b10001},
	'Ж': {0b10101, 0b10101, 0b10101, 0b01110, 0b10101, 0b10101, 0b10101},
	'З': {0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110},
	'И': {0b10001, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b10001},
	'Й': {0b10101, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b10001},
	'Л': {0b00111, 0b01001, 0b01001, 0b01001, 0b01001, 0b01001, 0b10001},
	'П': {0b11111, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001},
	'У': {0b10001, 0b10001, 0b10001, 0b01111, 0b00001, 0b10001, 0b01110},
	'Ф': {0b00100, 0b11111, 0b10101, 0b10101, 0b11111, 0b00100, 0b00100},
	'Ц': {0b10010, 0b10010, 0b10010, 0b10010, 0b10010, 0b11111, 0b00001},
	'Ч': {0b10001, 0b10001, 0b10001, 0b01111, 0b00001, 0b00001, 0b00001},
	'Ш': {0b10101, 0b10101, 0b10101, 0b10101, 0b10101, 0b10101, 0b11111},
	'Щ': {0b10101, 0b10101, 0b10101, 0b10101, 0b10101, 0b11111, 0b00001},
	'Ъ': {0b11000, 0b01000, 0b01000, 0b01110, 0b01001, 0b01001, 0b01110},
	'Ы': {0b10001, 0b10001, 0b10001, 0b11001, 0b10101, 0b10101, 0b11001},
	'Ь': {0b10000, 0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b11110},
	'Э': {0b01110, 0b10001, 0b00001, 0b01111, 0b00001, 0b10001, 0b01110},
	'Ю': {0b10010, 0b10101, 0b10101, 0b11101, 0b10101, 0b10101, 0b10010},
	'Я': {0b01111, 0b10001, 0b10001, 0b01111, 0b00101, 0b01001, 0b10001},
}

// Package text turns Unicode into the single-byte text that devices of this
// trade understand, and lays it out in columns.
//
// Fiscal devices print cp1251 and store cp866, customer displays and receipt
// printers speak cp866 as a rule. Neither page holds every letter a catalogue
// may: cp866 has no Belarusian і, neither has a rouble sign. Such a rune is
// replaced by the nearest thing that can be read (і by i, ₽ by "р.", « by a
// quote, é by e) and only what has no likeness becomes '?'. Control
// characters become spaces: a name must not be able to steer a printer.
//
// A substitute may be longer than what it stands for, so text is first made
// Printable and then measured, wrapped or cut; all three count runes.
//
// Everything here is pure and safe for concurrent use.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Charset is a single-byte code page with substitutes.
type Charset struct {
	name string
	page *charmap.Charmap
}

// The code pages.
var (
	CP866  = Charset{"cp866", charmap.CodePage866}
	CP1251 = Charset{"cp1251", charmap.Windows1251}
	// The Latin pages have no Cyrillic: it is spelt in Latin letters.
	CP437  = Charset{"cp437", charmap.CodePage437}
	CP1252 = Charset{"cp1252", charmap.Windows1252}
)

// String gives the page's name, "cp866".
func (c Charset) String() string { return c.name }

// substitutes are tried when a page lacks the rune. What they contain is in
// every page here.
var substitutes = map[rune]string{
	'і': "i", 'І': "I", 'ґ': "г", 'Ґ': "Г", 'ѓ': "г", 'ќ': "к", 'ј': "j", 'ђ': "h", 'ћ': "h", 'џ': "u", 'ѕ': "s",
	'є': "е", 'Є': "Е", 'ї': "i", 'Ї': "I",
	'₽': "р.", '€': "EUR", '£': "GBP", '¥': "JPY", '$': "$", '№': "N",
	'«': "\"", '»': "\"", '“': "\"", '”': "\"", '„': "\"", '‟': "\"", '″': "\"",
	'‘': "'", '’': "'", '‚': "'", '‹': "'", '›': "'", '′': "'", 'ʼ': "'",
	'–': "-", '—': "-", '―': "-", '‐': "-", '‑': "-", '−': "-", '­': "",
	'…': "...", '•': "*", '·': ".", '×': "x", '÷': "/", '±': "+/-", '°': "o",
	'½': "1/2", '¼': "1/4", '¾': "3/4", '²': "2", '³': "3", '¹': "1",
	'©': "(c)", '®': "(r)", '™': "tm", 'ß': "ss", 'æ': "ae", 'Æ': "AE", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'ı': "i",
	'\u200b': "", '\u200c': "", '\u200d': "", '\u2060': "", '\ufeff': "",
}

// latin spells Cyrillic where a page has none.
var latin = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "yo", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ў': "u", 'ф': "f",
	'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
}

// spelt is a Cyrillic letter in Latin ones, a capital as "Shch".
func spelt(r rune) (string, bool) {
	s, ok := latin[unicode.ToLower(r)]
	if ok && unicode.IsUpper(r) && s != "" {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s, ok
}

// Encode gives s in the page, one byte a printed column.
func (c Charset) Encode(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		out = c.appendRune(out, r)
	}
	return out
}

func (c Charset) appendRune(out []byte, r rune) []byte {
	if unicode.IsControl(r) || unicode.IsSpace(r) {
		return append(out, ' ')
	}
	if b, ok := c.page.EncodeRune(r); ok && r != utf8.RuneError {
		return append(out, b)
	}
	if sub, ok := substitutes[r]; ok {
		for _, s := range sub {
			if b, ok := c.page.EncodeRune(s); ok {
				out = append(out, b)
			} else { // a Cyrillic letter in a Latin page; a test holds every substitute against every page
				in, _ := spelt(s)
				out = append(out, in...)
			}
		}
		return out
	}
	if sub, ok := spelt(r); ok {
		return append(out, sub...)
	}
	if unicode.Is(unicode.Mn, r) {
		return out // a combining mark on a letter that stands without it
	}
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	if b, ok := c.page.EncodeRune(base); ok && base != utf8.RuneError && base != r {
		return append(out, b)
	}
	return append(out, '?')
}

// Decode gives the text of b; 98h, which cp1251 lacks, becomes U+FFFD.
func (c Charset) Decode(b []byte) string {
	var s strings.Builder
	for _, v := range b {
		s.WriteRune(c.page.DecodeByte(v))
	}
	return s.String()
}

// DecodeZ is Decode up to the first NUL, as devices pad their texts.
func (c Charset) DecodeZ(b []byte) string {
	for i, v := range b {
		if v == 0 {
			return c.Decode(b[:i])
		}
	}
	return c.Decode(b)
}

// Printable gives s as the page will show it: substitutes made, controls gone.
func (c Charset) Printable(s string) string { return c.Decode(c.Encode(norm.NFC.String(s))) }

// EncodeMax is Encode of the NFC form of s cut to at most limit bytes, without a trailing
// space.
func (c Charset) EncodeMax(s string, limit int) []byte {
	b := c.Encode(norm.NFC.String(s))
	if len(b) > limit {
		b = b[:max(limit, 0)]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

package support

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden stands for what is there and is not told.
const Hidden = "•"

// Shapes of a text that are told.
const (
	maxWord   = 24 // letters
	maxDigits = 3  // a PIN has four
	maxMixed  = 12 // letters before digits, as in ttyACM0
	maxJoined = 24 // characters of what is joined as base64 joins
)

var (
	// mail and digits in groups, as telephones are written: their pieces look
	// harmless one by one.
	mail     = regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)*`)
	grouped  = regexp.MustCompile(`\d(?:[ ()_-]{0,2}\d){5,}`)
	joined   = regexp.MustCompile(`[\pL\pN+/=_-]+`)
	words    = regexp.MustCompile(`[\pL\pN]+`)
	duration = regexp.MustCompile(`^(?:\d{1,3}(?:ns|us|µs|ms|s|m|h))+$`)
	hex      = regexp.MustCompile(`^0x[0-9A-Fa-f]{1,4}$`)
	named    = regexp.MustCompile(`^\pL+\d{1,3}$`)
)

// Plain keeps of a text words, small numbers, lengths of time, codes such as
// 0x4F and names such as ttyACM0. Everything else becomes Hidden: what looks
// like nothing known may be anything.
func Plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = mail.ReplaceAllString(s, Hidden)
	s = joined.ReplaceAllStringFunc(s, func(w string) string {
		if utf8.RuneCountInString(w) > maxJoined && strings.ContainsFunc(w, unicode.IsDigit) && strings.ContainsFunc(w, unicode.IsLetter) {
			return Hidden
		}
		return w
	})
	s = words.ReplaceAllStringFunc(s, func(w string) string {
		if told(w) {
			return w
		}
		return Hidden
	})
	return grouped.ReplaceAllString(s, Hidden)
}

// told tells whether a word may be.
func told(w string) bool {
	letters, digits := 0, 0
	for _, r := range w {
		if unicode.IsLetter(r) {
			letters++
		} else {
			digits++
		}
	}
	switch {
	case digits == 0:
		return letters <= maxWord
	case letters == 0:
		return digits <= maxDigits
	}
	return duration.MatchString(w) || hex.MatchString(w) || named.MatchString(w) && letters <= maxMixed
}

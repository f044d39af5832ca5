// Package fault is the till's one catalogue of errors and warnings.
//
// Whatever goes wrong reaches a person as a stable code, a text in the
// operator's language and, where there is one, the device's or server's own
// words as detail. Programs match on the code; a code is never reused for
// something else. Texts live in texts.go, Russian and English side by side; a
// test fails when one is missing.
//
// A Warning is an error's quiet sibling: a state that lasts (no paper, cloud
// unreachable, documents unsent), with a severity and the moment it began.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code names a fault for ever, for example "shift.closed".
type Code string

// Error is a fault a person must see.
type Error struct {
	Code   Code
	Args   []string // fill {0}, {1}.. of the text
	Detail string   // the device's or server's own words, untranslated
	Err    error    // cause, for errors.Is and logs
}

// New makes an error of the catalogue. An unknown code is a programmer's
// error and panics.
func New(code Code, args ...string) *Error {
	if _, ok := texts[code]; !ok {
		panic("fault: code not in the catalogue: " + string(code))
	}
	return &Error{Code: code, Args: args}
}

// With returns a copy that carries a cause, whose text becomes the detail.
func (e *Error) With(err error) *Error {
	c := *e
	c.Err = err
	if c.Detail == "" && err != nil {
		c.Detail = err.Error()
	}
	return &c
}

// Saying returns a copy that carries the device's or server's own words.
func (e *Error) Saying(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}

// Why gives what the operator should read beneath the text: the cause in the
// operator's language where that is a fault itself, else the device's or
// server's own words.
func (e *Error) Why(lang string) string {
	cause, ok := e.Err.(*Error)
	if !ok || e.Detail != cause.Error() {
		return e.Detail
	}
	return cause.Text(lang)
}

// Error gives the English text with the code, for logs.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Text("en")
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, fault.New(code)) match by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Text gives the operator's text in lang ("ru" or "en"; others read Russian).
func (e *Error) Text(lang string) string { return Text(e.Code, lang, e.Args...) }

// Text gives the text of a code with {0}, {1}.. filled in.
func Text(code Code, lang string, args ...string) string {
	t := texts[code]
	s := t.ru
	if lang == "en" {
		s = t.en
	}
	// All in one pass: an argument is often something scanned or received, and
	// may look like a placeholder itself.
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, fmt.Sprintf("{%d}", i), Said(a, lang))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// named marks an argument that is itself a text of the catalogue, either one
// that has two languages. Nothing scanned or typed can look like them: what is
// not printable is replaced.
const (
	named  = "\x00"
	either = "\x01"
)

// Named makes an argument of a code: its text in the operator's language.
func Named(code Code) string {
	New(code)
	return named + string(code)
}

// Either makes an argument of a text in both languages, for what only one place
// in the program says.
func Either(ru, en string) string {
	return either + strings.ReplaceAll(ru, either, "") + either + en
}

// Said is an argument as it reads in lang.
func Said(arg, lang string) string {
	if name, is := strings.CutPrefix(arg, named); is {
		return Text(Code(name), lang)
	}
	if both, is := strings.CutPrefix(arg, either); is {
		ru, en, _ := strings.Cut(both, either)
		if lang == "en" {
			return en
		}
		return ru
	}
	return arg
}

// Of finds the catalogue error inside err; anything else becomes
// "internal" with err as its cause. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal).With(err)
}

// Severity orders warnings.
type Severity string

// The severities, rising. Alarm: sales will be refused soon if nobody acts.
// Stop: sales are refused until it ends.
const (
	Info  Severity = "info"
	Warn  Severity = "warning"
	Alarm Severity = "alarm"
	Stop  Severity = "stop"
)

// Warning is a lasting state a person should know of.
type Warning struct {
	Code     Code      `json:"code"`
	Severity Severity  `json:"severity"`
	Args     []string  `json:"args,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	Since    time.Time `json:"since"`
}

// Text gives the warning in the operator's language.
func (w Warning) Text(lang string) string { return Text(w.Code, lang, w.Args...) }

// Codes lists the catalogue, unordered.
func Codes() []Code {
	all := make([]Code, 0, len(texts))
	for c := range texts {
		all = append(all, c)
	}
	return all
}

// Package loglines keeps the newest lines of the log in memory, for the page
// and the command that show them to whoever looks after the till.
//
// The log itself goes where it always went: a Ring stands in front of another
// slog.Handler and passes everything on. What it keeps is redacted once more,
// although nothing secret should be logged in the first place: values of keys
// that sound like a secret, whatever looks like a card's number, and people's
// contacts are replaced.
//
// A Ring may be used concurrently.
package loglines

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Limits of what is kept.
const (
	Kept     = 1000 // lines
	maxLine  = 1000 // characters of one
	hidden   = "•••"
	minCard  = 13 // digits of a card's number..
	maxCard  = 19
	luhnBase = 10
)

// Line is one line.
type Line struct {
	Time  time.Time  `json:"time"`
	Level slog.Level `json:"level"` // INFO, WARN..
	Text  string     `json:"text"`  // message and attributes
}

// Grave tells whether it is a warning or worse.
func (l Line) Grave() bool { return l.Level >= slog.LevelWarn }

// ring is what handlers made of each other share.
type ring struct {
	mu   sync.Mutex
	list []Line // a ring once it is full
	next int
}

// Ring is a slog.Handler that keeps lines.
type Ring struct {
	to     slog.Handler
	kept   *ring
	prefix string // of attributes' keys: the groups
	attrs  string // given before, as text
}

// New makes a Ring in front of a handler.
func New(to slog.Handler) *Ring { return &Ring{to: to, kept: &ring{}} }

// Enabled asks the handler behind.
func (r *Ring) Enabled(ctx context.Context, l slog.Level) bool { return r.to.Enabled(ctx, l) }

// Handle keeps a line and passes it on.
func (r *Ring) Handle(ctx context.Context, rec slog.Record) error {
	var b strings.Builder
	b.WriteString(rec.Message)
	b.WriteString(r.attrs)
	rec.Attrs(func(a slog.Attr) bool { write(&b, r.prefix, a); return true })
	r.kept.add(Line{Time: rec.Time, Level: rec.Level, Text: redact(b.String())})
	return r.to.Handle(ctx, rec)
}

// WithAttrs gives a Ring that writes some attributes on every line.
func (r *Ring) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(r.attrs)
	for _, a := range attrs {
		write(&b, r.prefix, a)
	}
	return &Ring{to: r.to.WithAttrs(attrs), kept: r.kept, prefix: r.prefix, attrs: b.String()}
}

// WithGroup gives a Ring whose attributes' keys begin with a name.
func (r *Ring) WithGroup(name string) slog.Handler {
	return &Ring{to: r.to.WithGroup(name), kept: r.kept, prefix: r.prefix + name + ".", attrs: r.attrs}
}

// Lines are the newest, at most so many, the newest last.
func (r *Ring) Lines(limit int) []Line {
	k := r.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	all := append(append([]Line{}, k.list[k.next:]...), k.list[:k.next]...)
	return all[max(0, len(all)-max(0, limit)):]
}

func (k *ring) add(l Line) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.list) < Kept {
		k.list = append(k.list, l)
		return
	}
	k.list[k.next] = l
	k.next = (k.next + 1) % Kept
}

// secret are keys whose values are nobody's business.
var secret = regexp.MustCompile(`(?i)(token|pin|passw|secret|authori[sz]ation|cookie|cipher|contact|phone|email|pan|mark)$`)

func write(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		for _, in := range v.Group() {
			write(b, prefix+a.Key+".", in)
		}
		return
	}
	text := v.String()
	if secret.MatchString(a.Key) && text != "" {
		text = hidden
	}
	if strings.ContainsAny(text, " \"\n") {
		text = fmt.Sprintf("%q", text)
	}
	fmt.Fprintf(b, " %s%s=%s", prefix, a.Key, text)
}

var (
	spoken  = regexp.MustCompile(`(?i)\b(bearer|basic|token|password|pin)([ :=]+)[^\s"]+`)
	address = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
	phone   = regexp.MustCompile(`\+7[\d ()-]{9,14}\d`)
	digits  = regexp.MustCompile(`\d(?:[ -]?\d){12,18}`)
)

// redact replaces what a text should not tell, and cuts it.
func redact(s string) string {
	s = strings.ToValidUTF8(s, "?")
	s = spoken.ReplaceAllString(s, "$1$2"+hidden)
	s = address.ReplaceAllString(s, hidden+"@"+hidden)
	s = phone.ReplaceAllString(s, hidden)
	s = digits.ReplaceAllStringFunc(s, func(n string) string {
		if card(n) {
			return hidden
		}
		return n
	})
	if utf8.RuneCountInString(s) > maxLine {
		s = string([]rune(s)[:maxLine]) + "…"
	}
	return s
}

// card tells whether digits may be a card's number: their check digit is right.
func card(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		d := int(s[i] - '0')
		if n%2 == 1 {
			if d *= 2; d >= luhnBase {
				d -= luhnBase - 1
			}
		}
		sum, n = sum+d, n+1
	}
	return n >= minCard && n <= maxCard && sum%luhnBase == 0
}

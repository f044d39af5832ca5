package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/kassa-pos/kassa/pos/fault"
)

//go:embed templates/*.html
var templateFiles embed.FS

// locale is one language: its texts, formats and templates. Immutable.
type locale struct {
	name  string // "ru", "en"
	tag   language.Tag
	pages *template.Template
}

func loadLocales(assets map[string]*asset) (map[string]*locale, error) {
	all := map[string]*locale{}
	for name, tag := range map[string]language.Tag{"ru": language.Russian, "en": language.English} {
		l := &locale{name: name, tag: tag}
		t, err := template.New("").Funcs(l.funcs(assets)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("console: parse templates: %w", err)
		}
		l.pages = t
		all[name] = l
	}
	return all, nil
}

func (l *locale) funcs(assets map[string]*asset) template.FuncMap {
	return template.FuncMap{
		"t":     l.text,
		"n":     l.count,
		"icon":  icon,
		"asset": func(name string) (string, error) { return assetPath(assets, name) },
		"qty":   l.qty,
		"day":   l.day,
		"hm":    l.hm,
		"clock": l.clock,
		"int":   func(n int64) int { return int(n) },
		"inc":   func(n int) int { return n + 1 },
		"pair":  func(a, b any) [2]any { return [2]any{a, b} },
	}
}

// text gives a message with {0}, {1}.. filled in. A key that does not exist
// fails the page, so a test that renders it fails too.
func (l *locale) text(key string, args ...any) (string, error) {
	m, ok := messages[key]
	if !ok {
		return "", fmt.Errorf("console: no message %q", key)
	}
	s := m.ru
	if l.name == "en" {
		s = m.en
	}
	for i, a := range args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return s, nil
}

// must is text for keys written in this package's Go code, where the tests
// prove that they exist.
func (l *locale) must(key string, args ...any) string {
	s, err := l.text(key, args...)
	if err != nil {
		panic(err)
	}
	return s
}

// count gives "5 позиций": the number with its noun in the right form.
func (l *locale) count(key string, n int) (string, error) {
	m, ok := counted[key]
	if !ok {
		return "", fmt.Errorf("console: no counted message %q", key)
	}
	forms := m.ru
	if l.name == "en" {
		forms = m.en
	}
	form, ok := forms[plural.Cardinal.MatchPlural(l.tag, max(n, -n), 0, 0, 0, 0)]
	if !ok {
		return "", fmt.Errorf("console: %q lacks a plural form for %d", key, n)
	}
	return strings.ReplaceAll(form, "{0}", l.integer(int64(n))), nil
}

func (l *locale) fault(err *fault.Error) string { return err.Text(l.name) }

// render executes a template into text.
func (l *locale) render(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := l.pages.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("console: render %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}

// write sends a template as the answer. A page that does not render is our
// mistake: it is logged and the browser gets a plain 500.
func (l *locale) write(w http.ResponseWriter, log *slog.Logger, name string, data any) {
	html, err := l.render(name, data)
	if err != nil {
		log.Error("console: page does not render", "code", fault.Internal, "err", err)
		http.Error(w, "page does not render", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page := []byte(html)
	if w.Header().Get("Kassa-Fault") == "" { // the status of a refusal is on its way already
		page = packed(w, page)
	}
	if _, err := w.Write(page); err != nil {
		log.Debug("console: browser went away", "err", err)
	}
}

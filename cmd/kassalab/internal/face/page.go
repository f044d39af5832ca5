package face

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

//go:embed assets
var assets embed.FS

// templates holds the page ("index"), its panels and the goods.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"t": text, "money": roubles, "clock": clock, "bars": drawBars13, "kind": kind, "form": form, "cells": cells, "label": label, "lamp": lamp,
	"void": drawVoid, "columns": func() int { return bench.Columns }, "leds": bench.LEDs, "tower": bench.Tower, "inputs": bench.Inputs, "rate": rate, "moment": moment, "grams": kilograms, "loads": func() []int { return loads },
}).ParseFS(assets, "assets/*.html"))

// loads are what a click lays on the scale, in grams.
var loads = []int{0, 150, 535, 1250, 16000}

// kilograms writes a weight as a scale shows it.
func kilograms(w qty.Milli) string { return strings.Replace(w.Fixed(), ".", ",", 1) }

// page renders and streams.
type page struct {
	bench *bench.Bench
	log   *slog.Logger
	seats chan struct{} // one for every open stream
}

// panel is a part of the page that is replaced as a whole.
type panel struct {
	ID   string `json:"id"`
	HTML string `json:"html"`
}

// view is what templates are given.
type view struct {
	Lang   string
	State  bench.State
	Ready  any
	Goods  []bench.Goods
	Faults []bench.Fault // of one device
	Find   string
	Sign   string              // of the shop's currency
	Books  *moyskladtest.Books // of the cloud's page
}

// panels are the templates that are streamed, by their name and the id of
// their place on the page.
var panels = []string{"tape", "kkt", "vfd", "scale", "terminal", "printer", "sent", "drawer", "lamps", "ofd", "register", "cloud", "till"}

// devices have a panel of faults each: "faults-kkt".
var devices = []string{"register", "kkt", "scanner", "display", "scale", "terminal", "printer", "gpio", "ofd", "permit", "cloud"}

// pageOf is what one of the pages follows.
type pageOf struct {
	panels, devices []string
	every           time.Duration // how often it is looked at although nothing has changed; 0: never
}

// pages are the bench's own and the cloud's, by the parameter of their stream.
var pages = map[string]pageOf{"": {panels: panels, devices: devices}, "cloud": {[]string{"books", "till"}, []string{"cloud"}, time.Second}}

// panels renders a page as it is now.
func (p *page) panels(of pageOf, lang string) ([]panel, error) {
	v := view{Lang: lang, State: p.bench.State(), Ready: p.bench.Ready(), Sign: p.bench.Sign()}
	if slices.Contains(of.panels, "books") {
		books := p.bench.CloudBooks()
		v.Books = &books
	}
	var all []panel
	for _, name := range of.panels {
		html, err := render(name, v)
		if err != nil {
			return nil, err
		}
		all = append(all, panel{ID: name, HTML: html})
	}
	for _, device := range of.devices {
		v.Faults = slices.DeleteFunc(slices.Clone(v.State.Faults), func(f bench.Fault) bool { return f.Device != device })
		html, err := render("faults", v)
		if err != nil {
			return nil, err
		}
		all = append(all, panel{ID: "faults-" + device, HTML: html})
	}
	return all, nil
}

func render(name string, v view) (string, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, v); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return out.String(), nil
}

// index is the page with empty panels; the stream fills them at once.
func (p *page) index(w http.ResponseWriter, r *http.Request) {
	p.html(w, "index", view{Lang: language(r), Ready: p.bench.Ready(), Goods: p.bench.Goods(""), Sign: p.bench.Sign()})
}

// cloud is the page of the fake cloud.
func (p *page) cloud(w http.ResponseWriter, r *http.Request) {
	p.html(w, "cloudpage", view{Lang: language(r), Ready: p.bench.Ready()})
}

// goods is what a search in the shop finds.
func (p *page) goods(w http.ResponseWriter, r *http.Request) {
	find := r.URL.Query().Get("find")
	if len(find) > maxFind {
		find = strings.ToValidUTF8(find[:maxFind], "")
	}
	p.html(w, "goods", view{Lang: language(r), Goods: p.bench.Goods(find), Find: find, Sign: p.bench.Sign()})
}

func (p *page) html(w http.ResponseWriter, name string, v view) {
	html, err := render(name, v)
	if err != nil {
		p.log.Error("page", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html)) // the browser has gone: nobody to tell
}

// asset serves the page's own files, not its templates.
func asset(w http.ResponseWriter, r *http.Request) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	name := r.PathValue("file")
	kind, ok := kinds[path.Ext(name)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	serve(w, r, name, kind)
}

func openAPI(w http.ResponseWriter, r *http.Request) { serve(w, r, "openapi.yaml", "application/yaml") }

func serve(w http.ResponseWriter, r *http.Request, name, kind string) {
	content, err := assets.ReadFile("assets/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(content) // the browser has gone: nobody to tell
}

// language is the page's: Russian unless asked otherwise.
func language(r *http.Request) string {
	if r.URL.Query().Get("lang") == "en" {
		return "en"
	}
	return "ru"
}

// roubles writes a sum as a price tag does: 1 234,50.
func roubles(a money.Amount) string {
	whole, cents, _ := strings.Cut(a.String(), ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	return sign + whole + "," + cents
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("15:04:05")
}

// drawBars13 draws a code for a template, which tells a missing picture by
// its width.
func drawBars13(code string) bars {
	b, _ := drawBars(code)
	return b
}

// label is a code as a person reads it: control characters as their pictures,
// and no more than fits into a row.
func label(code string) string {
	const most = 80
	var s strings.Builder
	n := 0
	for _, r := range code {
		if n++; n > most {
			return s.String() + "…"
		}
		switch {
		case r < ' ':
			r += '\u2400'
		case r == 0x7F:
			r = '\u2421'
		}
		s.WriteRune(r)
	}
	return s.String()
}

// cells splits a display's line into its characters.
func cells(line string) []string { return strings.Split(line, "") }

// lamp is an LED's colour.
func lamp(name string) string {
	colours := map[string]string{"led_power": "green", "led_network": "blue", "led_printer": "amber", "led_error": "red",
		"tower_red": "red", "tower_yellow": "amber", "tower_green": "green", "tower_white": "white"}
	return colours[name]
}

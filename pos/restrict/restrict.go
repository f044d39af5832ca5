// Package restrict says what may be sold to whom, when, and for how much at
// least: age groups, hours of sale, minimum prices.
//
// These are the law's and the regions', and they change. So they are data with
// dates, never constants: a JSON document of groups of goods (schema below),
// one of which comes with the program and any other from a file of the shop.
// Each figure holds from its day on, until the next one of its kind; "until"
// ends it earlier. Days and hours are those of the till's own time zone.
//
//	{"version": 1, "region": "77", "groups": [{
//	  "id": "tobacco", "name": {"ru": "табак и никотин", "en": "tobacco"},
//	  "covers": {"tobacco": true, "tracking": ["OTP"], "folders": ["id"], "words": ["энергетическ"]},
//	  "age":   [{"from": "2013-11-15", "years": 18}],
//	  "hours": [{"from": "2020-01-01", "days": [6, 7], "begin": "23:00", "end": "08:00"}],
//	  "days":  [{"from": "2012-01-01", "month": 9, "day": 1}],
//	  "least": [{"from": "2026-01-01", "sum": 12900}]}]}
//
// An item is in a group when any of covers says so: the catalogue's marks for
// tobacco and alcohol, the tracking type, the nomenclature code (ТН ВЭД), a folder
// above it, the item's own word for the group ("flag": true, and the group's id in
// the item's groups). Only of an item that names no groups at all a beginning of a
// word of its name counts; one that names "-" is in none by its name. An item may be in several groups; all of them hold.
//
// All functions are pure; a Rules value is never changed.
package restrict

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of a document.
const (
	MaxDocument = 1 << 20 // bytes
	MaxGroups   = 100
	maxAge      = 100 // years
)

// Version is the schema's version.
const Version = 1

// ErrRules is wrapped by everything Parse returns.
var ErrRules = errors.New("restrict: bad restrictions")

// Rules are the restrictions of one shop.
type Rules struct {
	Region string  `json:"region,omitempty"`
	Groups []Group `json:"groups"`
}

// Group is goods under the same restrictions.
type Group struct {
	ID     string  `json:"id"`
	Name   Name    `json:"name"`
	Covers Covers  `json:"covers"`
	Age    []Age   `json:"age,omitempty"`
	Hours  []Hours `json:"hours,omitempty"`
	Days   []Day   `json:"days,omitempty"`
	Least  []Least `json:"least,omitempty"`
}

// Name is what people call a group.
type Name struct {
	RU string `json:"ru"`
	EN string `json:"en"`
}

// Covers says which items are in a group.
type Covers struct {
	Tobacco  bool     `json:"tobacco,omitempty"`
	Alcohol  bool     `json:"alcohol,omitempty"`
	Tracking []string `json:"tracking,omitempty"`
	Folders  []string `json:"folders,omitempty"` // with everything below them
	TNVED    []string `json:"tnved,omitempty"`   // beginnings of the nomenclature code
	// Flag: an item says itself that it is in the group, by the group's id.
	Flag bool `json:"flag,omitempty"`
	// Words are beginnings of words of the name: the last resort, for items that
	// say nothing of groups themselves.
	Words []string `json:"words,omitempty"`
}

// Span is when a rule holds: from a day on, and before another.
type Span struct {
	From  Date `json:"from"`
	Until Date `json:"until,omitzero"`
}

// Age is how old a buyer must be.
type Age struct {
	Span
	Years int `json:"years"`
}

// Hours is when nothing of the group is sold, from begin to end of the clock;
// an end before its begin is on the next day. Days are those of begin, 1 is
// Monday; none means every day.
type Hours struct {
	Span
	Days  []int `json:"days,omitempty"`
	Begin Clock `json:"begin"`
	End   Clock `json:"end"`
}

// Day is a day of the year on which nothing of the group is sold.
type Day struct {
	Span
	Month time.Month `json:"month"`
	Day   int        `json:"day"`
}

// Least is the lowest price of one unit, in kopecks.
type Least struct {
	Span
	Sum money.Amount `json:"sum"`
}

//go:embed default.json
var defaults []byte

// Default are the restrictions the program comes with: the federal ones.
func Default() *Rules {
	r, err := Parse(defaults)
	if err != nil {
		panic(err) // a test reads them
	}
	return r
}

// Parse reads a document. A key nobody knows is an error: it may be a rule that
// somebody thinks is kept.
func Parse(data []byte) (*Rules, error) {
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrRules, len(data), MaxDocument)
	}
	var in struct {
		Version int `json:"version"`
		Rules
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrRules, err)
	}
	if d.More() {
		return nil, fmt.Errorf("%w: something stands behind the document", ErrRules)
	}
	if in.Version != Version {
		return nil, fmt.Errorf("%w: version %d, I read %d", ErrRules, in.Version, Version)
	}
	return &in.Rules, in.check()
}

func (r *Rules) check() error {
	if len(r.Groups) > MaxGroups {
		return fmt.Errorf("%w: %d groups, at most %d", ErrRules, len(r.Groups), MaxGroups)
	}
	seen := map[string]bool{}
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.ID == "" || seen[g.ID] || g.Name.RU == "" || g.Name.EN == "" {
			return fmt.Errorf("%w: group %d %.20q: an id of its own and names in both languages are needed", ErrRules, i+1, g.ID)
		}
		seen[g.ID] = true
		if why := g.wrong(); why != "" {
			return fmt.Errorf("%w: group %.20q: %s", ErrRules, g.ID, why)
		}
	}
	return nil
}

// wrong tells what is wrong with a group; "" when nothing is.
func (g *Group) wrong() string {
	c := &g.Covers
	if !c.Tobacco && !c.Alcohol && !c.Flag && len(c.Tracking)+len(c.Folders)+len(c.TNVED)+len(c.Words) == 0 {
		return "it covers nothing"
	}
	if slices.ContainsFunc(slices.Concat(c.Tracking, c.Folders, c.TNVED, c.Words), func(s string) bool { return strings.TrimSpace(s) == "" }) {
		return "an empty word covers everything"
	}
	var spans []Span
	for _, a := range g.Age {
		if spans = append(spans, a.Span); a.Years < 1 || a.Years > maxAge {
			return fmt.Sprintf("age of %d years", a.Years)
		}
	}
	for _, h := range g.Hours {
		if spans = append(spans, h.Span); h.Begin == h.End || slices.ContainsFunc(h.Days, func(d int) bool { return d < 1 || d > 7 }) {
			return "hours: begin is end, or a day is not 1..7"
		}
	}
	for _, d := range g.Days {
		last := time.Date(2024, d.Month+1, 0, 0, 0, 0, 0, time.UTC).Day() // a leap year
		if spans = append(spans, d.Span); d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > last {
			return fmt.Sprintf("day %d of month %d", d.Day, d.Month)
		}
	}
	for _, l := range g.Least {
		if spans = append(spans, l.Span); l.Sum < 0 || l.Sum > money.Max {
			return fmt.Sprintf("least price %s", l.Sum)
		}
	}
	if slices.ContainsFunc(spans, func(s Span) bool {
		return s.From.zero() || (!s.Until.zero() && !s.From.before(s.Until))
	}) {
		return "a rule without its first day, or that ends before it"
	}
	return ""
}

// Of lists the groups an item is in.
func (r *Rules) Of(it *catalog.Item) []*Group {
	var all []*Group
	for i := range r.Groups {
		if g := &r.Groups[i]; g.Covers.item(it) || g.Covers.Flag && slices.Contains(it.Groups, g.ID) {
			all = append(all, g)
		}
	}
	return all
}

func (c *Covers) item(it *catalog.Item) bool {
	if (c.Tobacco && it.Tobacco) || (c.Alcohol && it.Alcohol) || (it.Marked() && slices.Contains(c.Tracking, it.Tracking)) {
		return true
	}
	if slices.ContainsFunc(c.Folders, func(id string) bool { return it.FolderID == id || strings.Contains(it.FolderPath, "/"+id+"/") }) {
		return true
	}
	if it.TNVED != "" && slices.ContainsFunc(c.TNVED, func(p string) bool { return strings.HasPrefix(it.TNVED, p) }) {
		return true
	}
	if len(c.Words) == 0 || len(it.Groups) > 0 { // what an item says of itself goes before what its name sounds like
		return false
	}
	words := strings.FieldsFunc(plainName(it.Name), func(r rune) bool { return strings.ContainsRune(" .,;:-/()«»\"'+\t\u00a0", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(c.Words, func(p string) bool { return strings.HasPrefix(w, plainName(p)) })
	})
}

func plainName(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }

// Named finds a group; nil when there is none of that id.
func (r *Rules) Named(id string) *Group {
	for i := range r.Groups {
		if r.Groups[i].ID == id {
			return &r.Groups[i]
		}
	}
	return nil
}

// Years is how old a buyer must be on a day; 0: there is no age.
func (g *Group) Years(at time.Time) int {
	if a := latest(g.Age, at); a != nil {
		return a.Years
	}
	return 0
}

// Born is the last day of birth of somebody old enough for a group today.
func (r *Rules) Born(id string, at time.Time) time.Time {
	years := 0
	if g := r.Named(id); g != nil {
		years = g.Years(at)
	}
	y, m, d := at.Date()
	born := time.Date(y-years, m, d, 0, 0, 0, 0, time.UTC)
	if born.Day() != d { // 29 February of a year that has none
		born = born.AddDate(0, 0, -1)
	}
	return born
}

// Closed tells until when nothing of the group is sold; zero: it is sold now.
func (g *Group) Closed(at time.Time) time.Time {
	y, m, day := at.Date()
	midnight := func(add int) time.Time { return time.Date(y, m, day+add, 0, 0, 0, 0, at.Location()) }
	for _, d := range g.Days {
		if d.holds(at) && d.Month == m && d.Day == day {
			return midnight(1)
		}
	}
	for _, h := range g.Hours {
		for _, back := range []int{0, -1} { // a night begins on the day before
			from, to := midnight(back), midnight(back)
			if h.End <= h.Begin {
				to = midnight(back + 1)
			}
			from, to = h.Begin.on(from), h.End.on(to)
			if h.holds(from) && !at.Before(from) && at.Before(to) && (len(h.Days) == 0 || slices.Contains(h.Days, weekday(from))) {
				return to
			}
		}
	}
	return time.Time{}
}

// LeastPrice is the lowest price of one unit on a day; 0: any.
func (g *Group) LeastPrice(at time.Time) money.Amount {
	if l := latest(g.Least, at); l != nil {
		return l.Sum
	}
	return 0
}

// Text is the group's name.
func (g *Group) Text(lang string) string {
	if lang == "en" {
		return g.Name.EN
	}
	return g.Name.RU
}

func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

func (s Span) holds(at time.Time) bool {
	today := DateOf(at)
	return !today.before(s.From) && (s.Until.zero() || today.before(s.Until))
}

func (s Span) span() Span { return s }

// latest is the rule of a kind that holds on a day: the one that began last.
func latest[T interface{ span() Span }](all []T, at time.Time) *T {
	var found *T
	for i := range all {
		if s := all[i].span(); s.holds(at) && (found == nil || (*found).span().From.before(s.From)) {
			found = &all[i]
		}
	}
	return found
}

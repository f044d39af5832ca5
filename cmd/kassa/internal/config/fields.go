package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Kind is how a field is filled in.
type Kind string

// The kinds.
const (
	KindText    Kind = "text"
	KindChoice  Kind = "choice"  // one of Options
	KindFlag    Kind = "flag"    // "true" or "false"
	KindNumber  Kind = "number"  // whole, Min to Max
	KindLength  Kind = "length"  // of time, as in "23h30m"
	KindAddress Kind = "address" // of a device
	KindList    Kind = "list"    // texts, parted by commas
	KindSecret  Kind = "secret"  // a number nobody is shown
	KindFile    Kind = "file"    // path of a file with secrets
	KindFixed   Kind = "fixed"   // only by hand, in the file itself
)

// Source says where a value comes from.
type Source string

// The sources. Nothing but the file's own path comes from elsewhere: it is the
// flag --config or $KASSA_CONFIG.
const (
	FromDefault Source = "default"
	FromFile    Source = "file"
)

// Field is one setting as it is shown and filled in.
type Field struct {
	Key     string   `json:"key"`
	Kind    Kind     `json:"kind"`
	Options []string `json:"options,omitempty"`
	Min     int      `json:"min,omitempty"`
	Max     int      `json:"max,omitempty"`
	Value   string   `json:"value"` // "" of a secret
	Default string   `json:"default,omitempty"`
	Source  Source   `json:"source"`
	Set     bool     `json:"set"` // of a secret: it is known; of a file: it can be read
}

// Section is a table of the file.
type Section struct {
	Name     string  `json:"name"`     // "" the file's beginning
	Optional bool    `json:"optional"` // it may be left out
	There    bool    `json:"there"`
	Fields   []Field `json:"fields"`
}

// optional are the tables whose presence means something.
var optional = map[string]bool{"kkt": true, "display": true, "scale": true, "printer": true, "terminal": true, "gpio": true, "watchdog": true, "permit": true,
	"codes": true, "moysklad": true, "ofd": true, "scanner": true, "kiosk": true}

type rule struct {
	key      string
	kind     Kind
	options  []string
	min, max int
}

func text(key string) rule   { return rule{key: key, kind: KindText} }
func flag(key string) rule   { return rule{key: key, kind: KindFlag} }
func list(key string) rule   { return rule{key: key, kind: KindList} }
func length(key string) rule { return rule{key: key, kind: KindLength} }
func device(key string) rule { return rule{key: key, kind: KindAddress} }
func choice(key string, options ...string) rule {
	return rule{key: key, kind: KindChoice, options: options}
}
func number(key string, low, high int) rule {
	return rule{key: key, kind: KindNumber, min: low, max: high}
}
func special(key string, kind Kind) rule { return rule{key: key, kind: kind} }
func fixed(keys ...string) (all []rule)  { return each(KindFixed, keys) }
func texts(keys ...string) (all []rule)  { return each(KindText, keys) }
func each(kind Kind, keys []string) (all []rule) {
	for _, k := range keys {
		all = append(all, rule{key: k, kind: kind})
	}
	return all
}

type table struct {
	name  string
	rules []rule
}

// tables are the sections in the order a person goes through them. What is not
// among them is written by hand only: tables of tables, and what nobody on a
// till changes by accident (data, bench, [update]'s paths).
var tables = []table{
	{"", append([]rule{choice("language", "ru", "en"), text("timezone"), text("prefix")}, fixed("data", "bench")...)},
	{"prices", []rule{flag("drop_kopecks"), flag("vat_on_top")}},
	{"shift", []rule{length("close"), length("quiet"), flag("open_next")}},
	{"journal", []rule{choice("period", "month", "quarter", "year", "never"), number("keep_years", minKeep, maxKeep)}},
	{"roles", []rule{list("senior"), list("owner"), list("technician")}},
	{"kkt", []rule{choice("driver", "shtrih-m", registerDriver, cloudDriver), device("address"), special("password", KindSecret), choice("protocol", "auto", "v1", "v2"), choice("speed", "fixed", "auto"), choice("ofd_relay", "auto", "on", "off"), text("ofd_address"), special("credentials", KindFile)}},
	{"scanner", []rule{text("name"), device("address"), choice("suffix", "cr", "lf", "crlf", "none")}},
	{"display", []rule{choice("driver", "vfd", "cd5220", HD44780), device("address"), choice("codepage", "cp866", "cp1251"), number("table", 0, 255), number("columns", 8, 80), number("rows", 1, 8), choice("rom", "", "a00", "a02", "cyrillic"), text("idle")}},
	{"scale", []rule{choice("driver", "massa-k", "cas"), device("address")}},
	{"printer", []rule{device("address"), choice("paper", "80", "58"), choice("codepage", "cp866", "cp1251", "cp437", "cp1252"), number("table", 0, 255), flag("draw_qr"), flag("blind"), flag("drawer")}},
	{"terminal", []rule{choice("driver", ManualTerminal, "emulator"), device("address"), flag("qr")}},
	{"gpio", append([]rule{device("address"), number("pulse_ms", 20, 500)}, texts("drawer", "drawer_sensor", "buzzer", "led_power", "led_network", "led_printer", "led_error", "tower_green", "tower_yellow", "tower_red", "tower_white", "key_lock", "key_subtotal", "key_help", "case_open", "power_fail")...)},
	{"cloud.moysklad", []rule{text("url"), text("store"), special("credentials", KindFile), flag("take_over"), choice("auth", "", "headers", "basic", "cookie"), list("hosts"), flag("pretty"), flag("milliseconds"), flag("no_webhooks")}},
	{"cloud.ofd", []rule{text("url"), special("credentials", KindFile)}},
	{"evotor", texts("store", "device", "user")},
	{"permit", []rule{list("online"), text("local"), special("credentials", KindFile)}},
	{"codes", []rule{list("cards"), list("badges")}},
	{"console", append([]rule{text("listen"), flag("public"), length("lock"), list("names")}, fixed("tls", "certificate", "key")...)},
	{"customer", []rule{choice("language", "", "ru", "en"), text("pictures"), length("each")}},
	{"kiosk", []rule{length("idle"), length("countdown"), length("attendant")}},
	{"cheques", []rule{text("listen"), flag("public"), flag("open")}},
	{"board", texts("profile", "uart", "i2c", "watchdog")},
	{"watchdog", []rule{text("device"), length("timeout")}},
	{"update", append([]rule{text("server"), text("channel"), length("every")}, fixed("keys", "run", "system")...)},
}

// Sections gives a file's settings: what each is, and where it comes from. A
// file that is no TOML is fault.ConfigBad.
func Sections(text []byte, path string) ([]Section, error) {
	file := map[string]any{}
	if err := toml.Unmarshal(text, &file); err != nil {
		return nil, explain(err, text, path)
	}
	usual := whole()
	var all []Section
	for _, t := range tables {
		names := []string{t.name}
		if several, is := file[t.name].([]any); is {
			names = nil
			for n := range several {
				names = append(names, numbered(t.name, n+1))
			}
		}
		for _, name := range names {
			all = append(all, section(t, name, file, &usual, path))
		}
	}
	return all, nil
}

// whole is a configuration with every table, as it is when nothing is said.
func whole() Config {
	c := Defaults()
	c.KKT, c.Scanners, c.Display, c.Scale, c.Printer, c.Terminal, c.GPIO, c.Watchdog = &KKT{}, []Scanner{{}}, &Display{}, &Scale{}, &Printer{Paper: 80, CodePage: "cp866"}, &Terminal{Driver: ManualTerminal}, &GPIO{}, &Watchdog{}
	c.Cloud.MoySklad, c.Cloud.OFD, c.Permit, c.Codes = &MoySklad{}, &OFDReport{}, &Permit{}, &Codes{}
	c.Kiosk = &Kiosk{Idle: DefaultKioskIdle, Countdown: DefaultCountdown, Attendant: DefaultAttendant}
	c.complete()
	return c
}

func section(t table, name string, file map[string]any, usual *Config, path string) Section {
	last := name[strings.LastIndexByte(name, '.')+1:]
	last, _ = index(last)
	values, there := look(file, name).(map[string]any)
	s := Section{Name: name, Optional: optional[last], There: there}
	if name == "" {
		values = file
	}
	for _, r := range t.rules {
		f := Field{Key: strings.TrimPrefix(name+"."+r.key, "."), Kind: r.kind, Options: r.options, Min: r.min, Max: r.max, Source: FromDefault}
		f.Default = usualOf(usual, t.name, r.key)
		f.Value = f.Default
		if v, is := values[r.key]; is {
			f.Value, f.Source = shown(v), FromFile
		}
		switch r.kind {
		case KindSecret:
			f.Set, f.Value, f.Default = f.Source == FromFile, "", ""
		case KindFile:
			f.Set = f.Value != "" && readable(f.Value, path)
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

// look finds a table of a file by its name.
func look(file map[string]any, name string) any {
	var at any = file
	for part := range strings.SplitSeq(name, ".") {
		part, n := index(part)
		m, is := at.(map[string]any)
		if !is {
			return nil
		}
		at = m[part]
		if list, several := at.([]any); several && n >= 1 && n <= len(list) {
			at = list[n-1]
		}
	}
	return at
}

// usualOf is a key's default as text.
func usualOf(c *Config, name, key string) string {
	at := reflect.ValueOf(c).Elem()
	if name == "scanner" {
		at = reflect.ValueOf(&c.Scanners[0]).Elem()
		name = ""
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(name+"."+key, "."), ".") {
		if at.Kind() == reflect.Map {
			return ""
		}
		at = member(at, part)
	}
	if at.Kind() == reflect.Pointer {
		if at.IsNil() {
			return ""
		}
		at = at.Elem()
	}
	switch v := at.Interface().(type) {
	case Duration:
		if v == 0 {
			return ""
		}
		return brief(time.Duration(v))
	case URI:
		return v.String()
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(at.Interface())
}

// brief is a length of time without noughts at its end.
func brief(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" || strings.HasSuffix(s, "1") || strings.HasSuffix(s, "m") || strings.HasSuffix(s, "h") {
		return s
	}
	return d.String()
}

// member finds a struct's field by its key.
func member(v reflect.Value, key string) reflect.Value {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ","); tag == key {
			return v.Field(i)
		}
	}
	panic("config: no key " + key)
}

// shown is a file's value as text.
func shown(v any) string {
	if many, is := v.([]any); is {
		parts := make([]string, len(many))
		for i, one := range many {
			parts[i] = fmt.Sprint(one)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

func readable(path, file string) bool {
	secrets := map[string]any{}
	return readSecrets(under(dirOf(file), path), &secrets, "") == nil && len(secrets) > 0
}

// Wish is what somebody wants of a file's settings, by key; "" is the default.
type Wish struct {
	Set map[string]string `json:"set"`
	// Drop are tables to leave out: a device that is gone.
	Drop []string `json:"drop"`
	// Add are tables to have, though nothing in them is other than usual.
	Add []string `json:"add"`
}

// Edits makes changes of a wish. Whatever is as it is in the file, or as it is
// by default and not in the file, is none.
func Edits(text []byte, path string, w Wish) ([]Edit, error) {
	sections, err := Sections(text, path)
	if err != nil {
		return nil, err
	}
	var problems Problems
	var edits []Edit
	known := map[string]Field{}
	tables := map[string]Section{}
	for _, s := range sections {
		tables[s.Name] = s
		for _, f := range s.Fields {
			known[f.Key] = f
		}
	}
	for _, name := range w.Drop {
		s, is := tables[name]
		if !is || !s.Optional {
			problems = append(problems, fault.New(fault.ConfigUnknown, fmt.Sprintf("%.80s", name)))
		} else if s.There {
			edits = append(edits, Edit{Key: name})
		}
	}
	for _, key := range sortedKeys(w.Set) {
		f, is := known[key]
		if !is || f.Kind == KindFixed {
			problems = append(problems, fault.New(fault.ConfigUnknown, fmt.Sprintf("%.80s", key)))
			continue
		}
		if of, _ := split(key); slices.Contains(w.Drop, of) {
			continue
		}
		value := strings.TrimSpace(w.Set[key])
		if f.Kind == KindSecret && value == "" || value == f.Value {
			continue
		}
		literal, why := f.literal(value)
		if why != nil {
			problems = append(problems, Bad(path, key, why))
		} else if literal != "" || f.Source == FromFile {
			edits = append(edits, Edit{Key: key, Value: literal})
		}
	}
	edits = append(edits, added(w, tables, edits)...)
	if len(problems) > 0 {
		return nil, problems
	}
	return edits, nil
}

// added makes the tables a wish adds that no key of it makes.
func added(w Wish, tables map[string]Section, edits []Edit) (more []Edit) {
	for _, name := range w.Add {
		s, is := tables[name]
		made := slices.ContainsFunc(edits, func(e Edit) bool { of, _ := split(e.Key); return of == name })
		if !is || !s.Optional || s.There || made {
			continue
		}
		for _, f := range s.Fields { // the first that has a default says nothing new
			if f.Default == "" && f.Kind == KindChoice {
				f.Default = f.Options[0]
			}
			if literal, why := f.literal(f.Default); why == nil && literal != "" {
				more = append(more, Edit{Key: f.Key, Value: literal})
				break
			}
		}
	}
	return more
}

// MaxValue is the longest value of a field, in bytes.
const MaxValue = 4 << 10

// literal is a value as TOML; why says what is wrong with it.
func (f *Field) literal(value string) (toml string, why error) {
	switch {
	case len(value) > MaxValue:
		return "", tooLong(MaxValue)
	case value == "":
		return "", nil
	}
	switch f.Kind {
	case KindFlag:
		if value != "true" && value != "false" {
			return "", wrongly("нужно true или false", "want true or false")
		}
		return value, nil
	case KindNumber, KindSecret:
		n, err := strconv.Atoi(value)
		if err != nil {
			return "", wrongly("нужно целое число", "want a whole number")
		}
		if f.Kind == KindNumber && (n < f.Min || n > f.Max) {
			return "", wrongly("%d, нужно от %d до %d", "%d, want %d to %d", n, f.Min, f.Max)
		}
		return strconv.Itoa(n), nil
	case KindChoice:
		if !slices.Contains(f.Options, value) {
			return "", wrongly("%.40q, нужно %s", "%.40q, want %s", value, strings.Join(f.Options, ", "))
		}
		if _, err := strconv.Atoi(value); err == nil {
			return value, nil
		}
	case KindList:
		var parts []string
		for p := range strings.SplitSeq(value, ",") {
			if p = strings.TrimSpace(p); p != "" {
				parts = append(parts, quoted(p))
			}
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	}
	return quoted(value), nil
}

// quoted is a text as TOML's basic string.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

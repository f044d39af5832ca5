package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Edit is one change of a file: a key gets a value, or loses it and has its
// default again; a table ("kkt") only goes.
type Edit struct {
	Key   string // as in the file, "kkt.address"; the second [[scanner]]'s is "scanner[2].name"
	Value string // TOML: a string has its quotes; "": none
}

// Apply makes changes in a file's text and leaves everything else in it as it
// is, comments included. It changes what it is sure of: afterwards the text
// means what it meant before but for the changes, or the answer is
// fault.ConfigByHand.
func Apply(text []byte, edits []Edit) ([]byte, error) {
	want := map[string]any{}
	if err := toml.Unmarshal(text, &want); err != nil {
		return nil, fault.New(fault.ConfigByHand).With(err)
	}
	out := string(text)
	for _, e := range edits {
		if err := expect(want, e); err != nil {
			return nil, err
		}
		out = scanText(out).apply(e)
	}
	got := map[string]any{}
	if err := toml.Unmarshal([]byte(out), &got); err != nil {
		return nil, fault.New(fault.ConfigByHand).With(err)
	}
	if !reflect.DeepEqual(prune(want), prune(got)) {
		return nil, fault.New(fault.ConfigByHand)
	}
	return []byte(out), nil
}

// prune takes out tables that have nothing in them: one that lost its last key
// may stand or go.
func prune(m map[string]any) map[string]any {
	for key, v := range m {
		if sub, is := v.(map[string]any); is && len(prune(sub)) == 0 && !optional[key] {
			delete(m, key)
		}
	}
	return m
}

// expect makes a change in what a file means.
func expect(m map[string]any, e Edit) error {
	table, key := split(e.Key)
	at := m
	for name := range strings.SplitSeq(table, ".") {
		if name == "" {
			continue
		}
		name, n := index(name)
		switch sub := at[name].(type) {
		case map[string]any:
			at = sub
		case []any:
			if n < 1 || n > len(sub) {
				return fault.New(fault.ConfigByHand)
			}
			one, is := sub[n-1].(map[string]any)
			if !is {
				return fault.New(fault.ConfigByHand)
			}
			at = one
		case nil:
			if e.Value == "" {
				return nil
			}
			made := map[string]any{}
			at[name] = made
			at = made
		default:
			return fault.New(fault.ConfigByHand)
		}
	}
	if e.Value == "" {
		remove(at, key)
		return nil
	}
	var v struct{ V any }
	if err := toml.Unmarshal([]byte("V = "+e.Value), &v); err != nil {
		return fault.New(fault.ConfigByHand).With(err)
	}
	at[key] = v.V
	return nil
}

// remove takes out a key, or one of several tables.
func remove(m map[string]any, key string) {
	name, n := index(key)
	all, several := m[name].([]any)
	switch {
	case !several || n == 0:
		delete(m, key)
	case n <= len(all):
		if all = slices.Delete(slices.Clone(all), n-1, n); len(all) == 0 {
			delete(m, name)
		} else {
			m[name] = all
		}
	}
}

// split parts a key from its table.
func split(key string) (table, last string) {
	i := strings.LastIndexByte(key, '.')
	return key[:max(i, 0)], key[i+1:]
}

// index reads "scanner[2]"; without a number it is 0.
func index(name string) (string, int) {
	i := strings.IndexByte(name, '[')
	if i < 0 || !strings.HasSuffix(name, "]") {
		return name, 0
	}
	n := 0
	for _, c := range name[i+1 : len(name)-1] {
		if c < '0' || c > '9' || n > MaxScanners {
			return name, 0
		}
		n = 10*n + int(c-'0')
	}
	return name[:i], n
}

// layout is where in a text its tables and keys are.
type layout struct {
	text   string
	tables []tableAt
	keys   []keyAt
}

type tableAt struct {
	name       string // with its number where it is one of several
	start, end int    // of the header's line
}

type keyAt struct {
	name       string // in full
	start, end int    // of its lines
	value      [2]int
}

// scanText finds tables and keys. What it does not understand it passes by:
// Apply looks at what came out.
func scanText(text string) *layout {
	l := &layout{text: text}
	several := map[string]int{}
	table := ""
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		line := strings.TrimSpace(strings.TrimPrefix(text[at:end], "\ufeff"))
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name, _, _ := strings.Cut(strings.TrimLeft(line, "["), "]")
			table = plainKey(name)
			if strings.HasPrefix(line, "[[") {
				several[table]++
				table = numbered(table, several[table])
			}
			l.tables = append(l.tables, tableAt{table, at, end})
		default:
			name, _, found := strings.Cut(text[at:end], "=")
			if !found {
				break
			}
			from := at + len(name) + 1
			to := valueEnd(text, from)
			end = lineEnd(text, to)
			full := plainKey(strings.TrimPrefix(name, "\ufeff"))
			if table != "" {
				full = table + "." + full
			}
			for from < to && (text[from] == ' ' || text[from] == '\t') {
				from++
			}
			l.keys = append(l.keys, keyAt{full, at, end, [2]int{from, to}})
		}
		at = end
	}
	return l
}

func numbered(table string, n int) string { return table + "[" + string(rune('0'+n%10)) + "]" }

// plainKey takes out the spaces and quotes that a dotted key may have.
func plainKey(key string) string {
	parts := strings.Split(key, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(p), `"'`)
	}
	return strings.Join(parts, ".")
}

// lineEnd is behind the line break of the line that at is in.
func lineEnd(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

// valueEnd is behind a value that begins at or after at: before the comment or
// the line's end, of an array behind its bracket.
func valueEnd(text string, at int) int {
	depth, end := 0, at
	for i := at; i < len(text); {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			i = stringEnd(text, i)
			end = i
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == '#':
			if depth <= 0 {
				return end
			}
			i = lineEnd(text, i)
			continue
		case c == '\n' && depth <= 0:
			return end
		}
		if c := text[i]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			end = i + 1
		}
		i++
	}
	return end
}

// stringEnd is behind the string that begins at at.
func stringEnd(text string, at int) int {
	quote := text[at : at+1]
	if three := strings.Repeat(quote, 3); strings.HasPrefix(text[at:], three) {
		quote = three
	}
	for i := at + len(quote); i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote[0] == '"':
			i++
		case strings.HasPrefix(text[i:], quote):
			return i + len(quote)
		case text[i] == '\n' && len(quote) == 1:
			return i
		}
	}
	return len(text)
}

// apply makes one change.
func (l *layout) apply(e Edit) string {
	i := slices.IndexFunc(l.keys, func(k keyAt) bool { return k.name == e.Key })
	switch {
	case i >= 0 && e.Value != "":
		v := l.keys[i].value
		return l.text[:v[0]] + e.Value + l.text[v[1]:]
	case i >= 0:
		return l.text[:l.keys[i].start] + l.text[l.keys[i].end:]
	case e.Value != "":
		return l.add(e)
	}
	return l.without(e.Key)
}

// add puts a new key behind the last of its table, or with the table at the
// end.
func (l *layout) add(e Edit) string {
	table, key := split(e.Key)
	line := key + " = " + e.Value + "\n"
	at := -1
	for _, t := range l.tables {
		if t.name == table {
			at = t.end
		}
	}
	for _, k := range l.keys {
		if of, _ := split(k.name); of == table {
			at = max(at, k.end)
		}
	}
	if at < 0 && table == "" {
		at = len(l.text)
		if len(l.tables) > 0 {
			at = l.tables[0].start
		}
	}
	if at < 0 {
		return ended(l.text) + "\n[" + table + "]\n" + line
	}
	return ended(l.text[:at]) + line + l.text[at:]
}

// ended makes a text end with its line.
func ended(text string) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		return text + "\n"
	}
	return text
}

// without takes a table out, with those beneath it. Comments stay that stand
// before the next one.
func (l *layout) without(table string) string {
	var cuts [][2]int
	within := func(name string) bool { return name == table || strings.HasPrefix(name, table+".") }
	for _, t := range l.tables {
		if within(t.name) {
			cuts = append(cuts, [2]int{t.start, t.end})
		}
	}
	for _, k := range l.keys {
		if strings.HasPrefix(k.name, table+".") {
			cuts = append(cuts, [2]int{k.start, k.end})
		}
	}
	slices.SortFunc(cuts, func(a, b [2]int) int { return a[0] - b[0] })
	var out strings.Builder
	at := 0
	for _, c := range cuts {
		out.WriteString(l.text[at:c[0]])
		at = c[1]
	}
	out.WriteString(l.text[at:])
	return out.String()
}

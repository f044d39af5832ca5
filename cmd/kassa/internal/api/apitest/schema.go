package apitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// maxFaults bounds what is said of one value: one wrong list says it often.
const maxFaults = 5

// value holds a value against a schema: the keywords the document uses, of JSON
// Schema 2020-12. A member that an object's schema does not name is a fault
// unless the schema has no properties or says additionalProperties.
func (c *Contract) value(at string, schema, v any) []string {
	s := c.follow(schema)
	if len(s) == 0 {
		return nil // anything
	}
	if one, ok := s["oneOf"].([]any); ok {
		return c.oneOf(at, one, v)
	}
	faults := c.kind(at, s, v)
	if len(faults) > 0 {
		return faults
	}
	if list, ok := s["enum"].([]any); ok && v != nil && !slices.ContainsFunc(list, func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(v) }) {
		faults = append(faults, fmt.Sprintf("%s is %v, none of %v", name(at), v, list))
	}
	if want, ok := s["const"]; ok && fmt.Sprint(want) != fmt.Sprint(v) {
		faults = append(faults, fmt.Sprintf("%s is %v, not %v", name(at), v, want))
	}
	switch v := v.(type) {
	case map[string]any:
		faults = append(faults, c.object(at, s, v)...)
	case []any:
		if least, ok := s["minItems"].(int); ok && len(v) < least {
			faults = append(faults, fmt.Sprintf("%s has %d items, at least %d are promised", name(at), len(v), least))
		}
		if most, ok := s["maxItems"].(int); ok && len(v) > most {
			faults = append(faults, fmt.Sprintf("%s has %d items, at most %d are promised", name(at), len(v), most))
		}
		for i, x := range v {
			if len(faults) < maxFaults {
				faults = append(faults, c.value(at+"["+strconv.Itoa(i)+"]", s["items"], x)...)
			}
		}
	case string:
		faults = append(faults, text(at, s, v)...)
	case json.Number:
		faults = append(faults, number(at, s, v)...)
	}
	return faults[:min(len(faults), maxFaults)]
}

func name(at string) string {
	if at == "" {
		return "the body"
	}
	return at
}

func (c *Contract) oneOf(at string, schemas []any, v any) (least []string) {
	for i, s := range schemas {
		faults := c.value(at, s, v)
		if len(faults) == 0 {
			return nil
		}
		if i == 0 || len(faults) < len(least) {
			least = faults
		}
	}
	return least
}

// kind holds a value's type against the schema's.
func (c *Contract) kind(at string, s map[string]any, v any) []string {
	var want []string
	switch t := s["type"].(type) {
	case string:
		want = []string{t}
	case []any:
		for _, x := range t {
			want = append(want, fmt.Sprint(x))
		}
	default:
		return nil
	}
	got := "null"
	switch v := v.(type) {
	case map[string]any:
		got = "object"
	case []any:
		got = "array"
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case json.Number:
		got = "number"
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) && slices.Contains(want, "integer") {
			got = "integer"
		}
	}
	if slices.Contains(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s is %s, not %v", name(at), got, want)}
}

// properties are an object's own and those of allOf; closed: it has some, and
// says nothing of others.
func (c *Contract) properties(s map[string]any) (all map[string]any, required []any, rest any, closed bool) {
	all = map[string]any{}
	own, _ := s["properties"].(map[string]any)
	maps.Copy(all, own)
	required, _ = s["required"].([]any)
	rest, open := s["additionalProperties"]
	parts, _ := s["allOf"].([]any)
	for _, p := range parts {
		props, req, more, _ := c.properties(c.follow(p))
		maps.Copy(all, props)
		required = append(slices.Clone(required), req...)
		if more != nil {
			rest, open = more, true
		}
	}
	return all, required, rest, len(all) > 0 && (!open || rest == false)
}

func (c *Contract) object(at string, s map[string]any, v map[string]any) (faults []string) {
	props, required, rest, closed := c.properties(s)
	for _, r := range required {
		if _, there := v[fmt.Sprint(r)]; !there {
			faults = append(faults, fmt.Sprintf("%s has no %v", name(at), r))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		p, known := props[key]
		switch {
		case known:
			faults = append(faults, c.value(at+"."+key, p, v[key])...)
		case closed:
			faults = append(faults, fmt.Sprintf("%s.%s is not in the document", at, key))
		case rest != nil && rest != true:
			faults = append(faults, c.value(at+"."+key, rest, v[key])...)
		}
		if len(faults) >= maxFaults {
			break
		}
	}
	return faults
}

func text(at string, s map[string]any, v string) []string {
	var err error
	switch s["format"] {
	case "uuid":
		_, err = uuid.Parse(v)
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, v)
	case "date":
		_, err = time.Parse(time.DateOnly, v)
	}
	if err != nil {
		return []string{fmt.Sprintf("%s is %.60q, no %v", name(at), v, s["format"])}
	}
	if most, ok := s["maxLength"].(int); ok && utf8.RuneCountInString(v) > most {
		return []string{fmt.Sprintf("%s has %d characters, at most %d are promised", name(at), utf8.RuneCountInString(v), most)}
	}
	return nil
}

func number(at string, s map[string]any, v json.Number) []string {
	f, err := v.Float64()
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", name(at), err)}
	}
	if least, ok := s["minimum"].(int); ok && f < float64(least) {
		return []string{fmt.Sprintf("%s is %v, below %d", name(at), v, least)}
	}
	if most, ok := s["maximum"].(int); ok && f > float64(most) {
		return []string{fmt.Sprintf("%s is %v, above %d", name(at), v, most)}
	}
	return nil
}

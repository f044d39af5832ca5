package support

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxText is the longest text of a structure that is kept, in characters.
const maxText = 300

// Keep gives what of a structure's JSON is on a list: paths of members, joined
// by dots, as in "kkt.status.paper". Lists are passed through; "*" stands for
// any member. A path that ends in "~" is free text, of which Plain is kept.
// Everything else is left out.
func Keep(v any, allowed ...string) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("support: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // sums stay what they are
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("support: %w", err)
	}
	kept, _ := keep(tree, nil, allowed)
	return kept, nil
}

// keep gives what of a tree at a path is on the list; false: nothing.
func keep(tree any, path, allowed []string) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range t {
			if kept, ok := keep(v, append(slices.Clone(path), key), allowed); ok {
				out[key] = kept
			}
		}
		return out, len(out) > 0 || len(path) == 0
	case []any:
		out := []any{}
		for _, v := range t {
			if kept, ok := keep(v, path, allowed); ok {
				out = append(out, kept)
			}
		}
		return out, len(out) > 0 || len(path) == 0
	}
	text, isText := tree.(string)
	for _, a := range allowed {
		switch pattern, free := strings.CutSuffix(a, "~"); {
		case !matches(pattern, path):
		case isText && free:
			return Plain(cut(text)), true
		case isText:
			return cut(text), true
		default:
			return tree, tree != nil
		}
	}
	return nil, false
}

// matches tells whether a path is what a pattern, maybe with stars, stands for.
func matches(pattern string, path []string) bool {
	parts := strings.Split(pattern, ".")
	if len(parts) != len(path) {
		return false
	}
	for i := range parts {
		if parts[i] != "*" && parts[i] != path[i] {
			return false
		}
	}
	return true
}

func cut(s string) string {
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return s
}

// Package apitest holds what the native API answers against its OpenAPI
// document: status, content type, headers and body. The document is what an
// integrator's code is made of, so an answer that is not in it is a defect,
// an undocumented member included.
//
// Its Wrap goes around the real handlers in tests, of the API's own and of whole
// tills, so that every call any test makes is checked.
package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// Contract is a document that was read.
type Contract struct {
	root  map[string]any
	paths []pattern
}

// pattern is a path with its operations.
type pattern struct {
	parts []string
	ops   map[string]any
}

// Read reads an OpenAPI document.
func Read(document []byte) (*Contract, error) {
	c := &Contract{}
	if err := yaml.Unmarshal(document, &c.root); err != nil {
		return nil, err
	}
	paths, _ := c.root["paths"].(map[string]any)
	for path, ops := range paths {
		m, _ := ops.(map[string]any)
		c.paths = append(c.paths, pattern{strings.Split(path, "/"), m})
	}
	// The one with fewer wildcards first: /stock/goods before /stock/{line}.
	sort.Slice(c.paths, func(i, j int) bool { return wildcards(c.paths[i]) < wildcards(c.paths[j]) })
	return c, nil
}

func wildcards(p pattern) (n int) {
	for _, part := range p.parts {
		if strings.HasPrefix(part, "{") {
			n++
		}
	}
	return n
}

// operation finds what a request calls; nil: nothing in the document.
func (c *Contract) operation(method, path string) map[string]any {
	parts := strings.Split(path, "/")
	for _, p := range c.paths {
		if len(p.parts) != len(parts) {
			continue
		}
		same := true
		for i, part := range p.parts {
			same = same && (part == parts[i] || strings.HasPrefix(part, "{") && parts[i] != "")
		}
		if !same {
			continue
		}
		if op, ok := p.ops[strings.ToLower(method)].(map[string]any); ok {
			return op
		}
	}
	return nil
}

// Statuses lists what the document says an operation may answer.
func (c *Contract) Statuses(method, path string) (all []string) {
	responses, _ := c.operation(method, path)["responses"].(map[string]any)
	for s := range responses {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// Check holds one answer against the document; nil: it is as promised. A path
// that is in no document must be told as an error too.
func (c *Contract) Check(method, path string, status int, header http.Header, body []byte) (faults []string) {
	op := c.operation(method, path)
	if op == nil {
		op = map[string]any{"responses": map[string]any{"404": map[string]any{"$ref": "#/components/responses/Error"}, "401": map[string]any{"$ref": "#/components/responses/Error"}}}
	}
	responses, _ := op["responses"].(map[string]any)
	promised := c.follow(responses[fmt.Sprint(status)])
	if promised == nil {
		return []string{fmt.Sprintf("%s %s answers %d, which is not in the document: %.200s", method, path, status, body)}
	}
	say := func(format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s %s, %d: ", method, path, status)+fmt.Sprintf(format, args...))
	}
	headers, _ := promised["headers"].(map[string]any)
	for name, h := range headers {
		h := c.follow(h)
		if h["required"] == true && header.Get(name) == "" {
			say("no header %s", name)
		}
	}
	contents, _ := promised["content"].(map[string]any)
	if contents == nil {
		if len(body) > 0 {
			say("a body where none is promised: %.100s", body)
		}
		return faults
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	content, ok := contents[kind].(map[string]any)
	if err != nil || !ok {
		say("content type %q", header.Get("Content-Type"))
		return faults
	}
	if kind != "application/json" {
		return faults
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		say("%v in %.200s", err, body)
		return faults
	}
	for _, f := range c.value("", content["schema"], v) {
		say("%s", f)
	}
	return faults
}

// follow resolves a reference.
func (c *Contract) follow(v any) map[string]any {
	m, _ := v.(map[string]any)
	for m != nil {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		var at any = c.root
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			below, _ := at.(map[string]any)
			at = below[part]
		}
		m, _ = at.(map[string]any)
	}
	return nil
}

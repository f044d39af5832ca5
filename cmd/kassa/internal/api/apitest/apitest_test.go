package apitest

import (
	"net/http"
	"strings"
	"testing"
)

const document = `
openapi: 3.1.0
paths:
  /a/{id}:
    get:
      responses:
        "200":
          headers: {Location: {required: true}}
          content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}
        "204": {description: nothing}
  /a/fixed:
    get:
      responses:
        "200": {content: {text/plain: {schema: {type: string}}}}
components:
  responses:
    Error: {content: {application/json: {schema: {type: object, required: [error], properties: {error: {type: string}}}}}}
  schemas:
    A:
      allOf: [{$ref: '#/components/schemas/Base'}]
      type: object
      required: [n]
      properties:
        n: {type: integer, minimum: 1, maximum: 9}
        kind: {type: string, enum: [x, y]}
        at: {type: string, format: date-time}
        list: {type: array, maxItems: 2, items: {oneOf: [{type: string}, {type: "null"}]}}
        free: {type: object}
        map: {type: object, additionalProperties: {type: integer}}
    Base:
      type: object
      required: [id]
      properties:
        id: {type: string, format: uuid}
`

func TestCheck(t *testing.T) {
	c, err := Read([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	const id = `"id":"01a207a5-52eb-7a45-bd85-fd777e0251c0"`
	for _, x := range []struct {
		path, body string
		status     int
		kind       string
		fault      string // "": none
	}{
		{"/a/1", `{` + id + `,"n":1,"kind":"x","at":"2026-11-23T10:00:00Z","list":["a",null],"free":{"b":1},"map":{"c":2}}`, 200, "application/json", ""},
		{"/a/1", ``, 204, "", ""},
		{"/a/1", `x`, 204, "", "a body where none is promised"},
		{"/a/fixed", `hello`, 200, "text/plain; charset=utf-8", ""},
		{"/a/fixed", `{}`, 200, "application/json", "content type"},
		{"/a/1", `{}`, 500, "application/json", "answers 500"},
		{"/b", `{"error":"no"}`, 404, "application/json", ""},
		{"/b", `{}`, 404, "application/json", "has no error"},
		{"/a/1", `{"n":1}`, 200, "application/json", "has no id"},
		{"/a/1", `{` + id + `}`, 200, "application/json", "has no n"},
		{"/a/1", `{` + id + `,"n":1,"secret":2}`, 200, "application/json", ".secret is not in the document"},
		{"/a/1", `{` + id + `,"n":1.5}`, 200, "application/json", ".n is number"},
		{"/a/1", `{` + id + `,"n":0}`, 200, "application/json", "below 1"},
		{"/a/1", `{` + id + `,"n":10}`, 200, "application/json", "above 9"},
		{"/a/1", `{` + id + `,"n":1,"kind":"z"}`, 200, "application/json", "none of"},
		{"/a/1", `{` + id + `,"n":1,"kind":null}`, 200, "application/json", ".kind is null"},
		{"/a/1", `{` + id + `,"n":1,"at":"yesterday"}`, 200, "application/json", "no date-time"},
		{"/a/1", `{"id":"7","n":1}`, 200, "application/json", "no uuid"},
		{"/a/1", `{` + id + `,"n":1,"list":[1]}`, 200, "application/json", ".list[0] is number"},
		{"/a/1", `{` + id + `,"n":1,"list":["","",""]}`, 200, "application/json", "at most 2"},
		{"/a/1", `{` + id + `,"n":1,"map":{"c":"d"}}`, 200, "application/json", ".map.c is string"},
		{"/a/1", `{`, 200, "application/json", "unexpected EOF"},
	} {
		h := http.Header{"Content-Type": {x.kind}, "Location": {"/"}}
		got := strings.Join(c.Check("GET", x.path, x.status, h, []byte(x.body)), "\n")
		if (x.fault == "") != (got == "") || !strings.Contains(got, x.fault) {
			t.Errorf("%s %d %s: %q, want %q", x.path, x.status, x.body, got, x.fault)
		}
	}
	if got := c.Check("GET", "/a/1", 200, http.Header{"Content-Type": {"application/json"}}, []byte(`{`+id+`,"n":1}`)); len(got) != 1 || !strings.Contains(got[0], "no header Location") {
		t.Error(got)
	}
}

package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func good() Entry {
	return Entry{Kind: Document, ID: uuid.MustParse("019a0000-0000-7000-8000-000000000001"), Type: "SELL", Schema: 1, Data: json.RawMessage(`{"a":1}`)}
}

func TestValidate(t *testing.T) {
	for _, k := range Kinds() {
		e := good()
		e.Kind = k
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	for name, change := range map[string]func(e *Entry){
		"without data":       func(e *Entry) { e.Data = nil },
		"largest data":       func(e *Entry) { e.Data = []byte(`"` + string(bytes.Repeat([]byte("x"), MaxData-2)) + `"`) },
		"private":            func(e *Entry) { e.Private = []byte(`{"contact":"a@b.c"}`) },
		"with groups":        func(e *Entry) { e.Group, e.Ends, e.Numbers = uuid.New(), []uuid.UUID{uuid.New()}, []int64{1, 2} },
		"data that is blank": func(e *Entry) { e.Data = []byte(" null ") },
	} {
		e := good()
		change(&e)
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(e *Entry){
		"no kind":         func(e *Entry) { e.Kind = "" },
		"unknown kind":    func(e *Entry) { e.Kind = "documents" },
		"kind in capital": func(e *Entry) { e.Kind = "Document" },
		"no id":           func(e *Entry) { e.ID = uuid.Nil },
		"no schema":       func(e *Entry) { e.Schema = 0 },
		"negative schema": func(e *Entry) { e.Schema = -1 },
		"too much data":   func(e *Entry) { e.Data = []byte(`"` + string(bytes.Repeat([]byte("x"), MaxData-1)) + `"`) },
		"private text":    func(e *Entry) { e.Private = []byte(`+79991234567`) },
		"large private":   func(e *Entry) { e.Private = []byte(`"` + string(bytes.Repeat([]byte("x"), MaxPrivate-1)) + `"`) },
		"cut data":        func(e *Entry) { e.Data = e.Data[:len(e.Data)-1] },
		"two values":      func(e *Entry) { e.Data = []byte(`{} {}`) },
		"not JSON":        func(e *Entry) { e.Data = []byte("\x00") },
	} {
		e := good()
		change(&e)
		if err := e.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKindsAreUnique(t *testing.T) {
	seen := map[Kind]bool{}
	for _, k := range Kinds() {
		if seen[k] || k == "" {
			t.Errorf("kind %q", k)
		}
		seen[k] = true
	}
}

// A record written, read and written again is the same bytes: the till's
// offset and the payload's own spelling survive.
func TestJSONIsStable(t *testing.T) {
	e := good()
	e.Data = json.RawMessage(`{"b":2,"a":1.50,"c":"<&>"}`)
	e.Group, e.Ends, e.Shift, e.Numbers = uuid.New(), []uuid.UUID{uuid.New()}, uuid.New(), []int64{7}
	for name, r := range map[string]Record{
		"full":   {Seq: 9, Time: time.Date(2026, 3, 1, 12, 30, 0, 123456789, time.FixedZone("", 5*3600)), Entry: e},
		"sparse": {Seq: 1, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Entry: Entry{Kind: Void, ID: e.ID, Schema: 1}},
	} {
		first, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Record
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
		second, err := json.Marshal(back)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: %v\n%s\n%s", name, err, first, second)
		}
		if d := cmp.Diff(r.Numbers, back.Numbers); d != "" || !back.Time.Equal(r.Time) || back.Group != r.Group {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// FuzzValidate: an entry that passes can be written and read.
func FuzzValidate(f *testing.F) {
	f.Add("document", 1, []byte(`{"a":1}`))
	f.Add("intent", 1, []byte("\xff"))
	f.Add("", 0, []byte(nil))
	f.Fuzz(func(t *testing.T, kind string, schema int, data []byte) {
		e := Entry{Kind: Kind(kind), ID: uuid.MustParse("019a0000-0000-7000-8000-000000000001"), Schema: schema, Data: data}
		if e.Validate() != nil {
			return
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		var back Entry
		if err := json.Unmarshal(text, &back); err != nil || back.Validate() != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

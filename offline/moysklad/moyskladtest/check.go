package moyskladtest

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The limits of what a till may send.
const (
	maxDepth  = 10
	maxArray  = 1000
	maxNumber = 9_999_999_999
)

// parse reads a body and checks its form: JSON, depth, arrays, numbers.
func parse(body []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, refuse(2001, "")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, refuse(2001, "")
	}
	o, ok := v.(map[string]any)
	switch _, list := v.([]any); {
	case list:
		return nil, refuse(2009, "")
	case !ok:
		return nil, refuse(2005, "")
	}
	return o, form("", v, 1)
}

func form(name string, v any, depth int) error {
	if depth > maxDepth {
		return refuse(2006, name)
	}
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if err := form(k, e, depth+1); err != nil {
				return err
			}
		}
	case []any:
		if len(v) > maxArray {
			return refuse(2007, name)
		}
		for _, e := range v {
			if _, nested := e.([]any); nested {
				return refuse(2004, name)
			}
			if err := form(name, e, depth+1); err != nil {
				return err
			}
		}
	case json.Number:
		if r, ok := rational(v); !ok || r.Abs(r).Cmp(big.NewRat(maxNumber, 1)) > 0 {
			return refuse(3008, name)
		}
	}
	return nil
}

// rational reads a number exactly; absurd exponents are not expanded.
func rational(n json.Number) (*big.Rat, bool) {
	s := strings.ToLower(string(n))
	if _, exp, ok := strings.Cut(s, "e"); ok {
		if e, err := strconv.Atoi(exp); err != nil || e > 20 || e < -20 {
			return nil, false
		}
	}
	if len(s) > 64 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// fields reads an object's fields and keeps the first complaint.
type fields struct {
	o   map[string]any
	err error
}

func (f *fields) no(code int, name string) {
	if f.err == nil {
		f.err = refuse(code, name)
	}
}

// str reads a required string; missing is the code for its absence.
func (f *fields) str(name string, missing int) string {
	v, ok := f.o[name]
	if !ok || v == nil || v == "" {
		f.no(missing, name)
		return ""
	}
	s, ok := v.(string)
	if !ok {
		f.no(2016, name)
	}
	return s
}

// moment reads a required time.
func (f *fields) moment(name string, missing int) string {
	s := f.str(name, missing)
	if s == "" {
		return ""
	}
	if _, err := time.Parse("2006-01-02 15:04:05.999", s); err != nil || len(s) < len("2006-01-02 15:04:05") {
		f.no(2025, name)
	}
	return s
}

// num reads a number; nil when absent.
func (f *fields) num(name string) *big.Rat {
	v, ok := f.o[name]
	if !ok || v == nil {
		return nil
	}
	n, ok := v.(json.Number)
	if !ok {
		f.no(2016, name)
		return nil
	}
	r, _ := rational(n) // form has checked it
	return r
}

// bool reads a boolean that may be absent.
func (f *fields) bool(name string, def bool) bool {
	v, ok := f.o[name]
	if !ok || v == nil {
		return def
	}
	b, ok := v.(bool)
	if !ok {
		f.no(2016, name)
	}
	return b
}

// text reads a string that may be absent.
func (f *fields) text(name string) string {
	v, ok := f.o[name]
	if !ok || v == nil {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		f.no(2016, name)
	}
	return s
}

// when reads a time that may be absent.
func (f *fields) when(name string) string {
	if v, ok := f.o[name]; !ok || v == nil {
		return ""
	}
	return f.moment(name, 3000)
}

// list reads an array that may be absent.
func (f *fields) list(name string) []any {
	v, ok := f.o[name]
	if !ok || v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		f.no(2016, name)
	}
	return list
}

// inside checks an object that may be absent.
func (f *fields) inside(name string, check func(*fields)) {
	v, ok := f.o[name]
	if !ok || v == nil {
		return
	}
	o, ok := v.(map[string]any)
	if !ok {
		f.no(2016, name)
		return
	}
	in := &fields{o: o}
	if check(in); in.err != nil && f.err == nil {
		f.err = in.err
	}
}

// shiftCheque checks what is said of the receipts that opened and closed a shift.
func (f *fields) shiftCheque(name string) {
	f.inside(name, func(c *fields) {
		for _, end := range []string{"start", "end"} {
			c.inside(end, func(c *fields) {
				for _, text := range []string{"fnNumber", "kktRegNumber", "fiscalDocSign", "shiftNumber", "fiscalDocNumber"} {
					c.text(text)
				}
				c.when("time")
				c.num("chequesTotal")
				c.num("fiscalDocsTotal")
			})
		}
	})
}

// link is where a meta points.
type link struct {
	kind, id string
	sync     bool
}

// ref reads {"meta":{"href":..}} or, for inline, the meta itself.
func (f *fields) ref(name string, missing int) link {
	v, ok := f.o[name]
	if !ok || v == nil {
		f.no(missing, name)
		return link{}
	}
	o, ok := v.(map[string]any)
	if !ok {
		f.no(2016, name)
		return link{}
	}
	if name != "meta" {
		if o, ok = o["meta"].(map[string]any); !ok {
			f.no(2014, name)
			return link{}
		}
	}
	l, err := parseMeta(o)
	if err != nil && f.err == nil {
		err.parameter = name
		f.err = err
	}
	return l
}

func parseMeta(m map[string]any) (link, *refused) {
	href, _ := m["href"].(string)
	if href == "" {
		return link{}, refuse(2010, "")
	}
	_, path, ok := strings.Cut(href, "/entity/")
	if !ok {
		return link{}, refuse(2020, "")
	}
	parts := strings.Split(path, "/")
	l := link{kind: parts[0], id: parts[len(parts)-1]}
	switch {
	case len(parts) == 3 && parts[1] == "syncid":
		l.sync = true
	case len(parts) != 2:
		return link{}, refuse(2013, "")
	}
	if _, err := uuid.Parse(l.id); err != nil || len(l.id) != 36 {
		return link{}, refuse(1052, "")
	}
	l.id = strings.ToLower(l.id)
	if t, ok := m["type"].(string); ok && !slices.Contains(types, t) {
		return link{}, refuse(2012, "type")
	} else if ok && t != l.kind {
		return link{}, refuse(2019, "type")
	}
	if id, ok := m["id"].(string); ok && !strings.EqualFold(id, l.id) {
		return link{}, refuse(2019, "id")
	}
	if t, ok := m["idType"].(string); ok && (t == "sync") != l.sync {
		return link{}, refuse(2019, "idType")
	}
	return l, nil
}

// types are those of what can be referred to.
var types = []string{kindDemand, kindReturn, kindIn, kindOut, kindPrepay, kindUnpay, kindProduct, kindCustomer, kindOrder, "retailshift", "service", "variant", "bundle", "sn",
	"employee", "bonusprogram", "productfolder", "organization", "store", "retailstore", "specialpricediscount", "accumulationdiscount", "personaldiscount"}

// sync reads a reference that must be by syncid and of one type.
func (f *fields) sync(name, kind string, missing int) string {
	l := f.ref(name, missing)
	if f.err != nil {
		return ""
	}
	if l.kind != kind {
		f.no(1051, name)
	}
	if !l.sync {
		f.no(1057, name)
	}
	return l.id
}

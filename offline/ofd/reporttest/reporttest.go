// Package reporttest is a fake of an operator's report service: it adds up the
// documents an operator took and answers as the real one may.
//
// It is strict with what comes in: both keys, both dates, known values. What
// goes out is as little promised as with the real one: members stand in any
// order, some that may be missing are, some nobody described are there, and
// sums are spelt 140, 140.0, 140.55 or 1.4e2.
package reporttest

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/pos/money"
)

// Options of a Service.
type Options struct {
	YandexKey string
	OFDKey    string
	Documents func() []ofdtest.Document // what the operator took
	Seed      uint64                    // of its moods
	Plain     bool                      // without moods: everything told, one spelling
	Log       *slog.Logger              // nil: discarded
}

// Service is the fake. Its faults are the HTTP status it answers with.
type Service struct {
	o Options

	mu     sync.Mutex
	random *rand.Rand
	status int // 0: works
	calls  int
}

// New makes a service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, random: rand.New(rand.NewPCG(o.Seed, 1))}
}

// Fault makes every call end with an HTTP status; 0 ends it.
func (s *Service) Fault(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Calls counts requests.
func (s *Service) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// ServeHTTP answers POST /docs/aggregations/shifts below any prefix.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	status, body := s.answer(r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.o.Log.Debug("client went away", "err", err)
	}
}

func refuse(status, code int, message string) (int, []byte) {
	return status, fmt.Appendf(nil, `{"code": %d, "message": %q}`, code, message)
}

func (s *Service) answer(r *http.Request) (int, []byte) {
	const maxBody = 64 << 10
	switch {
	case s.status != 0:
		return refuse(s.status, 26, "fault of the bench")
	case !strings.HasSuffix(r.URL.Path, "/docs/aggregations/shifts"):
		return refuse(http.StatusForbidden, 25, "Document not found")
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, 0, "method not allowed")
	case r.Header.Get("X-Yandex-Key") != s.o.YandexKey:
		return refuse(http.StatusUnauthorized, 1, "Incorrect Yandex Key")
	case r.Header.Get("X-OFD-Key") != s.o.OFDKey:
		return refuse(http.StatusUnauthorized, 2, "Incorrect Ofd Key")
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	d.DisallowUnknownFields()
	var q ofd.Query
	if err := d.Decode(&q); err != nil {
		return refuse(http.StatusUnprocessableEntity, 7, "Invalid payload structure")
	}
	var book ofd.Book
	for _, doc := range s.o.Documents() {
		if e, ok := event(doc); ok {
			book.Add(e)
		}
	}
	if q.Limit == 0 {
		q.Limit = 20
	}
	report, err := book.Report(q)
	if errors.Is(err, ofd.ErrQuery) {
		return refuse(http.StatusBadRequest, 5, "Bad Request: "+err.Error())
	}
	b, err := json.Marshal(report)
	if err != nil {
		return refuse(http.StatusInternalServerError, 26, err.Error())
	}
	if s.o.Plain {
		return http.StatusOK, b
	}
	return http.StatusOK, s.moody(b)
}

// moody writes the answer again the way nobody promised it would not be.
func (s *Service) moody(b []byte) []byte {
	var v any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return b
	}
	var out strings.Builder
	s.write(&out, "", v)
	return []byte(out.String())
}

func (s *Service) write(out *strings.Builder, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v)+1)
		for k, x := range v {
			if n, ok := x.(json.Number); ok && strings.HasSuffix(k, "_count") && n.String() == "0" && s.random.IntN(4) == 0 {
				continue // may be missing
			}
			names = append(names, k)
		}
		v["service_field"] = json.Number("1")
		names = append(names, "service_field")
		s.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		out.WriteByte('{')
		for i, k := range names {
			if i > 0 {
				out.WriteByte(',')
			}
			fmt.Fprintf(out, "%q: ", k)
			s.write(out, k, v[k])
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			s.write(out, "", x)
		}
		out.WriteByte(']')
	case json.Number:
		if strings.HasSuffix(name, "_sum") {
			out.WriteString(s.spell(v.String()))
			return
		}
		out.WriteString(v.String())
	default:
		b, err := json.Marshal(v)
		if err != nil {
			b = []byte("null")
		}
		out.Write(b)
	}
}

// spell writes a number with two decimals in one of its ways.
func (s *Service) spell(n string) string {
	whole, part, _ := strings.Cut(n, ".")
	switch s.random.IntN(4) {
	case 0:
		return n
	case 1:
		if part == "00" {
			return whole
		}
		return strings.TrimSuffix(n, "0")
	case 2:
		if part == "00" {
			return whole + ".0"
		}
		return n
	}
	return cmp.Or(strings.TrimLeft(whole+part, "0"), "0") + "e-2"
}

// Tags of the fiscal data format that the report needs.
const (
	tagTime = 1012
	tagRN   = 1037
	tagKind = 1054
	tagTax  = 1055
	tagCalc = 1038 // the shift
)

// ways are the tags of what was paid how.
var ways = map[uint16]func(*ofd.Event) *money.Amount{
	1020: func(e *ofd.Event) *money.Amount { return &e.Total },
	1031: func(e *ofd.Event) *money.Amount { return &e.Cash },
	1081: func(e *ofd.Event) *money.Amount { return &e.Ecash },
	1215: func(e *ofd.Event) *money.Amount { return &e.Prepaid },
	1216: func(e *ofd.Event) *money.Amount { return &e.Credit },
	1217: func(e *ofd.Event) *money.Amount { return &e.Provision },
}

// forms of fiscal documents.
var forms = map[int]string{1: "fiscalReport", 11: "fiscalReportCorrection", 2: "openShift", 5: "closeShift", 3: "receipt", 31: "receiptCorrection",
	4: "bso", 41: "bsoCorrection", 21: "currentStateReport", 6: "closeArchive"}

var taxation = map[uint64]string{1: "osn", 2: "usn_income", 4: "usn_income_wo_expenditure", 16: "esn_agricultural", 32: "psn"}

// event reads a document as far as the report needs it.
func event(d ofdtest.Document) (e ofd.Event, ok bool) {
	e = ofd.Event{FN: d.FN, Type: forms[d.Form]}
	var kind uint64
	for b := d.Body; len(b) >= 4; {
		tag, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if len(b) < 4+size {
			return e, false
		}
		value := b[4 : 4+size]
		b = b[4+size:]
		switch tag {
		case tagTime:
			e.Time = time.Unix(int64(number(value)), 0).UTC()
		case tagRN:
			e.RN = strings.TrimSpace(string(value))
		case tagCalc:
			e.Shift = int64(number(value))
		case tagKind:
			kind = number(value)
		case tagTax:
			e.Taxation = taxation[number(value)]
		}
		if at := ways[tag]; at != nil {
			*at(&e) = money.Amount(number(value))
		}
	}
	if kind >= 1 && int(kind) <= len(ofd.Operations) && strings.Contains("receipt receiptCorrection bso bsoCorrection", e.Type) {
		e.Operation = ofd.Operations[kind-1]
	}
	return e, e.Type != "" && e.Shift > 0
}

// number reads an unsigned number, lowest byte first.
func number(b []byte) (n uint64) {
	for i := min(len(b), 8) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/docfind"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// Notice is a row beside the cheque, in the till's language.
type Notice struct {
	till.Notice
	Text string `json:"text"`
}

// Warning is a lasting state, in the till's language.
type Warning struct {
	fault.Warning
	Text string `json:"text"`
}

func (a *API) notices(v till.View) []Notice {
	all := make([]Notice, len(v.Notices))
	for i, n := range v.Notices {
		all[i] = Notice{n, n.Text(a.o.Language)}
	}
	return all
}

func (a *API) warnings(v till.View) []Warning {
	warnings := v.Warnings
	if a.o.Warnings != nil {
		warnings = append(slices.Clone(warnings), a.o.Warnings()...)
	}
	all := make([]Warning, len(warnings))
	for i, w := range warnings {
		all[i] = Warning{w, w.Text(a.o.Language)}
	}
	return all
}

// whole is the till's view with texts and the daemon's facts.
func (a *API) whole() map[string]any {
	v, version := a.o.Till.View()
	all := map[string]any{
		"boot": a.o.Boot, "version": a.o.Version, "revision": version, "language": a.o.Language,
		"phase": v.Phase, "store": v.Store, "organization": v.Organization, "currency": v.Currency,
		"cashier": v.Cashier, "role": v.Role, "permissions": v.Permissions, "approval": v.Approval, "shift": v.Shift, "cheque": v.Cheque, "paying": v.Paying, "payment": v.Payment, "doubt": v.Doubt, "terminal": v.Terminal, "aside": v.Aside,
		"parked": v.Parked, "notices": a.notices(v), "questions": a.asked(v), "checks": v.Checks, "last": v.Last, "receipt": v.Receipt, "kkt": v.KKT, "warnings": a.warnings(v),
		"scans": v.Scans, "catalog_generation": v.Catalog, "last_number": v.LastNumber,
	}
	if a.o.Outbox != nil {
		all["sync"] = a.o.Outbox()
	}
	if a.o.Extra != nil {
		for k, x := range a.o.Extra() {
			all[k] = x
		}
	}
	return all
}

func (a *API) status(w http.ResponseWriter, r *http.Request) { a.ok(w, r, a.whole()) }

// query reads the parameters of the lists.
type query struct {
	filter record.Filter
	text   string
	folder string
	after  string
	limit  int
	types  []string
}

func (a *API) query(r *http.Request) (query, error) {
	p := r.URL.Query()
	q := query{text: p.Get("find"), folder: p.Get("folder"), after: p.Get("after"), limit: 100}
	if s := p.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > MaxPage {
			return q, fault.New(fault.BadRequest, "limit: 1.."+strconv.Itoa(MaxPage))
		}
		q.limit = n
	}
	q.types = splitList(p["type"])
	for name, at := range map[string]*time.Time{"since": &q.filter.Since, "until": &q.filter.Until} {
		if s := p.Get(name); s != "" {
			t, err := ParseTime(s, a.o.Location)
			if err != nil {
				return q, fault.New(fault.BadRequest, name).With(err)
			}
			*at = t
		}
	}
	return q, nil
}

// splitList reads a parameter that may be repeated or hold a list with commas.
func splitList(values []string) (all []string) {
	for _, list := range values {
		for s := range strings.SplitSeq(list, ",") {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

// ParseTime reads RFC 3339, "2026-11-22T10:00", "2026-11-22 10:00" or
// "2026-11-22" in the till's zone.
func ParseTime(s string, zone *time.Location) (time.Time, error) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not a date or time: %.40q", s)
}

// documents lists documents oldest first; "after" is the "next" of the page
// before.
func (a *API) documents(w http.ResponseWriter, r *http.Request) {
	q, err := a.query(r)
	q.filter.Kinds = []record.Kind{record.Document}
	for _, s := range q.types {
		t, bad := doc.ParseType(s)
		if bad != nil {
			err = errors.Join(err, fault.New(fault.BadRequest, "type").With(bad))
		}
		q.filter.Types = append(q.filter.Types, string(t))
	}
	if text := strings.TrimSpace(r.URL.Query().Get("find")); text != "" && err == nil {
		a.found(w, r, q, docfind.Parse(text, time.Now().In(a.o.Location)))
		return
	}
	a.page(w, r, q, err, "documents", func(rec record.Record) any { return rec.Data })
}

// searchTime is how long one page looks for documents.
const searchTime = 1500 * time.Millisecond

// found lists the documents that somebody looks for, by the same pages. A page
// ends after a while with whatever it has found, be it nothing.
func (a *API) found(w http.ResponseWriter, r *http.Request, q query, want docfind.Query) {
	f := q.filter
	if want.Since.After(f.Since) {
		f.Since = want.Since
	}
	if !want.Until.IsZero() && (f.Until.IsZero() || want.Until.Before(f.Until)) {
		f.Until = want.Until
	}
	var err error
	if q.after != "" {
		if f.After, err = strconv.ParseUint(q.after, 10, 64); err != nil {
			a.fail(w, r, fault.New(fault.BadRequest, "after"))
			return
		}
	}
	out := map[string]any{}
	rows, size, stop := []json.RawMessage{}, 0, time.Now().Add(searchTime)
	for rec, err := range a.o.Records(r.Context(), f) {
		if err != nil {
			a.fail(w, r, err)
			return
		}
		var d doc.Document
		if json.Unmarshal(rec.Data, &d) == nil {
			if len(rec.Private) > 0 {
				d.People = new(doc.People)
				if json.Unmarshal(rec.Private, d.People) != nil {
					d.People = nil
				}
			}
			if want.Match(&d, string(d.Type)) {
				rows, size = append(rows, rec.Data), size+len(rec.Data)
			}
		}
		if len(rows) == q.limit || size > MaxPageBytes || time.Now().After(stop) {
			out["next"] = strconv.FormatUint(rec.Seq, 10)
			break
		}
	}
	out["documents"] = rows
	a.ok(w, r, out)
}

// records lists the journal itself, oldest first, by the same pages.
func (a *API) records(w http.ResponseWriter, r *http.Request) {
	q, err := a.query(r)
	for _, s := range splitList(r.URL.Query()["kind"]) {
		k := record.Kind(strings.ToLower(s))
		if !slices.Contains(record.Kinds(), k) {
			err = errors.Join(err, fault.New(fault.BadRequest, "kind"))
		}
		q.filter.Kinds = append(q.filter.Kinds, k)
	}
	for _, s := range q.types {
		if t, unknown := doc.ParseType(s); unknown == nil {
			s = string(t)
		}
		q.filter.Types = append(q.filter.Types, s)
	}
	if err == nil {
		q.filter.Shift, err = a.shiftID(r)
	}
	a.page(w, r, q, err, "records", func(rec record.Record) any { return Public(rec) })
}

// shiftID reads the parameter "shift": a shift's id, or its number on this
// till.
func (a *API) shiftID(r *http.Request) (uuid.UUID, error) {
	s := r.URL.Query().Get("shift")
	if s == "" {
		return uuid.Nil, nil
	}
	if id, err := uuid.Parse(s); err == nil {
		return id, nil
	}
	number, err := strconv.ParseInt(s, 10, 64)
	if err != nil || number < 1 {
		return uuid.Nil, fault.New(fault.BadRequest, "shift")
	}
	f := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.OpenSession)}, Reverse: true}
	for rec, err := range a.o.Records(r.Context(), f) {
		if err != nil {
			return uuid.Nil, err
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err == nil && d.ShiftNumber == number {
			return d.ShiftID, nil
		}
	}
	return uuid.Nil, fault.New(fault.NotFound, "shift "+s)
}

func (a *API) page(w http.ResponseWriter, r *http.Request, q query, err error, name string, form func(record.Record) any) {
	if err == nil && q.after != "" {
		if q.filter.After, err = strconv.ParseUint(q.after, 10, 64); err != nil {
			err = fault.New(fault.BadRequest, "after")
		}
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	q.filter.Limit = q.limit
	rows, last, size, cut := []any{}, uint64(0), 0, false
	for rec, err := range a.o.Records(r.Context(), q.filter) {
		if err != nil {
			a.fail(w, r, err)
			return
		}
		rows, last = append(rows, form(rec)), rec.Seq
		if size += len(rec.Data); size > MaxPageBytes {
			cut = true
			break
		}
	}
	out := map[string]any{name: rows}
	if cut || len(rows) == q.limit {
		out["next"] = strconv.FormatUint(last, 10)
	}
	a.ok(w, r, out)
}

func (a *API) outbox(w http.ResponseWriter, r *http.Request) {
	if a.o.Outbox == nil {
		a.fail(w, r, fault.New(fault.CloudNone))
		return
	}
	a.ok(w, r, a.o.Outbox())
}

func (a *API) sync(w http.ResponseWriter, r *http.Request) {
	if a.o.Sync == nil {
		a.fail(w, r, fault.New(fault.CloudNone))
		return
	}
	out, err := a.o.Sync(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}

// attach answers with the queue, which the new token sets moving.
func (a *API) attach(w http.ResponseWriter, r *http.Request) {
	err := error(fault.New(fault.CloudNone))
	if a.o.Attach != nil {
		err = a.o.Attach(r.Context())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.outbox(w, r)
}

func (a *API) verify(w http.ResponseWriter, r *http.Request) {
	report, err := a.o.Verify(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, report)
}

func (a *API) rotate(w http.ResponseWriter, r *http.Request) {
	period, err := a.o.Rotate(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, period)
}

func (a *API) spec(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	if _, err := w.Write(openAPI); err != nil {
		a.o.Log.Debug("client went away", "path", r.URL.Path, "err", err)
	}
}

// health: the process turns, the till's own loop included. Whoever watches the
// process restarts it when it does not.
func (a *API) health(w http.ResponseWriter, r *http.Request) {
	if a.o.Still != nil {
		if still := a.o.Still(); still > MaxStill {
			a.fail(w, r, fault.New(fault.Unavailable).Saying("the loop has not turned for "+still.Round(time.Second).String()))
			return
		}
	}
	a.ok(w, r, map[string]any{"ok": true})
}

// Ready is whether the till takes commands, and whether it can sell: a shift is
// closed and documents are sent without a KKT too. A receipt of a customer's is
// no reason, one that a restart has cut off is, until it has ended.
type Ready struct {
	Ready   bool       `json:"ready"`
	Sells   bool       `json:"sells"`
	Reasons []*Problem `json:"reasons"` // why it does not sell
}

// ready: the till has restored itself and takes commands.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	switch v.Phase {
	case till.Starting.String():
		a.fail(w, r, fault.New(fault.Starting))
		return
	case till.Halted.String():
		a.fail(w, r, fault.New(fault.JournalWrite))
		return
	}
	out := Ready{Ready: true, Reasons: []*Problem{}}
	if !v.KKT.Ready {
		out.Reasons = append(out.Reasons, a.problem(fault.New(fault.FiscalMissing)))
	} else if v.KKT.Code != "" {
		out.Reasons = append(out.Reasons, a.problem(fault.New(v.KKT.Code)))
	}
	if v.Doubt != nil {
		out.Reasons = append(out.Reasons, a.problem(fault.New(v.Doubt.Code, v.Doubt.Args...)))
	} else if v.Resumed {
		out.Reasons = append(out.Reasons, a.problem(fault.New(fault.Busy)))
	}
	out.Sells = len(out.Reasons) == 0
	a.ok(w, r, out)
}

func (a *API) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	if a.o.Metrics != nil {
		a.o.Metrics(w)
	}
}

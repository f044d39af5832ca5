package moyskladtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// What a till can send.
const (
	kindOpen   = "openshift"
	kindClose  = "closeshift"
	kindDemand = "retaildemand"
	kindReturn = "retailsalesreturn"
	kindIn     = "retaildrawercashin"
	kindOut    = "retaildrawercashout"
	kindPrepay = "prepayment"
	kindUnpay  = "prepaymentreturn"
)

// operations are the kinds that the list of operations shows.
var operations = []string{kindDemand, kindReturn, kindIn, kindOut, kindPrepay, kindUnpay}

// route does a request; s.mu is held.
func (s *Server) route(r *http.Request, path string, body []byte) (reply, error) {
	if admin, ok := strings.CutPrefix(path, "/admin/"); ok {
		return s.routeAdmin(r, admin)
	}
	if rest, ok := strings.CutPrefix(path, "/cheque"); ok {
		p, err := s.till(r)
		if err != nil {
			return reply{}, err
		}
		return s.fiscalRoute(r, p, rest, body)
	}
	want, ok := methods[path]
	if !ok {
		p, err := s.till(r)
		if err != nil {
			return reply{}, err
		}
		a, known, err := s.readMore(p, r.Method, path, r.URL.Query(), body)
		if !known {
			err = refuse(1002, "")
		}
		return a, err
	}
	if !slices.Contains(want, r.Method) {
		return reply{}, refuse(1039, "")
	}
	p, err := s.till(r)
	if err != nil {
		return reply{}, err
	}
	if path == "/state" {
		return s.takeState(p, body)
	}
	if len(methods[path]) > 1 && r.Method == http.MethodPost {
		return s.receive(p, path, body)
	}
	q := r.URL.Query()
	switch path {
	case "/settings/retailstore":
		b, err := s.settings(p)
		return reply{status: http.StatusOK, body: b}, err
	case "/settings/companysettings":
		return reply{status: http.StatusOK, body: p.company}, nil
	case "/entity/assortment":
		return s.page(path, p.items, q)
	case "/entity/productfolder":
		return s.page(path, p.folders, q)
	case "/entity/discount":
		return s.page(path, p.discounts, q)
	case "/entity/counterparty":
		return s.page(path, searchCustomers(p.customers, q.Get("search")), q)
	case "/entity/customerorder":
		return s.page(path, p.orders, q)
	case "/entity/retailoperation":
		return s.operations(p, q)
	case "/rpc/retaildemand/recalc":
		return s.recalc(p, body)
	}
	return s.receive(p, path, body)
}

var (
	get    = []string{http.MethodGet}
	post   = []string{http.MethodPost}
	put    = []string{http.MethodPut}
	either = []string{http.MethodGet, http.MethodPost}
)

// methods lists the resources of this fake.
var methods = map[string][]string{
	"/settings/retailstore": get, "/settings/companysettings": get, "/entity/assortment": get, "/entity/productfolder": get,
	"/entity/discount": get, "/entity/customerorder": either, "/entity/counterparty": either, "/entity/retailoperation": get,
	"/rpc/openshift": put, "/rpc/closeshift": put, "/rpc/retaildemand/recalc": post, "/entity/retaildemand": post, "/state": post, "/entity/product": post,
	"/entity/prepayment": post, "/entity/prepaymentreturn": post,
	"/entity/retailsalesreturn": post, "/entity/retaildrawercashin": post, "/entity/retaildrawercashout": post,
}

func (s *Server) routeAdmin(r *http.Request, path string) (reply, error) {
	if err := s.admin(r); err != nil {
		return reply{}, err
	}
	store, attach := strings.CutPrefix(path, "attach/")
	switch {
	case attach && r.Method != http.MethodPost, path == "retailstore" && r.Method != http.MethodGet:
		return reply{}, refuse(1039, "")
	case attach:
		if _, err := uuid.Parse(store); err != nil {
			return reply{}, refuse(1052, "")
		}
		return s.attach(store)
	case path == "retailstore":
		var all []json.RawMessage
		for _, id := range s.order {
			b, err := s.settings(s.points[id])
			if err != nil {
				return reply{}, err
			}
			all = append(all, b)
		}
		stores, err := newRows(all)
		if err != nil {
			return reply{}, err
		}
		return s.page("/admin/retailstore", stores, r.URL.Query())
	}
	return reply{}, refuse(1002, "")
}

const (
	maxPage  = 1000
	zeroUUID = "00000000-0000-0000-0000-000000000000"
)

// page serves a collection by key set. The link to the next page has the
// cloud's own address and scheme, as the real one's examples do.
func (s *Server) page(path string, r rows, q url.Values) (reply, error) {
	limit, err := intParam(q, "limit", s.o.PageSize)
	if err != nil || limit < 1 || limit > s.o.PageSize {
		return reply{}, refuse(1040, "limit")
	}
	direction := q.Get("direction")
	if direction != "" && direction != "forward" && direction != "backward" {
		return reply{}, refuse(1055, "direction")
	}
	if s.faults.take(faultEmpty) {
		r = rows{}
	}
	ids, raw := r.ids, r.raw
	if direction == "backward" {
		ids, raw = slices.Clone(ids), slices.Clone(raw)
		slices.Reverse(ids)
		slices.Reverse(raw)
	}
	from, offsetID := 0, q.Get("offsetId")
	if offsetID == "" {
		offsetID = zeroUUID
	}
	if offsetID != zeroUUID {
		i := slices.Index(ids, offsetID)
		if i < 0 {
			return reply{}, refuse(1040, "offsetId")
		}
		from = i + 1
	}
	to := min(len(raw), from+limit)
	m := object{"href": Canonical + path, "mediaType": "application/json", "size": len(raw), "limit": limit, "offsetId": offsetID, "direction": or(direction, "forward")}
	if to < len(raw) {
		next := url.Values{"limit": {strconv.Itoa(limit)}, "offsetId": {ids[to-1]}, "direction": {or(direction, "forward")}}
		if v := q.Get("search"); v != "" {
			next.Set("search", v)
		}
		m["nextHref"] = strings.Replace(Canonical, "https://", "http://", 1) + path + "?" + next.Encode()
	}
	rows := raw[from:to]
	if rows == nil {
		rows = []json.RawMessage{}
	}
	b, err := json.Marshal(map[string]any{"meta": m, "rows": rows})
	return reply{status: http.StatusOK, body: b}, err
}

func intParam(q url.Values, name string, def int) (int, error) {
	if q.Get(name) == "" {
		return def, nil
	}
	return strconv.Atoi(q.Get(name))
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// searchCustomers keeps those with the text in a searched field.
func searchCustomers(all rows, text string) rows {
	if text == "" {
		return all
	}
	text = strings.ToLower(text)
	var found rows
	for i, raw := range all.raw {
		var c struct {
			Name, Email, Phone, DiscountCardNumber string
		}
		if json.Unmarshal(raw, &c) != nil {
			continue
		}
		if strings.Contains(strings.ToLower(strings.Join([]string{c.Name, c.Email, c.Phone, c.DiscountCardNumber}, "\n")), text) {
			found.raw, found.ids = append(found.raw, raw), append(found.ids, all.ids[i])
		}
	}
	return found
}

// defaultOperations is the page of the operations list.
const defaultOperations = 25

// operations lists what the store has done, newest first.
func (s *Server) operations(p *point, q url.Values) (reply, error) {
	limit, err := intParam(q, "limit", defaultOperations)
	offset, err2 := intParam(q, "offset", 0)
	if err != nil || err2 != nil || limit < 1 || limit > maxPage || offset < 0 {
		return reply{}, refuse(1040, "limit")
	}
	all := []object{}
	for i := len(s.state.docs) - 1; i >= 0; i-- {
		d := &s.state.docs[i]
		if slices.Contains(operations, d.Kind) && !d.Binned && d.Store == p.id && (q.Get("dtype") == "" || q.Get("dtype") == d.Kind) && matches(d, q.Get("search")) {
			all = append(all, s.operation(d))
		}
	}
	rows := all[min(offset, len(all)):min(offset+limit, len(all))]
	b, err := json.Marshal(object{
		"meta": object{"href": Canonical + "/entity/retailoperation", "mediaType": "application/json", "size": len(all), "limit": limit, "offset": offset},
		"rows": rows,
	})
	return reply{status: http.StatusOK, body: b}, err
}

func matches(d *Stored, search string) bool {
	return search == "" || strings.Contains(d.Name, search) || strconv.FormatInt(int64(d.Sum), 10) == search
}

func (s *Server) operation(d *Stored) object {
	var body struct {
		NoCash json.Number `json:"noCashSum"`
		QR     json.Number `json:"qrSum"`

		PreCash   json.Number `json:"prepaymentCash"`
		PreNoCash json.Number `json:"prepaymentNoCash"`
		PreQR     json.Number `json:"prepaymentQrSum"`
	}
	if json.Unmarshal(d.Body, &body) != nil {
		body.NoCash, body.QR = "0", "0"
	}
	o := object{
		"meta": object{"href": Canonical + "/entity/" + d.Kind + "/syncid/" + d.SyncID, "mediaType": "application/json", "type": d.Kind, "id": d.SyncID, "idType": "sync"},
		"id":   uuid.NewSHA1(uuid.NameSpaceOID, []byte(d.SyncID)).String(), "name": d.Name, "moment": d.Moment, "sum": int64(d.Sum),
		"noCashSum": zero(body.NoCash), "qrSum": zero(body.QR), "prepaymentCash": zero(body.PreCash), "prepaymentNoCash": zero(body.PreNoCash), "prepaymentQrSum": zero(body.PreQR), "returned": false,
	}
	if shift, ok := s.state.find(kindOpen, d.Shift); ok {
		native := uuid.NewSHA1(uuid.NameSpaceOID, []byte(shift.SyncID)).String()
		o["retailShift"] = object{"meta": metaOf("retailshift", native), "name": shift.Name, "openmoment": shift.Moment}
	}
	return o
}

func zero(n json.Number) json.Number {
	if n == "" {
		return "0"
	}
	return n
}

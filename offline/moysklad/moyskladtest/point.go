package moyskladtest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// point is a retail store made ready for serving.
type point struct {
	id        string
	store     map[string]json.RawMessage
	company   json.RawMessage
	uids      []string
	items     rows
	folders   rows
	discounts rows
	customers rows
	orders    rows
	serials   rows
	pictures  map[string][]byte

	employees []string          // ids of the cashiers
	tracked   map[string]bool   // goods with serial numbers, by id
	named     map[string]bool   // customers that only orders tell of, by id
	own       map[string]string // type and syncid of what tills made -> its id
}

// rows is a collection in its order, with the ids for paging.
type rows struct {
	raw []json.RawMessage
	ids []string
	at  map[string]int
}

func newPoint(p *Point) (*point, error) {
	out := &point{company: p.Company, pictures: p.Pictures, tracked: map[string]bool{}, named: map[string]bool{}, own: map[string]string{}}
	if err := json.Unmarshal(p.Store, &out.store); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var s struct {
		ID       string `json:"id"`
		Cashiers struct {
			Rows []struct {
				UID  string `json:"uid"`
				Meta struct {
					Href string `json:"href"`
				} `json:"meta"`
			} `json:"rows"`
		} `json:"cashiers"`
	}
	if err := json.Unmarshal(p.Store, &s); err != nil || s.ID == "" {
		return nil, errors.Join(errors.New("store without id"), err)
	}
	out.id = s.ID
	for _, c := range s.Cashiers.Rows {
		out.uids = append(out.uids, c.UID)
		out.employees = append(out.employees, c.Meta.Href[strings.LastIndexByte(c.Meta.Href, '/')+1:])
	}
	if len(out.uids) == 0 {
		return nil, errors.New("store without cashiers")
	}
	if !json.Valid(p.Company) {
		return nil, errors.New("company settings are not JSON")
	}
	var errs [6]error
	out.items, errs[0] = newRows(p.Items)
	out.folders, errs[1] = newRows(p.Folders)
	out.discounts, errs[2] = newRows(p.Discounts)
	out.customers, errs[3] = newRows(p.Customers)
	out.orders, errs[4] = newRows(p.Orders)
	out.serials, errs[5] = newRows(p.Serials)
	for _, raw := range p.Orders {
		var o struct {
			Agent struct {
				Meta struct {
					ID string `json:"id"`
				} `json:"meta"`
			} `json:"agent"`
		}
		if json.Unmarshal(raw, &o) == nil && o.Agent.Meta.ID != "" {
			out.named[o.Agent.Meta.ID] = true
		}
	}
	for i, raw := range p.Items {
		var it struct {
			A bool `json:"isSerialtrackable"`
			B bool `json:"isSerialTrackable"`
		}
		if json.Unmarshal(raw, &it) == nil && (it.A || it.B) && i < len(out.items.ids) {
			out.tracked[out.items.ids[i]] = true
		}
	}
	return out, errors.Join(errs[:]...)
}

func newRows(raw []json.RawMessage) (rows, error) {
	r := rows{raw: raw, ids: make([]string, len(raw)), at: make(map[string]int, len(raw))}
	for i, b := range raw {
		var e struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(b, &e); err != nil || e.ID == "" {
			return r, errors.Join(fmt.Errorf("row %d without id", i+1), err)
		}
		r.ids[i], r.at[e.ID] = e.ID, i
	}
	return r, nil
}

// settings is the store as the cloud shows it now.
func (s *Server) settings(p *point) (json.RawMessage, error) {
	now := map[string]json.RawMessage{}
	for k, v := range p.store {
		now[k] = v
	}
	attached := "false"
	for _, t := range s.state.tokens {
		if t.Store == p.id {
			attached = "true"
		}
	}
	now["authTokenAttached"] = json.RawMessage(attached)
	for name, raw := range s.changedSettings() {
		now[name] = raw
	}
	if r, ok := s.state.reports[p.id]; ok {
		var told map[string]json.RawMessage
		if err := json.Unmarshal(r.Body, &told); err != nil {
			return nil, err
		}
		for _, k := range []string{"environment", "state"} {
			if told[k] != nil {
				now[k] = told[k]
			}
		}
	}
	if names := s.lastNames(p); len(names) > 0 {
		b, err := json.Marshal(names)
		if err != nil {
			return nil, err
		}
		now["lastOperationNames"] = b
	}
	return json.Marshal(now)
}

var operationOf = map[string]string{kindOpen: "retailshift", kindDemand: kindDemand, kindReturn: kindReturn, kindIn: kindIn, kindOut: kindOut}

// lastNames lists the last name of each kind of operation.
func (s *Server) lastNames(p *point) []object {
	last := map[string]object{}
	for i := range s.state.docs {
		d := &s.state.docs[i]
		if kind := operationOf[d.Kind]; kind != "" && d.Store == p.id {
			last[kind] = object{"entity": kind, "name": d.Name, "moment": d.Moment}
		}
	}
	var all []object
	for _, kind := range []string{kindDemand, kindIn, kindOut, kindReturn, "retailshift"} {
		if o, ok := last[kind]; ok {
			all = append(all, o)
		}
	}
	return all
}

// admin checks the account's login and password.
func (s *Server) admin(r *http.Request) error {
	login, password, ok := r.BasicAuth()
	if !ok {
		return refuse(1056, "")
	}
	if !same(login, s.o.Data.Login) || !same(password, s.o.Data.Password) {
		return refuse(12025, "")
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// till finds the store a request comes from, by one of three ways.
func (s *Server) till(r *http.Request) (*point, error) {
	token, uid := r.Header.Get("Lognex-Pos-Auth-Token"), r.Header.Get("Lognex-Pos-Auth-Cashier-Uid")
	user, password, isBasic := r.BasicAuth()
	cookie := cookieValue(r)
	switch {
	case token != "" && r.Header.Get("Authorization") != "":
		return nil, refuse(1056, "") // the two may not come together
	case token != "":
	case isBasic:
		uid, token = user, password
	case cookie != "":
		uid, token, _ = strings.Cut(cookie, ":")
	default:
		return nil, refuse(1056, "")
	}
	t, ok := s.state.tokens[token]
	if !ok {
		return nil, refuse(12017, "")
	}
	p, ok := s.points[t.Store]
	if !ok {
		return nil, refuse(12018, "")
	}
	if code := cashiers[s.state.set[SetCashier]]; code != 0 {
		return nil, refuse(code, "")
	}
	for _, known := range p.uids {
		if known == uid {
			return p, nil
		}
	}
	return nil, refuse(12013, "")
}

// cookieValue reads the cookie as it is: an uid has characters that the
// standard parser would not take.
func cookieValue(r *http.Request) string {
	for part := range strings.SplitSeq(r.Header.Get("Cookie"), ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(part), "Lognex-Pos-Auth="); ok {
			return v
		}
	}
	return ""
}

// attach issues a token; commit revokes the store's earlier ones.
func (s *Server) attach(store string) (reply, error) {
	p, ok := s.points[store]
	if !ok {
		return reply{}, refuse(12015, "")
	}
	var b [20]byte
	if _, err := rand.Read(b[:]); err != nil {
		return reply{}, err
	}
	t := tokenEvent{Token: hex.EncodeToString(b[:]), UID: p.uids[0], Store: p.id}
	if err := s.state.commit(event{Token: &t}); err != nil {
		return reply{}, err
	}
	s.notify()
	return reply{status: http.StatusCreated, body: object{"token": t.Token, "uid": t.UID}.raw(), wrote: true}, nil
}

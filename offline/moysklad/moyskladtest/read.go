package moyskladtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// serialsPage is the page of the serial numbers, shorter than others.
const serialsPage = 100

// readMore serves what is asked beside the lists: one order, serial numbers, a
// customer's details, a picture. known is false for any other path.
func (s *Server) readMore(p *point, method, path string, q url.Values, body []byte) (a reply, known bool, err error) {
	want := http.MethodGet
	switch {
	case path == "/entity/counterparty/detail":
		want = http.MethodPost
	case path == "/entity/sn", strings.HasPrefix(path, "/entity/customerorder/"), strings.HasPrefix(path, "/download/"):
	default:
		return reply{}, false, nil
	}
	if method != want {
		return reply{}, true, refuse(1039, "")
	}
	if id, ok := strings.CutPrefix(path, "/entity/customerorder/"); ok {
		a, err = one(p.orders, id)
		return a, true, err
	}
	if id, ok := strings.CutPrefix(path, "/download/"); ok {
		picture, ok := p.pictures[id]
		if !ok {
			return reply{}, true, refuse(1021, "")
		}
		return reply{status: http.StatusOK, body: picture, kind: http.DetectContentType(picture)}, true, nil
	}
	if path == "/entity/sn" {
		if q.Get("limit") == "" {
			q.Set("limit", strconv.Itoa(min(serialsPage, s.o.PageSize)))
		}
		a, err = s.page(path, p.serials, q)
		return a, true, err
	}
	a, err = s.detail(p, body)
	return a, true, err
}

func one(r rows, id string) (reply, error) {
	if _, err := uuid.Parse(id); err != nil {
		return reply{}, refuse(1000, "")
	}
	at, ok := r.at[id]
	if !ok {
		return reply{}, refuse(1021, "")
	}
	return reply{status: http.StatusOK, body: r.raw[at]}, nil
}

// detail tells a customer's points. He is asked for with his whole object,
// which must have a syncid.
func (s *Server) detail(p *point, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	id, sync := f.str("id", 3000), f.text("syncId")
	switch {
	case f.err != nil:
		return reply{}, f.err
	case sync == "":
		return reply{}, refuse(46001, "")
	}
	at, ok := p.customers.at[id]
	if !ok {
		return reply{}, refuse(1021, "")
	}
	var who map[string]json.RawMessage
	if err := json.Unmarshal(p.customers.raw[at], &who); err != nil {
		return reply{}, err
	}
	program := uuid.NewSHA1(uuid.NameSpaceOID, []byte("bonusprogram")).String()
	who["bonusProgram"] = object{"meta": metaOf("bonusprogram", program)}.raw()
	who["bonusPoints"] = object{"n": s.number(SetLoyaltyPoints, usualPoints)}.field("n")
	b, err := json.Marshal(who)
	return reply{status: http.StatusOK, body: b}, err
}

func (o object) field(name string) json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(o.raw(), &all) != nil {
		return nil
	}
	return all[name]
}

// SerialJSON is a serial number as the cloud writes it.
func SerialJSON(id, number, item string) json.RawMessage {
	return object{"meta": metaOf("sn", id), "id": id, "name": number, "code": number, "assortment": object{"meta": metaOf("product", item)}}.raw()
}

// CustomerJSON is a counterparty as the cloud writes it.
func CustomerJSON(id, name, card, phone string) json.RawMessage {
	return object{"meta": metaOf("counterparty", id), "id": id, "syncId": id, "version": 1, "updated": "2026-01-12 10:00:00", "externalCode": id, "name": name,
		"companyType": "individual", "tags": []string{}, "discountCardNumber": card, "phone": phone, "salesAmount": 0}.raw()
}

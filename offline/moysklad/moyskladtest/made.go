package moyskladtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// What begins at a till besides documents.
const (
	kindProduct  = "product"
	kindCustomer = "counterparty"
	kindOrder    = "customerorder"
)

// Limits of goods.
const (
	maxBarcode = 255
	maxImage   = 3 << 20
)

// checkMade takes goods, a customer or an order.
func (s *Server) checkMade(p *point, f *fields, d *Stored, kind string) {
	d.Kind = kind
	d.SyncID = f.sync("meta", kind, 1057)
	switch kind {
	case kindProduct:
		d.Name = f.str("name", 3000)
		s.checkProduct(p, f)
	case kindCustomer:
		d.Name = f.str("name", 3000)
		for _, name := range []string{"discountCardNumber", "phone", "email", "description"} {
			f.text(name)
		}
	case kindOrder:
		d.Name, d.Moment = f.text("name"), f.when("moment")
		if l := f.ref("agent", 3000); f.err == nil {
			if _, ok := p.resolve(l, p.customers); !ok {
				f.no(1021, "agent")
			}
		}
		s.checkParties(p, f)
		s.checkPositions(p, f, kind)
	}
}

func (s *Server) checkProduct(p *point, f *fields) {
	for _, b := range f.list("barcodes") {
		switch text, ok := b.(string); {
		case !ok:
			f.no(2016, "barcodes")
		case text == "":
			f.no(3000, "barcodes")
		case len(text) > maxBarcode:
			f.no(3011, "barcodes")
		}
	}
	price, vat := f.num("price"), f.num("vat")
	switch {
	case price != nil && price.Sign() < 0:
		f.no(3002, "price")
	case vat != nil && vat.Sign() < 0:
		f.no(3002, "vat")
	case vat != nil && vat.Cmp(hundred) > 0:
		f.no(17007, "vat")
	case f.bool("vatEnabled", false) && vat == nil:
		f.no(16010, "vat")
	}
	f.bool("useParentVat", false)
	f.bool("OnTap", false)
	f.text("description")
	f.text("article")
	if f.o["productFolder"] != nil {
		if _, ok := p.resolve(f.ref("productFolder", 3000), p.folders); f.err == nil && !ok {
			f.no(1021, "productFolder")
		}
	}
	f.inside("image", checkImage)
}

var pictures = [][]byte{{0xff, 0xd8, 0xff}, []byte("\x89PNG")}

func checkImage(f *fields) {
	f.str("filename", 3000)
	text := f.str("content", 16003)
	raw, err := base64.StdEncoding.DecodeString(text)
	switch {
	case f.err != nil:
	case err != nil || !slices.ContainsFunc(pictures, func(head []byte) bool { return bytes.HasPrefix(raw, head) }):
		f.no(16004, "content")
	case len(raw) > maxImage:
		f.no(16006, "content")
	}
}

// nativeID is the cloud's own id of what came under a syncid.
func nativeID(syncid string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(syncid)).String()
}

// resolve finds the row a link points to, by either kind of id.
func (p *point) resolve(l link, in rows) (id string, ok bool) {
	id = l.id
	if l.sync {
		id = p.own[key(l.kind, l.id)]
	}
	_, ok = in.at[id]
	return id, ok || l.kind == kindCustomer && p.named[id]
}

// nextName is the name the cloud gives by itself.
func (s *Server) nextName(kind string) string {
	n := 1
	for i := range s.state.docs {
		if s.state.docs[i].Kind == kind {
			n++
		}
	}
	return fmt.Sprintf("%05d", n)
}

// learn makes what a till made part of what the store has.
func (p *point) learn(d *Stored) {
	into := map[string]*rows{kindProduct: &p.items, kindCustomer: &p.customers, kindOrder: &p.orders}[d.Kind]
	if into == nil {
		return
	}
	body, err := parse(d.Body)
	if err != nil {
		return // it was checked when it came
	}
	id := nativeID(d.SyncID)
	p.own[key(d.Kind, d.SyncID)] = id
	row := p.rowOf(d, &fields{o: body}, id)
	into.raw = append(slices.Clip(into.raw), row.raw())
	into.ids = append(slices.Clip(into.ids), id)
	into.at[id] = len(into.ids) - 1
}

func (p *point) rowOf(d *Stored, f *fields, id string) object {
	row := object{"meta": metaOf(d.Kind, id), "id": id, "syncId": d.SyncID, "name": d.Name}
	copyOf := func(names ...string) {
		for _, n := range names {
			if v := f.o[n]; v != nil {
				row[n] = v
			}
		}
	}
	switch d.Kind {
	case kindProduct:
		copyOf("barcodes", "vat", "vatEnabled", "useParentVat", "article", "description", "productFolder")
		price := f.o["price"]
		if price == nil {
			price = 0
		}
		var priceType string
		if json.Unmarshal(p.store["priceType"], &priceType) != nil {
			priceType = ""
		}
		row["salePrices"] = []object{{"value": price, "priceType": priceType}}
		row["stock"], row["reserve"], row["isSerialtrackable"] = 0, 0, false
	case kindCustomer:
		copyOf("phone", "email", "discountCardNumber", "description")
		row["version"], row["updated"], row["externalCode"], row["tags"], row["companyType"], row["salesAmount"] = 1, d.Received.Format("2006-01-02 15:04:05"), id, []string{}, "individual", 0
	case kindOrder:
		copyOf("moment", "description", "vatEnabled", "vatIncluded", "taxSystem", "positions")
		if agent, ok := p.resolve(f.ref("agent", 3000), p.customers); ok {
			row["agent"] = object{"meta": metaOf(kindCustomer, agent), "name": p.nameOf(agent)}
		}
		if row["positions"] == nil {
			row["positions"] = []object{}
		}
		for _, pos := range f.list("positions") {
			if o, ok := pos.(map[string]any); ok {
				p.native(&fields{o: o})
			}
		}
		row["state"] = object{"name": "Новый", "color": 15106326, "type": "Regular"}
		row["paidInCash"], row["paidNoCash"], row["paidByQr"], row["shippedSum"] = 0, 0, 0, 0
	}
	return row
}

// native makes a position name its goods by the cloud's own id.
func (p *point) native(pos *fields) {
	l := pos.ref("assortment", 3000)
	if id, ok := p.resolve(l, p.items); ok {
		pos.o["assortment"] = object{"meta": metaOf(l.kind, id)}
	}
}

func (p *point) nameOf(customer string) (name string) {
	var c struct{ Name string }
	at, ok := p.customers.at[customer]
	if !ok {
		return ""
	}
	if json.Unmarshal(p.customers.raw[at], &c) != nil {
		return ""
	}
	return c.Name
}

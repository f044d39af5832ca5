package moyskladtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// MaxRefusals is how many refused requests are remembered.
const MaxRefusals = 100

// Limits of what Books lists.
const (
	bookShifts = 20 // the newest
	bookGoods  = 30 // that moved most lately
	bookQueue  = 30 // receipts to be registered, the newest
)

// Refusal is a request that was answered with an error.
type Refusal struct {
	At        time.Time `json:"at"`
	Method    string    `json:"method"`
	Path      string    `json:"path"` // below the API's base
	Status    int       `json:"status"`
	Code      int       `json:"code,omitempty"`
	Words     string    `json:"words"`
	Parameter string    `json:"parameter,omitempty"`
}

// Books are what the cloud holds, added up for people.
type Books struct {
	Kinds    []KindBook  `json:"kinds"`
	Shifts   []ShiftBook `json:"shifts"` // newest first
	Goods    []GoodsBook `json:"goods"`  // what was sold last comes first
	Items    int         `json:"items"`  // of all stores, with those that were made at a till
	People   int         `json:"people"`
	Orders   int         `json:"orders"`
	Rate     Rate        `json:"rate"`
	Queue    []QueueBook `json:"queue"`    // of cloud fiscalisation, newest first
	Refusals []Refusal   `json:"refusals"` // newest first
}

// KindBook is one kind of documents.
type KindBook struct {
	Kind  string       `json:"kind"`
	Count int          `json:"count"`
	Sum   money.Amount `json:"sum"`
	Again int          `json:"again"` // how often one of them came once more
}

// ShiftBook is one shift of a till.
type ShiftBook struct {
	Name      string       `json:"name"`
	Opened    string       `json:"opened"`
	Closed    string       `json:"closed,omitempty"`
	Documents int          `json:"documents"`
	Sales     money.Amount `json:"sales"`
	Returns   money.Amount `json:"returns"`
	syncID    string
}

// GoodsBook is what has become of one item's stock.
type GoodsBook struct {
	Name  string `json:"name"`
	Stock string `json:"stock"` // when the shop was made
	Sold  string `json:"sold"`  // less what came back
	sold  int64  // thousandths
}

// Rate is how many requests came lately.
type Rate struct {
	Used     int           `json:"used"`  // in the last interval
	Most     int           `json:"most"`  // that any interval saw
	Limit    int           `json:"limit"` // that an interval may see
	Interval time.Duration `json:"interval"`
	Open     int           `json:"open"` // under way
	Parallel int           `json:"parallel"`
}

// remember keeps a refused request.
func (s *Server) remember(r *http.Request, no *refused) {
	words := messages[no.code]
	if words == "" {
		words = http.StatusText(no.status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals = append(s.refusals, Refusal{At: s.o.Now(), Method: r.Method, Path: strings.TrimPrefix(r.URL.Path, BasePath), Status: no.status, Code: no.code, Words: words, Parameter: no.parameter})
	if n := len(s.refusals) - MaxRefusals; n > 0 {
		s.refusals = slices.Delete(s.refusals, 0, n)
	}
	s.notify()
}

// rate tells how many requests came lately.
func (g *gate) rate() Rate {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, used := g.now(), 0
	for _, at := range g.times {
		if now.Sub(at) < g.limit.Interval {
			used++
		}
	}
	return Rate{Used: used, Most: g.most, Limit: g.limit.Requests, Interval: g.limit.Interval, Open: g.inside, Parallel: g.limit.Parallel}
}

// Books adds up what the cloud holds.
func (s *Server) Books() Books {
	rate := s.gate.rate()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Books{Rate: rate, Refusals: slices.Clone(s.refusals)}
	slices.Reverse(b.Refusals)
	for _, p := range s.points {
		b.Items, b.People, b.Orders = b.Items+len(p.items.ids), b.People+len(p.customers.ids), b.Orders+len(p.orders.ids)
	}
	kinds, shifts := map[string]*KindBook{}, map[string]*ShiftBook{}
	for i := range s.state.docs {
		d := &s.state.docs[i]
		k := kinds[d.Kind]
		if k == nil {
			b.Kinds = append(b.Kinds, KindBook{Kind: d.Kind})
			k = &KindBook{Kind: d.Kind}
			kinds[d.Kind] = k
		}
		k.Count, k.Sum, k.Again = k.Count+1, k.Sum+d.Sum, k.Again+d.Times-1
		enter(shifts, d)
	}
	for i := range b.Kinds {
		b.Kinds[i] = *kinds[b.Kinds[i].Kind]
	}
	for _, sh := range shifts {
		b.Shifts = append(b.Shifts, *sh)
	}
	slices.SortFunc(b.Shifts, func(a, b ShiftBook) int {
		return strings.Compare(b.Opened+b.Name+b.syncID, a.Opened+a.Name+a.syncID)
	})
	b.Shifts = b.Shifts[:min(len(b.Shifts), bookShifts)]
	b.Goods, b.Queue = s.goods(), s.queue()
	return b
}

// enter puts a document into the book of its shift.
func enter(shifts map[string]*ShiftBook, d *Stored) {
	id := d.Shift
	if d.Kind == kindOpen || d.Kind == kindClose {
		id = d.SyncID
	}
	if id == "" {
		return
	}
	sh := shifts[id]
	if sh == nil {
		sh = &ShiftBook{syncID: id}
		shifts[id] = sh
	}
	switch d.Kind {
	case kindOpen:
		sh.Name, sh.Opened = d.Name, d.Moment
	case kindClose:
		sh.Closed = d.Moment
	case kindDemand:
		sh.Sales += d.Sum
		sh.Documents++
	case kindReturn:
		sh.Returns += d.Sum
		sh.Documents++
	default:
		sh.Documents++
	}
}

// goods lists what moved lately, by the last documents. s.mu is held.
func (s *Server) goods() []GoodsBook {
	const last = 500 // documents that are looked into
	var order []string
	moved := map[string]*GoodsBook{}
	for i := len(s.state.docs) - 1; i >= max(0, len(s.state.docs)-last); i-- {
		d := &s.state.docs[i]
		sign := map[string]int64{kindDemand: 1, kindReturn: -1}[d.Kind]
		if sign == 0 {
			continue
		}
		var body struct {
			Positions []struct {
				Assortment struct {
					Meta struct {
						Href string `json:"href"`
					} `json:"meta"`
				} `json:"assortment"`
				Quantity json.Number `json:"quantity"`
			} `json:"positions"`
		}
		if json.Unmarshal(d.Body, &body) != nil {
			continue
		}
		for _, p := range body.Positions {
			id := p.Assortment.Meta.Href[strings.LastIndexByte(p.Assortment.Meta.Href, '/')+1:]
			if moved[id] == nil {
				if len(order) == bookGoods {
					continue
				}
				moved[id] = s.good(d.Store, id)
				order = append(order, id)
			}
			moved[id].sold += sign * thousandthsOf(p.Quantity)
		}
	}
	list := make([]GoodsBook, len(order))
	for i, id := range order {
		list[i] = *moved[id]
		list[i].Sold = qty.Milli(list[i].sold).String()
	}
	return list
}

// good is an item by its id.
func (s *Server) good(store, id string) *GoodsBook {
	g := &GoodsBook{Name: id}
	p := s.points[store]
	if p == nil {
		return g
	}
	i, ok := p.items.at[id]
	if !ok {
		return g
	}
	var it struct {
		Name  string      `json:"name"`
		Stock json.Number `json:"stock"`
	}
	if json.Unmarshal(p.items.raw[i], &it) == nil {
		g.Name, g.Stock = it.Name, it.Stock.String()
	}
	return g
}

// thousandthsOf reads a quantity; what is none counts as nothing.
func thousandthsOf(n json.Number) int64 {
	q, err := qty.Parse(n.String())
	if err != nil {
		return 0
	}
	return int64(q)
}

package moyskladtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/money"
)

// Cloud fiscalisation: operations that tills without a device put into a queue,
// and tills with one take out of it.
//
//	queued PENDING --poll--> IN_PROGRESS --approve--> OK
//	          ^                   |
//	          +------reject-------+
//
// Whoever polls gets what it has not answered yet again, unless OfferOnce says
// otherwise: the description is silent.

// The statuses.
const (
	fiscalPending  = "PENDING"
	fiscalProgress = "IN_PROGRESS"
	fiscalOK       = "OK"
)

// Fiscal is where an operation in the queue stands.
type Fiscal struct {
	Status string          `json:"status"`
	Master string          `json:"master,omitempty"` // store that took it
	Shift  string          `json:"shift,omitempty"`  // where it was registered, syncid
	Cheque json.RawMessage `json:"cheque,omitempty"`
	Device json.RawMessage `json:"device,omitempty"` // that registered it
	Error  string          `json:"error,omitempty"`  // why it was rejected last
	Digest string          `json:"digest,omitempty"`
	Taken  int             `json:"taken,omitempty"`    // times it was handed out
	OK     int             `json:"approved,omitempty"` // times it was approved; one is right
	No     int             `json:"rejected,omitempty"`
}

// fiscalEvent is a change of where an operation stands.
type fiscalEvent struct {
	Seq    int    `json:"seq"`
	Fiscal Fiscal `json:"fiscal"`
}

// The masters that a fake may play itself.
const (
	SetMaster = "master" // on: what is queued is registered; off: nobody takes it; reject: it is refused

	masterOn     = "on"
	masterReject = "reject"
)

// minionKinds are what can be queued.
var minionKinds = []string{kindDemand, kindReturn, kindPrepay, kindUnpay}

// fiscalRoute does the requests of cloud fiscalisation.
func (s *Server) fiscalRoute(r *http.Request, p *point, path string, body []byte) (reply, error) {
	want, do := http.MethodGet, func() (reply, error) { return reply{}, refuse(1002, "") }
	switch kind, queued := strings.CutPrefix(path, "/minion/entity/"); {
	case queued && slices.Contains(minionKinds, kind):
		want, do = http.MethodPost, func() (reply, error) { return s.receiveQueued(p, "/entity/"+kind, body) }
	case strings.HasPrefix(path, "/rpc/minion/status/syncid/"):
		do = func() (reply, error) {
			return s.fiscalStatus(p, strings.TrimPrefix(path, "/rpc/minion/status/syncid/"))
		}
	case strings.HasPrefix(path, "/rpc/master/poll/"):
		do = func() (reply, error) { return s.poll(p, strings.TrimPrefix(path, "/rpc/master/poll/")) }
	case path == "/rpc/master/approve":
		want, do = http.MethodPut, func() (reply, error) { return s.approve(p, body) }
	case path == "/rpc/master/reject":
		want, do = http.MethodPut, func() (reply, error) { return s.reject(p, body) }
	}
	if r.Method != want {
		return reply{}, refuse(1039, "")
	}
	return do()
}

// receiveQueued takes a sale like any other and puts it into the queue.
func (s *Server) receiveQueued(p *point, path string, body []byte) (reply, error) {
	if s.faults.take(faultForget) {
		return reply{status: http.StatusCreated}, nil
	}
	before := len(s.state.docs)
	a, err := s.receive(p, path, body)
	if err != nil || len(s.state.docs) == before {
		return a, err
	}
	return a, s.setFiscal(&s.state.docs[before], Fiscal{Status: fiscalPending})
}

func (s *Server) setFiscal(d *Stored, f Fiscal) error {
	if err := s.state.commit(event{Fiscal: &fiscalEvent{Seq: d.Seq, Fiscal: f}}); err != nil {
		return err
	}
	s.notify()
	return nil
}

// queued finds an operation of the queue.
func (s *Server) queued(syncid string) (*Stored, bool) {
	for i := range s.state.docs {
		if d := &s.state.docs[i]; d.Fiscal != nil && strings.EqualFold(d.SyncID, syncid) {
			return d, true
		}
	}
	return nil, false
}

func (s *Server) fiscalStatus(p *point, id string) (reply, error) {
	if _, err := uuid.Parse(id); err != nil {
		return reply{}, refuse(1052, "syncid")
	}
	d, ok := s.queued(id)
	if !ok || (d.Store != p.id && d.Fiscal.Master != p.id) {
		return reply{}, refuse(1021, "syncid")
	}
	if d.Store == p.id {
		if err := s.playMaster(d); err != nil {
			return reply{}, err
		}
	}
	o := object{"operation": object{"href": Canonical + "/entity/" + d.Kind + "/syncid/" + d.SyncID, "mediaType": "application/json", "type": d.Kind, "id": d.SyncID, "idType": "sync"},
		"fiscalStatus": d.Fiscal.Status}
	if d.Fiscal.Status == fiscalOK && !s.faults.take(faultBlank) {
		o["cheque"] = d.Fiscal.Cheque
	}
	return reply{status: http.StatusOK, body: o.raw()}, nil
}

// playMaster lets a master that is not there do its work: one step each time
// its minion asks.
func (s *Server) playMaster(d *Stored) error {
	how, set := s.state.set[SetMaster]
	if !set || how == "off" {
		return nil
	}
	f := *d.Fiscal
	switch {
	case f.Status == fiscalPending && (how == masterOn || f.No == 0):
		f.Status, f.Taken = fiscalProgress, f.Taken+1
	case f.Status == fiscalProgress && how == masterReject && f.Master == "":
		f.Status, f.No, f.Error = fiscalPending, f.No+1, "ФН переполнен"
	case f.Status == fiscalProgress && f.Master == "":
		f.Status, f.OK = fiscalOK, f.OK+1
		f.Cheque = object{"fiscal": true, "online": false, "printed": true, "number": strconv.Itoa(d.Seq), "sum": json.Number(d.Sum.String()), "fnNumber": "9999078900000777",
			"fiscalDocSign": strconv.Itoa(1_000_000 + d.Seq), "fiscalDocNumber": strconv.Itoa(100 + d.Seq), "time": s.o.Now().Format("2006-01-02 15:04:05")}.raw()
	default:
		return nil
	}
	return s.setFiscal(d, f)
}

// fiscalType is what a person has set for the store.
func (s *Server) fiscalType(p *point) string {
	if v, ok := s.state.set[SetFiscalType]; ok {
		return v
	}
	var v string
	if json.Unmarshal(p.store["fiscalType"], &v) != nil {
		return ""
	}
	return v
}

// organization is a store's.
func (p *point) organization() string {
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(p.store["organization"], &o) != nil {
		return ""
	}
	return o.ID
}

func (s *Server) poll(p *point, org string) (reply, error) {
	if _, err := uuid.Parse(org); err != nil {
		return reply{}, refuse(1052, "orgId")
	}
	if org != p.organization() {
		return reply{}, refuse(1021, "orgId")
	}
	if s.fiscalType(p) != "MASTER" {
		return reply{}, refuse(1016, "orgId")
	}
	double := s.faults.take(faultDouble)
	best := -1 // who was rejected goes behind the others
	for i := range s.state.docs {
		f := s.state.docs[i].Fiscal
		switch {
		case f == nil:
		case f.Status == fiscalProgress && f.Master == p.id && !s.o.OfferOnce:
			return s.offer(p, &s.state.docs[i])
		case double && f.Status == fiscalProgress:
			return s.offer(p, &s.state.docs[i])
		case f.Status == fiscalPending && (best < 0 || f.No < s.state.docs[best].Fiscal.No):
			best = i
		}
	}
	if best >= 0 {
		f := *s.state.docs[best].Fiscal
		f.Status, f.Master, f.Taken = fiscalProgress, p.id, f.Taken+1
		if err := s.setFiscal(&s.state.docs[best], f); err != nil {
			return reply{}, err
		}
		a, err := s.offer(p, &s.state.docs[best])
		a.wrote = true
		return a, err
	}
	return reply{status: http.StatusNoContent}, nil
}

// offer is an operation as it is read: with the names of its goods.
func (s *Server) offer(p *point, d *Stored) (reply, error) {
	var o object
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return reply{}, err
	}
	o["meta"] = object{"href": Canonical + "/entity/" + d.Kind + "/syncid/" + d.SyncID, "mediaType": "application/json", "type": d.Kind, "id": d.SyncID, "idType": "sync"}
	list, _ := o["positions"].([]any)
	for _, e := range list {
		pos, _ := e.(map[string]any)
		f := &fields{o: pos}
		item := f.ref("assortment", 3000)
		if at, ok := p.items.at[item.id]; ok {
			var named struct {
				Name string `json:"name"`
			}
			if json.Unmarshal(p.items.raw[at], &named) == nil {
				pos["assortment"] = object{"meta": metaOf(item.kind, item.id), "name": named.Name}
			}
		}
	}
	return reply{status: http.StatusOK, body: o.raw()}, nil
}

// answered finds the operation a master answers about.
func (s *Server) answered(p *point, f *fields) *Stored {
	l := f.ref("meta", 3000)
	if f.err != nil {
		return nil
	}
	d, ok := s.queued(l.id)
	if !ok || d.Kind != l.kind {
		f.no(1021, "meta")
		return nil
	}
	if d.Fiscal.Master != p.id {
		f.no(1017, "meta")
	}
	return d
}

func (s *Server) approve(p *point, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	d := s.answered(p, f)
	shift := f.sync("retailShift", "retailshift", 3000)
	cheque, _ := f.o["cheque"].(map[string]any)
	c := &fields{o: cheque}
	for _, name := range []string{"fnNumber", "fiscalDocSign", "fiscalDocNumber"} {
		c.str(name, 3000)
	}
	c.moment("time", 3000)
	if f.err == nil {
		f.err = c.err
	}
	f.inside("chequePrinter", checkPrinter)
	checkSystem(f)
	if open, ok := s.state.find(kindOpen, shift); f.err == nil && (!ok || open.Store != p.id) {
		f.no(12012, "retailShift")
	}
	if f.err != nil {
		return reply{}, f.err
	}
	sum := digest(body)
	now := *d.Fiscal
	switch {
	case now.Status == fiscalOK && now.Digest == sum && s.o.Repeats == AcceptRepeats:
		return reply{status: http.StatusNoContent, wrote: true}, nil
	case now.Status != fiscalProgress:
		return reply{}, refuse(3006, "meta")
	}
	now.Status, now.Shift, now.Digest, now.OK, now.Error = fiscalOK, shift, sum, now.OK+1, ""
	now.Cheque = object(cheque).raw()
	if device, ok := f.o["chequePrinter"].(map[string]any); ok {
		now.Device = object(device).raw()
	}
	return reply{status: http.StatusNoContent, wrote: true}, s.setFiscal(d, now)
}

func (s *Server) reject(p *point, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	d := s.answered(p, f)
	why := f.str("fiscalErrMsg", 3000)
	if f.err != nil {
		return reply{}, f.err
	}
	now := *d.Fiscal
	if now.Status != fiscalProgress {
		return reply{}, refuse(3006, "meta")
	}
	now.Status, now.Master, now.Error, now.No = fiscalPending, "", why, now.No+1
	return reply{status: http.StatusNoContent, wrote: true}, s.setFiscal(d, now)
}

// Order is a sale that another till, without a device, wants registered.
type Order struct {
	Code     string `json:"code"`               // a barcode or code of the shop's goods
	Quantity string `json:"quantity,omitempty"` // "2" or "0.350"; 1 when empty
	Card     bool   `json:"card,omitempty"`     // paid by card, else cash
	Return   bool   `json:"return,omitempty"`   // comes back instead
	Prepay   string `json:"prepay,omitempty"`   // roubles paid before the goods: a prepayment, or its return
	Phone    string `json:"phone,omitempty"`    // of the customer
}

// kind is what the order becomes.
func (q *Order) kind() string {
	switch {
	case q.Prepay != "" && q.Return:
		return kindUnpay
	case q.Prepay != "":
		return kindPrepay
	case q.Return:
		return kindReturn
	}
	return kindDemand
}

// ErrOrder: nothing of the shop has this code, or the quantity is none.
var ErrOrder = errors.New("moyskladtest: bad order")

// QueueFiscal puts a sale of another till into the queue.
func (s *Server) QueueFiscal(q Order) (Stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.points[s.order[0]]
	if q.Quantity == "" {
		q.Quantity = "1"
	}
	quantity, ok := rational(json.Number(q.Quantity))
	item, price, found := p.sold(q.Code)
	if !ok || quantity.Sign() <= 0 || !found {
		return Stored{}, fmt.Errorf("%w: %.40q of %.40q", ErrOrder, q.Quantity, q.Code)
	}
	kind, id, n := kindDemand, uuid.New().String(), len(s.state.docs)+1
	var paid money.Amount
	if q.Prepay != "" {
		var err error
		if paid, err = money.Parse(q.Prepay); err != nil || paid <= 0 {
			return Stored{}, fmt.Errorf("%w: %.40q prepaid", ErrOrder, q.Prepay)
		}
	}
	kind = q.kind()
	pos := object{"assortment": object{"meta": metaOf(item.Meta.Type, item.ID)}, "quantity": json.Number(q.Quantity), "price": price, "discount": 0, "vat": item.VAT, "vatEnabled": item.VATEnabled}
	sum := checkPosition(p, &fields{o: map[string]any{"assortment": map[string]any{"meta": map[string]any{"href": Canonical + "/entity/" + item.Meta.Type + "/" + item.ID}}, "quantity": json.Number(q.Quantity), "price": json.Number(strconv.FormatInt(price, 10))}}, false, kind)
	total := halfUp(sum).Int64()
	if paid > money.Amount(total) {
		return Stored{}, fmt.Errorf("%w: %s prepaid of %d kopecks", ErrOrder, paid, total)
	}
	if paid > 0 {
		total = int64(paid)
	}
	o := object{"meta": object{"href": Canonical + "/entity/" + kind + "/syncid/" + id}, "name": fmt.Sprintf("M-%06d", n), "moment": s.o.Now().Format("2006-01-02 15:04:05"),
		"positions": []object{pos}, "cashSum": total, "noCashSum": 0, "vatEnabled": true, "vatIncluded": true}
	if paid > 0 {
		o["sum"] = total
	}
	if q.Card {
		o["cashSum"], o["noCashSum"] = 0, total
	}
	if q.Phone != "" {
		o["cheque"] = object{"phone": q.Phone, "online": true}
	}
	d := Stored{Seq: n, Kind: kind, SyncID: id, Store: "another till", Name: fmt.Sprintf("M-%06d", n), Moment: s.o.Now().Format(time.DateTime), Sum: money.Amount(total), Body: o.raw(),
		Received: s.o.Now(), Times: 1}
	d.Digest = digest(d.Body)
	if err := s.state.commit(event{Document: &d}); err != nil {
		return d, err
	}
	err := s.setFiscal(&s.state.docs[n-1], Fiscal{Status: fiscalPending})
	return s.state.docs[n-1], err
}

// goods is what a queued sale needs to know of an item.
type goods struct {
	ID   string `json:"id"`
	Meta struct {
		Type string `json:"type"`
	} `json:"meta"`
	Code       string   `json:"code"`
	Barcodes   []string `json:"barcodes"`
	VAT        int64    `json:"vat"`
	VATEnabled bool     `json:"vatEnabled"`
	Prices     []struct {
		Value int64 `json:"value"`
	} `json:"salePrices"`
}

// sold finds an item by code with its first price.
func (p *point) sold(code string) (goods, int64, bool) {
	for _, raw := range p.items.raw {
		var g goods
		if json.Unmarshal(raw, &g) == nil && (g.Code == code || slices.Contains(g.Barcodes, code)) && code != "" && len(g.Prices) > 0 {
			return g, g.Prices[0].Value, true
		}
	}
	return goods{}, 0, false
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

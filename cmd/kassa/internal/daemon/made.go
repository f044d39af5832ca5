package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits of what may begin at a till before the cloud has taken it over.
const (
	maxMade      = 10_000
	maxMadeName  = 255 // bytes
	maxMadeCodes = 20  // barcodes of one item
)

// knownType is the type of the record that ends things the cloud knows by now.
const knownType = "known"

// made holds goods, customers and orders that began at this till: usable at
// once and without a network, sent before the documents that name them, and
// dropped when the catalogue of the cloud has them, which is when a download
// began after they were delivered. Each is a live record of the journal.
type made struct {
	d *daemon

	mu     sync.Mutex
	items  map[uuid.UUID]catalog.Item
	codes  map[string]uuid.UUID // barcodes of items
	people map[uuid.UUID]catalog.CustomerCard
	orders map[uuid.UUID]catalog.Order
	seqs   map[uuid.UUID]uint64 // of their records
	before time.Time            // when the catalogue before the current one came
}

func newMade(d *daemon) *made {
	m := &made{d: d}
	m.clear()
	return m
}

func (m *made) clear() {
	m.items, m.codes, m.seqs = map[uuid.UUID]catalog.Item{}, map[string]uuid.UUID{}, map[uuid.UUID]uint64{}
	m.people, m.orders = map[uuid.UUID]catalog.CustomerCard{}, map[uuid.UUID]catalog.Order{}
}

// load takes in what is live.
func (m *made) load(live []record.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
	for i := range live {
		if live[i].Kind == record.Made {
			m.take(&live[i])
		}
	}
}

// take takes in one record; what can not be read is left to verify. m.mu is
// held.
func (m *made) take(r *record.Record) {
	var err error
	switch r.Type {
	case moysklad.MadeProduct:
		var it catalog.Item
		if err = json.Unmarshal(r.Data, &it); err == nil {
			m.items[r.ID] = it
			for _, c := range it.Barcodes {
				m.codes[c] = r.ID
			}
		}
	case moysklad.MadeCustomer:
		var who catalog.CustomerCard
		if r.Erased {
			break // somebody wants to be forgotten
		}
		if err = json.Unmarshal(r.Private, &who); err == nil {
			m.people[r.ID] = who
		}
	case moysklad.MadeOrder:
		var o catalog.Order
		if err = json.Unmarshal(r.Data, &o); err == nil {
			m.orders[r.ID] = o
		}
	default:
		return
	}
	if err != nil {
		m.d.log.Error("what was made at this till is not readable", "seq", r.Seq, "type", r.Type)
		return
	}
	m.seqs[r.ID] = r.Seq
}

// add makes something durable and then usable, if the cashier may, or somebody
// has let it through. It is asked last: an approval is not spent on what is
// refused for another reason.
func (m *made) add(ctx context.Context, id uuid.UUID, typ string, data, private any) error {
	e := record.Entry{Kind: record.Made, ID: id, Type: typ, Group: id, Schema: 1}
	var err error
	if e.Data, err = json.Marshal(data); err == nil && private != nil {
		e.Private, err = json.Marshal(private)
	}
	if err != nil {
		return fmt.Errorf("made at the till: %w", err)
	}
	if err := m.d.loop.Do(ctx, till.Allow{Permission: catalog.MayCreate}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seqs) >= maxMade {
		return fault.New(fault.TooLarge, fmt.Sprintf("> %d", maxMade))
	}
	seq, err := patient{m.d.journal}.Append(ctx, e)
	if err != nil {
		return err
	}
	m.take(&record.Record{Seq: seq, Entry: e})
	m.d.cloud.wake()
	return nil
}

// product makes goods: a code nobody knew gets a name and a price.
func (m *made) product(ctx context.Context, p api.NewProduct) (catalog.Item, error) {
	store := m.d.store()
	id := newID()
	it := catalog.Item{ID: catalog.OwnID(id), Type: catalog.Product, Name: strings.TrimSpace(p.Name), Article: strings.TrimSpace(p.Article), Rate: p.Rate, Kind: 1, Unit: p.Unit,
		Prices: []catalog.Price{{Type: store.PriceType, Value: p.Price}}}
	if it.Rate == "" {
		it.Rate = m.country().Usual(store.TaxSystem)
	}
	if it.Unit == "" {
		it.Unit = api.Units[0]
	}
	if it.ByWeight = it.Unit != api.Units[0]; it.ByWeight {
		it.UnitCode = kilogram
	}
	info, err := tax.Lookup(it.Rate)
	switch {
	case !slices.Contains(api.Units, it.Unit):
		return it, fault.New(fault.BadRequest, "unit")
	case it.Name == "" || len(it.Name) > maxMadeName || len(it.Article) > maxMadeName:
		return it, fault.New(fault.BadRequest, "name")
	case p.Price <= 0:
		return it, fault.New(fault.AmountBad, p.Price.String())
	case err != nil || !info.ValidIn(m.country(), m.d.now()):
		return it, fault.New(fault.RateBad, string(it.Rate), it.Name)
	case len(p.Barcodes) > maxMadeCodes:
		return it, fault.New(fault.TooLarge, fmt.Sprintf("> %d", maxMadeCodes))
	}
	for _, code := range p.Barcodes {
		if code = strings.TrimSpace(code); code == "" || len(code) > maxMadeName {
			return it, fault.New(fault.CodeBad, code[:min(len(code), 40)])
		}
		if known, err := m.d.goods.Lookup(ctx, 0, code); err == nil {
			return it, fault.New(fault.MadeKnown, known.Item.Name)
		} else if !errors.Is(err, loop.ErrNoItem) {
			return it, err
		}
		it.Barcodes = append(it.Barcodes, code)
	}
	return it, m.add(ctx, id, moysklad.MadeProduct, it, nil)
}

// customer makes a customer. What identifies him is the private part of the
// record.
func (m *made) customer(ctx context.Context, p api.NewCustomer) (catalog.CustomerCard, error) {
	id := newID()
	who := catalog.CustomerCard{Customer: catalog.Customer{ID: catalog.OwnID(id)}, Name: strings.TrimSpace(p.Name), Email: strings.TrimSpace(p.Email), Card: catalog.CardDigits(p.Card)}
	if p.Phone != "" {
		contact, err := doc.ParseContact(p.Phone)
		if err != nil || strings.Contains(contact, "@") {
			return who, fault.New(fault.ContactBad)
		}
		who.Phone = catalog.PhoneDigits(contact)
	}
	if who.Email != "" {
		if c, err := doc.ParseContact(who.Email); err != nil || !strings.Contains(c, "@") {
			return who, fault.New(fault.ContactBad)
		}
	}
	switch {
	case who.Name == "" || who.Phone == "" && who.Card == "" && who.Email == "":
		return who, fault.New(fault.BadRequest, "name, phone | card | email")
	case !catalogdb.ValidPerson(&who):
		return who, fault.New(fault.BadRequest, "customer")
	}
	for _, number := range []string{who.Phone, who.Card} {
		if number == "" {
			continue
		}
		found, err := (shop{m.d}).FindCustomers(ctx, number, 2)
		if err != nil {
			return who, err
		}
		if slices.ContainsFunc(found, func(c catalog.CustomerCard) bool { return c.Phone == number || c.Card == number }) {
			return who, fault.New(fault.MadeKnown, number[:min(len(number), 2)]+"***")
		}
	}
	return who, m.add(ctx, id, moysklad.MadeCustomer, struct{}{}, who)
}

// order makes an order of the open cheque for its customer, and puts the cheque
// away: the order is taken when it is paid for.
func (m *made) order(ctx context.Context, p api.NewOrder) (catalog.Order, error) {
	var o catalog.Order
	v, _ := m.d.loop.View()
	store := m.d.store()
	switch {
	case v.Cashier == nil:
		return o, fault.New(fault.LoginRequired)
	case !store.May(v.Role, catalog.MayVoidCheque): // the cheque is put away in the end
		return o, fault.New(fault.LoginSenior, fault.Named(fault.MayVoidCheque))
	case len(v.Cheque.Lines) == 0:
		return o, fault.New(fault.ChequeEmpty)
	case v.Cheque.Customer == nil:
		return o, fault.New(fault.CustomerNone)
	}
	id, now := newID(), m.d.now()
	o = catalog.Order{ID: catalog.OwnID(id), Name: strings.Join([]string{m.d.cfg.Prefix, "З", now.Format("060102150405")}, "-"), Time: now.Truncate(time.Second),
		Description: strings.TrimSpace(p.Description), Agent: v.Cheque.Customer.ID}
	o.Name = strings.TrimPrefix(o.Name, "-")
	if len(o.Description) > maxMadeName {
		return o, fault.New(fault.BadRequest, "description")
	}
	for _, l := range v.Cheque.Lines {
		if l.ItemID == "" || l.ItemType == "" || l.Mark != "" {
			return o, fault.New(fault.ItemMarked, l.Name)
		}
		o.Positions = append(o.Positions, catalog.OrderPosition{ItemID: l.ItemID, Name: l.Name, Qty: l.Qty, Price: l.Price, ItemType: catalog.ItemType(l.ItemType), Rate: l.Rate})
	}
	if _, twice := m.named(o.Name); twice {
		return o, fault.New(fault.Busy)
	}
	if err := m.add(ctx, id, moysklad.MadeOrder, o, nil); err != nil {
		return o, err
	}
	err := m.d.loop.Do(ctx, till.VoidCheque{Seen: till.Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}})
	if f := fault.Of(err); f != nil && f.Code == fault.ChequeStale {
		return o, nil // something was scanned meanwhile: what is in the cheque is not thrown away
	}
	return o, err
}

// named finds an order by its name.
func (m *made) named(name string) (catalog.Order, bool) {
	for _, o := range m.allOrders() {
		if o.Name == name {
			return o, true
		}
	}
	return catalog.Order{}, false
}

func (m *made) allOrders() (all []catalog.Order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.orders {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b catalog.Order) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// item finds goods by the id others name them by.
func (m *made) item(id string) (catalog.Item, bool) {
	own, is := catalog.Own(id)
	if !is {
		return catalog.Item{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	it, ok := m.items[own]
	return it, ok
}

// match finds goods by a code.
func (m *made) match(generation int64, code string) (catalog.Match, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, ok := m.codes[strings.TrimSpace(code)]
	if !ok {
		return catalog.Match{}, false
	}
	return catalog.Match{Generation: generation, Item: m.items[id], Qty: qty.One, Code: code}, true
}

// find finds goods by a part of their names that are not among others: those
// the catalogue has by now under another id.
func (m *made) find(text string, others []catalog.Item, limit int) (found []catalog.Item) {
	text = strings.ToLower(strings.TrimSpace(text))
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, it := range m.items {
		twice := slices.ContainsFunc(others, func(o catalog.Item) bool { return o.Name == it.Name })
		if text != "" && !twice && strings.Contains(strings.ToLower(it.Name), text) {
			found = append(found, it)
		}
	}
	slices.SortFunc(found, func(a, b catalog.Item) int { return strings.Compare(a.Name, b.Name) })
	return found[:min(len(found), limit)]
}

// customers finds people by id, telephone, card or the beginning of their
// names.
func (m *made) customers(text string) (found []catalog.CustomerCard) {
	text = strings.ToLower(strings.TrimSpace(text))
	phone, card := catalog.PhoneDigits(text), catalog.CardDigits(text)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.people {
		if text == c.ID || phone != "" && phone == c.Phone || card != "" && card == c.Card || text != "" && strings.Contains(strings.ToLower(c.Name), text) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b catalog.CustomerCard) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// newGeneration drops what the catalogue has by now: what was delivered before
// the download before this one.
func (m *made) newGeneration(ctx context.Context, at time.Time) {
	m.mu.Lock()
	before := m.before
	m.before = at
	first := uint64(0)
	for _, seq := range m.seqs {
		if first == 0 || seq < first {
			first = seq
		}
	}
	m.mu.Unlock()
	if first == 0 || before.IsZero() {
		return
	}
	var known []uuid.UUID
	for r, err := range m.d.journal.Scan(ctx, record.Filter{Kinds: []record.Kind{record.Delivery}, Types: []string{moysklad.Destination}, After: first}) {
		if err != nil {
			m.d.log.Warn("what the cloud knows of what was made here", "err", err)
			return
		}
		if fate, err := outbox.Became(r); err == nil && fate != "" && fate != outbox.OnHold && r.Time.Before(before) && m.has(r.ID) {
			known = append(known, r.ID)
		}
	}
	for part := range slices.Chunk(known, record.MaxBatch) {
		e := record.Entry{Kind: record.Made, ID: newID(), Type: knownType, Ends: part, Schema: 1, Data: json.RawMessage(`{}`)}
		if _, err := (patient{m.d.journal}).Append(ctx, e); err != nil {
			m.d.log.Warn("what the cloud knows of what was made here", "err", err)
			return
		}
		m.drop(part)
	}
}

func (m *made) has(id uuid.UUID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.seqs[id]
	return ok
}

func (m *made) drop(ids []uuid.UUID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		for _, c := range m.items[id].Barcodes {
			delete(m.codes, c)
		}
		delete(m.items, id)
		delete(m.people, id)
		delete(m.orders, id)
		delete(m.seqs, id)
	}
}

// country is whose law the till goes by.
func (m *made) country() tax.Country { return tax.Of(m.d.cfg.Currency()) }

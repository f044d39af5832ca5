package catalogfile

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/pos/catalog"
)

// Changes are what a file would change.
type Changes struct {
	catalogdb.Changes // of items
	// Sections are the others that the file has: folders, customers, serials,
	// discounts, promotions, cashiers.
	Sections map[string]Tally `json:"sections,omitempty"`
	// Store are the settings of the store that would be other ones, by their
	// names in the file.
	Store []string `json:"store,omitempty"`
}

// Tally counts what would happen to the records of a section.
type Tally struct {
	Added   int `json:"added"`
	Removed int `json:"removed"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
}

// seen counts a record that the file has; known and same tell whether the till
// has it, and just so.
func (t *Tally) seen(known, same bool) {
	switch {
	case !known:
		t.Added++
	case same:
		t.Same++
	default:
		t.Changed++
	}
}

// rest counts those of the till that the file has not.
func (t *Tally) rest(had int) { t.Removed = had - t.Same - t.Changed }

// rehearsal takes what is read and holds it against the catalogue that sells.
type rehearsal struct {
	ctx      context.Context
	db       *catalogdb.DB
	current  catalogdb.Info
	items    *catalogdb.Comparison
	folders  map[string]catalog.Folder // the till's
	sections map[string]Tally
	store    []string
}

func newRehearsal(ctx context.Context, db *catalogdb.DB, current catalogdb.Info, folders []catalog.Folder) *rehearsal {
	r := &rehearsal{ctx: ctx, db: db, current: current, items: db.Compare(""), folders: map[string]catalog.Folder{}, sections: map[string]Tally{}}
	for _, f := range folders {
		r.folders[f.ID] = f
	}
	return r
}

// count counts one record of a section.
func (r *rehearsal) count(section string, known, same bool) {
	t := r.sections[section]
	t.seen(known, same)
	r.sections[section] = t
}

// PutItems compares items.
func (r *rehearsal) PutItems(items []catalog.Item) error { return r.items.Put(r.ctx, items) }

// PutFolders compares folders by what a person sees of them.
func (r *rehearsal) PutFolders(folders []catalog.Folder) error {
	for _, f := range folders {
		old, known := r.folders[f.ID]
		r.count("folders", known, old.Name == f.Name && old.ParentID == f.ParentID)
	}
	return nil
}

// PutCustomers compares customers.
func (r *rehearsal) PutCustomers(people []catalog.CustomerCard) error {
	for _, p := range people {
		p.Phone, p.Card = catalog.PhoneDigits(p.Phone), catalog.CardDigits(p.Card)
		old, err := r.db.Customer(r.ctx, p.ID)
		if err != nil && !errors.Is(err, catalogdb.ErrNotFound) {
			return err
		}
		r.count("customers", err == nil, sameJSON(old, p))
	}
	return nil
}

// PutSerials compares serial numbers.
func (r *rehearsal) PutSerials(serials []catalog.Serial) error {
	for _, s := range serials {
		known, err := r.db.HasSerial(r.ctx, s)
		if err != nil {
			return err
		}
		r.count("serials", known, true)
	}
	return nil
}

// SetStore compares the store's settings, and its cashiers one by one. A PIN
// that the file has in plain is a change: what it was can not be known.
func (r *rehearsal) SetStore(s catalog.Store) error {
	old := r.current.Store
	countAll(r, "cashiers", old.Cashiers, s.Cashiers, func(c catalog.Cashier) string { return c.ID })
	was, now := fields(old), fields(s)
	maps.Copy(was, now) // names of both
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if name != "cashiers" && name != "updated_at" && !reflect.DeepEqual(fields(old)[name], now[name]) {
			r.store = append(r.store, name)
		}
	}
	return nil
}

// SetDiscounts compares the cloud's kind of rules.
func (r *rehearsal) SetDiscounts(d []catalog.Discount) error {
	countAll(r, "discounts", r.current.Discounts, d, func(d catalog.Discount) string { return d.ID })
	return nil
}

// SetPromotions compares the shop's own rules.
func (r *rehearsal) SetPromotions(p []catalog.Promotion) error {
	countAll(r, "promotions", r.current.Promotions, p, func(p catalog.Promotion) string { return p.ID })
	return nil
}

// SetStockAt: a moment alone changes nothing a person would ask about.
func (r *rehearsal) SetStockAt(time.Time) error { return nil }

// finish counts what the file leaves out.
func (r *rehearsal) finish(res *Result) error {
	ch := Changes{Store: r.store, Sections: r.sections}
	if res.Has("items") {
		var err error
		if ch.Changes, err = r.items.Changes(r.ctx); err != nil {
			return err
		}
	}
	for section, had := range map[string]int{"folders": r.current.Folders, "customers": r.current.Customers, "serials": r.current.Serials,
		"discounts": len(r.current.Discounts), "promotions": len(r.current.Promotions), "cashiers": len(r.current.Store.Cashiers)} {
		if !res.Has(section) && (section != "cashiers" || !res.Has("store")) {
			continue
		}
		t := r.sections[section]
		t.rest(had)
		if r.sections[section] = t; t == (Tally{}) {
			delete(r.sections, section)
		}
	}
	res.Changes = &ch
	return nil
}

// countAll compares two lists whose elements have ids.
func countAll[T any](r *rehearsal, section string, old, now []T, id func(T) string) {
	for _, n := range now {
		at := slices.IndexFunc(old, func(o T) bool { return id(o) == id(n) })
		r.count(section, at >= 0, at >= 0 && sameJSON(old[at], n))
	}
}

// sameJSON: two values are the same when their files would be.
func sameJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// fields are a value's by their names in a file.
func fields(v any) map[string]any {
	all := map[string]any{}
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		panic(err) // a plain value of ours
	}
	return all
}

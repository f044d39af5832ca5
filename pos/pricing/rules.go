package pricing

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// Strategies of combining the cloud's discounts, as MoySklad names them.
const (
	BySum      = "bySum"
	ByPriority = "byPriority"
)

// Config is a store's way of making prices.
type Config struct {
	PriceType  string              `json:"price_type"`         // that items are sold at
	Strategy   string              `json:"strategy,omitempty"` // BySum or ByPriority
	Discounts  []catalog.Discount  `json:"discounts,omitempty"`
	Promotions []catalog.Promotion `json:"promotions,omitempty"`
	Manual     bool                `json:"manual,omitempty"`     // cashiers may change prices of lines and cheques
	MaxManual  int64               `json:"max_manual,omitempty"` // by so much at most, thousandths of a percent
	FreePrice  bool                `json:"free_price,omitempty"` // cashiers may type any item's price
	VATOnTop   bool                `json:"vat_on_top,omitempty"` // prices are without VAT
	Tobacco    TobaccoControl      `json:"tobacco,omitempty"`
	TobaccoMin []MinPrice          `json:"tobacco_min,omitempty"`
}

// StoreConfig is the configuration of a store with its discounts, and the
// promotions of all sources.
func StoreConfig(s *catalog.Store, discounts []catalog.Discount, promotions []catalog.Promotion) Config {
	return Config{PriceType: s.PriceType, Strategy: s.DiscountStrategy, Discounts: discounts, Promotions: promotions,
		Manual: s.ManualDiscount, MaxManual: s.MaxDiscount, FreePrice: s.FreePrice, VATOnTop: s.VATOnTop,
		Tobacco: TobaccoControl(s.Tobacco), TobaccoMin: s.TobaccoMin}
}

// Rules are a store's prices compiled for quick use. Immutable.
type Rules struct {
	c          Config
	byDiscount index
	promotions []promotion // in the order they work
	byPromo    index
	steps      []int // what works in which order: numbers of promotions, or theDiscounts
	lastLine   int   // the step after which the cashier's hand comes
	best       []int // promotions of which only the best works
	digest     string
}

// Config is what the rules were made of.
func (r *Rules) Config() Config { return r.c }

// Digest tells rules from others: equal ones price every cheque alike.
func (r *Rules) Digest() string { return r.digest }

// digestBytes are enough to tell the rules of one shop apart.
const digestBytes = 8

func digest(c Config) string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("pricing: configuration does not marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:digestBytes])
}

// theDiscounts is the step of the cloud's discounts.
const theDiscounts = -1

// Problem is a promotion that can not work and is left out.
type Problem struct {
	ID, Name, Why string
}

// Compile prepares a store's rules. A promotion that makes no sense is left
// out and told of: one broken rule must not stop a shop.
func Compile(c Config) (*Rules, []Problem) {
	r := &Rules{c: c, digest: digest(c), byDiscount: newIndex(), byPromo: newIndex()}
	for n := range c.Discounts {
		d := &c.Discounts[n]
		if d.Percent <= 0 && d.PriceType == "" && d.Kind == catalog.Special {
			continue
		}
		r.byDiscount.add(catalog.Scope{All: d.AllItems, Items: d.Items, Folders: d.Folders}, n)
	}
	var problems []Problem
	for _, cp := range c.Promotions {
		p, why := compile(cp)
		if why != "" {
			problems = append(problems, Problem{cp.ID, cp.Name, why})
			continue
		}
		r.promotions = append(r.promotions, p)
	}
	slices.SortStableFunc(r.promotions, func(a, b promotion) int {
		return cmp.Or(cmp.Compare(a.phase(), b.phase()), cmp.Compare(a.Priority, b.Priority), strings.Compare(a.ID, b.ID))
	})
	r.order()
	return r, problems
}

// order lays out the steps.
func (r *Rules) order() {
	discounts := false
	put := func() {
		if !discounts {
			r.steps, discounts = append(r.steps, theDiscounts), true
			r.lastLine = theDiscounts
		}
	}
	for n := range r.promotions {
		p := &r.promotions[n]
		r.byPromo.add(p.On, n)
		if p.phase() == onCheque || p.Priority >= 0 {
			put()
		}
		if p.Combine == catalog.Best {
			r.best = append(r.best, n)
			if len(r.best) > 1 {
				continue // they all work where the first one stands
			}
		}
		r.steps = append(r.steps, n)
		if p.phase() == onLine {
			r.lastLine = n
		}
	}
	put()
}

// name is a rule's id and name: promotions come first, discounts behind.
func (r *Rules) name(rule int) (id, name string) {
	if rule < len(r.promotions) {
		return r.promotions[rule].ID, r.promotions[rule].Name
	}
	d := &r.c.Discounts[rule-len(r.promotions)]
	return d.ID, d.Name
}

// index finds the rules that cover an item.
type index struct {
	all            []int
	items, folders map[string][]int
}

func newIndex() index { return index{items: map[string][]int{}, folders: map[string][]int{}} }

func (x *index) add(s catalog.Scope, n int) {
	if s.All {
		x.all = append(x.all, n)
		return
	}
	for _, id := range s.Items {
		x.items[id] = append(x.items[id], n)
	}
	for _, id := range s.Folders {
		x.folders[id] = append(x.folders[id], n)
	}
}

// covering collects the rules that cover an item: those for everything, for
// the item (or a variant's product), for its folder or one above. Each once,
// in ascending order.
func (x *index) covering(it *catalog.Item, hits []int) []int {
	hits = append(hits, x.all...)
	hits = addNew(hits, x.items[it.ID])
	if it.ParentID != "" {
		hits = addNew(hits, x.items[it.ParentID])
	}
	if len(x.folders) > 0 {
		for rest := it.FolderPath; rest != ""; {
			var id string
			id, rest, _ = strings.Cut(rest, "/")
			if id != "" {
				hits = addNew(hits, x.folders[id])
			}
		}
	}
	slices.Sort(hits)
	return hits
}

func addNew(hits, more []int) []int {
	for _, m := range more {
		if !slices.Contains(hits, m) {
			hits = append(hits, m)
		}
	}
	return hits
}

// covers tells whether a scope covers an item, its exceptions aside.
func covers(s *catalog.Scope, it *catalog.Item) bool {
	return s.All || named(s.Items, s.Folders, it)
}

// excepts tells whether a scope leaves an item out.
func excepts(s *catalog.Scope, it *catalog.Item) bool {
	return named(s.ExceptItems, s.ExceptFolders, it)
}

func named(items, folders []string, it *catalog.Item) bool {
	if slices.Contains(items, it.ID) || (it.ParentID != "" && slices.Contains(items, it.ParentID)) {
		return true
	}
	for _, id := range folders {
		if id != "" && strings.Contains(it.FolderPath, "/"+id+"/") {
			return true
		}
	}
	return false
}

package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
	demo "github.com/kassa-pos/kassa/cmd/kassalab/internal/shop"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/tax"
)

const (
	shopFile  = "shop.json"
	firstSeed = 1
	// MaxFound is how many goods a search shows.
	MaxFound = 60
)

// Goods is something of the demo shop to scan. Price is in kopecks, of what
// one scan puts into the cheque.
type Goods = demo.Code

// shop is the demo shop of the directory: made from a seed, so only the seed
// and the country are kept.
type shop struct {
	belarus   bool
	account   moyskladtest.Shop
	store     string          // name of the retail store
	pin       string          // of its first cashier
	senior    catalog.Cashier // the first one, ID "": none
	seniorPIN string
	owner     catalog.Store
	dozen     []Goods
	all       []Goods
	search    []string // of all, lower case
}

func openShop(h *home.Home, o Options) (shop, error) {
	kept, err := keptShop(h, o)
	if err != nil {
		return shop{}, err
	}
	generate, seed := o.Shop, kept.Seed
	if generate == nil {
		generate = demo.Generate
	}
	s := generate(uint64(seed))
	if kept.Belarus {
		s = s.Belarus()
	}
	if len(s.Store.Cashiers) == 0 {
		return shop{}, fmt.Errorf("demo shop of seed %d has no cashier", seed)
	}
	grocery, err := account(s.Branch)
	if err != nil {
		return shop{}, err
	}
	workshop, err := account(s.Second)
	if err != nil {
		return shop{}, err
	}
	made := shop{belarus: kept.Belarus, account: grocery.With(workshop), store: s.Store.Name, pin: s.PINs[s.Store.Cashiers[0].ID],
		owner: s.Store, dozen: s.Codes()}
	if i := slices.IndexFunc(s.Store.Cashiers, func(c catalog.Cashier) bool { return c.Role == catalog.RoleSenior }); i >= 0 {
		made.senior, made.seniorPIN = s.Store.Cashiers[i], s.PINs[s.Store.Cashiers[i].ID]
	}
	for i := range s.Items {
		made.add(&s.Items[i])
	}
	return made, nil
}

// kept is what makes a directory's shop.
type kept struct {
	Seed    int64 `json:"seed"`
	Belarus bool  `json:"belarus,omitempty"`
}

// keptShop reads what the directory's shop is made of, or fixes it at the first
// start.
func keptShop(h *home.Home, o Options) (kept kept, err error) {
	want := o.Seed
	text, err := os.ReadFile(h.Path(shopFile))
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		kept.Seed, kept.Belarus = want, o.Belarus
		if want == 0 {
			kept.Seed = firstSeed
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return kept, err
		}
		return kept, h.Write(shopFile, append(text, '\n'))
	case err != nil:
		return kept, fmt.Errorf("read shop: %s: %w", h.Path(shopFile), err)
	case want != 0 && want != kept.Seed:
		return kept, fmt.Errorf("the shop of this directory was made with seed %d; seed %d wants a directory of its own", kept.Seed, want)
	}
	if o.Belarus && !kept.Belarus {
		return kept, errors.New("the shop of this directory is in Russia; a Belarusian one wants a directory of its own")
	}
	return kept, nil
}

// kkt is the shop's fiscal printer: registered for its owner, on a cable
// without a network, so that the till carries its documents to the operator.
func (s *shop) kkt(operator string) shtrihtest.Options {
	return shtrihtest.Options{TaxSystems: []tax.System{s.owner.TaxSystem}, ByHost: true, OFD: operator, Marks: operator,
		Owner: shtrihtest.Owner{Name: s.owner.Organization, INN: s.owner.INN, Address: s.owner.Address, Place: s.owner.Name}}
}

// account writes a branch as the cloud holds it.
func account(b demo.Branch) (moyskladtest.Shop, error) {
	s := moyskladtest.FromCatalog(b.Store, b.PINs, b.Folders, b.Items, b.Discounts)
	for _, c := range b.Customers {
		row, err := customer(c)
		if err != nil {
			return s, err
		}
		s.Points[0].Customers = append(s.Points[0].Customers, row)
	}
	return s, nil
}

// customer writes a customer as the cloud's counterparty.
func customer(c demo.Customer) (json.RawMessage, error) {
	return json.Marshal(map[string]any{
		"meta": map[string]string{"href": moyskladtest.Canonical + "/entity/counterparty/" + c.ID, "mediaType": "application/json",
			"type": "counterparty", "id": c.ID, "idType": "native"},
		"id": c.ID, "syncId": c.ID, "version": 1, "updated": "2026-01-12 10:00:00", "externalCode": c.ID, "name": c.Name,
		"tags": nonNil(c.Tags), "companyType": "individual", "email": c.Email, "phone": c.Phone, "discountCardNumber": c.Card,
		"discounts": []any{}, "salesAmount": 0,
	})
}

// add puts an item on the shelf that is searched: its first code, at the
// store's price.
func (s *shop) add(i *catalog.Item) {
	if len(i.Barcodes) == 0 || len(i.Prices) == 0 {
		return
	}
	note := ""
	if i.Marked() {
		note = i.Tracking
	}
	s.all = append(s.all, Goods{Code: i.Barcodes[0], Name: i.Name, Price: i.Prices[0].Value, Note: note})
	s.search = append(s.search, strings.ToLower(i.Name+" "+strings.Join(i.Barcodes, " ")))
}

// codes are the dozen's.
func (s *shop) codes() []string {
	var all []string
	for _, g := range s.dozen {
		all = append(all, g.Code)
	}
	return all
}

// find gives goods that have every word of the text in name or code, those
// that begin with it first.
func (s *shop) find(text string) []Goods {
	text = strings.ToLower(strings.TrimSpace(text))
	words := strings.Fields(text)
	if len(words) == 0 {
		return slices.Clone(s.dozen)
	}
	first, rest := []Goods{}, []Goods{}
	for i, hay := range s.search {
		switch {
		case strings.HasPrefix(hay, text+" "):
			first = append(first, s.all[i])
		case !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(hay, w) }):
			rest = append(rest, s.all[i])
		}
	}
	found := append(first, rest...)
	return found[:min(len(found), MaxFound)]
}

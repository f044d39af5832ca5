package catalogfile

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// wireItem is an item in JSON: catalog.Item with numbers as they were written,
// so that nothing is lost before it is rounded and told.
type wireItem struct {
	ID       string           `json:"id"`
	Type     catalog.ItemType `json:"type"`
	Name     string           `json:"name"`
	Code     string           `json:"code"`
	Article  string           `json:"article"`
	Barcodes []string         `json:"barcodes"`
	Packs    []struct {
		ID       string      `json:"id"`
		Name     string      `json:"name"`
		Barcode  string      `json:"barcode"`
		Quantity json.Number `json:"quantity"`
	} `json:"packs"`
	Prices []struct {
		Type  string      `json:"type"`
		Value json.Number `json:"value"`
	} `json:"prices"`
	Rate       tax.Rate `json:"rate"`
	FolderID   string   `json:"folder_id"`
	FolderPath string   `json:"folder_path"` // follows from the folder; taken for what an export writes

	Unit               string      `json:"unit"`
	UnitCode           json.Number `json:"unit_code"`
	ByWeight           bool        `json:"by_weight"`
	Tracking           string      `json:"tracking"`
	Tobacco            bool        `json:"tobacco"`
	Alcohol            bool        `json:"alcohol"`
	MRC                json.Number `json:"mrc"`
	Kind               json.Number `json:"kind"`
	TaxSystem          tax.System  `json:"tax_system"`
	DiscountProhibited bool        `json:"discount_prohibited"`
	FreePrice          bool        `json:"free_price"`
	Stock              json.Number `json:"stock"`
	Favourite          bool        `json:"favourite"`
	ParentID           string      `json:"parent_id"`
	Parts              []struct {
		ItemID   string      `json:"item_id"`
		Quantity json.Number `json:"quantity"`
	} `json:"parts"`
	Picture   string   `json:"picture"`
	TNVED     string   `json:"tnved"`
	OnTap     bool     `json:"on_tap"`
	Divisible bool     `json:"divisible"`
	Serials   bool     `json:"serials"`
	Groups    []string `json:"groups"`
}

// wireItem takes one item.
func (j *jsonFile) wireItem(w wireItem) error {
	it := catalog.Item{ID: w.ID, Type: w.Type, Name: strings.TrimSpace(w.Name), Code: w.Code, Article: w.Article, Barcodes: w.Barcodes, Rate: w.Rate,
		FolderID: w.FolderID, Unit: w.Unit, ByWeight: w.ByWeight, Tracking: w.Tracking, Tobacco: w.Tobacco, Alcohol: w.Alcohol,
		TaxSystem: w.TaxSystem, DiscountProhibited: w.DiscountProhibited, FreePrice: w.FreePrice, Favourite: w.Favourite, ParentID: w.ParentID, Picture: w.Picture,
		TNVED: w.TNVED, OnTap: w.OnTap, Divisible: w.Divisible, Serials: w.Serials, Groups: w.Groups}
	if len(it.Barcodes) == 0 {
		it.Barcodes = nil
	}
	if len(it.Groups) == 0 {
		it.Groups = nil
	}
	for _, p := range w.Packs {
		it.Packs = append(it.Packs, catalog.Pack{ID: p.ID, Name: p.Name, Barcode: p.Barcode, Quantity: j.thousandths("packs.quantity", string(p.Quantity), 0)})
	}
	for _, p := range w.Prices {
		j.price(&it, p.Type, string(p.Value), 0)
	}
	for _, p := range w.Parts {
		it.Parts = append(it.Parts, catalog.Part{ItemID: p.ItemID, Quantity: j.thousandths("parts.quantity", string(p.Quantity), 0)})
	}
	if w.MRC != "" {
		it.MRC = int64(j.kopecks("mrc", string(w.MRC), 0))
	}
	if w.Stock != "" {
		it.Stock = j.onHand(string(w.Stock), 0)
	}
	if w.Kind != "" {
		it.Kind = j.whole("kind", string(w.Kind), mostKind)
	}
	if w.UnitCode != "" {
		it.UnitCode = j.whole("unit_code", string(w.UnitCode), mostUnit)
	}
	if j.check(&it); j.bad {
		return nil
	}
	return j.item(it)
}

// wireStore is the store with cashiers whose PIN may be plain.
type wireStore struct {
	catalog.Store
	Cashiers []struct {
		catalog.Cashier
		PIN string `json:"pin"`
	} `json:"cashiers"`
}

func (j *jsonFile) store(w wireStore) error {
	s := w.Store
	s.Cashiers = nil
	if s.PriceType == "" {
		j.mistake(fault.FileNeeded, "store.price_type")
	}
	j.o.PriceType = s.PriceType
	if s.MaxDiscount < 0 || s.MaxDiscount > 100_000 {
		j.mistake(fault.FileValue, "store.max_discount", money.Amount(s.MaxDiscount).String())
	}
	for _, c := range w.Cashiers {
		who := c.Cashier
		switch who.Role {
		case "":
			who.Role = catalog.RoleCashier
		case catalog.RoleCashier, catalog.RoleSenior, catalog.RoleOwner, catalog.RoleTechnician:
		default:
			j.mistake(fault.FileValue, "cashiers.role", string(who.Role))
		}
		if who.ID == "" || who.Name == "" {
			j.mistake(fault.FileNeeded, "cashiers.id, cashiers.name")
		}
		if c.PIN != "" {
			who.PINHash = j.hash(c.PIN)
		}
		s.Cashiers = append(s.Cashiers, who)
	}
	if j.bad {
		return nil
	}
	return j.to.SetStore(s)
}

// hash never repeats a PIN in what it says.
func (j *jsonFile) hash(pin string) string {
	if j.o.HashPIN == nil {
		j.mistake(fault.FileColumn, "cashiers.pin")
		return ""
	}
	h, err := j.o.HashPIN(pin)
	if err != nil {
		j.mistake(fault.FileValue, "cashiers.pin", "…")
	}
	return h
}

// folderList reads all folders, which items then name: their paths follow from
// their parents.
func (j *jsonFile) folderList() error {
	if j.report.Items > 0 || len(j.items) > 0 {
		j.mistake(fault.FileValue, "folders", "items")
		return fmt.Errorf("%w: folders stand before items", errShape)
	}
	all, lines := map[string]catalog.Folder{}, map[string]int{}
	var order []string
	err := each(j, func(f catalog.Folder) error {
		switch _, twice := all[f.ID]; {
		case f.ID == "":
			j.mistake(fault.FileNeeded, "id")
		case f.Name == "":
			j.mistake(fault.FileNeeded, "name")
		case twice:
			j.mistake(fault.FileTwice, "id", f.ID)
		default:
			all[f.ID], lines[f.ID], order = f, j.line, append(order, f.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	j.folders = map[string]catalog.Folder{}
	for _, id := range order {
		j.begin(lines[id])
		f := all[id]
		f.Path, f.Items, f.Below = j.pathOf(all, id), 0, 0
		j.keeps(&f)
		ok, err := j.end()
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		j.folders[id] = f
		j.report.Folders++
		if err := j.to.PutFolders([]catalog.Folder{f}); err != nil {
			return err
		}
	}
	return nil
}

// maxDepth of folders.
const maxDepth = 32

// pathOf walks up to the top.
func (j *jsonFile) pathOf(all map[string]catalog.Folder, id string) string {
	path := "/"
	for at, depth := id, 0; at != ""; depth++ {
		f, known := all[at]
		if !known || depth == maxDepth {
			j.mistake(fault.FileValue, "parent_id", at)
			return ""
		}
		path = "/" + at + path
		at = f.ParentID
	}
	return path
}

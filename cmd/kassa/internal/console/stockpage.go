package console

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/stock"
	"github.com/kassa-pos/kassa/pos/till"
)

// The page of the stock document that is being filled (pos/stock). Its lines
// follow the stream as those of the cheque do. What was begun stands here until
// somebody ends it, at whatever console and after any power cut.

// What the page lists.
const (
	shownSheet      = 60  // lines, the latest; older ones are found by a word
	shownFound      = 8   // of what a word finds
	shownGaps       = 40  // differences of an inventory
	shownStockMade  = 12  // documents made lately
	searchedStocked = 200 // records that are looked at for them
)

func (c *Console) stockRoutes(m *router) {
	m.HandleFunc("GET /stock", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "stock", "stock.title", nil) }))
	m.HandleFunc("GET /stock/recent", c.signedIn(c.stockRecent))
	m.HandleFunc("GET /stock/found", c.signedIn(c.stockFound))
}

// Sheet is the document that is being filled; nil: there is none.
func (s *screen) Sheet() *stock.Sheet { return s.V.Sheet() }

// AtCost tells whether a document is made out at what the goods were bought for.
func (s *screen) AtCost(t doc.Type) bool { return t == doc.Accept || t == doc.Return }

// StockTypes are the documents that can be begun, in the order of their keys.
func (s *screen) StockTypes() []doc.Type { return stock.Types() }

// Gone tells how many lines are above those that are listed.
func (s *screen) Gone() int {
	if sh := s.Sheet(); sh != nil {
		return max(0, len(sh.Lines)-shownSheet)
	}
	return 0
}

// sheetKey is all that a line of the sheet shows.
type sheetKey struct {
	ID, Name, Code, Unit, Qty, Before, Price, Old, Cost string

	Type                         doc.Type
	Off                          int // counted less or more than there should be
	Whole, Marked, Bare, Touched bool
}

// Counts tells whether the line is about a quantity.
func (l sheetKey) Counts() bool { return l.Type != doc.Revaluation }

// Costs tells whether it says what the goods were bought for.
func (l sheetKey) Costs() bool { return l.Type == doc.Accept || l.Type == doc.Return }

func (s *screen) sheetLine(sh *stock.Sheet, l *stock.Line) sheetKey {
	k := sheetKey{ID: l.ID.String(), Name: l.Item.Name, Code: l.Code, Unit: l.Item.Unit, Qty: s.loc.qty(l.Qty), Type: sh.Type,
		Whole: l.Qty.Whole() && !l.Item.ByWeight, Marked: l.Mark != "", Touched: s.V.Stock.Touched != nil && s.V.Stock.Touched.Line == l.ID}
	switch sh.Type {
	case doc.Inventory:
		k.Before = s.loc.qty(l.Item.Stock)
		k.Off = cmp.Compare(l.Qty, l.Item.Stock)
	case doc.Revaluation:
		k.Old, k.Price, k.Bare = s.Sum(l.Old), s.Sum(l.Price), l.Price == 0
	case doc.Accept, doc.Return:
		k.Cost, k.Bare = s.Sum(l.Cost), l.Cost == 0
	}
	return k
}

// sheetLines draws the latest lines, those that did not change from what is
// kept.
func (s *screen) sheetLines(f *frame, kept map[any]template.HTML) (map[any]template.HTML, error) {
	now := map[any]template.HTML{}
	sh := s.Sheet()
	if sh == nil {
		return now, nil
	}
	from := max(0, len(sh.Lines)-shownSheet)
	draw := func(l *stock.Line) error {
		k := s.sheetLine(sh, l)
		return s.listed(f, "sheetline", k.ID, k, k, kept, now)
	}
	if t := s.V.Stock.Touched; t != nil {
		if i := sh.Find(t.Line); i >= 0 && i < from { // further up, and yet the one that counts
			if err := draw(&sh.Lines[i]); err != nil {
				return nil, err
			}
		}
	}
	for i := from; i < len(sh.Lines); i++ {
		if err := draw(&sh.Lines[i]); err != nil {
			return nil, err
		}
	}
	return now, nil
}

// stockAsk is what the dialogs about the sheet are given.
type stockAsk struct {
	Type  doc.Type
	Sheet *stock.Sheet
	Line  *stock.Line
	Total stock.Total
	Gaps  []stock.Difference // the first of them
	Gone  int                // and how many more
	Code  string             // of goods that are added by hand
	Item  *catalog.Item
	Text  string
	Value string // as it stands
	Price bool   // the question is about the price, not the quantity
}

// Supplied tells whether the document has a supplier.
func (a stockAsk) Supplied() bool { return a.Type == doc.Accept || a.Type == doc.Return }

// stockBeginDialog asks what a document is about; its type is in the address.
func stockBeginDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	typ := doc.Type(query.Get("type"))
	switch {
	case !slices.Contains(stock.Types(), typ):
		return nil, fault.New(fault.BadRequest, "type")
	case s.Sheet() != nil:
		return nil, fault.New(fault.StockOpen)
	}
	return stockAsk{Type: typ, Sheet: &stock.Sheet{}}, nil
}

// sheetDialog is given the sheet as it is.
func sheetDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	sh := s.Sheet()
	if sh == nil {
		return nil, fault.New(fault.StockNone)
	}
	return stockAsk{Type: sh.Type, Sheet: sh}, nil
}

// stockLineDialog corrects a line: its quantity, or with what=price what the
// document says of its price.
func stockLineDialog(c *Console, query url.Values, s *screen) (any, *fault.Error) {
	got, err := sheetDialog(c, query, s)
	if err != nil {
		return nil, err
	}
	a := got.(stockAsk)
	id, bad := uuid.Parse(query.Get("line"))
	i := a.Sheet.Find(id)
	if bad != nil || i < 0 {
		return nil, fault.New(fault.ChequeNoLine)
	}
	a.Line = &a.Sheet.Lines[i]
	if a.Value = s.loc.qty(a.Line.Qty); query.Get("what") != "price" {
		return a, nil
	}
	a.Price = true
	worth := a.Line.Price
	if a.Supplied() {
		worth = a.Line.Cost
	}
	if a.Value = ""; worth != 0 {
		a.Value = s.Sum(worth)
	}
	return a, nil
}

// stockFinishDialog shows what the sheet comes to.
func stockFinishDialog(c *Console, query url.Values, s *screen) (any, *fault.Error) {
	got, err := sheetDialog(c, query, s)
	if err != nil {
		return nil, err
	}
	a := got.(stockAsk)
	if len(a.Sheet.Lines) == 0 && !a.Sheet.Complete {
		return nil, fault.New(fault.StockEmpty)
	}
	total, bad := a.Sheet.Total()
	switch {
	case bad != nil:
		return nil, fault.New(fault.SumRange).With(bad)
	case total.Missing != "":
		return nil, fault.New(fault.StockPrice, total.Missing)
	}
	a.Total, a.Gaps = total, total.Differences[:min(len(total.Differences), shownGaps)]
	a.Gone = len(total.Differences) - len(a.Gaps)
	return a, nil
}

// stockFindDialog looks for goods by a word.
func stockFindDialog(c *Console, query url.Values, s *screen) (any, *fault.Error) {
	got, err := sheetDialog(c, query, s)
	if err != nil {
		return nil, err
	}
	a := got.(stockAsk)
	a.Text = shortened(strings.TrimSpace(query.Get("text")))
	return a, nil
}

// stockCountDialog asks how many of what was found by a word there are.
func stockCountDialog(c *Console, query url.Values, s *screen) (any, *fault.Error) {
	got, err := sheetDialog(c, query, s)
	if err != nil {
		return nil, err
	}
	a := got.(stockAsk)
	text, id := query.Get("text"), query.Get("item")
	items, bad := c.findGoods(text)
	i := slices.IndexFunc(items, func(it catalog.Item) bool { return it.ID == id })
	switch {
	case bad != nil:
		return nil, fault.Of(bad)
	case i < 0:
		return nil, fault.New(fault.NotFound, shortened(text))
	}
	a.Item, a.Code = &items[i], tileCode(&items[i])
	return a, nil
}

func (c *Console) findGoods(text string) ([]catalog.Item, error) {
	if c.o.Find == nil {
		return nil, fault.New(fault.Unavailable)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	return c.o.Find(ctx, text, shownFound)
}

// stockFoundView is what a word finds: lines of the sheet, and goods of the
// catalogue that are not on it.
type stockFoundView struct {
	*screen
	Text  string
	Lines []sheetKey
	Goods []catalog.Item
}

// stockFound answers with what the text in "find" means.
func (c *Console) stockFound(w http.ResponseWriter, r *http.Request) {
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	f := stockFoundView{screen: c.screen(loc, v, c.o.Now()), Text: shortened(strings.TrimSpace(r.URL.Query().Get("find")))}
	sh := f.Sheet()
	if sh == nil || f.Text == "" {
		loc.write(w, c.o.Log, "stockfound", f)
		return
	}
	there := map[string]bool{}
	want := strings.ToLower(f.Text)
	for i := len(sh.Lines) - 1; i >= 0; i-- {
		l := &sh.Lines[i]
		there[l.Item.ID] = true
		if len(f.Lines) < shownFound && (strings.Contains(strings.ToLower(l.Item.Name), want) || strings.Contains(l.Code, want)) {
			f.Lines = append(f.Lines, f.sheetLine(sh, l))
		}
	}
	if searchable(f.Text) {
		items, err := c.findGoods(f.Text)
		if err != nil {
			c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
			return
		}
		f.Goods = slices.DeleteFunc(items, func(it catalog.Item) bool { return there[it.ID] || tileCode(&it) == "" })
	}
	loc.write(w, c.o.Log, "stockfound", f)
}

// stockRecent answers with the stock documents made lately.
func (c *Console) stockRecent(w http.ResponseWriter, r *http.Request) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true, Limit: searchedStocked}
	for _, t := range stock.Types() {
		f.Types = append(f.Types, string(t))
	}
	rows, err := c.collect(r.Context(), f)
	if err != nil {
		if r.Context().Err() == nil {
			c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
		}
		return
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	loc.write(w, c.o.Log, "stockrecent", struct {
		*screen
		Rows []documentRow
	}{c.screen(loc, v, c.o.Now()), rows[:min(len(rows), shownStockMade)]})
}

// beginStock takes "type", and what stockHead takes.
func (c *Console) beginStock(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	h, err := c.stockHead(form)
	return till.BeginStock{Type: doc.Type(form.Get("type")), Head: h}, err
}

func (c *Console) describeStock(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	h, err := c.stockHead(form)
	return till.DescribeStock{Head: h}, err
}

// stockHead takes "supplier", "comment", "complete" and "base", the number of
// the ACCEPT whose goods get new prices.
func (c *Console) stockHead(form url.Values) (stock.Head, *fault.Error) {
	h := stock.Head{Supplier: form.Get("supplier"), Comment: form.Get("comment"), Complete: form.Get("complete") != ""}
	text := strings.TrimSpace(form.Get("base"))
	if text == "" {
		return h, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return h, fault.New(fault.NotFound, shortened(text))
	}
	ctx, stop := c.lookingUp()
	defer stop()
	rows, err := c.collect(ctx, record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Accept)}, Reverse: true, Limit: searchedStocked})
	if err != nil {
		return h, fault.Of(err)
	}
	i := slices.IndexFunc(rows, func(d documentRow) bool { return !d.Bad && d.Number == n })
	if i < 0 {
		return h, fault.New(fault.NotFound, shortened(text))
	}
	h.BaseID, h.BaseNo = rows[i].ID, n
	return h, nil
}

// onSheetLine finds the line of the sheet a form names.
func onSheetLine(form url.Values, v *till.View) (*stock.Line, *fault.Error) {
	sh := v.Sheet()
	if sh == nil {
		return nil, fault.New(fault.StockNone)
	}
	id, err := uuid.Parse(form.Get("line"))
	i := sh.Find(id)
	if err != nil || i < 0 {
		return nil, fault.New(fault.ChequeNoLine)
	}
	return &sh.Lines[i], nil
}

// stockQty takes "line" and "qty", or "by", so many units more or less.
func stockQty(form url.Values, v *till.View) (till.Event, *fault.Error) {
	l, ferr := onSheetLine(form, v)
	if ferr != nil {
		return nil, ferr
	}
	text := strings.TrimSpace(form.Get("qty"))
	q, err := qty.Parse(text)
	if text == "0" {
		q, err = 0, nil
	}
	if by := form.Get("by"); by != "" {
		var n int64
		n, err = strconv.ParseInt(by, 10, 32)
		q = l.Qty + qty.Milli(n)*qty.One
	}
	switch {
	case err != nil:
		return nil, fault.New(fault.QtyBad, shortened(text+form.Get("by")))
	case q < 0, q == 0 && v.Stock.Type != doc.Inventory: // only an inventory counts that there is none
		return till.RemoveStock{Line: l.ID}, nil
	}
	return till.SetStock{Line: l.ID, Qty: &q}, nil
}

// stockPrice takes "line" and "price": what the document says of it.
func stockPrice(form url.Values, v *till.View) (till.Event, *fault.Error) {
	l, ferr := onSheetLine(form, v)
	if ferr != nil {
		return nil, ferr
	}
	text := strings.TrimSpace(form.Get("price"))
	sum, err := money.Parse(text)
	if err != nil || sum < 0 {
		return nil, fault.New(fault.AmountBad, shortened(text))
	}
	if v.Stock.Type == doc.Accept || v.Stock.Type == doc.Return {
		return till.SetStock{Line: l.ID, Cost: &sum}, nil
	}
	return till.SetStock{Line: l.ID, Price: &sum}, nil
}

func stockRemove(form url.Values, v *till.View) (till.Event, *fault.Error) {
	l, err := onSheetLine(form, v)
	if err != nil {
		return nil, err
	}
	return till.RemoveStock{Line: l.ID}, nil
}

// stockScan takes "code" and "times", how many units it stands for.
func stockScan(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	code := strings.TrimSpace(form.Get("code"))
	if times := strings.TrimSpace(form.Get("times")); times != "" {
		q, err := qty.Parse(times)
		if err != nil || !q.Valid() {
			return nil, fault.New(fault.QtyBad, shortened(times))
		}
		code = q.String() + "*" + code
	}
	return till.Scan{Code: code}, nil
}

// finishStock takes "once", the document's id, and "revision", of the sheet the
// person has confirmed.
func finishStock(form url.Values, v *till.View) (till.Event, *fault.Error) {
	once, err := onceOf(form)
	switch {
	case err != nil:
		return nil, err
	case v.Stock != nil && form.Get("revision") != strconv.FormatInt(v.Stock.Revision, 10):
		return nil, fault.New(fault.StockStale)
	}
	return till.FinishStock{Once: once}, nil
}

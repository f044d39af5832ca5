package till

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/stock"
)

// Stock documents are filled on a sheet (pos/stock) by scanning. There is one
// sheet at a time; while it is not paused the scanner belongs to it, and the
// cheque is filled by other means. They are no fiscal documents: no bracket,
// no device, no shift is needed, and a finished one is one durable record.

// stockType is the Type of the cart entries that hold changes of the sheet.
const stockType = "stock"

// Commands about the sheet.
type (
	// BeginStock begins a stock document.
	BeginStock struct {
		Req
		Type doc.Type
		stock.Head
	}
	// DescribeStock changes what the sheet says beside its goods.
	DescribeStock struct {
		Req
		stock.Head
	}
	// SetStock corrects a line of the sheet; what is nil stays.
	SetStock struct {
		Req
		Line  uuid.UUID
		Qty   *qty.Milli
		Price *money.Amount
		Cost  *money.Amount
	}
	// RemoveStock takes a line off the sheet.
	RemoveStock struct {
		Req
		Line uuid.UUID
	}
	// PauseStock gives the scanner back to the cheque, or takes it again.
	PauseStock struct {
		Req
		Paused bool
	}
	// CancelStock throws the sheet away.
	CancelStock struct{ Req }
	// FinishStock makes the document.
	FinishStock struct {
		Req
		Once
	}
)

func (BeginStock) kind() eventKind    { return evEdit }
func (DescribeStock) kind() eventKind { return evEdit }
func (SetStock) kind() eventKind      { return evEdit }
func (RemoveStock) kind() eventKind   { return evEdit }
func (PauseStock) kind() eventKind    { return evEdit }
func (CancelStock) kind() eventKind   { return evEdit }
func (FinishStock) kind() eventKind   { return evWork }

// stockCommand carries out a command about the sheet.
func (t *turn) stockCommand(ev Event) {
	if t.madeLately(ev) {
		t.reply(reqOf(ev), nil) // the answer got lost on its way
		return
	}
	err := t.onSheet(ev)
	if _, waits := ev.(FinishStock); err != nil || !waits {
		t.reply(reqOf(ev), err)
	}
}

func (t *turn) onSheet(ev Event) *fault.Error {
	b, begins := ev.(BeginStock)
	switch {
	case t.cashier == nil:
		return fault.New(fault.LoginRequired)
	case turnsScanner(ev) && len(t.scans) > 0: // whose goods they are must not change under them
		return fault.New(fault.Busy)
	case begins && t.sheet.Open():
		return fault.New(fault.StockOpen)
	case begins:
		return t.beginStock(b)
	case !t.sheet.Open():
		return fault.New(fault.StockNone)
	}
	switch e := ev.(type) {
	case DescribeStock:
		h, err := t.stockHead(t.sheet.Type, e.Head)
		if err == nil {
			t.changeSheet(t.sheet.Describe(h, t.env.Now))
		}
		return err
	case PauseStock:
		t.changeSheet(t.sheet.Pause(e.Paused, t.env.Now))
	case SetStock:
		return t.setStock(e)
	case RemoveStock:
		ch, err := t.sheet.Remove(e.Line, t.env.Now)
		if err != nil {
			return t.stockFault(err, nil)
		}
		t.changeSheet(ch)
	case CancelStock:
		d := t.auditWho()
		d.Note, d.Unit = string(t.sheet.Type), strconv.Itoa(len(t.sheet.Lines))
		entry := t.auditEntry(auditStock, d)
		entry.Ends = []uuid.UUID{t.sheet.ID}
		t.do(Post{[]record.Entry{entry}})
		t.sheet = stock.Sheet{}
	case FinishStock:
		return t.finishStock(e)
	}
	return nil
}

// turnsScanner tells whether a command gives the scanner to the sheet or takes
// it away.
func turnsScanner(ev Event) bool {
	switch ev.(type) {
	case BeginStock, PauseStock, CancelStock, FinishStock:
		return true
	}
	return false
}

func (t *turn) beginStock(e BeginStock) *fault.Error {
	if !slices.Contains(stock.Types(), e.Type) {
		return fault.New(fault.BadRequest, "type")
	}
	h, err := t.stockHead(e.Type, e.Head)
	if err != nil {
		return err
	}
	t.changeSheet(stock.Begin(t.env.NewID(), e.Type, h, t.env.Now))
	return nil
}

// stockHead takes what a head may say for a type of document.
func (t *turn) stockHead(typ doc.Type, h stock.Head) (stock.Head, *fault.Error) {
	h.Supplier, h.Comment = plain(h.Supplier, stock.MaxText), plain(h.Comment, stock.MaxText)
	supplied := typ == doc.Accept || typ == doc.Return
	switch {
	case h.Supplier != "" && !supplied:
		return h, fault.New(fault.BadRequest, "supplier")
	case h.Complete && typ != doc.Inventory:
		return h, fault.New(fault.BadRequest, "complete")
	case (h.BaseID != uuid.Nil) != (h.BaseNo != 0), h.BaseID != uuid.Nil && typ != doc.Revaluation:
		return h, fault.New(fault.BadRequest, "base")
	}
	return h, nil
}

// changeSheet applies a change and journals it.
func (t *turn) changeSheet(ch stock.Change) {
	t.sheet, t.counted = t.sheet.Apply(ch), uuid.Nil
	if ch.Line != nil {
		t.counted = ch.Line.ID
	}
	t.do(Post{[]record.Entry{{Kind: record.Cart, ID: t.env.NewID(), Type: stockType, Group: t.sheet.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)}}})
}

func (t *turn) setStock(e SetStock) *fault.Error {
	i := t.sheet.Find(e.Line)
	if i < 0 {
		return t.stockFault(stock.ErrNoLine, nil)
	}
	l := t.sheet.Lines[i]
	if e.Qty != nil {
		l.Qty = *e.Qty
	}
	for _, set := range []struct{ to, from *money.Amount }{{&l.Price, e.Price}, {&l.Cost, e.Cost}} {
		if set.from == nil {
			continue
		}
		if *set.from < 0 || *set.from > money.Max {
			return fault.New(fault.AmountBad, set.from.String())
		}
		*set.to = *set.from
	}
	ch, err := t.sheet.Set(l, t.env.Now)
	if err != nil {
		return t.stockFault(err, &l)
	}
	t.changeSheet(ch)
	return nil
}

// countGoods puts scanned goods onto the sheet.
func (t *turn) countGoods(h *held) *fault.Error {
	if !t.sheet.Open() || t.sheet.ID != h.sheet {
		return fault.New(fault.StockNone)
	}
	m := &h.match
	if m.Item.ByWeight && h.times == 0 && itemCode(m) && t.sheet.Type != doc.Revaluation {
		return fault.New(fault.ItemWeight, m.Item.Name)
	}
	if h.line.Printed && m.Item.ByWeight && t.sheet.Type != doc.Revaluation {
		if err := t.weighByPrice(h); err != nil {
			return err
		}
	}
	q, ferr := h.quantity()
	if ferr != nil {
		return ferr
	}
	l := stock.Line{ID: t.env.NewID(), Item: m.Item, Code: m.Code, Qty: q}
	l.Price, _ = m.Item.PriceOf(t.store.PriceType)
	if h.code.Marking != nil {
		l.Mark, l.Code = h.code.Raw, h.code.GTIN
	}
	if t.sheet.Type == doc.Revaluation {
		l.Old, l.Price, l.Qty, l.Mark = l.Price, 0, qty.One, ""
	}
	ch, err := t.sheet.Put(l, t.env.Now)
	if err != nil {
		return t.stockFault(err, &l)
	}
	t.changeSheet(ch)
	return nil
}

func (t *turn) stockFault(err error, l *stock.Line) *fault.Error {
	switch {
	case errors.Is(err, stock.ErrFull):
		return fault.New(fault.StockFull, strconv.Itoa(stock.MaxLines))
	case errors.Is(err, stock.ErrNoLine):
		return fault.New(fault.ChequeNoLine)
	case errors.Is(err, stock.ErrMark):
		return fault.New(fault.StockTwice, l.Item.Name)
	case errors.Is(err, stock.ErrQty):
		return fault.New(fault.QtyBad, l.Qty.String())
	}
	return fault.New(fault.SumRange).With(err)
}

// finishStock makes the document durable. Its sheet leaves the scanner at once
// and comes back when the journal refuses.
func (t *turn) finishStock(e FinishStock) *fault.Error {
	for i := range t.sheet.Lines {
		if l := &t.sheet.Lines[i]; t.sheet.Type == doc.Revaluation && l.Price == 0 {
			return fault.New(fault.StockPrice, l.Item.Name)
		}
	}
	if len(t.sheet.Lines) == 0 && !t.sheet.Complete {
		return fault.New(fault.StockEmpty)
	}
	body, err := t.sheet.Body()
	if err != nil {
		return t.stockFault(err, nil)
	}
	d := t.newDocument(t.sheet.Type, 1)
	d.Stock = body
	if e.ID != uuid.Nil {
		d.ID = e.ID
	}
	t.lastNumber = d.Number
	entry := documentEntry(&d, nil)
	entry.Ends = append(entry.Ends, t.sheet.ID)
	t.job, t.phase = &bracket{req: e.Req, op: t.nextOp(), id: d.ID, docs: []doc.Document{d}, sheet: t.sheet}, Filing
	t.sheet = stock.Sheet{}
	t.keep(t.job.op, entry)
	return nil
}

// restoreSheet takes the sheet up again from its journaled changes.
func (t *turn) restoreSheet(r *record.Record) error {
	var ch stock.Change
	if err := json.Unmarshal(r.Data, &ch); err != nil {
		return err
	}
	t.sheet = t.sheet.Apply(ch)
	return nil
}

// StockView is the sheet as screens and programs see it in the till's state;
// its lines are asked for by themselves.
type StockView struct {
	ID       uuid.UUID   `json:"id"`
	Type     doc.Type    `json:"type"`
	Revision int64       `json:"revision"`
	Paused   bool        `json:"paused"`
	Lines    int         `json:"lines"`
	Units    qty.Milli   `json:"units"` // all quantities together
	Touched  *StockCount `json:"touched,omitempty"`
}

// StockCount is the line of a sheet that was changed last.
type StockCount struct {
	Line uuid.UUID `json:"line"` // its id
	Name string    `json:"name"`
	Unit string    `json:"unit,omitempty"`
	Qty  qty.Milli `json:"qty"`
}

// Sheet is the open stock document with its lines; nil: there is none.
func (v *View) Sheet() *stock.Sheet { return v.sheet }

func (s *State) viewStock() (*StockView, *stock.Sheet) {
	if !s.sheet.Open() {
		return nil, nil
	}
	sheet := s.sheet
	v := StockView{ID: sheet.ID, Type: sheet.Type, Revision: sheet.Revision, Paused: sheet.Paused, Lines: len(sheet.Lines)}
	for i := range sheet.Lines {
		v.Units += sheet.Lines[i].Qty
	}
	if i := sheet.Find(s.counted); i >= 0 {
		l := &sheet.Lines[i]
		v.Touched = &StockCount{Line: l.ID, Name: l.Item.Name, Unit: l.Item.Unit, Qty: l.Qty}
	}
	return &v, &sheet
}

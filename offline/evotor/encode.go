package evotor

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

// ErrType: the format has no such document.
var ErrType = errors.New("evotor: not a document of the format")

// Encode gives a document record in the format.
func (id Identity) Encode(r record.Record) (Document, error) {
	var d doc.Document
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return Document{}, fmt.Errorf("evotor: record %d: %w", r.Seq, err)
	}
	if len(r.Private) > 0 {
		if err := json.Unmarshal(r.Private, &d.People); err != nil {
			return Document{}, fmt.Errorf("evotor: people of record %d: %w", r.Seq, err)
		}
	}
	body, err := bodyOf(&d)
	if err != nil {
		return Document{}, fmt.Errorf("record %d: %w", r.Seq, err)
	}
	_, offset := r.Time.Zone()
	return Document{
		Type: string(d.Type), ID: d.ID.String(), Extras: map[string]any{}, Number: d.Number,
		CloseDate: Time(r.Time), TimeZoneOffset: int64(offset) * 1000,
		SessionID: d.ShiftID.String(), SessionNumber: d.ShiftNumber,
		CloseUserID: d.Cashier.ID, DeviceID: id.Device, StoreID: id.Store, UserID: id.User,
		Version: "V2", Body: body,
	}, nil
}

// bodyOf makes the body a document's type asks for.
func bodyOf(d *doc.Document) (any, error) {
	missing := fmt.Errorf("%w: %s without its body", ErrType, d.Type)
	switch d.Type {
	case doc.OpenSession:
		return struct{}{}, nil
	case doc.PosOpenSession:
		return PosOpenSession{counters(d), registered(d)}, nil
	case doc.CloseSession, doc.XReport, doc.ZReport:
		if d.Shift == nil {
			return nil, missing
		}
		return shiftBody(d), nil
	case doc.CashIncome, doc.CashOutcome:
		if d.Cash == nil {
			return nil, missing
		}
		return cashBody(d), nil
	case doc.Sell, doc.Buy, doc.Payback, doc.Buyback:
		if d.Receipt == nil {
			return nil, missing
		}
		return receiptBody(d)
	case doc.Inventory, doc.Accept, doc.Revaluation, doc.WriteOff, doc.Return, doc.OpenTare:
		if d.Stock == nil {
			return nil, missing
		}
		return stockBody(d), nil
	}
	return nil, fmt.Errorf("%w: %.40q", ErrType, string(d.Type))
}

// text is null for nothing.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

const dateForm = "02012006"

// dateOf is the day of a document by the fiscal device, or by the till.
func dateOf(d *doc.Document) string {
	if d.Fiscal != nil && !d.Fiscal.Time.IsZero() {
		return d.Fiscal.Time.Format(dateForm)
	}
	return d.Time.Format(dateForm)
}

func counters(d *doc.Document) Counters {
	if d.Fiscal == nil {
		return Counters{}
	}
	return Counters{ReceiptNumber: d.Fiscal.Receipt, DocumentNumber: int64(d.Fiscal.FD), SessionNumber: d.Fiscal.Shift}
}

func fiscal(f *doc.Fiscal) Fiscal {
	if f.SKKO { // no FN, no sign
		return Fiscal{KKTRegNumber: f.FN}
	}
	return Fiscal{FNSerialNumber: f.FN, KKTSerialNumber: f.Serial, KKTRegNumber: f.RegNumber,
		FiscalSignDocNumber: strconv.FormatUint(uint64(f.Sign), 10)}
}

func registered(d *doc.Document) *Registered {
	if d.Fiscal == nil {
		return nil
	}
	return &Registered{fiscal(d.Fiscal), strconv.FormatUint(uint64(d.Fiscal.FD), 10)}
}

// categories are the format's purposes of taking cash out.
var categories = map[int]string{1: "Инкассация", 2: "Оплата поставщику", 3: "Оплата услуг", 4: "Аренда", 5: "Заработная плата", 6: "Прочее"}

const otherCategory = 6

func cashBody(d *doc.Document) Cash {
	c := Cash{Counters: counters(d), Date: dateOf(d), Registered: registered(d), Sum: Roubles(d.Cash.Sum), Description: d.Cash.Description}
	person := ""
	if d.People != nil {
		person = d.People.Person
	}
	if d.Type == doc.CashIncome {
		c.Contributor = &person
		return c
	}
	c.Receiver, c.CategoryID = &person, d.Cash.Category
	if categories[c.CategoryID] == "" {
		c.CategoryID = otherCategory
	}
	c.Category = categories[c.CategoryID]
	return c
}

func shiftBody(d *doc.Document) any {
	s := d.Shift
	report := Report{counters(d), Roubles(s.Sales.Total), Roubles(s.Revenue), Roubles(s.Drawer)}
	switch d.Type {
	case doc.CloseSession:
		return CloseSession{Revenue: Roubles(s.Revenue), Total: Roubles(s.Drawer)}
	case doc.XReport:
		return report
	}
	return ZReport{Report: report, Date: dateOf(d), Registered: registered(d), Revenue: Roubles(s.Revenue),
		CashInSum: Roubles(s.CashIn.Sum), CashInQuantity: s.CashIn.Count,
		CashOutSum: Roubles(s.CashOut.Sum), CashOutQuantity: s.CashOut.Count,
		SalesResults:  Roubles(s.Sales.Total - s.Returns.Total),
		QuantitySales: Count{Quantity: s.Sales.Count, Back: s.Returns.Count},
		Sales:         turnover(&s.Sales), SalesBack: turnover(&s.Returns), Buys: bought(&s.Buys), BuysBack: bought(&s.BuysBack),
		BuysResults: Roubles(s.Buys.Total - s.BuysBack.Total), QuantityBuys: Count{Quantity: s.Buys.Count, Back: s.BuysBack.Count}}
}

// bought is a turnover with people; most shops have none.
func bought(t *doc.Turnover) Turnover {
	if t.Count == 0 {
		return Turnover{Sections: []Section{}}
	}
	return turnover(t)
}

func turnover(t *doc.Turnover) Turnover {
	return Turnover{Sum: Roubles(t.Total), Sections: []Section{
		{Number: 0, Name: "НАЛИЧНЫМИ", Value: Roubles(t.Cash)},
		{Number: 1, Name: "ЭЛЕКТРОННЫМИ", Value: Roubles(t.Electron)},
	}}
}

// unit is what a quantity of goods is counted in.
func unit(name string) string {
	if name == "" {
		return "шт"
	}
	return name
}

func stockBody(d *doc.Document) Stock {
	s := Stock{Positions: make([]StockPosition, len(d.Stock.Positions)), Description: d.Stock.Comment}
	for i, p := range d.Stock.Positions {
		to := StockPosition{ID: i + 1, UUID: p.ID.String(), ProductID: p.ItemID, ProductType: productNormal, ProductName: p.Name,
			MeasureName: unit(p.Unit), Code: p.Code, BarCode: text(p.Barcode), Quantity: Quantity(p.Qty), InitialQuantity: Quantity(p.Before),
			Price: Roubles(p.Price), CostPrice: Roubles(p.Cost), Sum: Roubles(p.Sum), ExtraKeys: []string{}}
		switch d.Type {
		case doc.Revaluation:
			to.Price = Revalued{Roubles(p.OldPrice), Roubles(p.Price), Roubles(p.Cost)}
		case doc.WriteOff:
			to.BarCode = nil
		case doc.Accept, doc.Return, doc.OpenTare:
			to.Mark = text(p.Mark)
		}
		s.Positions[i] = to
	}
	switch d.Type {
	case doc.Accept, doc.Return:
		s.SupplierID = text(d.Stock.Supplier)
		fallthrough
	case doc.WriteOff:
		sum := Roubles(d.Stock.Sum)
		s.Sum = &sum
	case doc.Inventory:
		s.CompleteInventory = &d.Stock.Complete
	case doc.Revaluation:
		s.BaseID, s.BaseNumber = base(d.Stock.BaseID, d.Stock.BaseNo)
	}
	return s
}

// base names the document another one is about; nulls when there is none.
func base(id uuid.UUID, number int64) (*string, *int64) {
	if id == uuid.Nil {
		return nil, nil
	}
	return text(id.String()), &number
}

// contact tells an e-mail address from a phone number, which goes without
// its plus.
func contact(p *doc.People) (email, phone *string) {
	switch {
	case p == nil || p.Contact == "":
		return nil, nil
	case strings.Contains(p.Contact, "@"):
		return &p.Contact, nil
	}
	return nil, text(strings.TrimPrefix(p.Contact, "+"))
}

// percentOf is what part of a whole a sum is; 0 of nothing.
func percentOf(part, whole money.Amount) Percent {
	const hundred = 100 * 100_000 // in hundred-thousandths of a percent
	if whole <= 0 {
		return 0
	}
	p, rest := part/whole*hundred, part%whole*hundred
	return Percent(p + (rest+whole/2)/whole)
}

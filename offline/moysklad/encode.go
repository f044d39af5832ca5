package moysklad

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// moment is how the service writes times: without a zone.
const moment = "2006-01-02 15:04:05"

var (
	// ErrNotWanted: the service does not take documents of this type.
	ErrNotWanted = errors.New("moysklad: document type not taken")
	// ErrInexpressible: the document holds what the service has no words for.
	ErrInexpressible = errors.New("moysklad: the document can not be expressed")
)

// Encoder turns documents into requests. It asks nobody: the same document
// gives the same bytes.
type Encoder struct {
	BaseURL  string         // for the hrefs
	Location *time.Location // the store's zone; nil: the document's own offset
	Pack     func(itemID, packID string) (catalog.Pack, bool)
	// Environment tells what the till runs on; nil: nobody knows. What it says
	// when a request is made is frozen with it.
	Environment func() Environment
}

type outMeta struct {
	Href string `json:"href"`
	Type string `json:"type"`
}

type outRef struct {
	Meta outMeta `json:"meta"`
}

func (e Encoder) sync(kind string, id uuid.UUID) outRef {
	return outRef{outMeta{Href: e.BaseURL + "/entity/" + kind + "/syncid/" + id.String(), Type: kind}}
}

func (e Encoder) native(kind, id string) outRef {
	return outRef{outMeta{Href: e.BaseURL + "/entity/" + kind + "/" + id, Type: kind}}
}

func (e Encoder) at(t time.Time) string {
	if e.Location != nil {
		t = t.In(e.Location)
	}
	return t.Format(moment)
}

type openShift struct {
	Shift  outRef       `json:"retailShift"`
	Name   string       `json:"name"`
	Moment string       `json:"openmoment"`
	Cheque *shiftCheque `json:"cheque,omitempty"`
}

type closeShift struct {
	Shift   outRef       `json:"retailShift"`
	Moment  string       `json:"closemoment"`
	CashOut *outRef      `json:"retailDrawerCashout,omitempty"` // that emptied the drawer
	Cheque  *shiftCheque `json:"cheque,omitempty"`
}

type shiftCheque struct {
	Start *shiftMark `json:"start,omitempty"`
	End   *shiftMark `json:"end,omitempty"`
}

type shiftMark struct {
	FN       string `json:"fnNumber"`
	Reg      string `json:"kktRegNumber,omitempty"`
	Sign     string `json:"fiscalDocSign"`
	Shift    string `json:"shiftNumber"`
	FD       string `json:"fiscalDocNumber"`
	Cheques  *int64 `json:"chequesTotal,omitempty"`
	FiscDocs *int64 `json:"fiscalDocsTotal,omitempty"`
	Time     string `json:"time"`
}

type position struct {
	Assortment outRef      `json:"assortment"`
	Quantity   json.Number `json:"quantity"`
	Price      int64       `json:"price"`
	Discount   json.Number `json:"discount"`
	VAT        int64       `json:"vat"`
	VATEnabled bool        `json:"vatEnabled"`
	Pack       *outPack    `json:"pack,omitempty"`
	Marks      []mark      `json:"marks,omitempty"`
	Serials    []outRef    `json:"sn,omitempty"`

	sum money.Amount // as the service computes it
}

type outPack struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Quantity json.Number `json:"quantity"`
	Barcode  string      `json:"barcode,omitempty"`
}

type mark struct {
	CIS string `json:"cis"`
}

type saleCheque struct {
	Fiscal  bool        `json:"fiscal"`
	Online  bool        `json:"online"`
	Printed bool        `json:"printed"`
	Number  string      `json:"number"`
	Sum     json.Number `json:"sum"` // roubles, alone among the sums
	FN      string      `json:"fnNumber"`
	Sign    string      `json:"fiscalDocSign"`
	FD      string      `json:"fiscalDocNumber"`
	Time    string      `json:"time"`
}

// Encode makes the request for a document. The shift's UUID is the shift's
// syncid, the document's UUID the sale's.
func (e Encoder) Encode(d *doc.Document, s outbox.Shift) (outbox.Request, error) {
	if d.ShiftID == uuid.Nil {
		return outbox.Request{}, fmt.Errorf("%w: no shift", ErrInexpressible)
	}
	switch d.Type {
	case doc.OpenSession:
		return request(http.MethodPut, pathOpen, e.open(d))
	case doc.CloseSession, doc.ZReport:
		return request(http.MethodPut, pathClose, e.close(d, s))
	case doc.Sell, doc.Payback, doc.Correction, doc.Buy, doc.Buyback:
		switch {
		case d.Receipt != nil && d.Receipt.Remote != nil:
			return e.approve(d)
		case d.Fiscal != nil && d.Fiscal.Cloud:
			return e.confirm(d)
		}
		path, body, err := e.operation(d)
		if isNoPlace(err) {
			return e.instead(d, err)
		}
		if err != nil {
			return outbox.Request{}, err
		}
		return request(http.MethodPost, path, body)
	case doc.CashIncome:
		return request(http.MethodPost, pathCashIn, e.cash(d, kindCashIn))
	case doc.CashOutcome:
		return request(http.MethodPost, pathCashOut, e.cash(d, kindCashOut))
	}
	return outbox.Request{}, fmt.Errorf("%w: %s", ErrNotWanted, d.Type)
}

// Paths of what is sent.
const (
	pathOpen    = "/rpc/openshift/"
	pathClose   = "/rpc/closeshift/"
	pathDemand  = "/entity/" + kindDemand
	pathReturn  = "/entity/" + kindReturn
	pathPrepay  = "/entity/" + kindPrepayment
	pathUnpay   = "/entity/" + kindPrepaymentReturn
	pathCashIn  = "/entity/" + kindCashIn + "/"
	pathCashOut = "/entity/" + kindCashOut + "/"

	pathProduct  = "/entity/" + MadeProduct
	pathCustomer = "/entity/" + MadeCustomer
	pathOrder    = "/entity/" + MadeOrder
	pathState    = "/state"
)

// Kinds of things that are created.
const (
	kindDemand = "retaildemand"
	kindReturn = "retailsalesreturn"
	kindCashIn = "retaildrawercashin"

	kindPrepayment       = "prepayment"
	kindPrepaymentReturn = "prepaymentreturn"

	kindCashOut = "retaildrawercashout"
)

func request(method, path string, body any) (outbox.Request, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return outbox.Request{}, fmt.Errorf("encode request: %w", err)
	}
	return outbox.Request{Method: method, Path: path, Body: string(b)}, nil
}

func (e Encoder) open(d *doc.Document) openShift {
	o := openShift{Shift: e.sync("retailshift", d.ShiftID), Name: d.Name, Moment: e.at(d.Time)}
	if d.Fiscal != nil {
		o.Cheque = &shiftCheque{Start: e.mark(d.Fiscal)}
	}
	return o
}

func (e Encoder) close(d *doc.Document, s outbox.Shift) closeShift {
	c := closeShift{Shift: e.sync("retailshift", d.ShiftID), Moment: e.at(d.Time)}
	fiscal, totals := d.Fiscal, d.Shift
	if s.CashOut != nil && totals != nil && totals.Drawer == 0 {
		ref := e.sync(kindCashOut, s.CashOut.ID)
		c.CashOut = &ref
	}
	if fiscal == nil && s.Close != nil {
		fiscal = s.Close.Fiscal
	}
	if fiscal == nil {
		return c
	}
	end := e.mark(fiscal)
	if totals != nil {
		n := totals.Sales.Count + totals.Returns.Count + totals.Remote.Count
		end.Cheques = &n
	}
	c.Cheque = &shiftCheque{End: end}
	if s.Open != nil && s.Open.Fiscal != nil {
		c.Cheque.Start = e.mark(s.Open.Fiscal)
		if s.Open.Fiscal.FN == fiscal.FN && fiscal.FD > s.Open.Fiscal.FD {
			n := int64(fiscal.FD) - int64(s.Open.Fiscal.FD) + 1
			end.FiscDocs = &n
		}
	}
	return c
}

func (e Encoder) mark(f *doc.Fiscal) *shiftMark {
	return &shiftMark{FN: f.FN, Reg: f.RegNumber, Sign: decimal(f.Sign), Shift: strconv.FormatInt(f.Shift, 10), FD: decimal(f.FD), Time: e.at(f.Time)}
}

func decimal(v uint32) string { return strconv.FormatUint(uint64(v), 10) }

func (e Encoder) cheque(f *doc.Fiscal, r *doc.Receipt) *saleCheque {
	return &saleCheque{Fiscal: true, Online: r.Electronic, Printed: !r.Electronic, Number: strconv.FormatInt(f.Receipt, 10), Sum: json.Number(r.Total.String()),
		FN: f.FN, Sign: decimal(f.Sign), FD: decimal(f.FD), Time: e.at(f.Time)}
}

func (e Encoder) position(l *doc.Line) (position, error) {
	info, err := tax.Lookup(l.Rate)
	if err != nil {
		return position{}, err
	}
	price, percent, sum := priceAndDiscount(l)
	p := position{
		Assortment: e.native(l.ItemType, l.ItemID), Quantity: json.Number(l.Qty.String()), Price: int64(price), Discount: json.Number(percent),
		VAT: info.Percent, VATEnabled: l.Rate != tax.None, sum: sum,
	}
	if l.Mark != "" {
		p.Marks = []mark{{CIS: l.Mark}}
	}
	if l.SerialID != "" {
		p.Serials = []outRef{e.native("sn", l.SerialID)}
	}
	if l.PackID != "" && e.Pack != nil {
		if pk, ok := e.Pack(l.ItemID, l.PackID); ok {
			p.Pack = &outPack{ID: pk.ID, Name: pk.Name, Quantity: json.Number(pk.Quantity.String()), Barcode: pk.Barcode}
		}
	}
	return p, nil
}

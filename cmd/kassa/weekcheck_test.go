package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/shift"
)

// What the cloud must hold, worked out from the journal's documents alone and
// not by the code that sends them.

// wanted is a document as the cloud must have it.
type wanted struct {
	kind, syncID, name, shift, base string
	moment                          string
	sum, cash, noCash, qr, prepaid  money.Amount
	lines                           []string // item, quantity, what it comes to
}

// said is the part of a body that is compared.
type said struct {
	Shift      ref          `json:"retailShift"`
	Demand     ref          `json:"demand"`
	Prepayment ref          `json:"prepayment"`
	Name       string       `json:"name"`
	Moment     string       `json:"moment"`
	Opened     string       `json:"openmoment"`
	Closed     string       `json:"closemoment"`
	Sum        money.Amount `json:"sum"`
	Cash       money.Amount `json:"cashSum"`
	NoCash     money.Amount `json:"noCashSum"`
	QR         money.Amount `json:"qrSum"`
	PreCash    money.Amount `json:"prepaymentCash"`
	PreNoCash  money.Amount `json:"prepaymentNoCash"`
	PreQR      money.Amount `json:"prepaymentQrSum"`
	Positions  []struct {
		Assortment ref         `json:"assortment"`
		Quantity   json.Number `json:"quantity"`
		Price      json.Number `json:"price"`
		Discount   json.Number `json:"discount"`
	} `json:"positions"`
}

type ref struct {
	Meta struct {
		Href string `json:"href"`
	} `json:"meta"`
}

func (r ref) id() string { return r.Meta.Href[strings.LastIndexByte(r.Meta.Href, '/')+1:] }

// of reads a document off the cloud's books.
func (w *week) of(d moyskladtest.Stored) wanted {
	w.t.Helper()
	var b said
	if err := json.Unmarshal(d.Body, &b); err != nil {
		w.t.Fatalf("%s %s: %v", d.Kind, d.Name, err)
	}
	v := wanted{kind: d.Kind, syncID: d.SyncID, name: b.Name, moment: b.Moment + b.Opened + b.Closed, shift: b.Shift.id(), base: b.Demand.id() + b.Prepayment.id(),
		sum: d.Sum, cash: b.Cash, noCash: b.NoCash, qr: b.QR, prepaid: b.PreCash + b.PreNoCash + b.PreQR}
	for _, p := range b.Positions {
		v.lines = append(v.lines, fmt.Sprintf("%s %s %s", p.Assortment.id(), ratio(p.Quantity).FloatString(3), position(ratio(p.Price), ratio(p.Quantity), ratio(p.Discount))))
	}
	slices.Sort(v.lines)
	return v
}

func ratio(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return new(big.Rat)
	}
	return r
}

// position is what a line comes to: price times quantity less the discount in
// percent, to the nearest kopeck.
func position(price, quantity, percent *big.Rat) money.Amount {
	left := new(big.Rat).Sub(big.NewRat(100, 1), percent)
	sum := new(big.Rat).Mul(new(big.Rat).Mul(price, quantity), left.Quo(left, big.NewRat(100, 1)))
	sum.Add(sum, big.NewRat(1, 2))
	return money.Amount(new(big.Int).Quo(sum.Num(), sum.Denom()).Int64())
}

// wants is what a document of the journal must be in the cloud; false: it has
// no place there.
func wants(d *doc.Document) (v wanted, ok bool) {
	v = wanted{syncID: d.ID.String(), name: d.Name, shift: d.ShiftID.String(), moment: d.Time.In(moscow().Location()).Format(time.DateTime)}
	switch d.Type {
	case doc.OpenSession:
		v.kind, v.syncID = "openshift", v.shift
		return v, true
	case doc.ZReport:
		v.kind, v.syncID, v.name = "closeshift", v.shift, ""
		return v, true
	case doc.CashIncome:
		v.kind, v.sum = "retaildrawercashin", d.Cash.Sum
		return v, true
	case doc.CashOutcome:
		v.kind, v.sum = "retaildrawercashout", d.Cash.Sum
		return v, true
	}
	if d.Receipt == nil {
		return v, false
	}
	v.receipt(d)
	return v, true
}

func (v *wanted) receipt(d *doc.Document) {
	r, typ := d.Receipt, d.Type
	if r.Correction != nil {
		typ = r.Correction.Of
	}
	before := slices.ContainsFunc(r.Lines, func(l doc.Line) bool { return l.Method == 1 || l.Method == 2 }) // paid before the goods
	switch {
	case typ == doc.Sell && before:
		v.kind = "prepayment"
	case typ == doc.Sell:
		v.kind = "retaildemand"
	case before:
		v.kind = "prepaymentreturn"
	default:
		v.kind = "retailsalesreturn"
	}
	if typ == doc.Payback && r.BaseID != uuid.Nil {
		v.base = r.BaseID.String()
	}
	v.sum = r.Total
	for _, p := range r.Payments {
		switch {
		case p.Type == doc.PayCash:
			v.cash += p.Sum
		case p.Type == doc.PayAdvance:
			v.prepaid += p.Sum
		case p.QR:
			v.qr += p.Sum
		default:
			v.noCash += p.Sum
		}
	}
	for _, l := range r.Lines {
		v.lines = append(v.lines, fmt.Sprintf("%s %s %s", l.ItemID, big.NewRat(int64(l.Qty), 1000).FloatString(3), l.Total))
	}
	slices.Sort(v.lines)
}

// cloudAgrees compares the cloud with the journal.
func (w *week) cloudAgrees() {
	w.t.Helper()
	there := map[string]moyskladtest.Stored{}
	at := map[string]int{} // in the order they came
	for i, d := range w.cloud.Documents() {
		key := d.Kind + " " + d.SyncID
		if _, twice := there[key]; twice {
			w.t.Errorf("%s %s is in the cloud twice", d.Kind, d.Name)
		}
		there[key], at[key] = d, i
	}
	for _, d := range w.documents() {
		want, ok := wants(&d)
		if !ok {
			continue
		}
		key := want.kind + " " + want.syncID
		stored, ok := there[key]
		if !ok {
			w.t.Errorf("the cloud lacks %s %s of %s", d.Type, d.Name, want.sum)
			continue
		}
		delete(there, key)
		if got := w.of(stored); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			w.t.Errorf("%s %s is in the cloud\n%+v, by the journal\n%+v", d.Type, d.Name, got, want)
		}
		w.inOrder(at, key, want)
	}
	for key, d := range there {
		w.t.Errorf("the cloud has %s (%s), the journal has not", key, d.Name)
	}
}

// inOrder checks that a document came within its shift, and after what it
// undoes.
func (w *week) inOrder(at map[string]int, key string, v wanted) {
	w.t.Helper()
	opened, closed := at["openshift "+v.shift], at["closeshift "+v.shift]
	if at[key] < opened || at[key] > closed {
		w.t.Errorf("%s came as number %d, its shift is %d to %d", v.name, at[key], opened, closed)
	}
	for _, kind := range []string{"retaildemand ", "prepayment "} {
		if base, ok := at[kind+v.base]; ok && base > at[key] {
			w.t.Errorf("%s came before what it undoes", v.name)
		}
	}
}

// reportsAgree holds every report of sales against the documents, and those of
// each closed shift against its Z report.
func (r *rig) reportsAgree() {
	r.t.Helper()
	all := r.documents()
	if len(all) == 0 {
		r.t.Fatal("no documents to report on")
	}
	ask := func(by reports.By, query string) (sum money.Amount) {
		r.t.Helper()
		var report reports.SalesReport
		if err := r.call("GET", "/api/v1/reports/sales?by="+string(by)+"&"+query, nil, &report); err != nil {
			r.t.Fatalf("report by %s of %s: %v", by, query, err)
		}
		for _, row := range report.Rows {
			sum += row.Sum
		}
		if sum != report.Total.Sum {
			r.t.Errorf("by %s of %s: rows come to %s, the total is %s", by, query, sum, report.Total.Sum)
		}
		return sum
	}
	const day = "2006-01-02"
	days := "from=" + all[0].Time.Format(day) + "&to=" + time.Now().AddDate(0, 0, 1).Format(day)
	var want money.Amount
	for i := range all {
		if all[i].Receipt != nil {
			want += shift.Sign(&all[i]) * all[i].Receipt.Total
		}
	}
	for _, by := range reports.Bys() {
		if got := ask(by, days); got != want {
			r.t.Errorf("by %s: %s, the documents come to %s", by, got, want)
		}
		for i := range all {
			if z := &all[i]; z.Type == doc.ZReport {
				if got := ask(by, fmt.Sprintf("shift=%d", z.ShiftNumber)); got != z.Shift.Revenue {
					r.t.Errorf("shift %d by %s: %s, its Z report has %s", z.ShiftNumber, by, got, z.Shift.Revenue)
				}
			}
		}
	}
}

package api

import (
	"net/http"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

// termRoutes are the calls that change what a cheque's prices depend on.
func (a *API) termRoutes() []route {
	return []route{
		{"POST", "/api/v1/cheque/lines/{line}/price", a.price},
		{"POST", "/api/v1/cheque/lines/{line}/discount", a.adjustLine},
		{"POST", "/api/v1/cheque/discount", a.adjustCheque},
		{"POST", "/api/v1/cheque/customer", a.customer},
		{"DELETE", "/api/v1/cheque/customer", a.do(func(*http.Request) (till.Event, error) { return till.ClearCustomer{}, nil })},
		{"POST", "/api/v1/cheque/coupons", a.coupon},
		{"DELETE", "/api/v1/cheque/coupons/{code}", a.do(func(r *http.Request) (till.Event, error) {
			return till.RemoveCoupon{Code: r.PathValue("code")}, nil
		})},
		{"POST", "/api/v1/cheque/bonus", a.bonus},
		{"POST", "/api/v1/cheque/recalc", a.recalc},
		{"GET", "/api/v1/cheque/explain", a.explain},
		{"GET", "/api/v1/promotions", a.promotions},
		{"PUT", "/api/v1/promotions", a.setPromotions},
	}
}

// price types a line's price; without an amount it is the catalogue's again.
func (a *API) price(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Amount string `json:"amount"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.SetPrice{Seen: in.till()}
	if err == nil {
		cmd.Line, err = lineID(r)
	}
	if err == nil && in.Amount != "" {
		var bad error
		if cmd.Price, bad = money.Parse(in.Amount); bad != nil || cmd.Price <= 0 {
			err = fault.New(fault.AmountBad, in.Amount)
		}
	}
	a.told(w, r, cmd, err)
}

// adjustment is a change by hand as people type it: "10" percent or "50.00"
// roubles off, with a minus dearer; neither takes the change back.
type adjustment struct {
	Percent string `json:"percent"`
	Amount  string `json:"amount"`
	seen
}

func (j adjustment) parse() (percent int64, sum money.Amount, err error) {
	switch {
	case j.Percent != "" && j.Amount != "":
		return 0, 0, fault.New(fault.BadRequest, "percent | amount")
	case j.Percent != "":
		text, dearer := strings.CutPrefix(j.Percent, "-")
		p, bad := qty.Parse(text) // thousandths, as percents are
		if bad != nil {
			return 0, 0, fault.New(fault.AmountBad, j.Percent)
		}
		if percent = int64(p); dearer {
			percent = -percent
		}
	case j.Amount != "":
		text, dearer := strings.CutPrefix(j.Amount, "-")
		sum, err = money.Parse(text)
		if err != nil || sum <= 0 {
			return 0, 0, fault.New(fault.AmountBad, j.Amount)
		}
		if dearer {
			sum = -sum
		}
	}
	return percent, sum, nil
}

func (a *API) adjustLine(w http.ResponseWriter, r *http.Request) {
	var in adjustment
	err := read(w, r, &in)
	cmd := till.AdjustLine{Seen: in.till()}
	if err == nil {
		cmd.Line, err = lineID(r)
	}
	if err == nil {
		cmd.Percent, cmd.Sum, err = in.parse()
	}
	a.told(w, r, cmd, err)
}

func (a *API) adjustCheque(w http.ResponseWriter, r *http.Request) {
	var in adjustment
	err := read(w, r, &in)
	cmd := till.AdjustCheque{Seen: in.till()}
	if err == nil {
		cmd.Percent, cmd.Sum, err = in.parse()
	}
	a.told(w, r, cmd, err)
}

func (a *API) customer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Customer string `json:"customer"`
		seen
	}
	err := read(w, r, &in)
	a.told(w, r, till.SetCustomer{Text: in.Customer, Seen: in.till()}, err)
}

func (a *API) coupon(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"code"`
		seen
	}
	err := read(w, r, &in)
	a.told(w, r, till.AddCoupon{Code: in.Code, Seen: in.till()}, err)
}

// bonus pays with points; without an amount none are spent.
func (a *API) bonus(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Amount string `json:"amount"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.SpendBonus{Seen: in.till()}
	if err == nil && in.Amount != "" {
		var bad error
		if cmd.Sum, bad = money.Parse(in.Amount); bad != nil || cmd.Sum <= 0 {
			err = fault.New(fault.AmountBad, in.Amount)
		}
	}
	a.told(w, r, cmd, err)
}

// explain tells how the open cheque's prices came about.
func (a *API) explain(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	trace, err := v.Explain()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer := map[string]any{"cheque": v.Cheque.ID, "revision": v.Cheque.Revision, "lines": trace.Lines}
	if trace.Recalc != nil {
		answer["recalc"] = trace.Recalc
	}
	a.ok(w, r, answer)
}

// recalc asks the store's cloud for the cheque's prices, as paying it would.
func (a *API) recalc(w http.ResponseWriter, r *http.Request) {
	var in struct{ seen }
	err := read(w, r, &in)
	a.told(w, r, till.Recalculate{Seen: in.till()}, err)
}

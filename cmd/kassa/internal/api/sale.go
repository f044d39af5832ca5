package api

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

func (a *API) login(w http.ResponseWriter, r *http.Request) {
	a.pin(w, r, func(pin string) till.Event { return till.Login{PIN: pin} })
}

// approve lets the cashier's next command through that needs somebody else.
func (a *API) approve(w http.ResponseWriter, r *http.Request) {
	a.pin(w, r, func(pin string) till.Event { return till.Approve{PIN: pin} })
}

func (a *API) pin(w http.ResponseWriter, r *http.Request, command func(pin string) till.Event) {
	var in struct {
		PIN string `json:"pin"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	a.do(func(*http.Request) (till.Event, error) { return command(in.PIN), nil })(w, r)
}

func (a *API) logout(w http.ResponseWriter, r *http.Request) {
	a.do(func(*http.Request) (till.Event, error) { return till.Logout{}, nil })(w, r)
}

// seen is the cheque the caller looked at; without it any will do.
type seen struct {
	Cheque   uuid.UUID `json:"cheque"`
	Revision int64     `json:"revision"`
}

func (s seen) till() till.Seen { return till.Seen{Cheque: s.Cheque, Revision: s.Revision} }

// Scanned is what became of one code.
type Scanned struct {
	Code  string   `json:"code"`
	OK    bool     `json:"ok"`
	Error *Problem `json:"error,omitempty"`
}

// scan puts codes into the cheque one after the other. It answers 200 with a
// result a code; when every code failed, with the first one's status.
func (a *API) scan(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Codes []string `json:"codes"`
	}
	err := read(w, r, &in)
	if err == nil && (len(in.Codes) == 0 || len(in.Codes) > MaxCodes) {
		err = fault.New(fault.BadRequest, "codes: 1.."+strconv.Itoa(MaxCodes))
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	results := make([]Scanned, len(in.Codes))
	failed := 0
	for i, code := range in.Codes {
		if r.Context().Err() != nil {
			return // nobody is listening; what is in the cheque is on the screen
		}
		err := a.command(r.Context(), till.Scan{Code: code, Device: "api"})
		results[i] = Scanned{Code: code, OK: err == nil, Error: a.problem(err)}
		if err != nil {
			failed++
		}
	}
	view, _ := a.o.Till.View()
	out := map[string]any{"results": results, "cheque": view.Cheque, "stock": view.Stock}
	status := http.StatusOK
	if failed == len(results) { // an error like every other, with more in it
		status, out["error"] = httpStatus(results[0].Error.Code), results[0].Error
	}
	a.write(w, r, status, out)
}

func (a *API) cheque(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	a.ok(w, r, map[string]any{"cheque": v.Cheque, "paying": v.Paying, "payment": v.Payment, "parked": v.Parked,
		"notices": a.notices(v), "last": v.Last, "receipt": v.Receipt})
}

func (a *API) park(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	a.do(func(*http.Request) (till.Event, error) { return till.Park{Name: in.Name}, nil })(w, r)
}

func (a *API) recall(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID uuid.UUID `json:"id"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	a.do(func(*http.Request) (till.Event, error) { return till.Recall{ID: in.ID}, nil })(w, r)
}

func lineID(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("line"))
	if err != nil {
		return uuid.Nil, fault.New(fault.BadRequest, "line")
	}
	return id, nil
}

func (a *API) quantity(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Quantity string `json:"quantity"`
		seen
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	a.do(func(r *http.Request) (till.Event, error) {
		id, err := lineID(r)
		if err != nil {
			return nil, err
		}
		q, err := qty.Parse(in.Quantity)
		if err != nil {
			return nil, fault.New(fault.QtyBad, in.Quantity).With(err)
		}
		return till.SetQty{Line: id, Qty: q, Seen: in.till()}, nil
	})(w, r)
}

func (a *API) voidLine(w http.ResponseWriter, r *http.Request) {
	a.do(func(r *http.Request) (till.Event, error) {
		id, err := lineID(r)
		return till.VoidLine{Line: id}, err
	})(w, r)
}

// abandon gives up the document the till is in doubt about.
func (a *API) abandon(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Reason   string `json:"reason"`
		Done     bool   `json:"done"`
		Number   uint32 `json:"number"`
		Register string `json:"register"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	a.do(func(*http.Request) (till.Event, error) {
		if in.Reason == "" {
			return nil, fault.New(fault.BadRequest, "reason")
		}
		return till.Abandon{Reason: in.Reason, Done: in.Done, Number: in.Number, Register: in.Register}, nil
	})(w, r)
}

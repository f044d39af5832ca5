package console

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// MaxPieces is how many notes or coins of one kind a drawer may hold.
const MaxPieces = 100_000

// pieces are the notes and coins a drawer is counted by, in kopecks.
var pieces = []money.Amount{5000_00, 2000_00, 1000_00, 500_00, 200_00, 100_00, 50_00, 10_00, 5_00, 2_00, 1_00, 50}

// cashView asks for a movement of cash.
type cashView struct {
	Do       string // the action: "cash-in" or "cash-out"
	Category int    // 0: not chosen
	Reason   string
	Bank     bool // encashment
}

// Categories are what cash goes out for.
func (cashView) Categories() []int { return []int{1, 2, 3, 4, 5, 6} }

func cashInDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	return cashView{Do: "cash-in"}, s.needShift()
}

func cashOutDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	v := cashView{Do: "cash-out"}
	if query.Get("category") == "1" {
		v.Category, v.Bank = 1, true
	}
	return v, s.needShift()
}

// drawerDialog asks what is in the drawer.
func drawerDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	return pieces, s.needShift()
}

func shiftCloseDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	return nil, s.needShift()
}

func shiftOpenDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.V.Shift != nil {
		return nil, fault.New(fault.ShiftOpen)
	}
	return nil, nil
}

func (s *screen) needShift() *fault.Error {
	if s.V.Shift == nil {
		return fault.New(fault.ShiftClosed)
	}
	return nil
}

// moveCash takes "sum" in roubles, "reason", "person", for cash that goes out
// "category", and "once", the id of the document to be made.
func moveCash(out bool) action {
	return func(form url.Values, _ *till.View) (till.Event, *fault.Error) {
		sum, err := roubles(form.Get("sum"))
		if err != nil {
			return nil, err
		}
		once, err := onceOf(form)
		if err != nil {
			return nil, err
		}
		move := till.CashMove{Sum: sum, Reason: strings.TrimSpace(form.Get("reason")), Person: strings.TrimSpace(form.Get("person"))}
		if !out {
			return till.CashIn{Once: once, CashMove: move}, nil
		}
		if c := form.Get("category"); c != "" {
			n, bad := strconv.Atoi(c)
			if bad != nil {
				return nil, fault.New(fault.BadRequest, "category")
			}
			move.Category = n
		}
		return till.CashOut{Once: once, CashMove: move}, nil
	}
}

// roubles reads a sum as a person types it, with a point or a comma.
func roubles(text string) (money.Amount, *fault.Error) {
	sum, err := money.Parse(strings.ReplaceAll(strings.TrimSpace(text), ",", "."))
	if err != nil || sum <= 0 {
		return 0, fault.New(fault.AmountBad, shortened(text))
	}
	return sum, nil
}

// onceOf reads the id that a form was given when it was opened, so that sending it
// twice makes one document.
func onceOf(form url.Values) (till.Once, *fault.Error) {
	text := form.Get("once")
	if text == "" {
		return till.Once{}, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return till.Once{}, fault.New(fault.BadRequest, "once")
	}
	return till.Once{ID: id}, nil
}

// countDrawer takes how many there are of each piece, "n" and its kopecks.
func countDrawer(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	var sum money.Amount
	for _, p := range pieces {
		text := strings.TrimSpace(form.Get("n" + strconv.FormatInt(int64(p), 10)))
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 || n > MaxPieces {
			return nil, fault.New(fault.AmountBad, shortened(text))
		}
		sum += p * money.Amount(n)
	}
	return till.CountDrawer{Sum: sum}, nil
}

// openShift opens the shift and puts the float into the drawer: "float" in
// roubles, nothing or 0 for none. A shift that is open already gets the float
// only, so that a form whose second half failed can be sent again.
func openShift(form url.Values, v *till.View) ([]till.Event, *fault.Error) {
	var todo []till.Event
	if v.Shift == nil {
		todo = append(todo, till.OpenShift{})
	}
	text := strings.TrimSpace(form.Get("float"))
	if strings.Trim(text, "0.,") == "" {
		if len(todo) == 0 {
			return nil, fault.New(fault.ShiftOpen)
		}
		return todo, nil
	}
	sum, err := roubles(text)
	if err != nil {
		return nil, err
	}
	once, err := onceOf(form)
	if err != nil {
		return nil, err
	}
	return append(todo, till.CashIn{Once: once, CashMove: till.CashMove{Sum: sum, Reason: floatReason}}), nil
}

// floatReason stands in the document of the float, as on paper.
const floatReason = "Размен"

// HasRun tells whether the shift has anything to report.
func (s *screen) HasRun() bool {
	return s.V.Shift != nil && (s.V.Shift.Totals.Sales.Count > 0 || s.V.Shift.Totals.Returns.Count > 0)
}

// ShiftMinutes is how long the shift is open, at most a day.
func (s *screen) ShiftMinutes() int {
	return int(min(s.Now.Sub(s.V.Shift.OpenedAt), shiftDay).Minutes())
}

// MoreOf tells what a turnover holds beside cash and cards.
func (s *screen) MoreOf(t doc.Turnover) money.Amount { return t.Total - t.Cash - t.Electron }

package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

// action turns a form into the command it means, given what the till shows
// now, or says why not.
type action func(form url.Values, v *till.View) (till.Event, *fault.Error)

// steps is an action of several commands; one that is refused ends it.
type steps func(form url.Values, v *till.View) ([]till.Event, *fault.Error)

func (a action) steps(form url.Values, v *till.View) ([]till.Event, *fault.Error) {
	cmd, err := a(form, v)
	return []till.Event{cmd}, err
}

// actions are all that a signed-in person can do, by the last part of the path.
func (c *Console) actions() map[string]action {
	return map[string]action{
		"scan":         scan,
		"qty":          c.atLine(setQty),
		"remove":       c.atLine(removeLine),
		"void":         c.atCheque(func(url.Values, *till.View) (till.Event, *fault.Error) { return till.VoidCheque{}, nil }),
		"park":         c.atCheque(park),
		"kitchen":      c.atCheque(sendKitchen),
		"note":         c.atLine(setNote),
		"recall":       recall,
		"answer":       answerQuestion,
		"pay":          c.atCheque(pay),
		"buyer":        c.atCheque(setBuyer),
		"contact":      c.atCheque(setContact),
		"dismiss":      plain(till.Dismiss{}),
		"cash-in":      moveCash(false),
		"cash-out":     moveCash(true),
		"drawer":       countDrawer,
		"shift-close":  plain(till.CloseShift{}),
		"x-report":     plain(till.XReport{}),
		"state-report": plain(till.StateReport{}),
		"return":       giveBack,
		"exchange":     c.atCheque(exchange),
		"take-back":    c.atCheque(c.takeBack),
		"buy":          c.atCheque(buy),
		"no-sale":      noSale,
		"prepay":       c.atCheque(prepay),
		"sell-claim":   sellClaim,
		"hand-over":    c.atCheque(handOver),
		"repay":        repay,
		"take-order":   c.takeOrder,
		"promotions":   setPromotions,
		"correct":      c.correct,
		"accept-fn":    acceptFN,
		"retry":        plain(till.Retry{}),
		"charge-off":   plain(till.CancelCharge{}),
		"abandon":      abandon,
		"approve":      approve,
		"logout":       plain(till.Logout{}),

		"stock-begin":    c.beginStock,
		"stock-describe": c.describeStock,
		"stock-scan":     stockScan,
		"stock-qty":      stockQty,
		"stock-price":    stockPrice,
		"stock-remove":   stockRemove,
		"stock-pause":    plain(till.PauseStock{Paused: true}),
		"stock-resume":   plain(till.PauseStock{}),
		"stock-cancel":   plain(till.CancelStock{}),
		"stock-finish":   finishStock,

		"discount":      c.atCheque(adjustCheque),
		"line-discount": c.atLine(adjustLine),
		"price":         c.atLine(setPrice),
		"customer":      c.atCheque(setCustomer),
		"coupon":        c.atCheque(setCoupon),
		"bonus":         c.atCheque(setBonus),
	}
}

func plain(cmd till.Event) action {
	return func(url.Values, *till.View) (till.Event, *fault.Error) { return cmd, nil }
}

// act runs an action. Success is an empty answer: what changed arrives by the
// stream. The answer's headers tell which cheque and revision the command led
// to, so that quick taps one after the other do not go stale by themselves.
func (c *Console) act(a steps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			c.refuse(w, r, formStatus(err), formFault(err))
			return
		}
		v, _ := c.o.Till.View()
		cmds, refused := a(r.PostForm, &v)
		if refused != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, refused)
			return
		}
		ctx, stop := c.commandContext(r)
		defer stop()
		for _, cmd := range cmds {
			if err := c.do(ctx, cmd); err != nil {
				if after, _ := c.o.Till.View(); noticed(cmd, after.Notices, err.Code) {
					w.Header().Set("Kassa-Row", "1")
				}
				c.refuse(w, r, http.StatusUnprocessableEntity, err)
				return
			}
		}
		after, _ := c.o.Till.View()
		w.Header().Set("Kassa-Cheque", after.Cheque.ID.String())
		w.Header().Set("Kassa-Revision", strconv.FormatInt(after.Cheque.Revision, 10))
		w.WriteHeader(http.StatusNoContent)
	}
}

// noticed tells whether a refused scan is a row of the screen already.
func noticed(cmd till.Event, all []till.Notice, code fault.Code) bool {
	_, scan := cmd.(till.Scan)
	return scan && slices.ContainsFunc(all, func(n till.Notice) bool { return n.Code == code })
}

func (c *Console) do(ctx context.Context, cmd till.Event) *fault.Error {
	err := c.o.Till.Do(ctx, cmd)
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Timeout)
	}
	if errors.Is(err, context.Canceled) {
		return fault.New(fault.Unavailable)
	}
	return fault.Of(err)
}

func formStatus(err error) int {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

func formFault(err error) *fault.Error {
	if formStatus(err) == http.StatusRequestEntityTooLarge {
		return fault.New(fault.TooLarge, strconv.Itoa(MaxBody))
	}
	return fault.New(fault.BadRequest, "form")
}

// atCheque refuses a tap that was meant for another cheque, another revision
// of it or another run of the till.
func (c *Console) atCheque(next action) action {
	return func(form url.Values, v *till.View) (till.Event, *fault.Error) {
		if form.Get("boot") != c.boot || form.Get("cheque") != v.Cheque.ID.String() {
			return nil, fault.New(fault.ChequeStale)
		}
		if rev, err := strconv.ParseInt(form.Get("rev"), 10, 64); err != nil || rev != v.Cheque.Revision {
			return nil, fault.New(fault.ChequeStale)
		}
		return next(form, v)
	}
}

// atLine finds the tapped line as well.
func (c *Console) atLine(next func(url.Values, *till.View, *doc.Line) (till.Event, *fault.Error)) action {
	return c.atCheque(func(form url.Values, v *till.View) (till.Event, *fault.Error) {
		id, err := uuid.Parse(form.Get("line"))
		i := slices.IndexFunc(v.Cheque.Lines, func(l doc.Line) bool { return l.ID == id })
		if err != nil || i < 0 {
			return nil, fault.New(fault.ChequeNoLine)
		}
		return next(form, v, &v.Cheque.Lines[i])
	})
}

// approve takes "pin", of somebody who lets the next command through that the
// cashier may not give.
func approve(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	return till.Approve{PIN: form.Get("pin")}, nil
}

func scan(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	return till.Scan{Code: strings.TrimSpace(form.Get("code"))}, nil
}

// setQty takes "qty", the new quantity, or "by", whole units more or less;
// the last unit taken off removes the line.
func setQty(form url.Values, v *till.View, l *doc.Line) (till.Event, *fault.Error) {
	q, err := qty.Parse(form.Get("qty"))
	if by := form.Get("by"); by != "" {
		var n int64
		if n, err = strconv.ParseInt(by, 10, 32); err == nil {
			q = l.Qty + qty.Milli(n)*qty.One
			if n < 0 && q <= 0 {
				return till.VoidLine{Line: l.ID, Seen: till.Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}}, nil
			}
		}
	}
	if err != nil || !q.Valid() {
		return nil, fault.New(fault.QtyBad, shortened(form.Get("qty")+form.Get("by")))
	}
	return till.SetQty{Line: l.ID, Qty: q, Seen: till.Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}}, nil
}

func removeLine(_ url.Values, v *till.View, l *doc.Line) (till.Event, *fault.Error) {
	return till.VoidLine{Line: l.ID, Seen: till.Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}}, nil
}

func park(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	return till.Park{Name: form.Get("name")}, nil
}

// answerQuestion takes "id", the question, and "by", the choice.
func answerQuestion(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	id, err := uuid.Parse(form.Get("id"))
	if err != nil {
		return nil, fault.New(fault.QuestionNone)
	}
	return till.Choose{Question: id, Choice: form.Get("by")}, nil
}

func recall(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	id, err := uuid.Parse(form.Get("id"))
	if err != nil {
		return nil, fault.New(fault.ParkedNone)
	}
	return till.Recall{ID: id}, nil
}

// pay takes "type" and for cash "tendered" in roubles; empty means exact. Or
// "parts", the ways with their kopecks: "ELECTRON:10000 CASH:50000".
func pay(form url.Values, v *till.View) (till.Event, *fault.Error) {
	if text := form.Get("parts"); text != "" {
		parts, err := payParts(text)
		return till.Pay{Parts: parts, Seen: seenNow(v)}, err
	}
	cmd := till.Pay{Type: doc.PaymentType(form.Get("type")), Seen: seenNow(v)}
	if text := form.Get("tendered"); text != "" {
		sum, err := roubles(text)
		if err != nil {
			return nil, err
		}
		cmd.Tendered = sum
	}
	return cmd, nil
}

// wayQR is an ELECTRON payment by the customer's telephone.
const wayQR = "QR"

// payParts reads ways with their kopecks, and of an advance its number:
// "ELECTRON:10000 ADVANCE:50000:%D0%90-17 CASH:0".
func payParts(text string) ([]till.Part, *fault.Error) {
	var parts []till.Part
	for word := range strings.FieldsSeq(text) {
		way, rest, _ := strings.Cut(word, ":")
		sum, number, _ := strings.Cut(rest, ":")
		n, err := strconv.ParseInt(sum, 10, 64)
		if err != nil || n < 0 || len(parts) == till.MaxParts {
			return nil, fault.New(fault.AmountBad, shortened(word))
		}
		part := till.Part{Type: doc.PaymentType(way), Sum: money.Amount(n)}
		if way == wayQR {
			part.Type, part.QR = doc.PayElectron, true
		}
		if part.Claim, err = url.PathUnescape(number); err != nil {
			return nil, fault.New(fault.ClaimUnknown, shortened(number))
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// maxShown is how much of a bad value goes back into its error, in runes.
const maxShown = 30

func shortened(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}

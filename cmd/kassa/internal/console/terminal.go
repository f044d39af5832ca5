package console

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// charge is the money that is being moved, or of which nobody knows; nil: none.
func (s *screen) Charge() *till.ChargeView {
	switch v := &s.V; {
	case v.Doubt != nil && v.Doubt.Charge != nil:
		return v.Doubt.Charge
	case v.Payment != nil:
		return v.Payment.Charge
	}
	return nil
}

// Cancellable tells whether the payment that waits for a customer may still be
// called off.
func (s *screen) Cancellable() bool {
	c := s.Charge()
	return c != nil && s.V.Phase == "charging" && !c.Called && c.Kind != charge.Cancel && s.V.Cashier != nil
}

// Asks tells whether a manual terminal's word is wanted from the cashier.
func (s *screen) Asks() bool {
	c := s.Charge()
	return c != nil && c.Stage == charge.StagePerson && s.V.Cashier != nil
}

// PayCode is the code the customer scans to pay.
func (s *screen) PayCode() (all []codeView) {
	if c := s.Charge(); c != nil && s.V.Phase == "charging" {
		all = addCode(all, c.QR, 1, c.Sum)
	}
	return all
}

// chargeKey is the message of what a terminal waits for.
func (s *screen) chargeKey() string {
	c := s.Charge()
	key := "charge.card"
	switch {
	case c == nil:
	case c.Called:
		key = "charge.called"
	case c.Kind == charge.Refund || c.Kind == charge.Cancel:
		key = "charge.back"
	case c.Stage == charge.StagePerson:
		key = "pay.card.ask"
	case c.Stage == charge.StagePIN:
		key = "charge.pin"
	case c.Stage == charge.StageHost:
		key = "charge.host"
	case c.Via == doc.SlipQR:
		key = "charge.code"
	}
	return key
}

// terminalSays takes a cashier's word about what the manual terminal said:
// "approved" or not, and "rrn" of its slip.
func (c *Console) terminalSays(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, formStatus(err), formFault(err))
		return
	}
	err := error(fault.New(fault.TerminalOff))
	if c.o.Terminal != nil {
		a := terminal.Answer{Approved: r.PostForm.Get("approved") != "", RRN: strings.TrimSpace(r.PostForm.Get("rrn"))}
		id, bad := uuid.Parse(r.PostForm.Get("id"))
		if bad != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, fault.New(fault.BadRequest, "id"))
			return
		}
		err = c.o.Terminal.Answer(r.Context(), id, a)
	}
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

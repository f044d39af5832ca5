package console

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// What a person sees of money that is being moved, and may do about it.
func TestChargeOnScreen(t *testing.T) {
	ru := &locale{name: "ru"}
	view := func(phase string, c till.ChargeView) *screen {
		c.ID, c.Sum = uuid.New(), 49_90
		v := till.View{Phase: phase, Cashier: &doc.Cashier{ID: "c"}, Payment: &till.PaymentView{Charge: &c}}
		if phase == "checking" {
			v.Doubt = &till.DoubtView{Charge: &c, Code: fault.TerminalUnsure}
		}
		return &screen{V: v, loc: ru}
	}
	for _, c := range []struct {
		name         string
		s            *screen
		text         string
		cancel, asks bool
		codes        int
	}{
		{"a card", view("charging", till.ChargeView{Kind: charge.Pay, Via: doc.SlipCard, Stage: charge.StageCard}), "ждёт карту", true, false, 0},
		{"its PIN", view("charging", till.ChargeView{Kind: charge.Pay, Via: doc.SlipCard, Stage: charge.StagePIN}), "ПИН", true, false, 0},
		{"the bank", view("charging", till.ChargeView{Kind: charge.Pay, Via: doc.SlipCard, Stage: charge.StageHost}), "банк", true, false, 0},
		{"a code", view("charging", till.ChargeView{Kind: charge.Pay, Via: doc.SlipQR, Stage: charge.StageQR, QR: "https://qr.invalid/1"}), "код", true, false, 1},
		{"a person", view("charging", till.ChargeView{Kind: charge.Pay, Via: doc.SlipCard, Stage: charge.StagePerson}), "терминале", true, true, 0},
		{"called off", view("charging", till.ChargeView{Kind: charge.Pay, Via: doc.SlipCard, Called: true}), "Отменяю", false, false, 0},
		{"a refund", view("charging", till.ChargeView{Kind: charge.Refund, Via: doc.SlipCard}), "возвращает", true, false, 0},
		{"going back", view("charging", till.ChargeView{Kind: charge.Cancel, Via: doc.SlipCard}), "возвращает", false, false, 0},
		{"nobody knows", view("checking", till.ChargeView{Kind: charge.Pay, Via: doc.SlipCard}), "Неизвестно", false, false, 0},
	} {
		b := c.s.Busy()
		if !strings.Contains(b.Text, c.text) || c.s.Cancellable() != c.cancel || c.s.Asks() != c.asks || len(c.s.PayCode()) != c.codes || b.Grave != (c.name == "nobody knows") {
			t.Errorf("%s: %+v, cancel %t, asks %t, %d codes", c.name, b, c.s.Cancellable(), c.s.Asks(), len(c.s.PayCode()))
		}
	}
}

package console

import (
	"time"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// The steps of a kiosk, as its page is marked with.
const (
	kioskClosed    = "closed"    // nobody attends to it, or no shift is open
	kioskStart     = "start"     // the first screen, in two languages
	kioskScan      = "scan"      // the first goods are waited for
	kioskBasket    = "basket"    // there are some
	kioskAsk       = "ask"       // something is scanned that wants more than a scan
	kioskPay       = "pay"       // how it is paid
	kioskPaying    = "paying"    // the terminal, the code, the fiscal device
	kioskThanks    = "thanks"    // paid
	kioskThere     = "there"     // is anybody?
	kioskAttendant = "attendant" // only the attendant can go on
)

// KioskStep is what a kiosk shows.
func (s *screen) KioskStep() string {
	v := &s.V
	switch {
	case v.Cashier == nil:
		return kioskClosed
	case kioskStuck(v):
		return kioskAttendant
	case v.Phase != till.Idle.String():
		return kioskPaying
	case v.Shift == nil || v.Shift.Expired:
		return kioskClosed
	case s.Kiosk.Left > 0:
		return kioskThere
	case len(v.Questions) > 0 || len(v.Checks) > 0:
		return kioskAsk
	case len(v.Cheque.Lines) > 0 && s.Kiosk.Stage == stagePay:
		return kioskPay
	case len(v.Cheque.Lines) > 0:
		return kioskBasket
	case v.Last != nil && s.thankedFor(kioskThanked) && len(v.Notices) == 0 && s.Kiosk.Stage != stageScan:
		return kioskThanks
	case s.Kiosk.Stage != "" || len(v.Notices) > 0 || v.Scans > 0:
		return kioskScan
	}
	return kioskStart
}

// kioskStuck tells whether nothing goes on without a person: nobody knows what
// became of a receipt or of money, or the device can not print what is paid.
func kioskStuck(v *till.View) bool {
	switch v.Phase {
	case till.Blocked.String(), till.Halted.String(), till.Resolving.String(), till.Checking.String():
		return true
	case till.Idle.String(), till.Starting.String():
		return false
	}
	return v.Payment != nil && v.KKT.Ready && !v.KKT.Status.Paper || waitsForPerson(v)
}

// waitsForPerson: a terminal that is connected to nothing asks the cashier.
func waitsForPerson(v *till.View) bool {
	return v.Payment != nil && v.Payment.Charge != nil && v.Payment.Charge.Stage == charge.StagePerson
}

// kioskPatience is how long a device may be away by itself: a till that starts
// looks for it.
const kioskPatience = 20 * time.Second

// kioskTrouble names what the attendant has to come for; "" nothing. Another
// name calls him again.
func kioskTrouble(v *till.View, now time.Time) string {
	switch {
	case v.Cashier == nil:
		return ""
	case kioskStuck(v):
		return "stuck"
	case len(v.Cheque.Lines) > 0 && kioskOut(v) != "" && (v.KKT.Ready || now.Sub(v.KKT.Since) >= kioskPatience):
		return "out"
	}
	for _, q := range v.Questions {
		if forAttendant(q.Kind) {
			return q.ID.String()
		}
	}
	return ""
}

// kioskOut says why nothing can be paid now; "" it can.
func kioskOut(v *till.View) fault.Code {
	switch {
	case !v.KKT.Ready && v.KKT.Code != "":
		return v.KKT.Code
	case !v.KKT.Ready:
		return fault.FiscalNoAnswer
	case !v.KKT.Status.Paper:
		return fault.FiscalPaper
	case v.KKT.Status.LidOpen:
		return fault.FiscalLid
	}
	return ""
}

// forAttendant tells whether a question is not the customer's to answer.
func forAttendant(kind till.QuestionKind) bool { return kind == till.AskAge || kind == till.AskItem }

// KioskOut says why nothing can be paid now, for the customer; "" it can.
func (s *screen) KioskOut() string {
	if kioskOut(&s.V) == "" {
		return ""
	}
	return s.loc.must("kiosk.out")
}

// KioskQuestion is the oldest question; nil: none.
func (s *screen) KioskQuestion() *till.QuestionView {
	if len(s.V.Questions) == 0 {
		return nil
	}
	return &s.V.Questions[0]
}

// Attended tells whether a question waits for the attendant.
func (s *screen) Attended(q *till.QuestionView) bool { return forAttendant(q.Kind) }

// KioskHelped tells whether the attendant is called.
func (s *screen) KioskHelped() bool { return s.V.Help != nil }

// KioskWays tells what a customer can pay with by himself.
func (s *screen) KioskWays() till.TerminalView { return s.V.Terminal }

// KioskNotice is what was scanned and is not in the basket; nil: nothing.
func (s *screen) KioskNotice() *noticeView {
	all := s.Notices()
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

// ByCard tells whether the money that is moving is a card's.
func (s *screen) ByCard() bool {
	c := s.Charge()
	return c != nil && c.Via != doc.SlipQR
}

// Other is the language the kiosk's page is not in.
func (s *screen) Other() string {
	if s.loc.name == "en" {
		return "ru"
	}
	return "en"
}

// Both is a text in both languages: the first screen is for whoever comes.
func (s *screen) Both(key string) []kioskText {
	m := messages[key]
	return []kioskText{{"ru", m.ru}, {"en", m.en}}
}

type kioskText struct{ Lang, Text string }

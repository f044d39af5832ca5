package doc

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func slip(kind SlipKind) *Slip {
	return &Slip{Kind: kind, Operation: id(103), Sum: 500, Terminal: "12345678", Merchant: "123456789012345", RRN: "612345678901", AuthCode: "A1B2C3",
		PAN: "220070******1234", System: "МИР", Number: "0007", Time: time.Date(2026, 3, 1, 12, 29, 50, 0, time.UTC)}
}

func TestMaskedPAN(t *testing.T) {
	for _, pan := range []string{"220070******1234", "2200 70** **** 1234", "************1234", "**1234", "4276xxxxxxxx", "220070XXXXXX1234", "••••1234", "******"} {
		if !MaskedPAN(pan) {
			t.Errorf("%q is masked", pan)
		}
	}
	for _, pan := range []string{"", "*", "1234", "2200701234561234", "2200 7012 3456 1234", "2200701*****1234", "220070*****12345", "220070*9****1234", "220070a*****1234",
		"220070-1234", strings.Repeat("*", MaxPAN+1), "2200 70" + strings.Repeat(" ", 200) + "**1234"} {
		if MaskedPAN(pan) {
			t.Errorf("%q is not", pan)
		}
	}
}

func TestSlipRefused(t *testing.T) {
	for name, change := range map[string]func(p *Payment){
		"of cash":          func(p *Payment) { p.Type = PayCash },
		"of an advance":    func(p *Payment) { p.Type = PayAdvance },
		"of no kind":       func(p *Payment) { p.Slip.Kind = "" },
		"a card's by QR":   func(p *Payment) { p.QR = true },
		"QR's by card":     func(p *Payment) { p.Slip.Kind = SlipQR },
		"no operation":     func(p *Payment) { p.Slip.Operation = uuid.Nil },
		"of itself":        func(p *Payment) { p.Slip.Of = p.Slip.Operation },
		"nothing":          func(p *Payment) { p.Slip.Sum = 0 },
		"a whole number":   func(p *Payment) { p.Slip.PAN = "2200701234561234" },
		"too long":         func(p *Payment) { p.Slip.RRN = strings.Repeat("1", MaxSlipText+1) },
		"a control letter": func(p *Payment) { p.Slip.AuthCode = "A\x1b[2J" },
	} {
		p := Payment{ID: id(102), Type: PayElectron, Sum: 500, Slip: slip(SlipCard)}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&p)
		if err := p.Validate(); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), "2200701234561234") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The way of what goes back is the way it came, and what is stored is read
// the same again.
func TestSlipWay(t *testing.T) {
	came := Payment{ID: id(102), Type: PayElectron, Sum: 500, Slip: slip(SlipCard)}
	back := came.Way().By(id(104), 200)
	back.Slip = slip(SlipCard)
	back.Slip.Operation, back.Slip.Of = id(105), came.Slip.Operation
	other := came
	other.Slip = slip(SlipCard)
	other.Slip.Operation = id(106)
	if came.Way() != back.Way() || came.Way() == other.Way() || (Payment{Type: PayElectron}).Way() == came.Way() {
		t.Errorf("%v, %v, %v", came.Way(), back.Way(), other.Way())
	}
	b, err := json.Marshal(came)
	if err != nil {
		t.Fatal(err)
	}
	var read Payment
	if err := json.Unmarshal(b, &read); err != nil || cmp.Diff(came, read) != "" {
		t.Errorf("%v %s", err, cmp.Diff(came, read))
	}
}

func FuzzMaskedPAN(f *testing.F) {
	for _, s := range []string{"220070******1234", "2200701234561234", "• •1", "\xff*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		digits := 0
		for _, r := range s {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if MaskedPAN(s) && digits > panFirst+panLast {
			t.Errorf("%q shows %d digits", s, digits)
		}
	})
}

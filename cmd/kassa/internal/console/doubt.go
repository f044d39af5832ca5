package console

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// doubtDialog explains the document the till stopped at.
func doubtDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.V.Doubt == nil {
		return nil, fault.New(fault.NothingDoubtful)
	}
	return nil, nil
}

// DoubtKey tells one question about a document from another; "" when there is
// none. An open dialog stays while its question does.
func (s *screen) DoubtKey() string {
	d := s.V.Doubt
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s-%d-%t-%t", d.Kind, d.Number, d.Charge != nil, d.Held > 0)
}

// DoubtText says why nobody knows what became of the document.
func (s *screen) DoubtText() string { return s.V.Doubt.Text(s.loc.name) }

// DoubtWhy is what stands beneath it.
func (s *screen) DoubtWhy() string { return s.V.Doubt.Fault.Why(s.loc.name) }

// abandon takes "why" (one of the ready reasons) or "reason" in words, and
// "done" when a person has seen that it did happen; then "number" is that of a
// receipt on the register's paper, and "register" the register's own.
func abandon(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	reason := strings.TrimSpace(form.Get("reason"))
	if reason == "" {
		reason = strings.TrimSpace(form.Get("why"))
	}
	if reason == "" {
		return nil, fault.New(fault.ReasonNone)
	}
	a := till.Abandon{Reason: reason, Done: form.Get("done") != "", Register: strings.TrimSpace(form.Get("register"))}
	if text := strings.TrimSpace(form.Get("number")); text != "" && a.Done {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fault.New(fault.FiscalNumber)
		}
		a.Number = uint32(n)
	}
	return a, nil
}

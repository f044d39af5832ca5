package console

import (
	"net/url"
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

// DoubtText says why nobody knows what became of the document.
func (s *screen) DoubtText() string { return s.V.Doubt.Text(s.loc.name) }

// abandon takes "why" (one of the ready reasons) or "reason" in words, and
// "done" when a person has seen that it did happen.
func abandon(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	reason := strings.TrimSpace(form.Get("reason"))
	if reason == "" {
		reason = strings.TrimSpace(form.Get("why"))
	}
	if reason == "" {
		return nil, fault.New(fault.ReasonNone)
	}
	return till.Abandon{Reason: reason, Done: form.Get("done") != ""}, nil
}

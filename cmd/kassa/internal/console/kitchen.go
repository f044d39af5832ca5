package console

import (
	"net/url"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// sendKitchen tells the kitchen what it does not know of the cheque.
func sendKitchen(_ url.Values, v *till.View) (till.Event, *fault.Error) {
	return till.SendKitchen{Seen: seenNow(v)}, nil
}

// setNote takes "note": how the customer wants a line made.
func setNote(form url.Values, v *till.View, l *doc.Line) (till.Event, *fault.Error) {
	return till.SetNote{Line: l.ID, Note: form.Get("note"), Seen: seenNow(v)}, nil
}

// noteView is what the dialog of a line's note knows.
type noteView struct {
	Line, Name, Note string
	Longest          int
}

// noteDialog asks how the customer wants a line made.
func noteDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	p, err := lineTerms(query, s, func(l *doc.Line) money.Amount { return l.Total })
	if err != nil {
		return nil, err
	}
	line := p.(priceView)
	for id, note := range s.V.Cheque.Notes {
		if id.String() == line.Line {
			return noteView{line.Line, line.Name, note, cheque.MaxNote}, nil
		}
	}
	return noteView{line.Line, line.Name, "", cheque.MaxNote}, nil
}

// Unsent is how many dishes the kitchen does not know of; 0 without a kitchen.
func (s *screen) Unsent() int {
	if s.V.Kitchen == nil {
		return 0
	}
	return len(s.V.Kitchen.Unsent)
}

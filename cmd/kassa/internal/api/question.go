package api

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Question is what the till asks, with its words in the till's language.
type Question struct {
	till.QuestionView
	Text    string   `json:"text"`
	Choices []Choice `json:"choices"`
}

// Choice is one answer to it.
type Choice struct {
	till.ChoiceView
	Text string `json:"text"`
}

func (a *API) asked(v till.View) []Question {
	all := make([]Question, len(v.Questions))
	for i := range v.Questions {
		q := &v.Questions[i]
		all[i] = Question{QuestionView: *q, Text: q.Text(a.o.Language)}
		for _, c := range q.Choices {
			all[i].Choices = append(all[i].Choices, Choice{c, c.Text(a.o.Language)})
		}
	}
	return all
}

// questions are what the till asks, and the units it checks, beside the
// cheque.
func (a *API) questions(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	a.ok(w, r, map[string]any{"questions": a.asked(v), "checks": v.Checks})
}

// answer answers a question; without its id the oldest one.
func (a *API) answer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Question uuid.UUID `json:"question"`
		Choice   string    `json:"choice"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	a.do(func(*http.Request) (till.Event, error) {
		if v, _ := a.o.Till.View(); in.Question == uuid.Nil && len(v.Questions) > 0 {
			in.Question = v.Questions[0].ID
		}
		if in.Choice == "" {
			return nil, fault.New(fault.BadRequest, "choice")
		}
		return till.Choose{Question: in.Question, Choice: in.Choice}, nil
	})(w, r)
}

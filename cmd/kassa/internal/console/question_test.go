package console

import (
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestQuestionByTaps: what the till asks stands beside the cheque with a button
// for each answer, and is gone when one was pressed.
func TestQuestionByTaps(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	if r := b.post("/do/scan", url.Values{"code": {consoletest.Energy}}); r.status != 422 || !strings.Contains(r.body, "question.asked") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	q := d.view().Questions[0]
	page := b.get("/sale").body
	for _, want := range []string{`data-question="` + q.ID.String() + `"`, `data-by="yes"`, `data-nth="1"`, "Да, возраст проверен", "энергетический"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if r := b.post("/do/answer", url.Values{"id": {"x"}, "by": {"yes"}}); r.status != 422 {
		t.Errorf("%d", r.status)
	}
	done(t, b.post("/do/answer", url.Values{"id": {q.ID.String()}, "by": {till.AnswerYes}}))
	if v := d.view(); len(v.Questions) != 0 || len(v.Cheque.Lines) != 1 {
		t.Errorf("%d questions, %d lines", len(v.Questions), len(v.Cheque.Lines))
	}
}

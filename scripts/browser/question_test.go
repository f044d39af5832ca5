package browser

import "testing"

// What the till asks stands beside the cheque: of which item, and one tap on
// an answer.
func TestQuestions(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.tell("scan 4600000000152")
	r.shows(".question", "энергетический")
	r.everySize("question-age")
	r.click(".question [data-by=yes]")
	r.until("!document.querySelector('.question')")
	r.lines(1)
	r.tell("scan " + barcode(22)) // marked, without its code
	r.until("document.querySelector('.question, .notice')")
	r.everySize("marked")
	r.quiet(refused)
}

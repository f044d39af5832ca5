package till

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

const (
	gift     = "4600000000169"
	party    = "4600000000190"
	phoneEAN = "4600000000206"
	keg      = "0104600000000213215keg01\x1d93abcd"
	wheel    = "0104600000000220215whl01\x1d93abcd"
	wheel500 = "0104600000000220215whl02\x1d3103000500\x1d93abcd"
	pills    = "0104600000000237215pil01\x1d93abcd"
)

// TestBundleOfMarkedGoods: a bundle with marked parts waits for the code of each,
// each passes the permit port, and it enters the cheque whole, at its price, each
// coded unit on a line of its own.
func TestBundleOfMarkedGoods(t *testing.T) {
	w := marked(t)
	w.refused(t, Scan{Code: gift}, fault.QuestionAsked)
	q := w.question(t, AskMark)
	if q.Args[0] != "Набор: Вода" || q.Args[1] != "2" {
		t.Errorf("%v", q.Args)
	}
	w.mustDo(t, Scan{Code: soap}) // nothing else is blocked
	w.mustDo(t, Scan{Code: water})
	w.refused(t, Scan{Code: water}, fault.MarkTwice)
	w.permits["046070157300125=xk8F"] = fault.PermitSold
	w.refused(t, Scan{Code: water2}, fault.PermitSold)
	if again := w.question(t, AskMark); again.ID != q.ID || again.Args[1] != "1" || len(w.state.cart.Lines) != 1 {
		t.Errorf("%+v", again)
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.QuestionOpen)
	delete(w.permits, "046070157300125=xk8F")
	w.mustDo(t, Scan{Code: water2})
	v := w.state.View(w.now)
	if len(v.Questions) != 0 || v.Cheque.Total != 12345+10001 {
		t.Fatalf("%+v, %s", v.Questions, v.Cheque.Total)
	}
	w.refused(t, Scan{Code: water}, fault.MarkTwice)
	w.mustDo(t, Pay{Type: doc.PayCash})
	var names []string
	var sum money.Amount
	r := w.documents(doc.Sell)[0].Receipt
	for _, l := range r.Lines[1:] {
		sum += l.Total
		names = append(names, l.ItemID)
		if l.Bundle == nil || l.Bundle.Name != "Набор" || l.Bundle.ID != r.Lines[1].Bundle.ID || (l.ItemID == "water") != (l.Mark != "" && l.Permit != nil && l.Kind == 33 && l.Qty == qty.One) {
			t.Errorf("%+v", l)
		}
	}
	slices.Sort(names)
	if sum != 10001 || strings.Join(slices.Compact(slices.Clone(names)), " ") != "bread cheese water" {
		t.Errorf("%s of %v", sum, names)
	}
	w.check()
}

// TestBundleAnswers: a bundle's codes may be missing by permission, or it is not
// sold; it is voided whole; one that is torn in the cheque is not paid for.
func TestBundleAnswers(t *testing.T) {
	w := marked(t)
	w.mustDo(t, Scan{Code: "4600000000176"}) // no part of it has a code
	if l := w.state.cart.Lines[0]; l.Item.ID != "plain" || l.Bundle != nil {
		t.Errorf("%+v", l)
	}
	w.refused(t, Scan{Code: "4600000000183"}, fault.BundleUnknown)
	w.refused(t, Scan{Code: gift}, fault.QuestionAsked)
	w.mustDo(t, Scan{Code: water})
	w.mustDo(t, Choose{Question: w.question(t, AskMark).ID, Choice: AnswerNo})
	if len(w.state.cart.Lines) != 1 || len(w.state.held) != 0 {
		t.Fatalf("%d lines, %d held", len(w.state.cart.Lines), len(w.state.held))
	}
	w.refused(t, Scan{Code: gift}, fault.QuestionAsked)
	w.mustDo(t, Scan{Code: water}) // free again
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, Choose{Question: w.question(t, AskMark).ID, Choice: AnswerUnmarked})
	lines := w.state.cart.Lines
	k := slices.IndexFunc(lines, func(l cheque.Line) bool { return l.Unmarked })
	if k < 0 || lines[k].Item.ID != "water" || lines[k].Bundle == nil {
		t.Fatalf("%+v", lines)
	}
	w.refused(t, SetQty{Line: lines[k].ID, Qty: 2000}, fault.QtyBad)
	torn := slices.Clone(lines)
	w.state.cart.Lines = slices.Delete(slices.Clone(torn), k, k+1)
	w.refused(t, Pay{Type: doc.PayCash}, fault.BundleBroken)
	w.state.cart.Lines = torn
	w.mustDo(t, VoidLine{Line: torn[k].ID})
	if len(w.state.cart.Lines) != 1 {
		t.Errorf("%d lines", len(w.state.cart.Lines))
	}
	w.restart()
	w.look()
	if len(w.state.cart.Lines) != 1 {
		t.Errorf("%d lines after a restart", len(w.state.cart.Lines))
	}
	// A part for grown-ups, and one with a serial number: all is asked for.
	w.refused(t, Scan{Code: party}, fault.QuestionAsked)
	w.refused(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerYes}, fault.QuestionAsked)
	w.mustDo(t, Scan{Code: smokes})
	if q := w.question(t, AskMark); q.Code != fault.QuestionSerial || len(q.Choices) != 1 {
		t.Errorf("%+v", q)
	}
	w.mustDo(t, Scan{Code: "SN-7"})
	w.mustDo(t, Pay{Type: doc.PayCash})
	sold := w.documents(doc.Sell)[0].Receipt.Lines
	if len(sold) != 3 || sold[1].Mark != smokes || sold[2].Serial != "SN-7" || sold[1].Total+sold[2].Total != 29500 {
		t.Errorf("%+v", sold)
	}
	w.check()
}

// TestBundleAfterRestart: a bundle whose codes are being collected is in no
// cheque, so power loss loses nothing but the question.
func TestBundleAfterRestart(t *testing.T) {
	w := marked(t)
	w.fill(t, bread)
	w.refused(t, Scan{Code: gift}, fault.QuestionAsked)
	w.mustDo(t, Scan{Code: water})
	w.restart()
	w.look()
	v := w.state.View(w.now)
	if len(v.Cheque.Lines) != 1 || len(v.Questions)+len(v.Checks) != 0 {
		t.Errorf("%+v", v.Cheque.Lines)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

// TestBundlePrice: whatever its parts cost, a bundle's lines cost its price, to
// the kopeck.
func TestBundlePrice(t *testing.T) {
	base := marked(t)
	rapid.Check(t, func(t *rapid.T) {
		h := held{match: catalog.Match{Item: catalog.Item{ID: "b", Name: "Набор"}}}
		for i := range rapid.IntRange(1, 8).Draw(t, "parts") {
			it := catalog.Item{ID: string(rune('a' + i)), Prices: []catalog.Price{{Type: "retail", Value: money.Amount(rapid.Int64Range(0, 1e7).Draw(t, "price"))}}}
			q := qty.Milli(rapid.Int64Range(1, 9).Draw(t, "units")) * qty.One
			if i > 0 && rapid.Bool().Draw(t, "weighed") {
				it.ByWeight, q = true, qty.Milli(rapid.Int64Range(1, 5000).Draw(t, "grams"))
			} else if rapid.Bool().Draw(t, "marked") || i == 0 {
				it.Tracking = "WATER"
			}
			h.match.Item.Parts = append(h.match.Item.Parts, catalog.Part{ItemID: it.ID, Quantity: q})
			h.match.Parts = append(h.match.Parts, it)
		}
		price := money.Amount(rapid.Int64Range(1, 1e8).Draw(t, "bundle"))
		turn := &turn{State: base.state}
		lines, err := turn.partsOf(&h, price)
		if err != nil {
			if err.Code != fault.ItemNoPrice && err.Code != fault.SumRange {
				t.Fatal(err)
			}
			return // a part of nothing, or a gram that would cost too much
		}
		var sum money.Amount
		for _, l := range lines {
			total, err := l.Qty.Times(l.Price)
			if err != nil || l.Price <= 0 || l.WantsMark() && l.Qty != qty.One {
				t.Fatalf("%+v %v", l, err)
			}
			sum += total
		}
		if sum != price {
			t.Fatalf("%s of %s", sum, price)
		}
	})
}

// TestMeasuredMarkedGoods: of a keg, a cheese or a package so much is sold as was
// said, by one code again and again; nothing is guessed.
func TestMeasuredMarkedGoods(t *testing.T) {
	w := marked(t)
	w.refused(t, Scan{Code: keg}, fault.ItemWeight)
	w.mustDo(t, Scan{Code: "0.5*" + keg})
	w.mustDo(t, Scan{Code: "0.3*" + keg}) // the same line: a code stands on one
	w.refused(t, Scan{Code: "4600000000213"}, fault.ItemWeight)
	w.refused(t, Scan{Code: "1.5*4600000000213"}, fault.QuestionAsked)
	if q := w.question(t, AskMark); q.Args[1] != "1" {
		t.Errorf("%v", q.Args)
	}
	w.mustDo(t, Scan{Code: strings.Replace(keg, "keg01", "keg02", 1)}) // as much as was asked for
	w.mustDo(t, Scan{Code: wheel500})
	w.refused(t, Scan{Code: wheel}, fault.ItemWeight)
	w.mustDo(t, Scan{Code: "0.2*" + wheel})
	w.mustDo(t, Scan{Code: "0.25*" + pills})
	w.refused(t, Scan{Code: "1.5*" + pills}, fault.MarkOne)
	w.mustDo(t, Pay{Type: doc.PayCash})
	type row struct {
		item         string
		qty          qty.Milli
		status, unit int
		total        money.Amount
	}
	var got []row
	for _, l := range w.documents(doc.Sell)[0].Receipt.Lines {
		got = append(got, row{l.ItemID, l.Qty, l.MarkStatus, l.UnitCode, l.Total})
		if l.Mark == "" || l.Permit == nil || l.Kind != 33 {
			t.Errorf("%+v", l)
		}
	}
	want := []row{{"kvass", 800, 2, 41, 9600}, {"kvass", 1500, 2, 41, 18000}, {"brie", 500, 2, 11, 75000}, {"brie", 200, 2, 11, 30000}, {"pills", 250, 2, 0, 7500}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	w.mustDo(t, Scan{Code: "0.5*" + keg}) // and again
	w.mustDo(t, Scan{Code: pills})        // a whole one
	if l := w.state.cart.Lines[1]; l.Qty != qty.One {
		t.Errorf("%+v", l)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	if l := w.documents(doc.Sell)[1].Receipt.Lines[1]; l.MarkStatus != 1 {
		t.Errorf("%+v", l)
	}
	sale := w.documents(doc.Sell)[0]
	w.mustDo(t, Return{Sale: sale.ID})
	for _, l := range w.documents(doc.Payback)[0].Receipt.Lines {
		if l.MarkStatus != 4 {
			t.Errorf("back: %+v", l)
		}
	}
	w.check()
}

// TestSerialNumbers: a serial number finds its item and is on the document; goods
// that need one are not sold without, and none is sold twice in a cheque.
func TestSerialNumbers(t *testing.T) {
	w := marked(t)
	w.mustDo(t, Scan{Code: "SN-1"})
	w.refused(t, Scan{Code: "SN-1"}, fault.SerialTwice)
	w.refused(t, Scan{Code: "2*SN-9"}, fault.QtyBad)
	w.refused(t, Scan{Code: "2*" + phoneEAN}, fault.QuestionAsked)
	if q := w.question(t, AskSerial); q.Args[1] != "2" {
		t.Errorf("%v", q.Args)
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.QuestionOpen)
	w.mustDo(t, Scan{Code: "SN-2"})
	w.mustDo(t, Scan{Code: "SN-3"})
	if n := len(w.state.View(w.now).Questions); n != 0 {
		t.Fatalf("%d questions", n)
	}
	lines := slices.Clone(w.state.cart.Lines)
	lines[0].Serial = "" // whichever way it came into the cheque
	was := w.state.cart.Lines
	w.state.cart.Lines = lines
	w.refused(t, Pay{Type: doc.PayCash}, fault.SerialNeeded)
	w.state.cart.Lines = was
	w.mustDo(t, Park{})
	w.refused(t, Scan{Code: "SN-2"}, fault.SerialTwice)
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.restart()
	w.look()
	w.mustDo(t, Pay{Type: doc.PayCash})
	var numbers []string
	for _, l := range w.documents(doc.Sell)[0].Receipt.Lines {
		numbers = append(numbers, l.Serial)
		if l.Qty != qty.One {
			t.Errorf("%+v", l)
		}
	}
	if strings.Join(numbers, " ") != "SN-1 SN-2 SN-3" {
		t.Errorf("%v", numbers)
	}
	if b, err := json.Marshal(w.documents(doc.Sell)[0]); err != nil || !strings.Contains(string(b), `"serial":"SN-1"`) {
		t.Errorf("%s %v", b, err)
	}
	w.check()
}

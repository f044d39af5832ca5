package stock

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func item(id string) catalog.Item { return catalog.Item{ID: id, Name: id, Stock: 7 * qty.One} }

// What is applied step by step, and what is read back from the journaled
// changes, is the same sheet; an older copy never changes.
func TestSheetIsItsChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Sheet
		var changes []Change
		n := 0
		newID := func() uuid.UUID { n++; return uuid.UUID{byte(n >> 8), byte(n)} }
		do := func(c Change, err error) {
			if err != nil {
				return
			}
			was, _ := json.Marshal(s)
			old := s
			s = s.Apply(c)
			if now, _ := json.Marshal(old); string(now) != string(was) {
				t.Fatalf("a change reached the older copy: %s, was %s", now, was)
			}
			changes = append(changes, c)
		}
		do(Begin(newID(), rapid.SampledFrom(Types()).Draw(t, "type"), Head{Comment: "x"}, at), nil)
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			line := Line{ID: newID(), Item: item(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "item")), Qty: qty.Milli(rapid.IntRange(0, 5).Draw(t, "n")) * qty.One}
			any := uuid.Nil
			if len(s.Lines) > 0 {
				any = s.Lines[rapid.IntRange(0, len(s.Lines)-1).Draw(t, "line")].ID
			}
			switch rapid.IntRange(0, 5).Draw(t, "do") {
			case 0:
				line.ID = any
				do(s.Set(line, at))
			case 1:
				do(s.Remove(any, at))
			case 2:
				do(s.Pause(!s.Paused, at), nil)
			case 3:
				do(s.Describe(Head{Comment: "y"}, at), nil)
			case 4:
				line.Mark, line.Qty = rapid.SampledFrom([]string{"m1", "m2"}).Draw(t, "mark"), qty.One
				do(s.Put(line, at))
			default:
				do(s.Put(line, at))
			}
		}
		b, err := json.Marshal(changes)
		var read []Change
		if err != nil || json.Unmarshal(b, &read) != nil {
			t.Fatal(err)
		}
		var again Sheet
		for _, c := range read {
			again = again.Apply(c)
		}
		if again.Lines == nil {
			again.Lines = s.Lines[:0:0]
		}
		want, _ := json.Marshal(s)
		if got, _ := json.Marshal(again); string(got) != string(want) && len(s.Lines) > 0 {
			t.Fatalf("\n%s\n%s", got, want)
		}
		if s.Revision != int64(len(changes)) {
			t.Fatalf("revision %d after %d changes", s.Revision, len(changes))
		}
		marks := map[string]bool{}
		for _, l := range s.Lines {
			if l.Mark != "" && marks[l.Mark] {
				t.Fatal("a marked unit counts twice")
			}
			marks[l.Mark] = true
		}
	})
}

func TestSheetLimits(t *testing.T) {
	s := Sheet{}.Apply(Begin(uuid.UUID{1}, doc.WriteOff, Head{}, at))
	for name, l := range map[string]Line{
		"none":          {Item: item("a")},
		"below zero":    {Item: item("a"), Qty: -1},
		"part of one":   {Item: item("a"), Qty: 500},
		"too many":      {Item: item("a"), Qty: (MaxQty + 1) * qty.One},
		"two of a mark": {Item: item("a"), Qty: 2 * qty.One, Mark: "m"},
	} {
		if _, err := s.Put(l, at); !errors.Is(err, ErrQty) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Lines = make([]Line, MaxLines)
	if _, err := s.Put(Line{Item: item("b"), Qty: qty.One}, at); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if _, err := s.Remove(uuid.UUID{9}, at); !errors.Is(err, ErrNoLine) {
		t.Error(err)
	}
}

func TestBodyInRange(t *testing.T) {
	s := Sheet{Type: doc.Accept, Lines: []Line{{Item: item("a"), Qty: MaxQty * qty.One, Cost: money.Max}}}
	if _, err := s.Body(); !errors.Is(err, money.ErrRange) {
		t.Error(err)
	}
	s.Lines = []Line{{Item: item("a"), Qty: qty.One, Cost: money.Max}, {Item: item("b"), Qty: qty.One, Cost: money.Max}}
	if _, err := s.Body(); !errors.Is(err, money.ErrRange) {
		t.Error(err)
	}
}

// model is a shelf that people look at.
type model map[string]qty.Milli

// The ledger against a shelf whose goods are really there: whatever documents
// are made, and whenever an inventory ends, it tells what is on the shelf.
func TestLedgerAgainstShelf(t *testing.T) {
	ids := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		shelf, cloud := model{}, model{}
		for _, id := range ids {
			cloud[id] = qty.Milli(rapid.IntRange(-5, 20).Draw(t, "cloud")) * qty.One
			shelf[id] = cloud[id]
		}
		l := NewLedger(at)
		now := at
		add := func(d doc.Document) {
			now = now.Add(time.Second)
			d.Time = now
			l.Add(&d)
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			id, n := rapid.SampledFrom(ids).Draw(t, "item"), qty.Milli(rapid.IntRange(1, 5).Draw(t, "n"))*qty.One
			moveDoc := func(typ doc.Type, by qty.Milli) {
				shelf[id] += by
				add(doc.Document{Type: typ, Stock: &doc.Stock{Positions: []doc.StockPosition{{ItemID: id, Qty: n}}}})
			}
			trade := func(typ doc.Type, by qty.Milli, line doc.Line) {
				line.ItemID, line.Qty = id, n
				shelf[id] += by
				add(doc.Document{Type: typ, Receipt: &doc.Receipt{Lines: []doc.Line{line}}})
			}
			switch rapid.IntRange(0, 10).Draw(t, "do") {
			case 0:
				moveDoc(doc.Accept, n)
			case 1:
				moveDoc(doc.WriteOff, -n)
			case 2:
				moveDoc(doc.Return, -n)
			case 3:
				moveDoc(doc.OpenTare, 0)
			case 4:
				trade(doc.Sell, -n, doc.Line{Kind: 1, Method: 4})
			case 5:
				trade(doc.Payback, n, doc.Line{Kind: 1, Method: 4})
			case 6:
				trade(doc.Buy, n, doc.Line{Kind: 1, Method: 4})
			case 7:
				trade(doc.Buyback, -n, doc.Line{Kind: 1, Method: 4})
			case 8:
				trade(doc.Sell, 0, doc.Line{Kind: 1, Method: prepaidFull})
			case 9:
				trade(doc.Sell, 0, doc.Line{Kind: service, Method: 4})
			default: // an inventory that lasts: something is sold before it ends
				s := &doc.Stock{Complete: rapid.Bool().Draw(t, "complete")}
				real := qty.Milli(rapid.IntRange(0, 9).Draw(t, "real")) * qty.One
				s.Positions = []doc.StockPosition{{ItemID: id, Qty: real, Before: l.Stock(id, cloud[id])}}
				shelf[id] = real
				trade(doc.Sell, -n, doc.Line{Kind: 1, Method: 4})
				if s.Complete {
					for _, other := range ids {
						if other != id {
							shelf[other] = 0
						}
					}
				}
				add(doc.Document{Type: doc.Inventory, Stock: s})
			}
		}
		got := model{}
		for _, id := range ids {
			got[id] = l.Stock(id, cloud[id])
		}
		if diff := cmp.Diff(shelf, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What the catalogue knows already does not count twice.
func TestLedgerOlderThanTheCatalogue(t *testing.T) {
	l := NewLedger(at)
	for _, when := range []time.Time{at.Add(-time.Hour), at} {
		l.Add(&doc.Document{Type: doc.Accept, Time: when, Stock: &doc.Stock{Positions: []doc.StockPosition{{ItemID: "a", Qty: qty.One}}}})
	}
	if got := l.Stock("a", 5*qty.One); got != 5*qty.One {
		t.Error(got)
	}
}

func TestLedgerPrices(t *testing.T) {
	l := NewLedger(at)
	if _, ok := l.Price("a"); ok {
		t.Error("a price from nowhere")
	}
	l.Add(&doc.Document{Type: doc.Revaluation, Time: at.Add(1), Stock: &doc.Stock{Positions: []doc.StockPosition{{ItemID: "a", Qty: qty.One, Price: 59_90}}}})
	l.Add(&doc.Document{Type: doc.Inventory, Time: at.Add(2), Stock: &doc.Stock{Complete: true}})
	if p, ok := l.Price("a"); !ok || p != 59_90 || l.Stock("a", 3*qty.One) != 0 {
		t.Errorf("%s %t %s", p, ok, l.Stock("a", 3*qty.One))
	}
}

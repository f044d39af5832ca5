package cheque

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/qty"
)

// TestSingles: what was scanned as one unit stays one line of one unit, and
// comes back from the journal as it was.
func TestSingles(t *testing.T) {
	at := time.Unix(1, 0).UTC()
	var c Cheque
	var stored [][]byte
	put := func(l Line) {
		t.Helper()
		l.ID, l.Item, l.Qty = uuid.New(), match("water", false).Item, qty.One
		ch, err := c.Put(l, 7, at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(ch)
		if err != nil {
			t.Fatal(err)
		}
		c, stored = c.Apply(ch), append(stored, b)
	}
	for _, l := range []Line{{}, {}, {Mark: "a\x1db", Permit: &doc.Permit{Value: "UUID=1"}}, {Mark: "c"}, {Printed: true, Price: 5}, {MRC: 7}, {Unmarked: true}, {Unmarked: true}, {}} {
		put(l)
	}
	if len(c.Lines) != 6 || c.Lines[0].Qty != 3*qty.One || c.Lines[1].Mark != "a\x1db" || c.Lines[5].Qty != 2*qty.One || c.Catalog != 7 {
		t.Errorf("%+v", c.Lines)
	}
	if _, err := c.SetQty(c.Lines[1].ID, 2*qty.One, at); !errors.Is(err, qty.ErrRange) {
		t.Errorf("two units of one code: %v", err)
	}
	if _, err := c.Put(Line{Mark: "d", Qty: 2 * qty.One}, 7, at); !errors.Is(err, qty.ErrRange) {
		t.Errorf("two units of one code: %v", err)
	}
	ch := c.Aged(AgeCheck{Group: "tobacco", At: at}, at)
	b, err := json.Marshal(ch)
	if err != nil {
		t.Fatal(err)
	}
	c, stored = c.Apply(ch), append(stored, b)
	if c.AgeOf("tobacco") == nil || c.AgeOf("energy") != nil {
		t.Errorf("%+v", c.Ages)
	}
	var again Cheque
	for _, b := range stored {
		var ch Change
		if err := json.Unmarshal(b, &ch); err != nil {
			t.Fatal(err)
		}
		again = again.Apply(ch)
	}
	if d := cmp.Diff(again, c); d != "" {
		t.Error(d)
	}
}

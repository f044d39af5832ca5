package cheque

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/qty"
)

func match(id string, weight bool) catalog.Match {
	return catalog.Match{Generation: 3, Item: catalog.Item{ID: id, Name: id, ByWeight: weight}, Code: id, Qty: qty.One}
}

func must(t *testing.T, c Cheque, ch Change, err error) Cheque {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return c.Apply(ch)
}

func TestPiecesMergeAndWeightsDoNot(t *testing.T) {
	at := time.Unix(1, 0)
	c := Cheque{ID: uuid.New()}
	for _, m := range []catalog.Match{match("bread", false), match("cheese", true), match("bread", false), match("cheese", true)} {
		ch, err := c.Add(m, m.Qty, uuid.New(), at)
		c = must(t, c, ch, err)
	}
	if len(c.Lines) != 3 || c.Lines[0].Qty != 2*qty.One || c.Revision != 4 || c.Catalog != 3 {
		t.Errorf("%+v", c)
	}
	pack := match("bread", false)
	pack.PackID = "six"
	ch, err := c.Add(pack, 6*qty.One, uuid.New(), at)
	if c = must(t, c, ch, err); len(c.Lines) != 4 {
		t.Errorf("a pack merged with single pieces")
	}
}

func TestLimits(t *testing.T) {
	c := Cheque{ID: uuid.New()}
	for range MaxLines {
		ch, err := c.Add(match("w", true), qty.One, uuid.New(), time.Unix(1, 0))
		c = must(t, c, ch, err)
	}
	if _, err := c.Add(match("w", true), qty.One, uuid.New(), time.Unix(1, 0)); !errors.Is(err, ErrFull) {
		t.Errorf("line %d: %v", MaxLines+1, err)
	}
	if _, err := c.SetQty(uuid.New(), qty.One, time.Unix(1, 0)); !errors.Is(err, ErrNoLine) {
		t.Errorf("foreign line: %v", err)
	}
	if _, err := c.SetQty(c.Lines[0].ID, 0, time.Unix(1, 0)); !errors.Is(err, qty.ErrRange) {
		t.Errorf("no quantity: %v", err)
	}
	if _, err := c.Remove(uuid.New(), time.Unix(1, 0)); !errors.Is(err, ErrNoLine) {
		t.Errorf("foreign line: %v", err)
	}
}

// TestPeople: who buys is part of the cheque and of no stored byte.
func TestPeople(t *testing.T) {
	c := Cheque{ID: uuid.New()}
	who := doc.People{Contact: "+79991234567"}
	ch := c.SetPeople(who, true, time.Unix(1, 0))
	c = c.Apply(ch)
	if c.People == nil || *c.People != who || !c.Electronic || c.Revision != 1 {
		t.Errorf("%+v", c)
	}
	for _, v := range []any{ch, c} {
		if b, err := json.Marshal(v); err != nil || strings.Contains(string(b), "999") {
			t.Errorf("%s %v", b, err)
		}
	}
	if c = c.Apply(c.SetPeople(doc.People{}, false, time.Unix(2, 0))); c.People != nil || c.Electronic {
		t.Errorf("%+v", c)
	}
}

// TestReplay: a cheque rebuilt from its journaled changes is the cheque, and
// no earlier value moves under anybody's hands.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Cheque
		c.ID = uuid.New()
		var stored [][]byte
		var values []Cheque
		var prints []string
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			var ch Change
			var err error
			at := time.Unix(int64(i+1), 0).UTC()
			switch op := rapid.IntRange(0, 5).Draw(t, "op"); {
			case op == 2 && len(c.Lines) > 0:
				ch = c.Sell([]uuid.UUID{c.Lines[0].ID, c.Lines[len(c.Lines)-1].ID, uuid.New()}, at)
			case op == 3:
				ch = c.SetPeople(doc.People{}, i%2 == 0, at)
			case op == 0 && len(c.Lines) > 0:
				ch, err = c.Remove(rapid.SampledFrom(c.Lines).Draw(t, "line").ID, at)
			case op == 1 && len(c.Lines) > 0:
				ch, err = c.SetQty(rapid.SampledFrom(c.Lines).Draw(t, "line").ID, qty.Milli(rapid.Int64Range(1, 9000).Draw(t, "qty")), at)
			default:
				ch, err = c.Add(match(rapid.SampledFrom([]string{"a", "b", "w"}).Draw(t, "item"), false), qty.One, uuid.New(), at)
			}
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(ch)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, b)
			values, prints = append(values, c), append(prints, jsonOf(t, c))
			c = c.Apply(ch)
		}
		var again Cheque
		for _, b := range stored {
			var ch Change
			if err := json.Unmarshal(b, &ch); err != nil {
				t.Fatal(err)
			}
			again = again.Apply(ch)
		}
		if a, b := jsonOf(t, again), jsonOf(t, c); a != b && !reflect.DeepEqual(again, c) {
			t.Fatalf("replayed %s\nwas %s", a, b)
		}
		for i := range values {
			if jsonOf(t, values[i]) != prints[i] {
				t.Fatalf("value %d changed later", i)
			}
		}
	})
}

func jsonOf(t *rapid.T, c Cheque) string {
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

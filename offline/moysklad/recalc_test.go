package moysklad_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

const customerID = "1c5dcf6f-7b32-11e6-8a84-bae500000000"

// loyal is a shop that knows a customer.
func loyal() moyskladtest.Shop {
	s := shop(4)
	s.Points[0].Customers = []json.RawMessage{json.RawMessage(`{"id":"` + customerID + `","name":"Сидоров"}`)}
	return s
}

func basket() moysklad.Calculation {
	line := func(i int, q int64, price money.Amount) moysklad.CalculationLine {
		return moysklad.CalculationLine{ItemID: itemID(i), ItemType: string(catalog.Product), Qty: qty.Milli(q), Price: price}
	}
	return moysklad.Calculation{Customer: customerID, Lines: []moysklad.CalculationLine{line(0, 3_000, 9_99), line(1, 2_330, 300_00), line(1, 1_000, 300_00), line(2, 1_000, 20_000_00)}}
}

// TestRecalc: what the cloud calculates comes to the kopeck, also where it
// spends points on a line that does not divide, and where it gives a position
// in parts.
func TestRecalc(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: loyal()})
	c := attach(t, options(s))
	balance := int64(100)
	want := cheque.Recalc{Online: true, Totals: []money.Amount{26_97, 629_10, 270_00, 18_000_00}, Earned: 945, Balance: &balance, Note: "Спасибо, что Вы с нами"}
	for _, split := range []bool{false, true} {
		if split {
			if err := s.Fault("recalc-split"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := c.Recalc(t.Context(), basket())
		if got.Program == "" {
			t.Error("no bonus programme")
		}
		got.Program = ""
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Error(split, err, d)
		}
	}
	spend := basket()
	spend.Spend = 20
	got, err := c.Recalc(t.Context(), spend)
	if err != nil || got.Bonus != 20_00 || got.Spent != 20 || got.Earned != 0 || got.Totals[0] != 6_97 {
		t.Errorf("%+v %v", got, err)
	}
	spend.Spend = 1_000_000 // more than there is
	if got, err = c.Recalc(t.Context(), spend); err != nil || got.Spent != 100 || got.Totals[0] != 0 || got.Totals[1] != 556_07 {
		t.Errorf("%+v %v", got, err)
	}
	nobody := basket()
	nobody.Customer = ""
	if got, err = c.Recalc(t.Context(), nobody); err != nil || got.Earned != 0 || got.Totals[3] != 18_000_00 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestRecalcRefused: an answer that is about something else, or whose sums do
// not agree, is nobody's price.
func TestRecalcRefused(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: loyal()})
	c := attach(t, options(s))
	for _, wrong := range []string{"recalc-order", "recalc-short", "recalc-sums", "html", "truncate"} {
		if err := s.Fault(wrong); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Recalc(t.Context(), basket()); fault.Of(err).Code != fault.CloudGarbage {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if _, err := c.Recalc(t.Context(), basket()); err != nil {
		t.Error(err)
	}
	stranger := basket()
	stranger.Customer = itemID(77)
	if _, err := c.Recalc(t.Context(), stranger); fault.Of(err).Code != fault.CloudRefused {
		t.Errorf("an unknown customer: %v", err)
	}
	if err := s.Fault("down"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recalc(t.Context(), basket()); fault.Of(err).Code != fault.CloudDown {
		t.Errorf("down: %v", err)
	}
}

// TestRecalcLimit: who asks for prices is back when his time is over.
func TestRecalcLimit(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: loyal()})
	c := attach(t, options(s))
	if err := s.Fault("slow", "60000"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Recalc(ctx, basket()); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// FuzzRecalc: whatever comes, sums that are taken agree with the lines asked
// about.
func FuzzRecalc(f *testing.F) {
	f.Add(`{"positions":[{"assortment":{"meta":{"id":"` + itemID(0) + `"}},"quantity":1,"price":100,"discountedPrice":80.5}],"chequeSumWithoutDiscount":100,"paidByDiscountWithoutBonus":19.5,"valueToPay":80.5}`)
	f.Add(`{"positions":[{"assortment":{"meta":{"id":"` + itemID(0) + `"}},"quantity":0.5,"price":100,"discountedPrice":1e30},{}],"paidWithBonusPoints":-1}`)
	f.Add(`{"positions":null}`)
	answer := ""
	srv := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		if _, err := w.Write([]byte(answer)); err != nil {
			panic(err)
		}
	})
	c, err := moysklad.New(options(srv))
	if err != nil {
		f.Fatal(err)
	}
	q := moysklad.Calculation{Lines: []moysklad.CalculationLine{{ItemID: itemID(0), ItemType: "product", Qty: 1000, Price: 100}}}
	f.Fuzz(func(t *testing.T, body string) {
		answer = body
		got, err := c.Recalc(t.Context(), q)
		if err == nil && (len(got.Totals) != 1 || got.Totals[0] < 0 || got.Bonus < 0 || got.Spent < 0 || !got.Online) {
			t.Errorf("%+v", got)
		}
	})
}

// TestRecalcExample: the description's own example is an illustration: its
// answer lacks a position that was asked about, and is refused for that.
func TestRecalcExample(t *testing.T) {
	request := ""
	srv := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		request = string(b)
		if _, err := w.Write([]byte(`{"positions":[],"chequeSumWithoutDiscount":600,"valueToPay":580,"paidByDiscountWithoutBonus":0,"paidWithBonusPoints":20}`)); err != nil {
			t.Error(err)
		}
	})
	c, err := moysklad.New(options(srv))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recalc(t.Context(), basket()); fault.Of(err).Code != fault.CloudGarbage {
		t.Error(err)
	}
	for _, want := range []string{`"transactionType":"EARNING"`, `"quantity":2.33`, `"price":30000`, `/entity/counterparty/` + customerID} {
		if !strings.Contains(request, want) {
			t.Errorf("%s is not in %s", want, request)
		}
	}
}

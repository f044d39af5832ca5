package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TestWeekOfAShop is a week of everything a shop does while the cloud, the
// line to it, the fiscal device and the till's power fail at random: two days
// are offline. In the end the cloud has what the journal has, document by
// document and kopeck by kopeck, and the FN too. KASSA_SEED repeats a run of
// the long form, which draws seeds of its own.
func TestWeekOfAShop(t *testing.T) {
	plainOnly(t)
	weeks, steps, seed := 1, 9, uint64(11)
	if os.Getenv("KASSA_LONG") != "" {
		weeks, steps, seed = 6, 40, rand.Uint64()
	}
	if s := os.Getenv("KASSA_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	for n := range weeks {
		t.Run(strconv.FormatUint(seed+uint64(n), 10), func(t *testing.T) { newWeek(t, seed+uint64(n)).live(steps) })
	}
}

// week is a shop in it.
type week struct {
	*rig
	cloud *fakeCloud
	line  *line
	rnd   *rand.Rand
	down  bool // the cloud, until somebody mends it
	kills int
	done  map[string]int // what came to pass
	log   []string
}

const weekPIN = "4711"

// weekShop is a shop with every VAT rate a till knows, weighed goods, a
// discount for a folder, one for regulars, and orders.
func weekShop() moyskladtest.Shop {
	const folder = "018f0000-0000-7000-8000-0000000000ff"
	cashier := catalog.Cashier{ID: "018f0000-0000-7000-8000-0000000000bb", Name: "Петров", Badge: cloudOwner}
	store := catalog.Store{ID: cloudStore, Name: "Лавка", Organization: "ООО «Лавка»", Currency: "RUB", PriceType: "retail", TaxSystem: tax.General, DiscountStrategy: "bySum",
		ManualDiscount: true, MaxDiscount: 30_000, Cashiers: []catalog.Cashier{cashier}}
	var items []catalog.Item
	for i, rate := range []tax.Rate{tax.VAT10, tax.VAT22, tax.None, tax.VAT0, tax.VAT22, tax.VAT10} {
		n := strconv.Itoa(i + 1)
		items = append(items, catalog.Item{ID: itemID(n), Type: catalog.Product, Name: "Товар " + n, Barcodes: []string{weekCode(i)}, Rate: rate, Unit: "шт",
			Prices: []catalog.Price{{Type: "retail", Value: money.Amount(3333 + 1117*i)}}})
	}
	items[2].FolderID, items[2].FolderPath = folder, "/"+folder+"/"
	items[5].ByWeight, items[5].Unit = true, "кг"
	shop := moyskladtest.FromCatalog(store, map[string]string{cashier.ID: weekPIN}, []catalog.Folder{{ID: folder, Name: "Уценка", Path: "/" + folder + "/"}}, items,
		[]catalog.Discount{{ID: itemID("8"), Name: "Уценка", Folders: []string{folder}, Percent: 12_500}, {ID: itemID("9"), Name: "Свои", AllItems: true, Tags: []string{"свои"}, Percent: 3_300}})
	for n := range weekOrders {
		o := catalog.Order{ID: fmt.Sprintf("018f0000-0000-7000-8000-0000000001%02d", n), Name: fmt.Sprintf("Z-%d", n+1), Time: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
			Agent: weekCustomer, AgentName: "Сидоров", Positions: []catalog.OrderPosition{{ItemID: itemID("1"), Name: "Товар 1", Qty: 2000, Price: 31_17}, {ItemID: itemID("2"), Name: "Товар 2", Qty: 1000, Price: 99}}}
		shop.Points[0].Orders = append(shop.Points[0].Orders, moyskladtest.OrderJSON(o))
	}
	shop.Points[0].Customers = []json.RawMessage{json.RawMessage(`{"meta":{"href":"` + moyskladtest.Canonical + `/entity/counterparty/` + weekCustomer + `","type":"counterparty","mediaType":"application/json"},
		"id":"` + weekCustomer + `","syncId":"` + weekCustomer + `","name":"Сидоров","tags":["свои"],"phone":"+79161234567","discountCardNumber":"770001","salesAmount":0,"companyType":"individual"}`)}
	return shop
}

const (
	weekOrders   = 40
	weekCustomer = "018f0000-0000-7000-8000-0000000002aa"
)

func weekCode(i int) string { return fmt.Sprintf("20000000%05d", i) }

func newWeek(t *testing.T, seed uint64) *week {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 7))
	o := moyskladtest.Options{Data: weekShop(), UniqueNames: true, Repeats: moyskladtest.RefuseRepeats}
	if seed%2 == 0 {
		o.Repeats = moyskladtest.AcceptRepeats
	}
	s, err := moyskladtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &week{rig: newRig(t, ""), cloud: &fakeCloud{t, s}, rnd: rnd, done: map[string]int{}}
	w.line = w.cloud.connect(w.rig, false)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("it went so: %s", strings.Join(w.log, ", "))
		}
	})
	return w
}

func (w *week) live(steps int) {
	w.start("")
	w.await("the first exchange", func() bool { _, _, code := w.kassa("", "sync", "--wait"); return code == 0 })
	for day := range 7 {
		w.line.set(day == 2 || day == 3, 0)
		w.say("day %d", day+1)
		for range steps {
			w.step()
			if w.t.Failed() {
				return
			}
		}
		w.calm()
		w.try("shift", "close")
	}
	w.line.set(false, 0)
	w.fault("up")
	w.await("everything is in the cloud", func() bool {
		if _, _, code := w.kassa("", "sync", "--wait"); code == 0 { // it reads the journal to its end first
			return w.settled()
		}
		w.kassa("", "sync", "--attach") // somebody revoked the token, perhaps
		return false
	})
	w.reportsAgree()
	w.stop()
	w.agree()
	w.cloudAgrees()
	w.t.Logf("%d kills, %v, %d documents in the cloud", w.kills, w.done, len(w.cloud.Documents()))
	for _, must := range []string{"sale", "return", "cash", "prepay", "hand-over"} {
		if w.done[must] == 0 {
			w.t.Errorf("no %s in a week", must)
		}
	}
}

func (w *week) say(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *week) step() {
	switch n := w.rnd.IntN(100); {
	case n < 4:
		w.cut()
	case n < 8:
		w.cutWhile("pay", "card")
	case n < 26:
		w.breakSomething()
	case n < 32:
		w.mend()
	default:
		w.trade()
	}
}

// cut is a power cut.
func (w *week) cut() {
	w.say("cut")
	w.kills++
	w.kill()
	w.start("")
}

// cutWhile cuts the power in the middle of a command.
func (w *week) cutWhile(args ...string) {
	w.ready()
	w.sellable()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.kassa("", args...)
	}()
	w.cut()
	<-done
}

// cloudFaults are what may happen to the cloud; all but down pass by
// themselves.
var cloudFaults = [][]string{{"lose-answer"}, {"lose-answer", "2"}, {"http", "500", "2"}, {"http", "502", "1"}, {"http", "503", "2"}, {"http", "504", "1"},
	{"http", "429", "1"}, {"html", "2"}, {"truncate", "2"}, {"slow", "40"}, {"down"}, {"token-revoked"}}

// kktFaults are the fiscal device's; they pass by themselves.
var kktFaults = [][]string{{"drop-answer", "FF45"}, {"drop-answer"}, {"drop-request"}, {"corrupt-answer"}, {"power-cycle"}}

func (w *week) breakSomething() {
	if w.rnd.IntN(4) == 0 {
		f := kktFaults[w.rnd.IntN(len(kktFaults))]
		w.say("kkt %v", f)
		if err := w.dev.Fault(f[0], f[1:]...); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	f := cloudFaults[w.rnd.IntN(len(cloudFaults))]
	w.fault(f...)
	w.down = w.down || f[0] == "down"
}

func (w *week) fault(f ...string) {
	w.t.Helper()
	w.say("cloud %v", f)
	if err := w.cloud.Fault(f[0], f[1:]...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *week) mend() {
	w.fault("up")
	w.down = false
	w.kassa("", "sync", "--attach")
}

// try runs a command that may be refused, but has to be answered in words.
func (w *week) try(args ...string) bool {
	w.t.Helper()
	_, errOut, code := w.kassa("", args...)
	if code != 0 && !(code == exitRefused && strings.Contains(errOut, "[")) {
		w.t.Errorf("kassa %v: exit %d, %s\n%s", args, code, errOut, w.rig.log())
	}
	w.say("%v %d %s", args, code, strings.TrimSpace(errOut))
	return code == 0
}

// did counts what worked.
func (w *week) did(what string, ok bool) {
	if ok {
		w.done[what]++
	}
}

// calm waits until the till has sorted itself out.
func (w *week) calm() {
	w.t.Helper()
	w.await("the till is idle", func() bool {
		s, err := w.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready && s.KKT.Code == ""
	})
}

// ready brings the till to where one can sell.
func (w *week) ready() {
	w.t.Helper()
	w.calm()
	s, err := w.status()
	if err != nil {
		w.t.Fatal(err)
	}
	if s.Cashier == nil {
		w.kassa(weekPIN+"\n", "login")
	}
	if s.Shift == nil {
		w.did("shift", w.try("shift", "open"))
	}
}

// sellable puts goods into the cheque, and terms on it.
func (w *week) sellable() {
	w.t.Helper()
	for range 1 + w.rnd.IntN(4) {
		n, code := w.rnd.IntN(6), ""
		switch code = weekCode(n); {
		case n == 5:
			code = fmt.Sprintf("0.%03d*%s", 1+w.rnd.IntN(999), code)
		case w.rnd.IntN(3) == 0:
			code = fmt.Sprintf("%d*%s", 2+w.rnd.IntN(9), code)
		}
		w.try("scan", code)
	}
	switch w.rnd.IntN(6) {
	case 0:
		w.did("discount", w.try("cheque", "discount", fmt.Sprintf("%d%%", 1+w.rnd.IntN(20))))
	case 1:
		w.did("discount", w.try("cheque", "discount", "1", fmt.Sprintf("%d.%02d", 1+w.rnd.IntN(5), w.rnd.IntN(100))))
	case 2:
		w.did("customer", w.try("cheque", "customer", weekCustomer))
	}
}

// trade does the next thing a cashier does.
func (w *week) trade() {
	w.t.Helper()
	w.ready()
	switch n := w.rnd.IntN(20); {
	case n < 11:
		w.sellable()
		w.did("sale", w.pay())
	case n < 15:
		w.giveBack()
	case n < 17:
		w.did("cash", w.try("cash", []string{"in", "out"}[w.rnd.IntN(2)], fmt.Sprintf("%d.%02d", 1+w.rnd.IntN(900), w.rnd.IntN(100)), "--reason", "размен"))
	case n < 18:
		w.sellable()
		w.did("correction", w.try("correct", "--date", "2026-11-01", "--reason", "не пробили", "--payment", "card"))
	default:
		w.order()
	}
	w.try("cheque", "void") // what was refused does not get into the next one
}

func (w *week) pay() bool {
	switch w.rnd.IntN(5) {
	case 0:
		return w.try("pay", "card")
	case 1:
		return w.try("pay", "qr")
	case 2:
		return w.try("pay", "split", fmt.Sprintf("card=%d.%02d", 1+w.rnd.IntN(30), w.rnd.IntN(100)), "cash=20000")
	}
	return w.try("pay", "cash", "20000")
}

// giveBack takes goods of some sale back, a part or all.
func (w *week) giveBack() {
	var page struct {
		Documents []doc.Document `json:"documents"`
	}
	if err := w.call("GET", "/api/v1/documents?type=SELL&limit=1000", nil, &page); err != nil {
		w.t.Fatal(err)
	}
	sales := slices.DeleteFunc(page.Documents, func(d doc.Document) bool { // money that had been paid before goes other ways
		return slices.ContainsFunc(d.Receipt.Payments, func(p doc.Payment) bool { return p.Type == doc.PayAdvance })
	})
	if len(sales) == 0 {
		return
	}
	args := []string{"return", strconv.FormatInt(sales[w.rnd.IntN(len(sales))].Number, 10)}
	if w.rnd.IntN(2) == 0 {
		args = append(args, "1=1")
	}
	w.did("return", w.try(args...))
}

// order takes a customer's order: paid before and handed over, paid before and
// given up, or simply sold. Offline there are no orders.
func (w *week) order() {
	if !w.try("orders", "take", fmt.Sprintf("Z-%d", 1+w.rnd.IntN(weekOrders))) {
		return
	}
	w.did("order", true)
	if w.rnd.IntN(3) == 0 {
		w.did("sale", w.pay())
		return
	}
	if !w.try("prepay", "--pay", "card") {
		return
	}
	w.did("prepay", true)
	claims := strings.Split(w.run("claims"), "\n")
	fields := strings.Fields(claims[w.rnd.IntN(max(1, len(claims)-1))])
	if len(fields) < 2 {
		return
	}
	if w.rnd.IntN(3) == 0 {
		w.did("repay", w.try("return", fields[1]))
		return
	}
	w.did("hand-over", w.try("hand-over", fields[1]))
}

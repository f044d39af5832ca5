package moysklad

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// What the service has no document for goes as the movement of its cash, with
// words that say what it was; what moved no cash is kept, and alarms nobody.
func TestWhatHasNoPlace(t *testing.T) {
	e := Encoder{BaseURL: "http://cloud/api"}
	cash := func(sum money.Amount) doc.Payment { return doc.Payment{ID: id(12), Type: doc.PayCash, Sum: sum} }
	by := func(typ doc.PaymentType, sum money.Amount) doc.Payment {
		return doc.Payment{ID: id(13), Type: typ, Sum: sum}
	}
	money1 := func(d *doc.Document) { d.Receipt.Lines = d.Receipt.Lines[:1]; d.Receipt.Lines[0].ItemID = "" }
	for name, c := range map[string]struct {
		change func(d *doc.Document)
		pay    []doc.Payment
		path   string // "": kept
		sum    int64
		words  string
	}{
		"advance":         {func(d *doc.Document) { money1(d); d.Receipt.Claim = &doc.Claim{Kind: doc.ClaimAdvance} }, []doc.Payment{cash(1233)}, pathCashIn, 1233, "Аванс, чек A-2"},
		"advance by card": {func(d *doc.Document) { money1(d); d.Receipt.Claim = &doc.Claim{Kind: doc.ClaimAdvance} }, []doc.Payment{by(doc.PayElectron, 1233)}, "", 0, "not from the catalogue"},
		"certificate both ways": {func(d *doc.Document) {
			money1(d)
			d.Receipt.Claim = &doc.Claim{Kind: doc.ClaimCertificate, Number: "1"}
		}, []doc.Payment{cash(233), by(doc.PayElectron, 1000)}, pathCashIn, 233, "Подарочный сертификат, чек A-2, наличными 2.33 из 12.33"},
		"advance comes back":   {func(d *doc.Document) { money1(d); d.Type = doc.Payback }, []doc.Payment{cash(1233)}, pathCashOut, 1233, "Возврат: Чек, чек A-2"},
		"prepayment, no order": {func(d *doc.Document) { d.Receipt.Lines[0].Method = 2 }, []doc.Payment{cash(1233)}, pathCashIn, 1233, "Предоплата, чек A-2"},
		"its return":           {func(d *doc.Document) { d.Receipt.Lines[0].Method = 1; d.Type = doc.Payback }, []doc.Payment{by(doc.PayElectron, 1233)}, "", 0, "order"},
		"credit":               {nil, []doc.Payment{by(doc.PayCredit, 1233)}, "", 0, "later"},
		"part on credit":       {nil, []doc.Payment{cash(233), by(doc.PayCredit, 1000)}, pathCashIn, 233, "Продажа в кредит, чек A-2, наличными 2.33 из 12.33"},
		"in kind":              {nil, []doc.Payment{by(doc.PayCounter, 1233)}, "", 0, "in kind"},
		"repayment":            {func(d *doc.Document) { money1(d); d.Receipt.Repays = doc.ClaimRef{ID: id(9), Number: "A-1"} }, []doc.Payment{cash(1233)}, pathCashIn, 1233, "Оплата долга по A-1, чек A-2"},
		"advance back":         {func(d *doc.Document) { d.Type = doc.Payback }, []doc.Payment{cash(233), by(doc.PayAdvance, 1000)}, pathCashOut, 233, "наличными"},
		"bought":               {func(d *doc.Document) { d.Type = doc.Buy }, []doc.Payment{cash(1233)}, pathCashOut, 1233, "Покупка у клиента, чек A-2"},
		"bought back":          {func(d *doc.Document) { d.Type = doc.Buyback }, []doc.Payment{cash(1233)}, pathCashIn, 1233, "Возврат покупки"},
		"correction": {func(d *doc.Document) {
			money1(d)
			d.Type, d.Receipt.Correction = doc.Correction, &doc.Ground{Of: doc.Sell}
		}, []doc.Payment{cash(1233)}, pathCashIn, 1233, "Чек коррекции, чек A-2"},
		"correction down": {func(d *doc.Document) {
			money1(d)
			d.Type, d.Receipt.Correction = doc.Correction, &doc.Ground{Of: doc.Payback}
		}, []doc.Payment{cash(1233)}, pathCashOut, 1233, "Чек коррекции"},
		"correction of buying": {func(d *doc.Document) { d.Type, d.Receipt.Correction = doc.Correction, &doc.Ground{Of: doc.Buy} }, []doc.Payment{cash(1233)}, pathCashOut, 1233, "Чек коррекции"},
	} {
		_, d, _ := shiftDocs(t)
		d.Receipt.Payments = c.pay
		if c.change != nil {
			c.change(d)
		}
		r, err := e.Encode(d, outbox.Shift{})
		if c.path == "" {
			if f := (*outbox.Failure)(nil); !errors.As(err, &f) || f.Class != outbox.Keep || f.Code != CodeNoPlace || !strings.Contains(f.Words, c.words) {
				t.Errorf("%s: %+v", name, err)
			}
			continue
		}
		var m cashMove
		if err != nil || json.Unmarshal([]byte(r.Body), &m) != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Path != c.path || m.Sum != c.sum || !strings.Contains(m.Description, c.words) || m.Name != "A-2" || !strings.Contains(m.Meta.Href, d.ID.String()) {
			t.Errorf("%s: %s %s", name, r.Path, r.Body)
		}
	}
}

// A sale names its customer, what became of the points, who sold and on what;
// the close of a shift the cash-out that emptied the drawer.
func TestEncodeWhoAndWhat(t *testing.T) {
	open, sale, end := shiftDocs(t)
	e := Encoder{BaseURL: "http://c", Environment: func() Environment {
		return Environment{Device: "Pi", OS: "linux", Name: "Kassa", Version: "1", Printer: Printer{Vendor: "nobody named it"}}
	}}
	who := uuid.MustParse("019a0000-0000-7000-8000-000000000001")
	sale.Cashier.ID = "a4f36276-7b5a-11e6-8a84-bae500000004"
	sale.Receipt.CustomerID = "syncid/" + who.String()
	sale.Receipt.Bonus = &doc.Bonus{Program: "7c1b81ab-5a9d-11e8-7a31-ca1400000026", Spent: 5, Sum: 500, Earned: 3}
	sale.Receipt.Electronic = true
	r, err := e.Encode(sale, outbox.Shift{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"agent":{"meta":{"href":"http://c/entity/counterparty/syncid/` + who.String() + `","type":"counterparty"}}`,
		`"owner":{"meta":{"href":"http://c/entity/employee/a4f36276-7b5a-11e6-8a84-bae500000004","type":"employee"}}`,
		`"bonusProgram":{"meta":{"href":"http://c/entity/bonusprogram/7c1b81ab-5a9d-11e8-7a31-ca1400000026","type":"bonusprogram"}},"bonusValueToEarn":3,"bonusValueToSpend":5`,
		`"environment":{"device":"Pi","os":"linux","software":{"name":"Kassa","version":"1"}}}`, `"online":true,"printed":false`,
	} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("%s is not in %s", want, r.Body)
		}
	}
	out := *sale
	out.ID, out.Type, out.Receipt, out.Cash = id(8), doc.CashOutcome, nil, &doc.Cash{Sum: 1}
	r, err = e.Encode(end, outbox.Shift{Open: open, CashOut: &out})
	if err != nil || !strings.Contains(r.Body, `"retailDrawerCashout":{"meta":{"href":"http://c/entity/retaildrawercashout/syncid/`+id(8).String()) {
		t.Error(r.Body, err)
	}
	end.Shift.Drawer = 1
	if r, err = e.Encode(end, outbox.Shift{Open: open, CashOut: &out}); err != nil || strings.Contains(r.Body, "retailDrawerCashout") {
		t.Error(r.Body, err)
	}
}

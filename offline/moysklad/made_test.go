package moysklad

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

func madeRecord(t *testing.T, typ string, data, private any) record.Record {
	t.Helper()
	e := record.Entry{Kind: record.Made, ID: id(7), Type: typ, Schema: 1}
	var err error
	if e.Data, err = json.Marshal(data); err != nil {
		t.Fatal(err)
	}
	if private != nil {
		if e.Private, err = json.Marshal(private); err != nil {
			t.Fatal(err)
		}
	}
	return record.Record{Seq: 5, Entry: e}
}

func TestEncodeMade(t *testing.T) {
	e := Encoder{BaseURL: "http://c"}
	meta := func(kind string) string {
		return `{"meta":{"href":"http://c/entity/` + kind + `/syncid/` + id(7).String() + `","type":"` + kind + `"},`
	}
	item := catalog.Item{ID: catalog.OwnID(id(7)), Type: catalog.Product, Name: "Хлеб", Barcodes: []string{"4600000000015"}, Rate: tax.VAT10,
		Prices: []catalog.Price{{Type: "Цена", Value: 4990}}, FolderID: "f1"}
	who := catalog.CustomerCard{Customer: catalog.Customer{ID: catalog.OwnID(id(7))}, Name: "Иван", Phone: "79991234567", Card: "7"}
	order := catalog.Order{Name: "K-З1", Time: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), Agent: catalog.OwnID(id(6)), Positions: []catalog.OrderPosition{
		{ItemID: catalog.OwnID(id(5)), ItemType: catalog.Product, Qty: 1500, Price: 4990, Rate: tax.None}}}
	for name, c := range map[string]struct {
		r       record.Record
		path    string
		body    string
		private bool
	}{
		"product": {madeRecord(t, MadeProduct, item, nil), "/entity/product", meta("product") +
			`"name":"Хлеб","barcodes":["4600000000015"],"price":4990,"vat":10,"vatEnabled":true,"useParentVat":false,"productFolder":{"meta":{"href":"http://c/entity/productfolder/f1","type":"productfolder"}}}`, false},
		"by weight": {madeRecord(t, MadeProduct, catalog.Item{ID: catalog.OwnID(id(7)), Name: "Сыр", Rate: tax.None, Unit: "кг", ByWeight: true}, nil), "/entity/product", meta("product") +
			`"name":"Сыр","price":0,"vat":0,"vatEnabled":false,"useParentVat":false,"description":"Продаётся на вес, кг"}`, false},
		"customer": {madeRecord(t, MadeCustomer, struct{}{}, who), "/entity/counterparty", meta("counterparty") + `"name":"Иван","discountCardNumber":"7","phone":"79991234567"}`, true},
		"order": {madeRecord(t, MadeOrder, order, nil), "/entity/customerorder", meta("customerorder") +
			`"name":"K-З1","moment":"2026-03-01 10:00:00","agent":{"meta":{"href":"http://c/entity/counterparty/syncid/` + id(6).String() + `","type":"counterparty"}},` +
			`"positions":[{"assortment":{"meta":{"href":"http://c/entity/product/syncid/` + id(5).String() + `","type":"product"}},"quantity":1.5,"price":4990,"discount":0,"vat":0,"vatEnabled":false}],"vatEnabled":false,"vatIncluded":true}`, false},
	} {
		got, err := e.EncodeMade(c.r)
		if err != nil || got.Method != "POST" || got.Path != c.path || got.Body != c.body || got.Private != c.private {
			t.Errorf("%s: %v\n%+v\nwant %s", name, err, got, c.body)
		}
	}
	erased := madeRecord(t, MadeCustomer, struct{}{}, nil)
	erased.Erased = true
	var f *outbox.Failure
	if _, err := e.EncodeMade(erased); !errors.As(err, &f) || f.Class != outbox.Keep {
		t.Errorf("erased: %v", err)
	}
	item.Rate = "99"
	order.Agent = ""
	for name, r := range map[string]record.Record{"rate": madeRecord(t, MadeProduct, item, nil), "nobody": madeRecord(t, MadeCustomer, struct{}{}, nil), "no agent": madeRecord(t, MadeOrder, order, nil), "text": madeRecord(t, MadeProduct, "text", nil)} {
		if _, err := e.EncodeMade(r); !errors.Is(err, ErrInexpressible) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.EncodeMade(madeRecord(t, "known", 1, nil)); !errors.Is(err, ErrNotWanted) {
		t.Error(err)
	}
}

// The service empties an object that lacks what it must have: none is sent.
func TestStateIsWholeOrAbsent(t *testing.T) {
	at := time.Date(2026, 9, 6, 21, 41, 0, 0, time.UTC)
	whole := State{
		Environment: Environment{Device: "Pi 4", OS: "Linux", Name: "Kassa", Vendor: "kassa-pos", Version: "2.2", Printer: Printer{Vendor: "ШТРИХ-М", Name: "ШТРИХ-ЛАЙТ-01Ф", Serial: "1", Format: "1.2",
			Driver: "kassa", DriverVersion: "2.2", MemoryFormat: "1.2", ValidUntil: at.AddDate(1, 0, 0), Firmware: "669", TaxSystems: "GENERAL_TAX_SYSTEM", Clock: at}},
		Message: "нет сети", LastAttempt: at, HaveFN: true, Unsent: 25, FirstUnsent: at, FNCode: "1003", FNMessage: "Критическая ошибка",
	}
	const env = `"environment":{"device":"Pi 4","os":"Linux","software":{"name":"Kassa","vendor":"kassa-pos","version":"2.2"},"chequePrinter":{"vendor":"ШТРИХ-М","name":"ШТРИХ-ЛАЙТ-01Ф","serial":"1","fiscalDataVersion":"1.2","driver":{"name":"kassa","version":"2.2"},` +
		`"fiscalMemory":{"fiscalDataVersion":"1.2","fiscalValidityDate":"2027-09-06 21:41:00"},"firmwareVersion":"669","taxSystem":"GENERAL_TAX_SYSTEM","frDate":"2026-09-06 21:41:00"}}`
	for name, c := range map[string]struct {
		s    State
		want string
	}{
		"whole":   {whole, `{` + env + `,"state":{"sync":{"message":"нет сети","lastAttemptMoment":"2026-09-06 21:41:00"},"fiscalMemory":{"error":{"code":"1003","message":"Критическая ошибка"},"notSendDocCount":25,"notSendFirstDocMoment":"2026-09-06 21:41:00"}}}`},
		"nothing": {State{}, `{"state":{}}`},
		"half": {State{Message: "said of no attempt", FNMessage: "of no storage", Environment: Environment{Device: "Pi", Vendor: "of no software", Printer: Printer{Serial: "of no printer", Driver: "d"}}},
			`{"environment":{"device":"Pi"},"state":{}}`},
		"well": {State{LastAttempt: at, HaveFN: true}, `{"state":{"sync":{"lastAttemptMoment":"2026-09-06 21:41:00"},"fiscalMemory":{"notSendDocCount":0}}}`},
	} {
		b, err := (Encoder{}).EncodeState(c.s)
		if err != nil || string(b) != c.want {
			t.Errorf("%s: %v\n%s\nwant %s", name, err, b, c.want)
		}
	}
	if strings.Count(env, `"name"`) != 3 {
		t.Error("names")
	}
}

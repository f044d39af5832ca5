package moyskladtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// IDs of what these tests send.
const (
	goodsS  = "488bd178-800c-41e6-8a84-bae500000001"
	whoS    = "488bd178-800c-41e6-8a84-bae500000002"
	orderS  = "488bd178-800c-41e6-8a84-bae500000003"
	prepayS = "488bd178-800c-41e6-8a84-bae500000004"
	otherS  = "488bd178-800c-41e6-8a84-bae500000005"
	serialN = "488bd178-800c-41e6-8a84-bae500000006"
	emptyS  = "488bd178-800c-41e6-8a84-bae500000007"
	freeS   = "488bd178-800c-41e6-8a84-bae500000008"
)

func metaS(kind, id string) string {
	return `{"meta":{"href":"` + Canonical + `/entity/` + kind + `/` + id + `"}}`
}

// parts are the members of a request; a case changes some and leaves out those
// it sets to nothing.
type parts map[string]string

func (p parts) with(change parts) string {
	all := parts{}
	for k, v := range p {
		all[k] = v
	}
	for k, v := range change {
		all[k] = v
	}
	var members []string
	for k, v := range all {
		if v != "" {
			members = append(members, `"`+k+`":`+v)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

var shiftRef = metaS("retailshift", "syncid/"+shiftA)

func lineOf(id, more string) string {
	return `[{"assortment":` + metaS("product", id) + `,"quantity":2,"price":500,"vat":22,"vatEnabled":true` + more + `}]`
}

// The write requests, each in order as it is.
var (
	product  = parts{"meta": `{"href":"` + Canonical + `/entity/product/syncid/` + goodsS + `"}`, "name": `"Хлеб"`, "barcodes": `["4600000000993"]`, "price": "2500", "vat": "10", "vatEnabled": "true"}
	customer = parts{"meta": `{"href":"` + Canonical + `/entity/counterparty/syncid/` + whoS + `"}`, "name": `"Иван"`, "phone": `"79990001122"`}
	order    = parts{"meta": `{"href":"` + Canonical + `/entity/customerorder/syncid/` + orderS + `"}`, "name": `"З-1"`, "moment": `"2026-03-14 10:00:00"`, "agent": metaS("counterparty", "syncid/"+whoS), "positions": lineOf("syncid/"+goodsS, "")}
	demand   = parts{"meta": `{"href":"` + Canonical + `/entity/retaildemand/syncid/` + saleA + `"}`, "retailShift": shiftRef, "name": `"A-1"`, "moment": `"2026-03-14 10:00:01"`,
		"positions": lineOf(itemA, ""), "cashSum": "1000", "noCashSum": "0", "agent": metaS("counterparty", "syncid/"+whoS)}
	back = parts{"meta": `{"href":"` + Canonical + `/entity/retailsalesreturn/syncid/` + otherS + `"}`, "retailShift": shiftRef, "name": `"A-2"`, "moment": `"2026-03-14 10:00:02"`,
		"positions": lineOf(itemA, ""), "cashSum": "1000", "noCashSum": "0", "agent": metaS("counterparty", "syncid/"+whoS), "demand": metaS("retaildemand", "syncid/"+saleA)}
	prepay = parts{"meta": `{"href":"` + Canonical + `/entity/prepayment/syncid/` + prepayS + `"}`, "retailShift": shiftRef, "name": `"A-3"`, "moment": `"2026-03-14 10:00:03"`, "sum": "400",
		"positions": lineOf("syncid/"+goodsS, ""), "cashSum": "400", "noCashSum": "0", "agent": metaS("counterparty", "syncid/"+whoS), "customerOrder": metaS("customerorder", "syncid/"+orderS)}
	unpay = parts{"meta": `{"href":"` + Canonical + `/entity/prepaymentreturn/syncid/` + otherS + `"}`, "retailShift": shiftRef, "name": `"A-4"`, "moment": `"2026-03-14 10:00:04"`, "sum": "300",
		"positions": lineOf("syncid/"+goodsS, ""), "cashSum": "300", "noCashSum": "0", "agent": metaS("counterparty", "syncid/"+whoS), "prepayment": metaS("prepayment", "syncid/"+prepayS)}
	move = parts{"meta": `{"href":"` + Canonical + `/entity/retaildrawercashin/syncid/` + otherS + `"}`, "retailShift": shiftRef, "name": `"A-5"`, "moment": `"2026-03-14 10:00:05"`, "sum": "100"}
)

// writes is a till with an open shift, goods, a customer, an order, a sale and
// a prepayment.
func writes(t *testing.T) *till {
	t.Helper()
	shop := testShop()
	shop.Points[0].Items = append(shop.Points[0].Items, object{"meta": metaOf("product", serialN), "id": serialN, "name": "С номером", "isSerialTrackable": true}.raw())
	for id, o := range map[string]object{emptyS: {"positions": []object{}}, freeS: {"positions": []object{{"quantity": 1, "price": 0}}}} {
		o["id"], o["name"] = id, id
		shop.Points[0].Orders = append(shop.Points[0].Orders, o.raw())
	}
	_, c := start(t, Options{Data: shop, RateLimit: RateLimit{Requests: 10_000}, UniqueNames: true})
	c.want("204", "PUT", "/rpc/openshift", open)
	c.want("201", "POST", "/entity/product", product.with(nil))
	c.want("201", "POST", "/entity/counterparty", customer.with(nil))
	c.want("201", "POST", "/entity/customerorder", order.with(nil))
	c.want("201", "POST", "/entity/retaildemand", demand.with(nil))
	c.want("201", "POST", "/entity/prepayment", prepay.with(nil))
	return c
}

func tooLargePicture() string {
	return base64.StdEncoding.EncodeToString(append([]byte{0xff, 0xd8, 0xff}, make([]byte, maxImage)...))
}

// TestWriteCodes: a request that is wrong in one way is refused with the code
// of that.
func TestWriteCodes(t *testing.T) {
	c := writes(t)
	fresh := func(kind string) string {
		return `{"href":"` + Canonical + `/entity/` + kind + `/syncid/` + otherS + `"}`
	}
	picture := tooLargePicture()
	for _, x := range []struct {
		want, path string
		of, change parts
	}{
		{"412 3000", "/entity/product", product, parts{"name": ""}},
		{"400 1057", "/entity/product", product, parts{"meta": `{"href":"` + Canonical + `/entity/product/` + goodsS + `"}`}},
		{"400 1052", "/entity/product", product, parts{"meta": `{"href":"` + Canonical + `/entity/product/syncid/12"}`}},
		{"400 2019", "/entity/product", product, parts{"meta": `{"href":"` + Canonical + `/entity/product/syncid/` + goodsS + `","idType":"native"}`}},
		{"412 3011", "/entity/product", product, parts{"barcodes": `["` + strings.Repeat("1", 256) + `"]`}},
		{"412 3002", "/entity/product", product, parts{"price": "-1"}},
		{"412 17007", "/entity/product", product, parts{"vat": "101"}},
		{"412 16010", "/entity/product", product, parts{"vat": ""}},
		{"404 1021", "/entity/product", product, parts{"productFolder": metaS("productfolder", otherS)}},
		{"412 16003", "/entity/product", product, parts{"image": `{"filename":"a.jpg"}`}},
		{"412 16004", "/entity/product", product, parts{"image": `{"filename":"a.jpg","content":"dGV4dA=="}`}},
		{"412 16006", "/entity/product", product, parts{"image": `{"filename":"a.jpg","content":"` + picture + `"}`}},
		{"409 3006", "/entity/product", product, parts{"name": `"Другое"`}},
		{"400 2016", "/entity/counterparty", customer, parts{"phone": "1"}},
		{"412 3000", "/entity/counterparty", customer, parts{"name": `""`}},
		{"412 3000", "/entity/customerorder", order, parts{"agent": ""}},
		{"404 1021", "/entity/customerorder", order, parts{"agent": metaS("counterparty", "syncid/"+otherS)}},
		{"409 3006", "/entity/customerorder", order, parts{"meta": fresh("customerorder")}},
		{"404 1021", "/entity/retaildemand", demand, parts{"agent": metaS("counterparty", otherS)}},
		{"404 1021", "/entity/retaildemand", demand, parts{"owner": metaS("employee", otherS)}},
		{"404 1021", "/entity/retaildemand", demand, parts{"customerOrder": metaS("customerorder", otherS)}},
		{"412 3005", "/entity/retaildemand", demand, parts{"taxSystem": `"NONE"`}},
		{"412 18003", "/entity/retaildemand", demand, parts{"bonusValueToSpend": "5"}},
		{"412 3002", "/entity/retaildemand", demand, parts{"bonusValueToEarn": "-5", "bonusProgram": metaS("bonusprogram", otherS)}},
		{"412 3000", "/entity/retaildemand", demand, parts{"cardTransaction": `{"acquiringType":"x"}`}},
		{"412 3000", "/entity/retaildemand", demand, parts{"environment": `{"software":{"vendor":"x"}}`}},
		{"412 3000", "/entity/retaildemand", demand, parts{"positions": lineOf(itemA, `,"marks":[{}]`)}},
		{"412 17017", "/entity/retaildemand", demand, parts{"positions": lineOf(serialN, "")}},
		{"412 17002", "/entity/retaildemand", demand, parts{"positions": lineOf(serialN, `,"sn":[{},{}]`)}},
		{"412 45000", "/entity/retailsalesreturn", back, parts{"positions": lineOf(serialN, "")}},
		{"404 1021", "/entity/retailsalesreturn", back, parts{"demand": metaS("retaildemand", "syncid/"+otherS)}},
		{"412 3004", "/entity/retailsalesreturn", back, parts{"agent": metaS("counterparty", itemA)}},
		{"412 19004", "/entity/retailsalesreturn", back, parts{"cashSum": "", "noCashSum": "", "qrSum": "1000"}},
		{"412 19001", "/entity/retailsalesreturn", back, parts{"demand": "", "cashSum": ""}},
		{"412 48001", "/entity/prepayment", prepay, parts{"positions": "[]"}},
		{"412 48000", "/entity/prepayment", prepay, parts{"sum": "0"}},
		{"412 48002", "/entity/prepayment", prepay, parts{"sum": "1001"}},
		{"412 48003", "/entity/prepayment", prepay, parts{"agent": ""}},
		{"412 48004", "/entity/prepayment", prepay, parts{"meta": fresh("prepayment"), "customerOrder": metaS("customerorder", freeS)}},
		{"412 48005", "/entity/prepayment", prepay, parts{"meta": fresh("prepayment"), "customerOrder": metaS("customerorder", emptyS)}},
		{"412 18000", "/entity/prepayment", prepay, parts{"sum": "410"}},
		{"412 49001", "/entity/prepaymentreturn", unpay, parts{"positions": ""}},
		{"412 49000", "/entity/prepaymentreturn", unpay, parts{"sum": ""}},
		{"412 49002", "/entity/prepaymentreturn", unpay, parts{"sum": "1001"}},
		{"412 49003", "/entity/prepaymentreturn", unpay, parts{"sum": "401", "cashSum": "401"}},
		{"404 1021", "/entity/prepaymentreturn", unpay, parts{"prepayment": metaS("prepayment", "syncid/"+otherS)}},
		{"412 3003", "/entity/retaildrawercashin", move, parts{"sum": "0"}},
		{"412 3000", "/entity/retaildrawercashin", move, parts{"sum": ""}},
		{"412 3008", "/entity/retaildrawercashin", move, parts{"sum": "-99999999999"}},
		{"404 12012", "/entity/retaildrawercashin", move, parts{"retailShift": metaS("retailshift", "syncid/"+otherS)}},
	} {
		if x.path == "/entity/retailsalesreturn" && x.change["agent"] != "" {
			continue // its customer has to be there: below
		}
		c.want(x.want, "POST", x.path, x.of.with(x.change))
	}
	second := customer.with(parts{"meta": fresh("counterparty"), "name": `"Пётр"`})
	c.want("201", "POST", "/entity/counterparty", second)
	c.want("412 3004", "POST", "/entity/retailsalesreturn", back.with(parts{"agent": metaS("counterparty", "syncid/"+otherS)}))
	c.want("201", "POST", "/entity/retailsalesreturn", back.with(nil))
	c.want("201", "POST", "/entity/prepaymentreturn", unpay.with(nil))
	c.want("201", "POST", "/entity/prepayment", prepay.with(parts{"meta": `{"href":"` + Canonical + `/entity/prepayment/syncid/` + emptyS + `"}`, "name": `"A-9"`, "sum": "900", "cashSum": "900"}))
	c.want("412 48006", "POST", "/entity/prepayment", prepay.with(parts{"meta": `{"href":"` + Canonical + `/entity/prepayment/syncid/` + freeS + `"}`, "name": `"A-10"`}))
	qr := parts{"meta": `{"href":"` + Canonical + `/entity/retaildemand/syncid/` + freeS + `"}`, "name": `"A-11"`, "cashSum": "", "noCashSum": "", "qrSum": "1000"}
	c.want("201", "POST", "/entity/retaildemand", demand.with(qr))
	c.want("412 19003", "POST", "/entity/retailsalesreturn", back.with(parts{"meta": `{"href":"` + Canonical + `/entity/retailsalesreturn/syncid/` + freeS + `"}`, "demand": metaS("retaildemand", "syncid/"+freeS)}))
	c.want("404 1021", "PUT", "/rpc/closeshift", strings.Replace(shut, `"closemoment"`, `"retailDrawerCashout":`+metaS("retaildrawercashout", "syncid/"+otherS)+`,"closemoment"`, 1))
	if err := c.s.Fault("trash-shift"); err != nil {
		t.Fatal(err)
	}
	c.want("412 12003", "PUT", "/rpc/closeshift", shut)
	c.want("412 12023", "POST", "/entity/retaildrawercashin", move.with(nil))
	c.want("412 12000", "PUT", "/rpc/openshift", open)
}

// TestEveryCodeCanBeGiven: whatever the service may say, the fake can say it,
// once, of a request that is in order, and the next one passes.
func TestEveryCodeCanBeGiven(t *testing.T) {
	c := writes(t)
	for code := range messages {
		if err := c.s.Fault("refuse", fmt.Sprint(code)); err != nil {
			t.Fatal(err)
		}
		body := move.with(nil)
		status, answer := c.do("POST", "/entity/retaildrawercashin", body)
		var e struct {
			Errors []struct {
				Error string
				Code  int
			}
		}
		if json.Unmarshal([]byte(answer), &e) != nil || len(e.Errors) != 1 || e.Errors[0].Code != code || e.Errors[0].Error == "" || status < 400 {
			t.Errorf("%d: %d %s", code, status, answer)
		}
	}
	c.want("201", "POST", "/entity/retaildrawercashin", move.with(nil))
	if err := c.s.Fault("refuse", "9"); err == nil {
		t.Error("a code nobody knows is a fault")
	}
}

// What a till made is in the lists, with the cloud's own id; so is what it said
// of itself, whole objects or empty ones; a restart keeps both.
func TestMadeIsListed(t *testing.T) {
	c := writes(t)
	for path, want := range map[string]string{"/entity/assortment": `"value":2500`, "/entity/counterparty?search=79990001122": `"syncId":"` + whoS, "/entity/customerorder": `"syncId":"` + orderS} {
		if status, body := c.do("GET", path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	c.want("204", "POST", "/state", `{"environment":{"device":"Pi","software":{"vendor":"no name"},"chequePrinter":{"name":"X","serial":"1"}},"state":{"sync":{"message":"no moment"},"fiscalMemory":{"notSendDocCount":3,"error":{"code":"1"}}}}`)
	c.want("400 2001", "POST", "/state", `{`)
	c.want("400 2025", "POST", "/state", `{"state":{"sync":{"lastAttemptMoment":"today"}}}`)
	_, body := c.do("GET", "/settings/retailstore", "")
	for _, want := range []string{`"device":"Pi"`, `"software":{"vendor":null}`, `"serial":"1"`, `"sync":{"message":null}`, `"notSendDocCount":3`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
}

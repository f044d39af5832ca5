package moyskladtest

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// provoked are requests that meet a code because they are what it says.
// Everything is done to one till (writes), in order.
var provoked = []struct {
	code               int
	method, path, body string
}{
	{1000, "GET", "/entity/customerorder/12", ""},
	{1002, "GET", "/entity/nothing", ""},
	{1021, "GET", "/entity/customerorder/" + otherS, ""},
	{1039, "DELETE", "/entity/retaildemand", ""},
	{1040, "GET", "/entity/assortment?limit=0", ""},
	{1044, "POST", "/entity/retaildemand", strings.Repeat(" ", maxBody+1)},
	{1051, "PUT", "/rpc/openshift", strings.Replace(open, "entity/retailshift", "entity/retaildemand", 1)},
	{1052, "POST", "/entity/product", product.with(parts{"meta": `{"href":"` + Canonical + `/entity/product/syncid/12"}`})},
	{1055, "GET", "/entity/assortment?direction=up", ""},
	{1057, "POST", "/entity/product", product.with(parts{"meta": `{"href":"` + Canonical + `/entity/product/` + goodsS + `"}`})},
	{1016, "GET", "/cheque/rpc/master/poll/" + "%org%", ""},
	{2001, "PUT", "/rpc/openshift", "{"},
	{2004, "PUT", "/rpc/openshift", `{"a":[[1]]}`},
	{2005, "PUT", "/rpc/openshift", `"text"`},
	{2006, "PUT", "/rpc/openshift", strings.Repeat(`{"a":`, 11) + "1" + strings.Repeat("}", 11)},
	{2007, "PUT", "/rpc/openshift", `{"a":[` + strings.Repeat("1,", 1000) + `1]}`},
	{2009, "PUT", "/rpc/openshift", `[{}]`},
	{2010, "PUT", "/rpc/openshift", strings.Replace(open, "href", "x", 1)},
	{2012, "PUT", "/rpc/openshift", strings.Replace(open, `"href"`, `"type":"shop","href"`, 1)},
	{2013, "PUT", "/rpc/openshift", strings.Replace(open, "syncid/", "syncid/x/", 1)},
	{2014, "PUT", "/rpc/openshift", strings.Replace(open, `{"meta":`, `{"m":`, 1)},
	{2016, "POST", "/entity/counterparty", customer.with(parts{"phone": "1"})},
	{2019, "PUT", "/rpc/openshift", strings.Replace(open, `"href"`, `"type":"product","href"`, 1)},
	{2020, "PUT", "/rpc/openshift", strings.Replace(open, "/entity/", "/e/", 1)},
	{2025, "PUT", "/rpc/openshift", strings.Replace(open, "2026-03-14 10:00:00", "14.03.2026", 1)},
	{3000, "POST", "/entity/retaildemand", demand.with(parts{"name": ""})},
	{3002, "POST", "/entity/product", product.with(parts{"price": "-1"})},
	{3003, "POST", "/entity/retaildrawercashin", move.with(parts{"sum": "0"})},
	{3004, "POST", "/entity/retailsalesreturn", back.with(parts{"vatIncluded": "false"})},
	{3005, "POST", "/entity/retaildemand", demand.with(parts{"taxSystem": `"NONE"`})},
	{3006, "POST", "/entity/product", product.with(parts{"name": `"Другое"`})},
	{3008, "PUT", "/rpc/openshift", `{"a":10000000000}`},
	{3011, "POST", "/entity/product", product.with(parts{"barcodes": `["` + strings.Repeat("1", 256) + `"]`})},
	{12006, "PUT", "/rpc/openshift", strings.Replace(open, "retailShift", "x", 1)},
	{12007, "PUT", "/rpc/closeshift", strings.Replace(shut, "retailShift", "x", 1)},
	{12008, "PUT", "/rpc/openshift", strings.Replace(open, `"name":"0001",`, "", 1)},
	{12009, "PUT", "/rpc/openshift", strings.Replace(open, "openmoment", "x", 1)},
	{12010, "PUT", "/rpc/closeshift", strings.Replace(shut, "closemoment", "x", 1)},
	{12012, "PUT", "/rpc/closeshift", strings.Replace(shut, shiftA, otherS, 1)},
	{16003, "POST", "/entity/product", product.with(parts{"image": `{"filename":"a.jpg"}`})},
	{16004, "POST", "/entity/product", product.with(parts{"image": `{"filename":"a.jpg","content":"dGV4dA=="}`})},
	{16010, "POST", "/entity/product", product.with(parts{"vat": ""})},
	{17002, "POST", "/entity/retaildemand", demand.with(parts{"positions": lineOf(serialN, `,"sn":[{},{}]`)})},
	{17007, "POST", "/entity/product", product.with(parts{"vat": "101"})},
	{17008, "POST", "/entity/retaildemand", demand.with(parts{"positions": lineOf(itemA, `,"discount":101`)})},
	{17017, "POST", "/entity/retaildemand", demand.with(parts{"positions": lineOf(serialN, "")})},
	{17021, "POST", "/entity/retaildemand", demand.with(parts{"positions": strings.Replace(lineOf(itemA, ""), `"vat":22,`, "", 1)})},
	{18000, "POST", "/entity/retaildemand", demand.with(parts{"cashSum": "990"})}, // ten kopecks
	{18000, "POST", "/entity/retaildemand", demand.with(parts{"cashSum": "1010"})},
	{18003, "POST", "/entity/retaildemand", demand.with(parts{"bonusValueToSpend": "5"})},
	{18005, "POST", "/entity/retaildemand", demand.with(parts{"cashSum": "900", "qrSum": "100"})},
	{18006, "POST", "/entity/retaildemand", demand.with(parts{"cashSum": "900", "prepaymentQrSum": "100"})},
	{19001, "POST", "/entity/retailsalesreturn", back.with(parts{"demand": "", "cashSum": ""})},
	{19004, "POST", "/entity/retailsalesreturn", back.with(parts{"cashSum": "", "noCashSum": "", "qrSum": "1000"})},
	{45000, "POST", "/entity/retailsalesreturn", back.with(parts{"positions": lineOf(serialN, "")})},
	{45001, "POST", "/rpc/retaildemand/recalc", `{"transactionType":"EARNING","positions":` + lineOf(itemA, `,"sn":[`+metaS("sn", otherS)+`]`) + `}`},
	{46001, "POST", "/entity/counterparty/detail", `{"id":"` + otherS + `"}`},
	{48000, "POST", "/entity/prepayment", prepay.with(parts{"sum": "0"})},
	{48001, "POST", "/entity/prepayment", prepay.with(parts{"positions": "[]"})},
	{48002, "POST", "/entity/prepayment", prepay.with(parts{"sum": "1001"})},
	{48003, "POST", "/entity/prepayment", prepay.with(parts{"agent": ""})},
	{48004, "POST", "/entity/prepayment", prepay.with(parts{"meta": freshMeta("prepayment"), "customerOrder": metaS("customerorder", freeS)})},
	{48005, "POST", "/entity/prepayment", prepay.with(parts{"meta": freshMeta("prepayment"), "customerOrder": metaS("customerorder", emptyS)})},
	{49000, "POST", "/entity/prepaymentreturn", unpay.with(parts{"sum": ""})},
	{49001, "POST", "/entity/prepaymentreturn", unpay.with(parts{"positions": ""})},
	{49002, "POST", "/entity/prepaymentreturn", unpay.with(parts{"sum": "1001"})},
	{49003, "POST", "/entity/prepaymentreturn", unpay.with(parts{"sum": "401", "cashSum": "401"})},
}

func freshMeta(kind string) string {
	return `{"href":"` + Canonical + `/entity/` + kind + `/syncid/` + emptyS + `"}`
}

// staged are codes that need more than one request, by how they come about.
var staged = map[int]func(*till) string{
	1015: func(c *till) string {
		r := request(c.t, "GET", "", "")
		r.URL.Path = strings.Replace(BasePath, "1.0", "0.9", 1) + "/entity/assortment"
		return code(do(c.t, c.s, r))
	},
	1017: func(c *till) string { // an operation that another master has
		if _, err := c.s.QueueFiscal(Order{Code: "4600000000993"}); err != nil {
			c.t.Fatal(err)
		}
		docs := c.s.Documents()
		id := docs[len(docs)-1].SyncID
		return code(c.do("PUT", "/cheque/rpc/master/reject", `{"meta":{"href":"`+Canonical+`/entity/retaildemand/syncid/`+id+`"},"fiscalErrMsg":"x"}`))
	},
	1049: func(c *till) string { return afterFault(c, "limit") },
	1073: func(c *till) string { return afterFault(c, "parallel") },
	1056: func(c *till) string { return code(do(c.t, c.s, request(c.t, "GET", "/settings/retailstore", ""))) },
	1062: func(c *till) string {
		r := request(c.t, "GET", "/settings/retailstore", "")
		r.Header.Set("Accept", "text/html")
		return code(do(c.t, c.s, r))
	},
	12003: trashed("PUT", "/rpc/closeshift", shut),
	12023: trashed("POST", "/entity/retaildrawercashin", move.with(nil)),
	12000: trashed("PUT", "/rpc/openshift", open),
	12001: func(c *till) string {
		c.s.o.Repeats = RefuseRepeats
		c.want("204", "PUT", "/rpc/closeshift", shut)
		return code(c.do("PUT", "/rpc/openshift", open))
	},
	12004: func(c *till) string {
		c.s.o.Repeats = RefuseRepeats
		c.want("204", "PUT", "/rpc/closeshift", shut)
		return code(c.do("PUT", "/rpc/closeshift", shut))
	},
	12013: cashierWho("elsewhere"), 12016: cashierWho("deactivated"), 12022: cashierWho("nowhere"),
	12015: func(c *till) string {
		r := request(c.t, "POST", "/admin/attach/"+otherS, "")
		r.SetBasicAuth(DefaultLogin, DefaultPassword)
		return code(do(c.t, c.s, r))
	},
	12017: func(c *till) string {
		_ = attachTo(c.t, c.s, storeA)
		return code(c.do("GET", "/settings/retailstore", ""))
	},
	12025: func(c *till) string {
		r := request(c.t, "POST", "/admin/attach/"+storeA, "")
		r.SetBasicAuth(DefaultLogin, "wrong")
		return code(do(c.t, c.s, r))
	},
	12021: func(c *till) string { return code(attachTo(c.t, c.s, storeB).do("PUT", "/rpc/closeshift", shut)) },
	16006: func(c *till) string {
		return code(c.do("POST", "/entity/product", product.with(parts{"image": `{"filename":"a.jpg","content":"` + tooLargePicture() + `"}`})))
	},
	17005: func(c *till) string {
		c.s.points[storeA].store["allowCreateReturnWithoutDemand"] = []byte("false")
		return code(c.do("POST", "/entity/retailsalesreturn", back.with(parts{"demand": ""})))
	},
	19000: func(c *till) string {
		if err := c.s.Set(SetClosedReturns, "off"); err != nil {
			c.t.Fatal(err)
		}
		c.want("204", "PUT", "/rpc/closeshift", shut)
		next := strings.NewReplacer(shiftA, otherS, "0001", "0002").Replace(open)
		c.want("204", "PUT", "/rpc/openshift", next)
		return code(c.do("POST", "/entity/retailsalesreturn", back.with(parts{"retailShift": metaS("retailshift", "syncid/"+otherS)})))
	},
	19003: func(c *till) string {
		qr := parts{"meta": `{"href":"` + Canonical + `/entity/retaildemand/syncid/` + freeS + `"}`, "name": `"A-11"`, "cashSum": "", "noCashSum": "", "qrSum": "1000"}
		c.want("201", "POST", "/entity/retaildemand", demand.with(qr))
		return code(c.do("POST", "/entity/retailsalesreturn", back.with(parts{"demand": metaS("retaildemand", "syncid/"+freeS)})))
	},
	48006: func(c *till) string {
		c.want("201", "POST", "/entity/prepayment", prepay.with(parts{"meta": freshMeta("prepayment"), "name": `"A-9"`, "sum": "600", "cashSum": "600"}))
		return code(c.do("POST", "/entity/prepayment", prepay.with(parts{"meta": `{"href":"` + Canonical + `/entity/prepayment/syncid/` + freeS + `"}`, "name": `"A-10"`})))
	},
	1999: func(c *till) string {
		if err := c.s.Fault("fail-after-commit"); err != nil {
			c.t.Fatal(err)
		}
		return code(c.do("POST", "/entity/retaildrawercashin", move.with(nil)))
	},
}

func afterFault(c *till, name string) string {
	if err := c.s.Fault(name); err != nil {
		c.t.Fatal(err)
	}
	return code(c.do("GET", "/settings/retailstore", ""))
}

func trashed(method, path, body string) func(*till) string {
	return func(c *till) string {
		if err := c.s.Fault("trash-shift"); err != nil {
			c.t.Fatal(err)
		}
		return code(c.do(method, path, body))
	}
}

func cashierWho(is string) func(*till) string {
	return func(c *till) string {
		if err := c.s.Set(SetCashier, is); err != nil {
			c.t.Fatal(err)
		}
		return code(c.do("GET", "/settings/retailstore", ""))
	}
}

// unprovoked are codes that no request of a till can bring about here, with the
// reason. The fault "refuse" gives them all the same.
var unprovoked = map[string][]int{
	"the service's own trouble":                                       {1004, 1008, 1020, 1022, 1036, 1065, 1074, 2017, 3007, 12014, 12024, 16005},
	"the account's rights, tariff or registration":                    {1023, 1024, 1048, 1070, 1071, 1072, 4000, 12005, 12011, 12018, 47000},
	"an external loyalty system's trouble":                            {46000, 46002},
	"resources a POS has not: filters, metadata, templates, deletion": {1005, 1009, 1010, 1011, 1012, 1014, 1019, 1034, 1035, 1038, 1050, 1053, 1054, 1060, 2008},
	"a till that sends it is told a nearer code of the same mistake":  {1027, 2000, 2002, 2003, 2015, 2018, 12002, 19002, 19005},
	"fields unknown or fixed are passed over, as the examples need":   {1007, 1047, 3001, 3030},
	"fields of goods that a till has no way to set":                   {16000, 16001, 16002, 16008, 16011, 16012, 16013, 16014, 16015, 16103, 16104, 16105, 16113},
	"reserves are no part of what a till sends":                       {17003, 17004},
	"an advance is no operation of the service":                       {18007},
}

// TestEveryCode: each code of the service's description, and those of its
// sibling API that a till can meet, is provoked by a request that deserves it,
// or has a reason why none can.
func TestEveryCode(t *testing.T) {
	seen := map[int]bool{}
	c := writes(t)
	for _, x := range provoked {
		path := strings.Replace(x.path, "%org%", c.s.points[storeA].organization(), 1)
		status, answer := c.do(x.method, path, x.body)
		if got := code(status, answer); !strings.HasSuffix(got, " "+strconv.Itoa(x.code)) || status < http.StatusBadRequest {
			t.Errorf("%d: %s %s %.200s: %s", x.code, x.method, path, x.body, got)
		}
		seen[x.code] = true
	}
	c.want("201", "POST", "/entity/retaildemand", demand.with(parts{"meta": freshMeta("retaildemand"), "name": `"A-8"`, "cashSum": "991"})) // nine kopecks are let go
	for want, how := range staged {
		if got := how(writes(t)); !strings.HasSuffix(got, " "+strconv.Itoa(want)) {
			t.Errorf("%d: %s", want, got)
		}
		seen[want] = true
	}
	for why, codes := range unprovoked {
		for _, code := range codes {
			if seen[code] || messages[code] == "" {
				t.Errorf("%d has no words, or is provoked and has a reason why not: %s", code, why)
			}
			seen[code] = true
		}
	}
	b, err := os.ReadFile("../testdata/codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range strings.Fields(string(b)) {
		if n, err := strconv.Atoi(s); err != nil || !seen[n] || messages[n] == "" {
			t.Errorf("%s is neither provoked nor explained", s)
		}
	}
	for n := range messages {
		if !seen[n] {
			t.Errorf("%d is neither provoked nor explained", n)
		}
	}
}

// TestQueueBook: the queue is listed with where each receipt stands, and asking
// about what is not there is no refusal.
func TestQueueBook(t *testing.T) {
	c := writes(t)
	c.want("201", "POST", "/cheque/minion/entity/retailsalesreturn", back.with(nil))
	if _, err := c.s.QueueFiscal(Order{Code: "4600000000993", Prepay: "20.00"}); err != nil {
		t.Fatal(err)
	}
	before := len(c.s.Books().Refusals)
	c.want("404 1021", "GET", "/cheque/rpc/minion/status/syncid/"+goodsS, "")
	if err := c.s.Set(SetMaster, "on"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.want("200", "GET", "/cheque/rpc/minion/status/syncid/"+otherS, "")
	}
	b := c.s.Books()
	if len(b.Refusals) != before || len(b.Queue) != 2 || b.Queue[0].Kind != kindPrepay || b.Queue[0].Sum != 20_00 || b.Queue[0].Status != fiscalPending ||
		b.Queue[1].Kind != kindReturn || b.Queue[1].Status != fiscalOK || b.Queue[1].FN == "" || b.Queue[1].FD == "" {
		t.Errorf("%+v", b.Queue)
	}
}

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

// TestStockByScanning: goods come, are counted, written off and revalued with
// the scanner, over a kill, between sales; the till's stock and prices follow,
// and programs read the documents in Evotor's format.
func TestStockByScanning(t *testing.T) {
	const bread = "4600000000015"
	r := newRig(t, "")
	r.start("")
	stock := func(code string) (q qty.Milli) {
		var found struct {
			Items []struct {
				Stock qty.Milli `json:"stock"`
			} `json:"items"`
		}
		if err := r.call("GET", "/api/v1/catalog?find="+code, nil, &found); err != nil || len(found.Items) != 1 {
			t.Fatalf("%v %+v", err, found)
		}
		return found.Items[0].Stock
	}
	follows := func(code string, want qty.Milli) {
		t.Helper()
		r.await("stock of "+code, func() bool { return stock(code) == want })
	}
	was := stock(bread)
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.refused(fault.LoginSenior, "stock", "begin", "accept")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.refused(fault.StockNone, "stock", "finish")
	r.run("stock", "begin", "accept", "--supplier", "Хлебозавод № 1")
	if out := r.run("scan", "12*"+bread); !strings.Contains(out, "Товар 1: 12 шт") {
		t.Error(out)
	}
	r.run("scan", bread)
	r.await("three steps on the disk", func() bool {
		var all struct{ Records []struct{} }
		err := r.call("GET", "/api/v1/journal?kind=cart&type=stock", nil, &all)
		return err == nil && len(all.Records) == 3
	})
	r.kill()
	r.start("")
	if out := r.run("stock"); !strings.Contains(out, "Хлебозавод № 1") || !strings.Contains(out, "13 шт") {
		t.Fatal(out)
	}
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN}) // without a shift nobody stays logged in
	if _, page := r.cashierPages(t)("/stock"); !strings.Contains(page, `data-stock="open"`) || !strings.Contains(page, "Товар 1") {
		t.Error("a console does not show what was begun before the power went")
	}
	r.run("stock", "cost", "1", "31.50")
	r.run("stock", "quantity", "1", "14")
	r.refused(fault.QtyBad, "stock", "quantity", "1", "1.5")
	r.refused(fault.ChequeNoLine, "stock", "remove", "2")
	if out := r.run("stock", "finish"); !strings.Contains(out, "ACCEPT") || !strings.Contains(out, "TOTAL 441.00") {
		t.Error(out)
	}
	follows(bread, was+14*qty.One)

	r.run("shift", "open")
	r.run("stock", "begin", "inventory")
	r.run("scan", "9*"+bread)
	r.run("stock", "pause")
	r.run("scan", bread)
	r.run("pay", "cash", "100") // sold while it is being counted
	r.run("stock", "resume")
	r.run("scan", bread)
	r.run("stock", "finish")
	follows(bread, 9*qty.One)

	r.run("stock", "begin", "write-off", "--comment", "срок годности")
	r.run("scan", "2*"+bread)
	r.run("stock", "finish")
	follows(bread, 7*qty.One)

	r.refused(fault.NotFound, "stock", "begin", "revaluation", "--base", "99")
	r.run("stock", "begin", "revaluation", "--base", "1")
	r.run("scan", bread)
	r.refused(fault.StockPrice, "stock", "finish")
	r.run("stock", "price", "1", "54.90")
	r.run("stock", "finish")
	r.await("the new price", func() bool {
		out := r.run("scan", bread)
		r.run("cheque", "void")
		return strings.Contains(out, "54.90")
	})
	r.run("stock", "begin", "return", "--supplier", "Хлебозавод № 1")
	r.run("scan", bread)
	r.run("stock", "cancel")
	if out := r.run("stock"); !strings.Contains(out, "no stock document") {
		t.Error(out)
	}
	follows(bread, 7*qty.One)
	r.run("shift", "close")
	r.stop()
	r.start("") // made of the journal alone
	follows(bread, 7*qty.One)

	out, _, _ := r.kassa("", "token", "add", "склад")
	token := strings.TrimSpace(out)
	var shops, page struct {
		Items []struct {
			ID, Type string
			Body     json.RawMessage
		}
	}
	r.evotor(token, "/stores", &shops)
	r.evotor(token, "/stores/"+shops.Items[0].ID+"/documents?type=ACCEPT,INVENTORY,WRITE_OFF,REVALUATION", &page)
	var types []string
	var accept string
	for _, it := range page.Items {
		types = append(types, it.Type)
		var body evotor.Stock
		if err := json.Unmarshal(it.Body, &body); err != nil || len(body.Positions) != 1 {
			t.Fatalf("%v %s", err, it.Body)
		}
		p := body.Positions[0]
		switch it.Type {
		case "ACCEPT":
			accept = it.ID
			if p.Quantity != evotor.Quantity(14*qty.One) || p.CostPrice != 31_50 || p.InitialQuantity != evotor.Quantity(was) {
				t.Errorf("%+v", p)
			}
		case "INVENTORY":
			if p.Quantity != evotor.Quantity(10*qty.One) || body.CompleteInventory == nil || *body.CompleteInventory {
				t.Errorf("%+v", p)
			}
		case "REVALUATION":
			if body.BaseID == nil || *body.BaseID != accept || body.BaseNumber == nil || *body.BaseNumber != 1 {
				t.Errorf("%s", it.Body)
			}
		}
	}
	if got := strings.Join(types, " "); got != "ACCEPT INVENTORY WRITE_OFF REVALUATION" {
		t.Error(got)
	}
	r.stop()
	r.agree()
}

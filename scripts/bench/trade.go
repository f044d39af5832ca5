package main

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// saleRecords is how many records a till writes of a sale of three lines.
const saleRecords = 7

// trade makes the records of document n: three scanned lines, the intent, the
// outcome with the document, and its delivery.
func trade(list []record.Entry, n int) ([]record.Entry, error) {
	d := sale(n, uuid.Nil)
	document, err := json.Marshal(&d)
	if err != nil {
		return nil, err
	}
	op := uuid.Must(uuid.NewV7())
	add := func(kind record.Kind, id uuid.UUID, typ string, data string) *record.Entry {
		list = append(list, record.Entry{Kind: kind, ID: id, Type: typ, Schema: 1, Data: json.RawMessage(data)})
		return &list[len(list)-1]
	}
	for _, l := range d.Receipt.Lines {
		add(record.Cart, l.ID, "add", fmt.Sprintf(`{"line":%q,"item":%q,"code":%q,"qty":1000,"price":%d}`, l.ID, l.ItemID, l.Barcode, l.Price)).Group = d.Receipt.ChequeID
	}
	intent := add(record.Intent, op, string(doc.Sell), fmt.Sprintf(`{"document":%q,"fn":%q,"fd":%d,"total":%d}`, d.ID, d.Fiscal.FN, d.Fiscal.FD, d.Receipt.Total))
	intent.Group, intent.Numbers = op, []int64{d.Number}
	add(record.Outcome, op, string(doc.Sell), fmt.Sprintf(`{"fn":%q,"fd":%d,"sign":%d,"registered":true}`, d.Fiscal.FN, d.Fiscal.FD, d.Fiscal.Sign)).Ends = []uuid.UUID{op}
	list = append(list, record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Schema: doc.Schema, Ends: []uuid.UUID{d.Receipt.ChequeID},
		Numbers: []int64{d.Number}, Data: document})
	add(record.Delivery, d.ID, "moysklad", fmt.Sprintf(`{"document":%q,"status":201,"answer":{"syncid":%q}}`, d.ID, d.ID))
	return list, nil
}

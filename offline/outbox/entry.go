package outbox

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// Schema is the version of this package's records.
const Schema = 1

// state is where a document stands with a destination.
type state string

const (
	sending   state = "sending"
	delivered state = "delivered"
	parked    state = "parked"
	retry     state = "retry"
)

// delivery is the Data of a delivery record.
type delivery struct {
	Document uuid.UUID `json:"document"`
	State    state     `json:"state"`
	*Request           // sending
	*Answer            // delivered
	Code     string    `json:"code,omitempty"`  // parked
	Words    string    `json:"words,omitempty"` // parked
}

func (d delivery) entry(dest string) (record.Entry, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return record.Entry{}, fmt.Errorf("encode delivery: %w", err)
	}
	if len(data) > record.MaxData {
		return record.Entry{}, fmt.Errorf("encode delivery: %d bytes", len(data))
	}
	return record.Entry{Kind: record.Delivery, ID: d.Document, Type: dest, Schema: Schema, Data: data}, nil
}

// Became tells what a delivery record says has become of its document:
// neither is on its way.
func Became(r record.Record) (deliveredNow, parkedNow bool, err error) {
	d, err := readDelivery(r)
	return d.State == delivered, d.State == parked, err
}

func readDelivery(r record.Record) (delivery, error) {
	var d delivery
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return d, fmt.Errorf("delivery record %d: %w", r.Seq, err)
	}
	return d, nil
}

// progress is the Data of the setting "outbox/<name>". Seq never goes back:
// a document below it that a person sent on its way again is listed in Back.
type progress struct {
	Seq    uint64   `json:"seq"`
	Parked []Parked `json:"parked,omitempty"`
	Back   []Parked `json:"back,omitempty"`
}

// SettingName is the name of a destination's progress record.
func SettingName(dest string) string { return "outbox/" + dest }

func (p progress) entry(dest string) (record.Entry, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return record.Entry{}, fmt.Errorf("encode progress: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return record.Entry{}, fmt.Errorf("encode progress: %w", err)
	}
	return record.Entry{Kind: record.Setting, ID: id, Type: SettingName(dest), Schema: Schema, Data: data}, nil
}

func cut(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}

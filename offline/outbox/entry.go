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
	failed    state = "failed" // an attempt, see worthNoting
	delivered state = "delivered"
	kept      state = "kept"
	parked    state = "parked"
	retry     state = "retry"
	byHand    state = "by_hand" // a person has seen to it
)

// delivery is the Data of a delivery record.
type delivery struct {
	Document uuid.UUID `json:"document"`
	State    state     `json:"state"`
	*Request           // sending
	*Answer            // delivered
	Code     string    `json:"code,omitempty"`     // failed, parked, kept
	Words    string    `json:"words,omitempty"`    // the same; byHand: why
	Attempts int       `json:"attempts,omitempty"` // failed, parked: how many there were
	Because  uuid.UUID `json:"because,omitzero"`   // parked: what it names is parked
}

func (d delivery) entry(dest string) (record.Entry, error) {
	var private []byte
	if d.Request != nil && d.Private {
		private = []byte(d.Body) // its texts are found when somebody is to be erased
		if len(private) > record.MaxPrivate {
			return record.Entry{}, fmt.Errorf("encode delivery: private body of %d bytes", len(private))
		}
		bare := *d.Request
		bare.Body, d.Request = "", &bare
	}
	data, err := json.Marshal(d)
	if err != nil {
		return record.Entry{}, fmt.Errorf("encode delivery: %w", err)
	}
	if len(data) > record.MaxData {
		return record.Entry{}, fmt.Errorf("encode delivery: %d bytes", len(data))
	}
	return record.Entry{Kind: record.Delivery, ID: d.Document, Type: dest, Schema: Schema, Data: data, Private: private}, nil
}

// Fate is what has become of a document.
type Fate string

// The fates. The zero value is on its way.
const (
	Delivered Fate = "delivered"
	OnHold    Fate = "parked"
	Kept      Fate = "kept" // it has no place there
	ByHand    Fate = "by_hand"
)

// Became tells what a delivery record says has become of its document.
func Became(r record.Record) (Fate, error) {
	d, err := readDelivery(r)
	switch d.State {
	case delivered:
		return Delivered, err
	case parked:
		return OnHold, err
	case kept:
		return Kept, err
	case byHand:
		return ByHand, err
	}
	return "", err
}

func readDelivery(r record.Record) (delivery, error) {
	var d delivery
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return d, fmt.Errorf("delivery record %d: %w", r.Seq, err)
	}
	if d.Request == nil || !d.Private || r.Erased {
		return d, nil
	}
	d.Body = string(r.Private)
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

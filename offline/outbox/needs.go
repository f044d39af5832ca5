package outbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// maxNeeds bounds what one document waits for by name: the rest of its lines
// are made later than they are sold nowhere.
const maxNeeds = 1024

// named are the members of a document, or of what is made at a till, that name
// others.
type named struct {
	ID      uuid.UUID `json:"id"`
	Type    doc.Type  `json:"type"`
	Name    string    `json:"name"`
	Time    time.Time `json:"time"`
	ShiftID uuid.UUID `json:"shift_id"`
	Receipt *struct {
		Base     uuid.UUID    `json:"base_id"`
		Customer string       `json:"customer_id"`
		Order    *doc.Order   `json:"order"`
		Repays   doc.ClaimRef `json:"repays"`
		Payments []struct {
			Claim doc.ClaimRef `json:"claim"`
		} `json:"payments"`
		Lines []struct {
			ItemID string `json:"item_id"`
		} `json:"lines"`
	} `json:"receipt"`
}

// madeThing is the same of a record of kind record.Made.
type madeThing struct {
	Name      string `json:"name"`
	Agent     string `json:"agent"`
	Positions []struct {
		ItemID string `json:"item_id"`
	} `json:"positions"`
}

// readEntry keeps of a record what its place in the queue needs.
func readEntry(r record.Record) (*entry, error) {
	if r.Kind == record.Made {
		return readMade(r)
	}
	var d named
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return nil, fmt.Errorf("outbox: document record %d: %w", r.Seq, err)
	}
	e := &entry{seq: r.Seq, id: d.ID, kind: d.Type, name: d.Name, shift: d.ShiftID, time: d.Time}
	if c := d.Receipt; c != nil {
		e.need(c.Base)
		e.need(c.Repays.ID)
		e.needOwn(c.Customer)
		if c.Order != nil {
			e.needOwn(c.Order.ID)
			e.needOwn(c.Order.Agent)
		}
		for _, p := range c.Payments {
			e.need(p.Claim.ID)
		}
		for _, l := range c.Lines {
			e.needOwn(l.ItemID)
		}
	}
	return e, nil
}

func readMade(r record.Record) (*entry, error) {
	var d madeThing
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return nil, fmt.Errorf("outbox: record %d: %w", r.Seq, err)
	}
	e := &entry{seq: r.Seq, made: true, id: r.ID, kind: doc.Type(r.Type), name: d.Name, time: r.Time}
	if e.name == "" { // a customer's name is not for lists
		e.name = r.ID.String()
	}
	e.needOwn(d.Agent)
	for _, p := range d.Positions {
		e.needOwn(p.ItemID)
	}
	return e, nil
}

func (e *entry) need(id uuid.UUID) {
	if id != uuid.Nil && id != e.id && len(e.needs) < maxNeeds && !slices.Contains(e.needs, id) {
		e.needs = append(e.needs, id)
	}
}

func (e *entry) needOwn(id string) {
	if own, is := catalog.Own(id); is {
		e.need(own)
	}
}

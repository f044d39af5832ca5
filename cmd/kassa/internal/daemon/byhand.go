package daemon

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// auditByHand is the type of the record that tells who has seen to a document
// the cloud would not take.
const auditByHand = "sync_by_hand"

// byHandAudit is its Data.
type byHandAudit struct {
	Document  uuid.UUID `json:"document"`
	Name      string    `json:"name"`
	Reason    string    `json:"reason"`
	Code      string    `json:"code,omitempty"` // what the cloud had said
	CashierID string    `json:"cashier_id"`
	Cashier   string    `json:"cashier"`
	Approver  string    `json:"approver,omitempty"`
}

// byHand ends a parked document that a person has seen to: a senior's word,
// with the reason, in the journal together with it.
func (d *daemon) byHand(ctx context.Context, id uuid.UUID, why string) error {
	s := d.cloud.syncer.Load()
	if s == nil {
		return fault.New(fault.CloudNone)
	}
	why = strings.TrimSpace(why)
	if why == "" || !utf8.ValidString(why) || utf8.RuneCountInString(why) > till.MaxReason {
		return fault.New(fault.ReasonNone)
	}
	doc, ok := d.parkedDocument(id)
	if !ok {
		return fault.New(fault.NotFound, id.String())
	}
	v, _ := d.loop.View()
	if err := d.loop.Do(ctx, till.Allow{Permission: catalog.MayAbandon}); err != nil {
		return err
	}
	note := byHandAudit{Document: id, Name: doc.Name, Reason: why, Code: doc.Code}
	if v.Cashier != nil {
		note.CashierID, note.Cashier = v.Cashier.ID, v.Cashier.Name
	}
	if v.Approval != nil && !slices.Contains(v.Permissions, catalog.MayAbandon) {
		note.Approver = v.Approval.By
	}
	data, err := json.Marshal(note)
	if err != nil {
		return err
	}
	return s.ByHand(ctx, id, why, record.Entry{Kind: record.Audit, ID: newID(), Type: auditByHand, Schema: 1, Data: data})
}

func (d *daemon) parkedDocument(id uuid.UUID) (outbox.Parked, bool) {
	for _, dest := range d.cloud.now().Destinations {
		if i := slices.IndexFunc(dest.Parked, func(p outbox.Parked) bool { return p.Document == id }); i >= 0 {
			return dest.Parked[i], true
		}
	}
	return outbox.Parked{}, false
}

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// remember reads from the journal what the till has to know to go on: what is
// live, the documents of the open shift and the highest numbers.
func remember(ctx context.Context, j *journal.Journal) (till.Restored, error) {
	live, err := j.Live(ctx)
	if err != nil {
		return till.Restored{}, fmt.Errorf("live records: %w", err)
	}
	r := till.Restored{Live: live, LastNumber: j.LastNumber()}
	if r.LastClose, err = latest(ctx, j, doc.CloseSession); err != nil {
		return r, err
	}
	opened, err := latest(ctx, j, doc.OpenSession)
	if err != nil {
		return r, err
	}
	if opened != nil {
		r.LastShift = opened.ShiftNumber
	}
	if r.FN, err = knownFN(ctx, j, opened); err != nil {
		return r, err
	}
	if r.Promotions, err = ownPromotions(ctx, j); err != nil {
		return r, err
	}
	if r.Refused, err = refused(ctx, j, till.AuditRefused); err != nil {
		return r, fmt.Errorf("wrong PINs: %w", err)
	}
	if r.LastOrder, err = lastOrder(ctx, j); err != nil {
		return r, fmt.Errorf("the kitchen's number: %w", err)
	}
	for _, rec := range live {
		if rec.Kind != record.Document || rec.Type != string(doc.OpenSession) {
			continue
		}
		if r.ShiftDocs, err = shiftDocuments(ctx, j, rec.Shift); err != nil {
			return r, err
		}
	}
	return r, nil
}

// knownFN is the fiscal storage the till works with: the one that was
// accepted, or that of the last shift in a journal from before it was kept.
func knownFN(ctx context.Context, j *journal.Journal, opened *doc.Document) (string, error) {
	rec, err := j.Setting(ctx, till.SettingFN)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		if opened != nil && opened.Fiscal != nil {
			return opened.Fiscal.FN, nil
		}
		return "", nil
	case err != nil:
		return "", err
	}
	var set till.FNData
	if err := json.Unmarshal(rec.Data, &set); err != nil {
		return "", fmt.Errorf("setting in record %d: %w", rec.Seq, err)
	}
	return set.FN, nil
}

// ownPromotions are those a person has given this till.
func ownPromotions(ctx context.Context, j *journal.Journal) ([]catalog.Promotion, error) {
	rec, err := j.Setting(ctx, till.SettingPromotions)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var set till.PromotionsData
	if err := json.Unmarshal(rec.Data, &set); err != nil {
		return nil, fmt.Errorf("setting in record %d: %w", rec.Seq, err)
	}
	return set.Promotions, nil
}

// sale reads a document and the later ones that undid parts of it.
func (d *daemon) sale(ctx context.Context, id uuid.UUID) (doc.Document, []doc.Document, error) {
	rec, err := d.journal.Document(ctx, id)
	if errors.Is(err, journal.ErrNotFound) {
		err = loop.ErrNoSale
	}
	if err != nil {
		return doc.Document{}, nil, err
	}
	found, err := document(rec)
	if err != nil {
		return found, nil, err
	}
	var back []doc.Document
	later := record.Filter{After: rec.Seq, Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Payback), string(doc.Buyback), string(doc.Correction)}}
	for rec, err := range d.journal.Scan(ctx, later) {
		if err != nil {
			return found, nil, fmt.Errorf("returns of %s: %w", found.Name, err)
		}
		b, err := document(rec)
		if err != nil {
			return found, nil, err
		}
		if b.Receipt != nil && b.Receipt.BaseID == id {
			back = append(back, b)
		}
	}
	return found, back, nil
}

// floor is the earliest moment it can be: what is in the journal was written
// before, and the program was built before.
func (d *daemon) floor() time.Time {
	past, built := d.journal.Periods().Past(), d.o.Built
	if built.IsZero() {
		built = buildTime()
	}
	if built.After(past) {
		return built
	}
	return past
}

// buildTime is when the program's sources were committed, zero when unknown.
func buildTime() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

func latest(ctx context.Context, j *journal.Journal, typ doc.Type) (*doc.Document, error) {
	rec, err := latestRecord(ctx, j, typ)
	if rec == nil || err != nil {
		return nil, err
	}
	d, err := document(*rec)
	return &d, err
}

// latestRecord finds the last document of a type in the open period, or what
// was carried into it.
func latestRecord(ctx context.Context, j *journal.Journal, typ doc.Type) (*record.Record, error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(typ)}, Open: true, Reverse: true, Limit: 1}
	for rec, err := range j.Scan(ctx, f) {
		if err != nil {
			return nil, fmt.Errorf("latest %s: %w", typ, err)
		}
		return &rec, nil
	}
	return nil, nil
}

// shiftDocuments reads the open shift's documents, which is all the till
// needs to know its totals.
func shiftDocuments(ctx context.Context, j *journal.Journal, shift uuid.UUID) ([]doc.Document, error) {
	var docs []doc.Document
	for rec, err := range j.Scan(ctx, record.Filter{Kinds: []record.Kind{record.Document}, Shift: shift, Open: true}) {
		if err != nil {
			return nil, fmt.Errorf("documents of the shift: %w", err)
		}
		d, err := document(rec)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// tellOpened makes what recovery mended a warning and an audit record.
func (d *daemon) tellOpened() {
	d.log.Info("journal opened", "records", d.opened.Records, "applied", d.opened.Applied, "took", d.opened.Took)
	if !d.opened.Repaired() {
		return
	}
	why := strings.Join(d.opened.Reasons, "; ")
	if why == "" {
		why = fmt.Sprintf("tape +%d", d.opened.TapeRestored) // records it had lost and Badger had not
	}
	d.log.Warn("the journal was repaired; if it happens again the card is wearing out", "why", why, "tape_restored", d.opened.TapeRestored,
		"tape_rebuilt", d.opened.TapeRebuilt, "badger_rebuilt", d.opened.BadgerRebuilt, "aside", d.opened.Aside)
	d.repaired = []fault.Warning{{Code: fault.JournalRepair, Severity: fault.Warn, Args: []string{why}, Since: d.now()}}
	data, err := json.Marshal(d.opened)
	if err == nil {
		err = d.journal.Post(record.Entry{Kind: record.Audit, ID: newID(), Type: "journal_repaired", Schema: 1, Data: data})
	}
	if err != nil {
		d.log.Error("the repair could not be recorded", "err", err)
	}
}

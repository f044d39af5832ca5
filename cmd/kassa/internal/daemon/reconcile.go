package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits of one reconciliation.
const (
	maxReconciled = 20_000 // documents of the journal
	maxArchive    = 5_000  // documents read from the FN, each a question to the device
	longestShift  = 31 * 24 * time.Hour
)

// compareNamed reconciles a period by its name.
func (d *daemon) compareNamed(ctx context.Context, of string) (reconcile.Result, error) {
	p, err := api.ParsePeriod(of, d.now().Location())
	if err != nil {
		return reconcile.Result{}, err
	}
	return d.reconcile(ctx, p)
}

// reconcile asks everybody who knows something of a period and compares.
func (d *daemon) reconcile(ctx context.Context, p api.Period) (reconcile.Result, error) {
	var look looking
	docs, span, err := d.documentsOf(ctx, p, look.want(d.cloud))
	if err != nil {
		return reconcile.Result{}, err
	}
	in := reconcile.Input{Journal: docs, Cloud: reconcile.Cloud{Wants: (*moysklad.Client)(nil).Types()}}
	if in.FN, err = d.archiveOf(ctx, docs, span); err != nil {
		return reconcile.Result{}, err
	}
	in.OFD = d.operatorOf(ctx, docs)
	if err := d.sentOf(ctx, span, &in.Cloud); err != nil {
		return reconcile.Result{}, err
	}
	d.lookOf(ctx, &look, &in.Cloud)
	if err := ctx.Err(); err != nil {
		return reconcile.Result{}, err
	}
	r := reconcile.Compare(in)
	r.Made = d.now()
	return r, nil
}

// say is why somebody did not answer, in the operator's language.
func (d *daemon) say(err error) string { return fault.Of(err).Text(d.cfg.Language) }

// span is where the documents of a period lie in the journal.
type span struct{ first, last uint64 }

// documentsOf reads all documents of the shifts that have something in a
// period. Lines are left out once seen has seen them: they are not compared.
func (d *daemon) documentsOf(ctx context.Context, p api.Period, seen func(*doc.Document)) (docs []doc.Document, s span, err error) {
	shifts, err := d.shiftsOf(ctx, p)
	if err != nil {
		return nil, s, err
	}
	for _, id := range shifts {
		from := len(docs)
		within := p.Shift != 0
		for rec, err := range d.journal.Scan(ctx, record.Filter{Kinds: []record.Kind{record.Document}, Shift: id}) {
			if err != nil {
				return nil, s, fmt.Errorf("documents of a shift: %w", err)
			}
			one, err := document(rec)
			if err != nil {
				return nil, s, err
			}
			seen(&one)
			if one.Receipt != nil {
				one.Receipt.Lines = nil
			}
			within = within || !one.Time.Before(p.From) && one.Time.Before(p.To)
			docs = append(docs, one)
			if s.first == 0 {
				s.first = rec.Seq
			}
			s.last = max(s.last, rec.Seq)
			if len(docs) > maxReconciled {
				return nil, s, fault.New(fault.TooLarge, fmt.Sprintf("> %d", maxReconciled))
			}
		}
		if !within {
			docs = docs[:from]
		}
	}
	if len(docs) == 0 {
		return nil, s, fault.New(fault.NotFound, "documents")
	}
	return docs, s, nil
}

// shiftsOf finds the shifts that may have something in a period, oldest first.
func (d *daemon) shiftsOf(ctx context.Context, p api.Period) (ids []uuid.UUID, err error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.OpenSession)}, Reverse: true}
	if p.Shift == 0 {
		f.Since, f.Until = p.From.Add(-longestShift), p.To
	}
	for rec, err := range d.journal.Scan(ctx, f) {
		if err != nil {
			return nil, fmt.Errorf("shifts: %w", err)
		}
		one, err := document(rec)
		if err != nil {
			return nil, err
		}
		if p.Shift != 0 && one.ShiftNumber != p.Shift {
			continue
		}
		ids = append(ids, one.ShiftID)
		if p.Shift != 0 {
			break
		}
	}
	slices.Reverse(ids)
	return ids, nil
}

// archiveOf reads the FN in the device from the period's first document to
// the last before the next shift's.
func (d *daemon) archiveOf(ctx context.Context, docs []doc.Document, s span) (reconcile.FN, error) {
	t := d.technician()
	v, _ := d.loop.View()
	if t == nil || v.KKT.Identity.FN == "" {
		return reconcile.FN{Why: fault.Text(fault.FiscalMissing, d.cfg.Language)}, nil
	}
	fn := reconcile.FN{Number: v.KKT.Identity.FN, Unsent: d.devices.unsent()}
	for i := range docs {
		if f := docs[i].Fiscal; f != nil && f.FN == fn.Number && f.FD > 0 {
			if fn.First == 0 {
				fn.First = f.FD
			}
			fn.First, fn.Last = min(fn.First, f.FD), max(fn.Last, f.FD)
		}
	}
	if fn.First == 0 {
		return reconcile.FN{Why: fault.Text(fault.ReconcileOtherFN, d.cfg.Language, fn.Number)}, nil
	}
	next, err := d.nextFD(ctx, s.last, fn.Number)
	if err != nil {
		return fn, err
	}
	if next == 0 {
		next = v.KKT.Status.LastFD + 1
	}
	fn.Last = max(fn.Last, next-1)
	if fn.Last-fn.First >= maxArchive {
		return reconcile.FN{Why: fault.Text(fault.TooLarge, d.cfg.Language, fmt.Sprintf("> %d", maxArchive))}, nil
	}
	for fd := fn.First; fd <= fn.Last; fd++ {
		a, err := t.Document(ctx, fd)
		switch {
		case err == nil:
			fn.Documents = append(fn.Documents, a)
		case ctx.Err() != nil:
			return fn, ctx.Err()
		case fault.Of(err).Code != fault.KKTNoDocument:
			return reconcile.FN{Why: d.say(err)}, nil
		}
	}
	return fn, nil
}

// nextFD is the first document of the FN that was journaled after a record; 0
// when there is none.
func (d *daemon) nextFD(ctx context.Context, after uint64, fn string) (uint32, error) {
	for rec, err := range d.journal.Scan(ctx, record.Filter{Kinds: []record.Kind{record.Document}, After: after}) {
		if err != nil {
			return 0, fmt.Errorf("documents behind the period: %w", err)
		}
		one, err := document(rec)
		if err != nil {
			return 0, err
		}
		if f := one.Fiscal; f != nil && f.FN == fn && f.FD > 0 {
			return f.FD, nil
		}
	}
	return 0, nil
}

// operatorOf asks the operator, with a day to spare on both sides.
func (d *daemon) operatorOf(ctx context.Context, docs []doc.Document) reconcile.OFD {
	c := d.cfg.Cloud.OFD
	if c == nil {
		return reconcile.OFD{Why: fault.Text(fault.ReconcileNoReport, d.cfg.Language)}
	}
	keys, err := config.LoadOFDKeys(c.Credentials)
	if err != nil {
		return reconcile.OFD{Why: d.say(err)}
	}
	first, last := docs[0].Time, docs[0].Time
	for i := range docs {
		if docs[i].Time.Before(first) {
			first = docs[i].Time
		}
		if docs[i].Time.After(last) {
			last = docs[i].Time
		}
	}
	client := ofd.New(ofd.Options{URL: c.URL, YandexKey: keys.Yandex, OFDKey: keys.OFD})
	shifts, err := client.Shifts(ctx, ofd.Query{From: first.AddDate(0, 0, -1).Format("2006-01-02"), To: last.AddDate(0, 0, 1).Format("2006-01-02"),
		DocumentTypes: []string{"receipt", "receiptCorrection", "bso", "bsoCorrection", "openShift", "closeShift"}})
	var refusal *ofd.Refusal
	switch {
	case errors.As(err, &refusal):
		return reconcile.OFD{Why: fault.Text(fault.ReconcileRefused, d.cfg.Language, fmt.Sprint(refusal.Status), refusal.Message)}
	case err != nil:
		d.log.Warn("the operator's report", "err", err)
		return reconcile.OFD{Why: fault.Text(fault.ReconcileUnreachable, d.cfg.Language)}
	}
	return reconcile.OFD{Shifts: shifts}
}

// sentOf reads from the journal what became of documents on their way to the
// cloud.
func (d *daemon) sentOf(ctx context.Context, s span, c *reconcile.Cloud) error {
	if d.cfg.Cloud.MoySklad == nil {
		c.Why = fault.Text(fault.CloudNone, d.cfg.Language)
		return nil
	}
	c.Sent = map[uuid.UUID]reconcile.Sent{}
	f := record.Filter{Kinds: []record.Kind{record.Delivery}, Types: []string{moysklad.Destination}, After: s.first}
	for rec, err := range d.journal.Scan(ctx, f) {
		if err != nil {
			return fmt.Errorf("deliveries: %w", err)
		}
		fate, err := outbox.Became(rec)
		if err != nil {
			return err
		}
		switch fate {
		case outbox.Delivered, outbox.ByHand:
			c.Sent[rec.ID] = reconcile.Delivered
		case outbox.OnHold:
			c.Sent[rec.ID] = reconcile.Parked
		case outbox.Kept:
			c.Sent[rec.ID] = reconcile.Kept
		default: // sending, or taken back into the queue
			delete(c.Sent, rec.ID)
		}
	}
	return nil
}

package daemon

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// The fiscal storage is the third witness of what was sold, beside the
// journal's two copies: at each start its last document is compared with the
// journal's.

const (
	witnessEvery = 500 * time.Millisecond // the device is looked for
	witnessBack  = 2000                   // newest documents among which a fiscal one is looked for
	witnessMost  = 256                    // documents the device is asked for
)

// witness is what the device says while the till is in no doubt about a
// document: everything it has registered is in the journal then.
func (d *daemon) witness() journal.Witness {
	v, _ := d.loop.View()
	if v.Phase != till.Idle.String() || !v.KKT.Ready {
		return journal.Witness{}
	}
	return journal.Witness{FN: v.KKT.Identity.FN, FD: v.KKT.Status.LastFD}
}

// registered asks the device for one fiscal document; nil: it can not tell.
func (d *daemon) registered() func(context.Context, uint32) (kkt.FNDocument, error) {
	if t := d.technician(); t != nil {
		return t.Document
	}
	return nil
}

// askWitness waits for the device, compares once and warns.
func (d *daemon) askWitness(ctx context.Context) {
	tick := time.NewTicker(witnessEvery)
	defer tick.Stop()
	for {
		if w := d.witness(); w.FN != "" {
			if err := d.compareWitness(ctx, w); err != nil && !errors.Is(err, context.Canceled) {
				d.log.Error("the journal could not be compared with the FN", "err", err)
			}
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (d *daemon) compareWitness(ctx context.Context, w journal.Witness) error {
	last, err := d.lastFiscal(ctx, w.FN)
	if err != nil || w.FD <= last {
		return err
	}
	warning := fault.Warning{Code: fault.JournalShort, Severity: fault.Warn, Since: d.now(),
		Args: []string{strconv.FormatUint(uint64(last), 10), strconv.FormatUint(uint64(w.FD), 10)}}
	if last == 0 { // an FN that has worked elsewhere, or a journal that was lost as a whole
		if w.FD == 1 { // its registration
			return nil
		}
		warning.Severity = fault.Info
	}
	if d.technicians(ctx, last, w.FD) {
		return nil
	}
	d.short.Store(&warning)
	d.log.Warn("the FN has documents that the journal does not know", "journal_fd", last, "fn_fd", w.FD)
	return nil
}

// technicians tells whether all the documents behind one are registrations and
// the like, which are made beside the till.
func (d *daemon) technicians(ctx context.Context, behind, last uint32) bool {
	ask := d.registered()
	if ask == nil || last-behind > witnessMost {
		return false
	}
	for n := range last - behind {
		if found, err := ask(ctx, behind+1+n); err != nil || !found.Technical() {
			return false
		}
	}
	return true
}

// lastFiscal is the highest FD of an FN among the newest documents; 0: none.
func (d *daemon) lastFiscal(ctx context.Context, fn string) (uint32, error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true, Limit: witnessBack}
	for rec, err := range d.journal.Scan(ctx, f) {
		if err != nil {
			return 0, fmt.Errorf("newest documents: %w", err)
		}
		doc, err := document(rec)
		if err != nil {
			return 0, err
		}
		if doc.Fiscal != nil && doc.Fiscal.FN == fn {
			return doc.Fiscal.FD, nil
		}
	}
	return 0, nil
}

package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/record"
)

// programRefused is the type of audit records of wrong PINs that programs have
// sent.
const programRefused = "program_login_refused"

// refusedAmong is among how many of the newest records wrong PINs are looked
// for: a busy till makes fewer in the longest time that a lock lasts.
const refusedAmong = 4000

// refused are the moments of the newest wrong PINs, oldest first. A restart
// does not let anybody go on guessing.
func refused(ctx context.Context, j *journal.Journal, kind string) (all []time.Time, err error) {
	newest, _ := j.Head()
	f := record.Filter{After: newest - min(newest, refusedAmong), Kinds: []record.Kind{record.Audit}, Types: []string{kind}, Open: true, Reverse: true, Limit: lockout.Kept}
	for r, err := range j.Scan(ctx, f) {
		if err != nil {
			return nil, err
		}
		all = append(all, r.Time)
	}
	slices.Reverse(all)
	return all, nil
}

// refuseProgram keeps that a program has sent a wrong PIN, before it is told.
func (d *daemon) refuseProgram(ctx context.Context) {
	if _, err := d.journal.Append(ctx, record.Entry{Kind: record.Audit, ID: newID(), Type: programRefused, Schema: 1, Data: []byte("{}")}); err != nil {
		d.log.Warn("a wrong PIN of a program is not kept", "err", err)
	}
}

package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// openFrozen opens the directory of a closed period: as a journal, with every
// repair that one gets, but nothing is ever appended. about is what it must
// hold; nil when nobody knows. The caller holds the lock of the data directory.
func openFrozen(ctx context.Context, o Options, about *About, keys *vault.Vault) (*Journal, error) {
	j := newJournal(o)
	j.frozen, j.vault = true, keys
	err := j.open(ctx)
	if err == nil {
		err = errors.Join(j.reader.Close(), j.holds(about))
		j.reader = nil
	}
	if err != nil {
		return nil, errors.Join(err, j.abandon())
	}
	close(j.done) // there is no follower
	close(j.sealed)
	close(j.scrubbed)
	return j, nil
}

// holds checks that a closed period is whole.
func (j *Journal) holds(about *About) error {
	if about == nil || about.First == 0 {
		return nil
	}
	base, _ := j.tape.Base()
	last, head := j.tape.Durable()
	if j.ID() != about.ID || base+1 != about.First || last != about.Last || hexHash(head) != about.Head {
		return fault.New(fault.JournalDamaged, fmt.Sprintf("archived period %d has the records %d to %d, not %d to %d with that end",
			about.Number, base+1, last, about.First, about.Last))
	}
	return nil
}

// openArchive opens a closed period for a search. What had to be mended is
// told in the log and the journal.
func (j *Journal) openArchive(ctx context.Context, dir string, about *About) (*Journal, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.life, cancel)()
	if free := j.look(); free < followRoom {
		return nil, spaceFault(free, followRoom)
	}
	o := j.o
	o.Dir = dir
	part, err := openFrozen(ctx, o, about, j.vault)
	if err != nil || !part.opened.Repaired() && len(part.opened.Reasons) == 0 {
		return part, err
	}
	j.mended(about, part.opened)
	j.o.Log.Warn("an archived period was not as it was put away", "period", about.Number, "why", part.opened.Reasons,
		"tape_rebuilt", part.opened.TapeRebuilt, "badger_rebuilt", part.opened.BadgerRebuilt, "aside", part.opened.Aside)
	data, err := json.Marshal(struct {
		Period int `json:"period"`
		Opened
	}{about.Number, part.opened})
	if err == nil {
		err = j.Post(record.Entry{Kind: record.Audit, ID: uuid.New(), Type: AuditRepaired, Schema: 1, Data: data})
	}
	if err != nil {
		j.o.Log.Error("the repair could not be recorded", "err", err)
	}
	return part, nil
}

// AuditRepaired is the type of the audit record of a repair.
const AuditRepaired = "journal_repaired"

// describe finds out what a closed period is whose description is lost, and
// writes it again.
func (j *Journal) describe(ctx context.Context, a *archive) error {
	o := j.o
	o.Dir = a.dir
	part, err := openFrozen(ctx, o, nil, nil)
	if err != nil {
		return err
	}
	about, err := part.store.about(part.store.meta.Latest)
	if err := errors.Join(err, part.Close()); err != nil {
		return err
	}
	if about.Number != a.about.Number {
		return fault.New(fault.JournalDamaged, fmt.Sprintf("%s holds period %d", a.dir, about.Number))
	}
	if err := writeAbout(j.o.FS, a.dir, about); err != nil {
		return err
	}
	j.o.Log.Warn("the description of an archived period was lost and is made again", "period", about.Number)
	j.opened.Reasons = append(j.opened.Reasons, fmt.Sprintf("the description of archived period %d was lost and is made again", about.Number))
	a.about = about
	return nil
}

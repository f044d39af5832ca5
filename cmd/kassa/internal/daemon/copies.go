package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/offline/adopt"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// ImportedDir is where copies of other tills' journals are kept, in the data
// directory.
const ImportedDir = "imported"

// exported is the answer to an export.
type exported struct {
	journal.Manifest
	Dir string `json:"dir"`
}

// export copies the journal to a directory, or to the USB medium.
func (d *daemon) export(ctx context.Context, to string, since api.Since) (any, error) {
	if to == stick.USB {
		medium, err := stick.Medium("/", d.cfg.Data)
		if err != nil {
			return nil, err
		}
		to = filepath.Join(medium, stick.Name(d.journal.ID(), d.now()))
	}
	m, err := d.journal.Export(ctx, to, journal.ExportOptions{Since: since.Time, SinceSeq: since.Seq})
	return exported{m, to}, err
}

// taken is the answer to an import.
type taken struct {
	journal.Imported
	Queued int64 `json:"queued"` // documents that are being delivered now
}

// importCopy takes in the copy of another till's journal.
func (d *daemon) importCopy(ctx context.Context, from string) (any, error) {
	if from == stick.USB {
		medium, err := stick.Medium("/", d.cfg.Data)
		if err != nil {
			return nil, err
		}
		if from, err = stick.Newest(medium, d.journal.ID()); err != nil {
			return nil, err
		}
	}
	d.importing.Lock()
	defer d.importing.Unlock()
	i, err := journal.Import(ctx, from, journal.ImportOptions{Dir: d.path(ImportedDir), Own: d.journal.ID()})
	if err != nil {
		return nil, err
	}
	out := taken{Imported: i}
	if out.Queued, err = d.adopt(ctx, i); err != nil {
		return nil, err
	}
	return out, nil
}

// adoptAll goes on delivering what was taken in earlier.
func (d *daemon) adoptAll(ctx context.Context) {
	d.importing.Lock()
	defer d.importing.Unlock()
	list, err := journal.ListImported(tape.OS{}, d.path(ImportedDir), uuid.Nil)
	if err != nil {
		d.log.Error("an imported journal can not be read; import it again", "err", err)
	}
	for n, i := range list {
		if n+1 < len(list) && list[n+1].ID == i.ID {
			continue // a newer copy of the same till
		}
		if _, err := d.adopt(ctx, i); err != nil && ctx.Err() == nil {
			d.log.Error("an imported journal can not be delivered; import it again", "journal", i.ID, "err", err)
		}
	}
}

// adopt delivers what is left of a copy. importing is held.
func (d *daemon) adopt(ctx context.Context, i journal.Imported) (queued int64, err error) {
	if err := d.noteImport(ctx, i); err != nil {
		return 0, err
	}
	s := d.cloud.syncer.Load()
	if s == nil {
		return 0, nil // when there is one, see adoptAll
	}
	own := patient{d.journal}
	notFound := func(err error) bool { return errors.Is(err, journal.ErrNotFound) }
	done, err := adopt.Finished(ctx, own, notFound, i.ID, i.Last, moysklad.Destination)
	if err != nil || done {
		return 0, err
	}
	c, err := journal.OpenCopy(ctx, i.Dir)
	if err != nil {
		return 0, err
	}
	j, err := adopt.Open(ctx, c, own)
	if err != nil {
		return 0, err
	}
	queued, err = s.Adopt(ctx, syncer.Adopted{From: stick.Short(i.ID), Journal: j, Finish: func(ctx context.Context) error {
		d.log.Info("another till's documents are delivered", "journal", i.ID, "records", i.Last)
		return j.Finish(ctx, moysklad.Destination)
	}})
	if err == nil {
		d.log.Info("delivering another till's documents", "journal", i.ID, "queued", queued)
	}
	return queued, err
}

// noteImport makes it an audit record that a copy was taken in, once.
func (d *daemon) noteImport(ctx context.Context, i journal.Imported) error {
	type note struct {
		ID   uuid.UUID `json:"id"`
		Last uint64    `json:"last"`
		Head string    `json:"head"`
	}
	name := adopt.Prefix + i.ID.String()
	now := note{i.ID, i.Last, i.Head}
	r, err := d.journal.Setting(ctx, name)
	var before note
	switch {
	case err == nil:
		if err := json.Unmarshal(r.Data, &before); err == nil && before == now {
			return nil
		}
	case !errors.Is(err, journal.ErrNotFound):
		return err
	}
	data, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	_, err = patient{d.journal}.Append(ctx,
		record.Entry{Kind: record.Setting, ID: newID(), Type: name, Schema: 1, Data: data},
		record.Entry{Kind: record.Audit, ID: newID(), Type: "journal_imported", Schema: 1, Data: data})
	return err
}

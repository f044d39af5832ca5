package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/pos/fault"
)

// fileParked writes everything parked to the USB medium, for those who can
// mend it, and gives the file's name.
func (d *daemon) fileParked(ctx context.Context) (name string, err error) {
	medium, err := stick.Medium("/", d.cfg.Data)
	if err != nil {
		return "", err
	}
	var ids []uuid.UUID
	for _, dest := range d.cloud.now().Destinations {
		for _, p := range dest.Parked {
			ids = append(ids, p.Document)
		}
	}
	name = stick.Name(d.journal.ID(), d.now()) + ".parked.jsonl"
	if err := writeParked(ctx, filepath.Join(medium, name), ids, d.cloud.exportParked); err != nil {
		return "", fault.New(fault.CopyMedium, err.Error()).With(err)
	}
	return name, nil
}

// writeParked writes documents as they would be sent, a line each. The file
// appears when it is whole: sticks are pulled out early.
func writeParked(ctx context.Context, path string, ids []uuid.UUID, export func(context.Context, uuid.UUID) (any, error)) (err error) {
	partial := path + ".part"
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := json.NewEncoder(f)
	for _, id := range ids {
		x, exportErr := export(ctx, id)
		if exportErr != nil {
			err = fmt.Errorf("document %s: %w", id, exportErr)
			break
		}
		if err = out.Encode(x); err != nil {
			break
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

package journal

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// Read calls fn for every record of a journal that is not running, in order,
// and changes nothing. The tape alone holds everything, so Badger is not
// opened. On damage it returns what it read up to there and the reason.
func Read(ctx context.Context, dir string, fn func(record.Record) error) error {
	_, err := tape.Inspect(ctx, tape.OS{}, filepath.Join(dir, tapeName), func(l tape.Line) error {
		r, err := decode(l.Data)
		if err != nil {
			return fmt.Errorf("record %d: %w", l.Seq, err)
		}
		return fn(r)
	})
	return err
}

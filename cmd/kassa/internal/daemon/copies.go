package daemon

import (
	"context"
	"path/filepath"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/offline/journal"
)

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

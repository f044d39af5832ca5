package shtrih

import (
	"context"

	"github.com/kassa-pos/kassa/pos/doc"
)

// bindMark is called after an item's last tag: a marking code has to be the
// last thing said of it.
func (p *Printer) bindMark(context.Context, *doc.Line, string) error { return nil }

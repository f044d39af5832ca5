package shtrih

import (
	"context"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// checkKept is how long a check still counts: then the unit may have been sold
// elsewhere.
const checkKept = 15 * time.Minute

// markBuffer is what the FN's buffer holds, as far as this driver knows.
type markBuffer struct {
	epoch int // the connection it was filled over
	fn    string
	list  []checked
}

// checked is a code in it.
type checked struct {
	query kkt.MarkQuery
	check doc.MarkCheck
	at    time.Time
}

// find gives a check that still counts for q.
func (b *markBuffer) find(q kkt.MarkQuery, now time.Time) (doc.MarkCheck, bool) {
	for _, c := range b.list {
		if c.query == q && now.Sub(c.at).Abs() < checkKept {
			return c.check, true
		}
	}
	return doc.MarkCheck{}, false
}

// lookAtBuffer empties the FN's buffer unless it holds what this driver put
// there and, before a receipt (only), nothing but its queries: a leftover code
// would be announced as sold.
func (p *Printer) lookAtBuffer(ctx context.Context, id kkt.Identity, queries []kkt.MarkQuery, only bool) error {
	b := &p.buffer
	known := b.epoch == p.epoch && b.fn == id.FN
	if !known { // over another connection it may have lost everything
		*b = markBuffer{epoch: p.epoch, fn: id.FN}
	}
	if known && len(b.list) == 0 && len(queries) == 0 {
		return nil
	}
	saved, told, err := p.savedMarks(ctx)
	if err != nil || told && saved == 0 && len(b.list) == 0 {
		return err
	}
	if told && saved == len(b.list) && (!only || within(b.list, queries)) {
		return nil
	}
	return p.clearMarks(ctx)
}

// within tells whether everything of list is asked for.
func within(list []checked, queries []kkt.MarkQuery) bool {
	for _, c := range list {
		found := false
		for _, q := range queries {
			found = found || q == c.query
		}
		if !found {
			return false
		}
	}
	return true
}

// savedMarks asks how many codes the FN holds; told is false when it does not
// say.
func (p *Printer) savedMarks(ctx context.Context) (n int, told bool, err error) {
	data, err := p.optional(ctx, cmdMarkState, nil)
	if err != nil || len(data) < 4 {
		return 0, false, err
	}
	return int(data[3]), true, nil
}

// clearMarks empties the buffer. A model that can not is trusted to have done
// so by itself.
func (p *Printer) clearMarks(ctx context.Context) error {
	p.buffer.list = nil
	_, err := p.call(ctx, cmdAcceptMark, []byte{markClear})
	if refusedWith(err, codeBadParams, codeBadModel, codeUnsupported) {
		p.log.Debug("the device does not clear its marking codes", "err", err)
		return nil
	}
	return err
}

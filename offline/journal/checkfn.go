package journal

import (
	"context"
	"fmt"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// The fiscal storage as the third witness: what is in it is in the journal,
// and the other way round.

const (
	maxStorages  = 64  // fiscal storages one journal has seen, each of them lasts a year or three
	maxStrangers = 256 // fiscal documents that Verify asks the device about
)

// Witness is what the fiscal device says of its fiscal storage: of documents
// whose outcome is in the journal. The zero value says nothing.
type Witness struct {
	FN string // its number
	FD uint32 // of the last fiscal document in it
}

// storages are the fiscal storages of a journal's documents.
type storages struct {
	last   map[string]uint32 // FD, by FN
	newest string            // FN of the newest fiscal document
	gaps   []stranger
}

// stranger: documents that stand in an FN between two of the journal's.
type stranger struct {
	seq      uint64 // of the document behind them
	fn       string
	from, to uint32
}

// registered follows a fiscal document: within one FN they are numbered
// without end, also when it was away meanwhile.
func (s *storages) registered(rep *Report, seq uint64, d *doc.Document) {
	f := d.Fiscal
	last, known := s.last[f.FN]
	switch {
	case !known:
	case f.FD < last, f.FD == last && d.Receipt != nil: // documents of one shift's border share theirs
		rep.add("fn.twice", seq, "FD %d of FN %s stands behind FD %d", f.FD, f.FN, last)
	case f.FD > last+1 && len(s.gaps) < MaxProblems:
		s.gaps = append(s.gaps, stranger{seq, f.FN, last + 1, f.FD - 1})
	}
	if s.last == nil || !known && len(s.last) >= maxStorages {
		s.last = map[string]uint32{}
	}
	s.newest, s.last[f.FN] = f.FN, max(last, f.FD)
}

// witness compares the journal with the fiscal device: what that said before
// Verify began to look, and what it says now, for a till sells meanwhile.
func (c *checker) witness(ctx context.Context, before, now Witness, ask func(context.Context, uint32) (kkt.FNDocument, error)) {
	s := &c.books.storages
	last := s.last[s.newest]
	c.report.FN, c.report.FD = s.newest, last
	here := s.newest != "" && before.FN == s.newest
	c.report.Device = here
	i := inquiry{ctx: ctx, rep: &c.report, ask: ask, left: maxStrangers}
	for _, g := range s.gaps {
		i.into(g, g.fn == before.FN, "fn.unknown", "fn.lost")
	}
	if here && before.FD > last {
		i.into(stranger{c.report.Last, s.newest, last + 1, before.FD}, true, "fn.ahead", "fn.ahead")
	}
	if now.FN != "" && now.FN == s.newest && now.FD < last {
		c.report.add("fn.behind", c.report.Last, "the journal has FD %d of FN %s, which itself has documents up to FD %d", last, now.FN, now.FD)
	}
}

// inquiry asks the device what it has that the journal has not.
type inquiry struct {
	ctx  context.Context
	rep  *Report
	ask  func(context.Context, uint32) (kkt.FNDocument, error)
	left int // questions
}

// into looks at each of some documents: a technician's are nobody's loss. What
// the device can not be asked about is told as a whole under the code unknown.
func (i *inquiry) into(g stranger, here bool, unknown, lost string) {
	for fd := g.from; fd <= g.to; fd++ {
		if i.ask == nil || !here || i.left == 0 {
			i.rep.add(unknown, g.seq, "FD %d to %d of FN %s are not in the journal", fd, g.to, g.fn)
			return
		}
		i.left--
		d, err := i.ask(i.ctx, fd)
		switch {
		case err != nil || d.FN != "" && d.FN != g.fn:
			i.rep.add(unknown, g.seq, "FD %d of FN %s is not in the journal, and the device does not tell what it is (%v)", fd, g.fn, err)
		case d.Technical():
			i.rep.add("fn.technical", g.seq, "FD %d of FN %s is a technician's, of form %d", fd, g.fn, d.Form)
		default:
			i.rep.add(lost, g.seq, "FD %d of FN %s, %s, is not in the journal", fd, g.fn, describe(&d))
		}
	}
}

func describe(d *kkt.FNDocument) string {
	at := d.Time.Format("2006-01-02 15:04")
	if d.Receipt() {
		return fmt.Sprintf("a receipt of %s for %s", at, money.Amount(d.Total))
	}
	return fmt.Sprintf("a document of form %d of %s", d.Form, at)
}

package journal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// MaxProblems is how many problems a report lists; the others are counted.
const MaxProblems = 1000

// VerifyOptions of Verify.
type VerifyOptions struct {
	Progress func(done, total uint64) // total is 0 while unknown; may be nil
	Temp     string                   // where an offline Verify copies Badger to; "": os.TempDir
	Device   func() Witness           // what the fiscal device says; nil: nothing
	// Registered asks the device for one fiscal document; nil: it can not.
	Registered func(ctx context.Context, fd uint32) (kkt.FNDocument, error)
}

// Report is what Verify found.
type Report struct {
	ID        string    `json:"id,omitempty"`
	Records   uint64    `json:"records"`
	Documents uint64    `json:"documents"`
	Voids     uint64    `json:"voids"`
	Open      uint64    `json:"open"`             // intents that have not ended
	Private   uint64    `json:"private"`          // records with an encrypted private part
	Erased    uint64    `json:"erased,omitempty"` // of them: whose key was erased
	First     uint64    `json:"first"`
	Last      uint64    `json:"last"`
	Head      string    `json:"head"`                // hash of the chain after Last
	FN        string    `json:"fn,omitempty"`        // of the newest fiscal document
	FD        uint32    `json:"fd,omitempty"`        // the highest one in it
	Device    bool      `json:"device"`              // the fiscal device was compared: it has the same fiscal storage
	Unchecked uint64    `json:"unchecked,omitempty"` // refunds whose sales are not here, or beyond MaxRefunded
	Badger    bool      `json:"badger"`              // the indexed copy was compared
	Problems  []Problem `json:"problems"`
	More      int       `json:"more,omitempty"` // problems beyond MaxProblems
	OK        bool      `json:"ok"`
}

// Problem is one thing that is wrong, and the record where it shows (0: none
// in particular). The codes:
//
//	tape.damaged tape.torn        the tape itself; torn is an unacknowledged rest that Open trims
//	record.unreadable             a line that is no record
//	record.limit                  more is live, or set, than a till can have
//	record.newer                  one of a kind or form that only a newer program knows
//	document.invalid              a document that contradicts itself
//	refund.sale refund.line refund.more
//	                              a refund of no sale, of a line that was not sold, of more than was paid
//	shift.totals shift.drawer     a report whose sums are not those of the shift's documents; cash that
//	                              changed while no shift was open
//	shift.other                   a document of a shift that was not open
//	fn.twice                      a fiscal document that stands behind a later one of its FN
//	fn.unknown                    numbers of the FN between two documents of the journal: others' documents
//	fn.technical                  of these, what the device says is a registration or the like
//	fn.lost                       of these, what the device says is not
//	fn.ahead fn.behind            the FN in the device has more documents than the journal, or less
//	number.twice number.minted    accounted for, or minted, more than once
//	number.lost number.missing    minted and neither used nor voided; never seen
//	badger.unusable badger.table badger.record badger.index badger.live badger.behind badger.meta
//	badger.missing                there is no Badger where there should be one
//	period.chain period.lost period.copy
//	                              a period does not follow the one before; something was not
//	                              carried into it, or differs from the original
//	archive.missing archive.damaged
//	period.unfinished             a period is half put away; the next start does the rest
//	private.unreadable            a private part whose key is lost or does not open it
//	keys.mended                   keys that one of the two copies had lost
//	manifest                      an exported copy differs from its manifest
type Problem struct {
	Code string `json:"code"`
	Seq  uint64 `json:"seq"`
	Text string `json:"text"`
}

func (r *Report) add(code string, seq uint64, format string, args ...any) {
	if len(r.Problems) >= MaxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{Code: code, Seq: seq, Text: fmt.Sprintf(format, args...)})
}

func (o *VerifyOptions) defaults() {
	if o.Progress == nil {
		o.Progress = func(uint64, uint64) {}
	}
	if o.Device == nil {
		o.Device = func() Witness { return Witness{} }
	}
}

// Verify reads the whole running journal, closed periods and all: chain and
// hashes of the tape, every record in Badger, the indexes, every document and
// every number. Problems are in the report; the error is for what kept it from
// looking. Damage is remembered, so that the next Open repairs it, or for a
// closed period the next look into it. No period ends meanwhile.
func (j *Journal) Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	o.defaults()
	device := o.Device()
	done, err := j.hold(ctx)
	if err != nil {
		return Report{}, err
	}
	defer done()
	if err := j.caughtUp(ctx); err != nil {
		return Report{}, err
	}
	total := j.appliedNow()
	c := newChecker()
	c.report.ID, c.report.Badger = j.ID().String(), true
	c.vault, c.id = j.vault, j.ID()
	closed := j.archives.all()
	for _, a := range closed {
		if err := c.expect(ctx, j.o.FS, filepath.Join(a.dir, tapeName)); err != nil {
			return c.report, err
		}
	}
	if err := c.expect(ctx, j.o.FS, j.o.path(tapeName)); err != nil {
		return c.report, err
	}
	for _, a := range closed {
		was := c.periods.hurt
		err := j.archives.open(ctx, a, func(part *Journal) error { return part.check(ctx, c, part.appliedNow(), total, o) })
		if err == nil && c.periods.hurt == was {
			err = j.checkSeal(ctx, c, a)
		}
		if errors.Is(err, fault.New(fault.JournalDamaged)) {
			c.report.add("archive.damaged", a.about.First, "%v", err)
			c.hurt()
			err = nil
		}
		if err != nil {
			return c.report, wordsFor(err)
		}
	}
	err = j.check(ctx, c, total, total, o)
	if err == nil {
		err = c.keys(ctx)
	}
	if err == nil {
		err = c.refunded(j.saleIn(ctx))
	}
	if err != nil {
		return c.report, wordsFor(err)
	}
	c.witness(ctx, device, o.Device(), o.Registered)
	return c.finish(), nil
}

// check gives the checker the records of one directory up to last.
func (j *Journal) check(ctx context.Context, c *checker, last, total uint64, o VerifyOptions) error {
	v, end, err := j.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	base, hash := j.tape.Base()
	c.begin(base, hash, v.txn, nil)
	defer c.store.close()
	r, err := j.tape.Reader(base + 1)
	if err == nil {
		err = j.feed(ctx, r, last, total, c, o)
		err = errors.Join(err, r.Close())
	}
	c.settle()
	if errors.Is(err, tape.ErrDamaged) {
		c.report.add("tape.damaged", c.report.Last+1, "%v", err)
		c.hurt()
		return j.suspect(tapeName)
	}
	if err != nil {
		return err
	}
	if err := c.tables(ctx, j.store); err != nil {
		return err
	}
	bad, err := c.end(ctx)
	if bad {
		err = errors.Join(err, j.suspect(badgerName))
	}
	return err
}

// feed gives the checker what was durable when it began: what is appended
// meanwhile is not in its view of Badger.
func (j *Journal) feed(ctx context.Context, r *tape.Reader, last, total uint64, c *checker, o VerifyOptions) error {
	for seq := uint64(0); seq < last; {
		if err := j.alive(ctx); err != nil {
			return err
		}
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		c.line(l)
		seq = l.Seq
		o.Progress(seq, total)
	}
	return nil
}

// hold keeps the periods as they are until done is called.
func (j *Journal) hold(ctx context.Context) (done func(), err error) {
	for {
		j.mu.Lock()
		if !j.rotating {
			j.looking++
			j.mu.Unlock()
			return func() {
				j.mu.Lock()
				defer j.mu.Unlock()
				j.looking--
			}, nil
		}
		moved := j.moved
		j.mu.Unlock()
		if err := j.await(ctx, moved); err != nil {
			return nil, err
		}
	}
}

// tapeDir is where the segments are: in a data directory, or in dir itself
// when it is an exported copy.
func tapeDir(dir string) string {
	sub := filepath.Join(dir, tapeName)
	if info, err := os.Stat(sub); err == nil && info.IsDir() {
		return sub
	}
	return dir
}

func hexHash(h tape.Hash) string { return hex.EncodeToString(h[:]) }

package journal

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/offline/tape"
)

// MaxProblems is how many problems a report lists; the others are counted.
const MaxProblems = 1000

// VerifyOptions of Verify.
type VerifyOptions struct {
	Progress func(done, total uint64) // total is 0 while unknown; may be nil
	Temp     string                   // where an offline Verify copies Badger to; "": os.TempDir
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
	Head      string    `json:"head"`   // hash of the chain after Last
	Badger    bool      `json:"badger"` // the indexed copy was compared
	Problems  []Problem `json:"problems"`
	More      int       `json:"more,omitempty"` // problems beyond MaxProblems
	OK        bool      `json:"ok"`
}

// Problem is one thing that is wrong, and the record where it shows (0: none
// in particular). The codes:
//
//	tape.damaged tape.torn        the tape itself; torn is an unacknowledged rest that Open trims
//	record.unreadable             a line that is no record
//	document.invalid              a document that contradicts itself
//	number.twice number.minted    accounted for, or minted, more than once
//	number.lost number.missing    minted and neither used nor voided; never seen
//	badger.unusable badger.record badger.index badger.live badger.behind badger.meta
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
}

// Verify reads the whole running journal: chain and hashes of the tape, every
// record in Badger, the indexes, every document and every number. Problems
// are in the report; the error is for what kept it from looking. Damage is
// remembered, so that the next Open repairs it.
func (j *Journal) Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	o.defaults()
	if err := j.caughtUp(ctx); err != nil {
		return Report{}, err
	}
	total := j.appliedNow()
	txn, end, err := j.begin()
	if err != nil {
		return Report{}, err
	}
	defer end()
	c := newChecker(txn)
	c.report.ID, c.report.Badger = j.ID().String(), true
	c.vault, c.id = j.vault, j.ID()
	base, _ := j.tape.Base()
	r, err := j.tape.Reader(base + 1)
	if err == nil {
		err = j.feed(ctx, r, total, c, o)
		err = errors.Join(err, r.Close())
	}
	if errors.Is(err, tape.ErrDamaged) {
		c.report.add("tape.damaged", c.report.Last+1, "%v", err)
		err = j.suspect(tapeName)
	}
	if err == nil {
		err = c.keys(ctx)
	}
	if err != nil {
		return c.report, wordsFor(err)
	}
	rep := c.finish()
	if c.storeBad {
		err = j.suspect(badgerName)
	}
	return rep, err
}

// feed gives the checker what was durable when it began: what is appended
// meanwhile is not in its view of Badger.
func (j *Journal) feed(ctx context.Context, r *tape.Reader, total uint64, c *checker, o VerifyOptions) error {
	for c.report.Last < total {
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
		o.Progress(l.Seq, total)
	}
	return nil
}

// Verify reads a journal that no till has open, or an exported copy, without
// changing anything: Badger, which writes when it opens, is copied first.
func Verify(ctx context.Context, dir string, o VerifyOptions) (rep Report, err error) {
	o.defaults()
	l, err := shareLock(dir)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	if err := checkCopy(dir); err != nil {
		return rep, err
	}
	store, unusable, cleanup, err := copiedStore(ctx, dir, o.Temp)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, cleanup()) }()

	c := newChecker(nil)
	var closeVault func() error
	if c.vault, c.id, closeVault, err = lookIntoVault(dir); err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, closeVault()) }()
	var total uint64
	if store != nil {
		total = store.meta.Seq
		txn := store.db.NewTransaction(false)
		defer txn.Discard()
		c.txn = txn
		c.stored = &store.meta
		c.report.Badger = true
	}
	if unusable != nil {
		c.report.add("badger.unusable", 0, "%v", unusable)
	}
	found, err := tape.Inspect(ctx, tape.OS{}, tapeDir(dir), func(l tape.Line) error {
		c.line(l)
		o.Progress(l.Seq, max(total, l.Seq))
		return nil
	})
	switch {
	case errors.Is(err, tape.ErrDamaged):
		c.report.add("tape.damaged", found.Last+1, "%v", err)
	case errors.Is(err, tape.ErrEmpty), errors.Is(err, fs.ErrNotExist):
		c.report.add("tape.damaged", 0, "there is no tape")
	case err != nil:
		return c.report, fmt.Errorf("journal: %w", err)
	default:
		c.report.ID = found.ID.String()
		if found.First > 1 {
			c.report.add("tape.damaged", 1, "%v", begunLate(found.First))
		}
		for _, trim := range found.Torn {
			c.report.add("tape.torn", 0, "segment %d holds %d bytes of a commit that was cut off", trim.Segment, trim.Bytes)
		}
	}
	checkManifest(&c.report, dir)
	return c.finish(), nil
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

// copiedStore opens a copy of the Badger directory. No directory is no error:
// a copy on a USB stick has none.
func copiedStore(ctx context.Context, dir, temp string) (s *store, unusable error, cleanup func() error, err error) {
	none := func() error { return nil }
	from := filepath.Join(dir, badgerName)
	list, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, none, nil
	}
	if err != nil {
		return nil, nil, none, fmt.Errorf("journal: %w", err)
	}
	to, err := os.MkdirTemp(temp, "kassa-verify-")
	if err != nil {
		return nil, nil, none, fmt.Errorf("journal: %w", err)
	}
	cleanup = func() error { return os.RemoveAll(to) }
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return nil, nil, none, errors.Join(err, cleanup())
		}
		if !e.Type().IsRegular() || e.Name() == "LOCK" {
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return nil, nil, none, errors.Join(err, cleanup())
		}
	}
	if _, err := precheck(tape.OS{}, to); err != nil {
		return nil, err, cleanup, nil
	}
	s, err = openBadger(to, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err, cleanup, nil
	}
	return s, nil, func() error { return errors.Join(s.close(), os.RemoveAll(to)) }, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// checkManifest compares an exported copy with its manifest.
func checkManifest(rep *Report, dir string) {
	b, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var m Manifest
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		rep.add("manifest", 0, "unreadable: %v", err)
		return
	}
	for _, s := range m.Segments {
		sum, size, err := sumFile(filepath.Join(dir, filepath.Base(s.Name)))
		if err != nil || sum != s.SHA256 || size != s.Bytes {
			rep.add("manifest", s.First, "%s differs from the manifest (%v)", s.Name, err)
		}
	}
	if rep.Last != m.Last || rep.Head != m.Head {
		rep.add("manifest", m.Last, "the manifest ends with record %d, hash %s", m.Last, m.Head)
	}
}

// badgerHas compares one record with Badger's copy.
func badgerHas(txn *badger.Txn, l tape.Line) error {
	stored, err := line(txn, l.Seq)
	if err == nil && !bytes.Equal(stored, l.Data) {
		err = fmt.Errorf("%w: record %d differs from the tape's", errStore, l.Seq)
	}
	return err
}

func hexHash(h tape.Hash) string { return hex.EncodeToString(h[:]) }

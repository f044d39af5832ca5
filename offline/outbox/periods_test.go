package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// years is a till that sells for years through a destination that fails and a
// journal whose periods end and are removed while documents wait.
type years struct {
	t    *testing.T
	rnd  *rand.Rand
	dir  string
	now  atomic.Pointer[time.Time] // the sealer of a period asks as well
	j    *journal.Journal
	q    *outbox.Queue
	dest *dest
	till outboxtest.Till

	docs           []*doc.Document // all of them, shift after shift
	shifts         [][]*doc.Document
	put            int             // of docs
	parked         map[string]bool // documents that once were
	ended, removed int
}

func (y *years) open() {
	y.t.Helper()
	j, _, err := journal.Open(y.t.Context(), journal.Options{Dir: y.dir, SegmentBytes: 64 << 10, Ballast: 1 << 20, ScrubEvery: -1, Now: func() time.Time { return *y.now.Load() }})
	if err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(func() { _ = j.Close() })
	y.j = j
	y.q = outbox.New(outbox.Options{Journal: j, Destination: y.dest, NotFound: func(err error) bool { return errors.Is(err, journal.ErrNotFound) }})
}

// restart closes the journal, or goes on in a copy of it as it was when the
// power went.
func (y *years) restart() {
	y.t.Helper()
	if y.rnd.IntN(2) == 0 {
		next := filepath.Join(y.t.TempDir(), "data")
		if err := errors.Join(y.j.Flush(y.t.Context()), os.CopyFS(next, os.DirFS(y.dir)), os.RemoveAll(filepath.Join(next, "badger")), y.j.Close()); err != nil {
			y.t.Fatal(err)
		}
		y.dir = next
	} else if err := y.j.Close(); err != nil {
		y.t.Fatal(err)
	}
	y.open()
}

func (y *years) sell(n int) {
	y.t.Helper()
	for range min(n, len(y.docs)-y.put) {
		d := *y.docs[y.put]
		y.put++
		data, err := json.Marshal(&d)
		if err != nil {
			y.t.Fatal(err)
		}
		e := record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID, Schema: doc.Schema, Numbers: []int64{d.Number}, Data: data}
		if _, err := y.j.Append(y.t.Context(), e); err != nil {
			y.t.Fatal(err)
		}
	}
}

func (y *years) rotate() {
	y.t.Helper()
	_, err := y.j.Rotate(y.t.Context(), journal.RotateOptions{Carry: y.q.Carry})
	if errors.Is(err, fault.New(fault.JournalFresh)) {
		return
	}
	if err != nil {
		y.t.Fatal(err)
	}
	y.ended++
	y.set(y.now.Load().AddDate(0, 4+y.rnd.IntN(12), 0))
}

func (y *years) retain() {
	y.t.Helper()
	needed, err := y.q.Carry(y.t.Context())
	if err != nil {
		y.t.Fatal(err)
	}
	gone, err := y.j.Retain(y.t.Context(), journal.RetainOptions{Years: 1, Now: *y.now.Load(), Needed: needed})
	if err != nil {
		y.t.Fatal(err)
	}
	y.removed += len(gone)
}

func (y *years) set(now time.Time) { y.now.Store(&now) }

// round sends what goes, and takes a parked document back now and then.
func (y *years) round() (more bool) {
	y.t.Helper()
	r, err := y.q.Round(y.t.Context())
	if err != nil && outbox.FailureOf(err).Class != outbox.Retry {
		y.t.Fatal(err)
	}
	for _, p := range y.q.Status().Parked {
		y.parked[p.Name] = true
	}
	if st := y.q.Status(); len(st.Parked) > 0 && y.rnd.IntN(4) == 0 {
		p := st.Parked[y.rnd.IntN(len(st.Parked))]
		if err := y.q.Retry(y.t.Context(), p.Document); err != nil {
			y.t.Fatal(err)
		}
		return true
	}
	return err != nil || r.More
}

// fates decides by a document's number how often it fails, is refused, or is
// taken and its answer lost.
func (y *years) fates() {
	fate := make([]int, 97)
	for i := range fate {
		fate[i] = y.rnd.IntN(24)
	}
	of := func(name string) int {
		n, err := strconv.Atoi(strings.TrimPrefix(name, "A-"))
		if err != nil {
			y.t.Error(err)
		}
		return fate[n%len(fate)]
	}
	y.dest.fail = func(name string, n int) error {
		switch f := of(name); {
		case f < 4 && n <= f+1:
			return down
		case f < 7 && n <= f-3:
			return refused("not yet")
		}
		return nil
	}
	y.dest.lose = func(name string, n int) bool { f := of(name); return f >= 7 && f < 11 && n <= f-6 }
}

// live goes through it and wants every document delivered once, in order.
func (y *years) live(shifts int) {
	y.t.Helper()
	for range shifts {
		s := y.till.Shift(y.rnd.IntN(12))
		y.shifts, y.docs = append(y.shifts, s), append(y.docs, s...)
	}
	y.fates()
	y.open()
	for step := 0; ; step++ {
		if step > 5000 {
			y.t.Fatalf("never done: %+v", y.q.Status())
		}
		y.set(y.now.Load().Add(time.Duration(y.rnd.IntN(100)) * time.Hour))
		more := true
		switch k := y.rnd.IntN(24); {
		case k < 5:
			y.sell(1 + y.rnd.IntN(9))
		case k < 8:
			y.rotate()
		case k == 8:
			y.retain()
		case k == 9:
			y.restart()
		default:
			more = y.round()
		}
		if st := y.q.Status(); !more && y.put == len(y.docs) && st.Queued == 0 && len(st.Parked) == 0 {
			break
		}
	}
	y.restart()
	sent := maps.Clone(y.dest.sends)
	drain(y.t, y.q, 3) // a closing that another closing stands for is looked at again
	if st := y.q.Status(); st.Queued != 0 || len(st.Parked) != 0 || !maps.Equal(sent, y.dest.sends) {
		y.t.Errorf("after a start: %+v", st)
	}
	y.inOrder()
	if rep, err := y.j.Verify(y.t.Context(), journal.VerifyOptions{}); err != nil || len(rep.Problems) > 0 {
		for _, p := range rep.Problems {
			// Its shifts sum nothing up, and what it calls a shift's end is no proof of money.
			if !strings.HasPrefix(p.Code, "shift.") {
				y.t.Errorf("%+v %v", p, err)
			}
		}
	}
	if err := y.j.Close(); err != nil {
		y.t.Error(err)
	}
}

// inOrder: each was taken once, behind the opening of its shift, and before its
// closing if nobody had to look at either.
func (y *years) inOrder() {
	at := map[string]int{}
	for i, name := range y.dest.order {
		at[name] = i
	}
	for _, s := range y.shifts {
		opening, end := s[0].Name, s[len(s)-2].Name // the Z report stands for the closing
		for _, d := range s[:len(s)-1] {
			i, taken := at[d.Name]
			switch {
			case !taken:
				y.t.Errorf("%s was not taken", d.Name)
			case i < at[opening]:
				y.t.Errorf("%s before its opening", d.Name)
			case i > at[end] && !y.parked[d.Name]:
				y.t.Errorf("%s after its closing", d.Name)
			}
		}
	}
}

// Documents wait across the ends of periods, removals, starts and lost second
// copies: in the end each was taken once, with the bytes first frozen, nothing
// before its shift's opening and no closing before what its shift sold.
func TestAcrossPeriods(t *testing.T) {
	lives, shifts := 3, 4
	if os.Getenv("KASSA_LONG") != "" {
		lives, shifts = 60, 25
	}
	var ended, removed atomic.Int64
	t.Cleanup(func() {
		if ended.Load() < int64(3*lives) || removed.Load() == 0 {
			t.Errorf("only %d periods ended, %d removed", ended.Load(), removed.Load())
		}
		t.Logf("%d periods ended, %d removed", ended.Load(), removed.Load())
	})
	for n := range lives {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			y := &years{t: t, rnd: rand.New(rand.NewPCG(uint64(n), 3)), dir: filepath.Join(t.TempDir(), "data"), dest: newDest(), parked: map[string]bool{}}
			y.set(time.Date(2026, 3, 14, 10, 0, 0, 0, time.UTC))
			y.live(shifts)
			ended.Add(int64(y.ended))
			removed.Add(int64(y.removed))
		})
	}
}

package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// A journal of many records is used within the memory of a board, in processes
// under the limits of kassa run.
const (
	maxAnon   = 64 << 20 // of the process, at any moment
	childMany = "KASSA_JOURNAL_RECORDS"

	longSegments = 100_000 // records; fewer would fill one segment
)

// stage is what a child tells of one thing it has done.
type stage struct {
	Name    string
	Records uint64
	Took    time.Duration
	Anon    int64 // the highest while it lasted
}

func (s stage) String() string {
	return fmt.Sprintf("%-16s %8d records %10v %9.0f/s  %3d MiB", s.Name, s.Records, s.Took.Round(time.Millisecond), float64(s.Records)/s.Took.Seconds(), s.Anon>>20)
}

// gauge watches the process's anonymous memory.
type gauge struct {
	stop, done chan struct{}
	mu         sync.Mutex
	most       int64
	err        error
}

const gaugeEvery = 20 * time.Millisecond

func newGauge() *gauge {
	g := &gauge{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(g.done)
		tick := time.NewTicker(gaugeEvery)
		defer tick.Stop()
		for {
			g.look()
			select {
			case <-tick.C:
			case <-g.stop:
				return
			}
		}
	}()
	return g
}

func (g *gauge) look() {
	anon, err := rssAnon()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.most, g.err = max(g.most, anon), errors.Join(g.err, err)
}

// take gives the highest since the last call.
func (g *gauge) take() (int64, error) {
	g.look()
	g.mu.Lock()
	defer g.mu.Unlock()
	most := g.most
	g.most = 0
	return most, g.err
}

func (g *gauge) close() {
	close(g.stop)
	<-g.done
}

func rssAnon() (int64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if kb, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("the kernel tells no RssAnon")
}

// many is the child's run of one task on a directory.
type many struct {
	o    Options
	n    uint64
	g    *gauge
	j    *Journal
	said *json.Encoder
}

func manyInChild(o Options, task string) (err error) {
	n, err := strconv.ParseUint(os.Getenv(childMany), 10, 64)
	if err != nil {
		return err
	}
	if n > longSegments {
		o.SegmentBytes = 0 // as a till has them
	}
	m := &many{o: o, n: n, g: newGauge(), said: json.NewEncoder(os.Stdout)}
	defer m.g.close()
	steps, known := map[string][]func(context.Context) error{
		"many-use":    {m.open, m.append, m.iterate, m.verify, m.export, m.close},
		"many-open":   {m.open, m.close},
		"many-verify": {m.offline},
		"many-away":   {m.open, m.rotate, m.search, m.verify, m.close},
	}[task]
	if !known {
		return fmt.Errorf("no task %q", task)
	}
	for _, step := range steps {
		if err := step(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// stage runs one thing and tells of it.
func (m *many) stage(name *string, fn func() (uint64, error)) error {
	if _, err := m.g.take(); err != nil {
		return err
	}
	began := time.Now()
	n, err := fn()
	took := time.Since(began)
	if err != nil {
		return fmt.Errorf("%s: %w", *name, err)
	}
	anon, err := m.g.take()
	if err != nil {
		return err
	}
	return m.said.Encode(stage{*name, n, took, anon})
}

func (m *many) open(ctx context.Context) error {
	name := "open"
	return m.stage(&name, func() (uint64, error) {
		var did Opened
		var err error
		m.j, did, err = Open(ctx, m.o)
		switch {
		case did.BadgerRebuilt:
			name = "badger again"
		case did.TapeRebuilt:
			name = "tape again"
		}
		return did.Records, err
	})
}

func (m *many) close(context.Context) error {
	return m.stage(new("close"), func() (uint64, error) { return 0, m.j.Close() })
}

func (m *many) append(ctx context.Context) error {
	return m.stage(new("append"), func() (uint64, error) {
		var t trade
		var batch []record.Entry
		for t.made < m.n {
			batch = append(batch, t.next()...)
			if len(batch) < record.MaxBatch-15 && t.made < m.n {
				continue
			}
			if _, err := m.j.Append(ctx, batch...); err != nil {
				return t.made, err
			}
			batch = batch[:0]
		}
		return t.made, m.j.caughtUp(ctx)
	})
}

func (m *many) iterate(ctx context.Context) error {
	return m.stage(new("iterate"), func() (n uint64, err error) {
		for r, err := range m.j.Scan(ctx, record.Filter{}) {
			if err != nil {
				return n, err
			}
			if n++; r.Seq != n {
				return n, fmt.Errorf("record %d at place %d", r.Seq, n)
			}
		}
		return n, nil
	})
}

func (m *many) verify(ctx context.Context) error {
	return m.stage(new("verify"), func() (uint64, error) {
		rep, err := m.j.Verify(ctx, VerifyOptions{})
		return sound(rep, err)
	})
}

func (m *many) offline(ctx context.Context) error {
	return m.stage(new("verify offline"), func() (uint64, error) {
		temp, err := os.MkdirTemp(filepath.Dir(m.o.Dir), "temp")
		if err != nil {
			return 0, err
		}
		rep, err := Verify(ctx, m.o.Dir, VerifyOptions{Temp: temp})
		return sound(rep, err)
	})
}

func sound(rep Report, err error) (uint64, error) {
	if err == nil && (!rep.OK || len(rep.Problems) > 0 || !rep.Badger) {
		err = fmt.Errorf("%d problems: %+v", len(rep.Problems), rep.Problems[:min(3, len(rep.Problems))])
	}
	return rep.Records, err
}

func (m *many) export(ctx context.Context) error {
	return m.stage(new("export"), func() (uint64, error) {
		man, err := m.j.Export(ctx, m.o.Dir+"-copy", ExportOptions{})
		return man.Last, err
	})
}

func (m *many) rotate(ctx context.Context) error {
	return m.stage(new("rotate"), func() (uint64, error) {
		p, err := m.j.Rotate(ctx, RotateOptions{By: "test"})
		return p.First - 1, err
	})
}

// searches in an archive.
const manySearches = 200

func (m *many) search(ctx context.Context) error {
	head, _ := m.j.Head()
	last := m.j.LastNumber()
	return m.stage(new("search"), func() (n uint64, err error) {
		for i := range int64(manySearches) {
			number := 1 + (i*7919)%last
			r, err := m.j.Document(ctx, tradeID("document", number))
			if err != nil {
				return n, err
			}
			if len(r.Numbers) != 1 || r.Numbers[0] != number {
				return n, fmt.Errorf("document %d: %v", number, r.Numbers)
			}
			if got, err := m.j.Get(ctx, r.Seq); err != nil || got.ID != r.ID {
				return n, fmt.Errorf("record %d of %d: %w", r.Seq, head, err)
			}
			n++
		}
		shift := tradeID("shift", last/int64(tradeShift)/2)
		for r, err := range m.j.Scan(ctx, record.Filter{Shift: shift, Types: []string{string(doc.Sell)}, Kinds: []record.Kind{record.Document}}) {
			if err != nil {
				return n, err
			}
			if n++; r.Shift != shift {
				return n, fmt.Errorf("record %d is of another shift", r.Seq)
			}
		}
		return n, nil
	})
}

// runMany runs one task in a process of its own and checks the memory of each
// of its stages.
func runMany(t *testing.T, dir string, n int, task string) map[string]stage {
	t.Helper()
	cmd := startChild(t, dir, task)
	cmd.Env = append(cmd.Env, childMany+"="+strconv.Itoa(n), "GOGC=50", "GOMEMLIMIT=52MiB")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", task, err, out, said.String())
	}
	found := map[string]stage{}
	for line := range strings.Lines(string(out)) {
		var s stage
		must(t, json.Unmarshal([]byte(line), &s))
		t.Log(task, s)
		found[s.Name] = s
		if s.Anon > maxAnon && !testing.Short() { // as make check runs it: the race detector needs much more
			t.Errorf("%s: %d MiB of anonymous memory", s.Name, s.Anon>>20)
		}
	}
	return found
}

// spoil makes a segment's header unreadable.
func spoil(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt([]byte("spoilt"), 0)
	must(t, errors.Join(err, f.Close()))
}

// useMany takes a journal of so many records through its life: it is filled,
// read, checked and copied, either of its copies is lost and made again from
// the other, and its period is put away and searched.
func useMany(t *testing.T, n int) {
	dir := filepath.Join(t.TempDir(), "data")
	used := runMany(t, dir, n, "many-use")
	all := used["append"].Records
	if all < uint64(n) || used["iterate"].Records != all || used["verify"].Records != all || used["export"].Records != all {
		t.Fatalf("%+v", used)
	}
	runMany(t, dir, n, "many-open")

	must(t, os.RemoveAll(filepath.Join(dir, badgerName)))
	if again := runMany(t, dir, n, "many-open"); again["badger again"].Records != all {
		t.Errorf("%+v", again)
	}
	if checked := runMany(t, dir, n, "many-verify"); checked["verify offline"].Records != all {
		t.Errorf("%+v", checked)
	}
	spoil(t, glob(t, dir, "tape/*.tape")[1])
	if again := runMany(t, dir, n, "many-open"); again["tape again"].Records != all {
		t.Errorf("%+v", again)
	}
	if away := runMany(t, dir, n, "many-away"); away["verify"].Records <= all || away["search"].Records < 2*manySearches {
		t.Errorf("%+v", away)
	}
}

func TestManyRecords(t *testing.T) { useMany(t, 5_000) }

// TestMillionRecords is the long run of TestManyRecords.
func TestMillionRecords(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	useMany(t, 1_000_000)
}

package ecrtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// A bank does not forget when somebody's computer is switched off. With a file
// every operation is on the disk before the till hears what became of it: one
// line of JSON for each time it changed, the last counts. A line that a power cut
// has torn was never answered, and is cut off.

// maxLine is the longest line of the file, in bytes.
const maxLine = 64 << 10

// kept is a line: operations, or the day's bounds.
type kept struct {
	Ops []keptOp `json:"ops,omitempty"` // true together
	Day *keptDay `json:"day,omitempty"`
}

type keptOp struct {
	Req    ecr.Request     `json:"req"`
	Kind   charge.Kind     `json:"kind"`
	Is     ecr.Is          `json:"is"`
	Reason terminal.Reason `json:"reason,omitempty"`
	Text   string          `json:"text,omitempty"`
	Slip   *doc.Slip       `json:"slip,omitempty"`
	Day    int             `json:"day"`
	Back   money.Amount    `json:"back,omitempty"`
	Undone bool            `json:"undone,omitempty"`
	Until  time.Time       `json:"until,omitzero"`
	Late   bool            `json:"late,omitempty"`
	Listed bool            `json:"listed"` // it was begun, not only asked about
	RRN    int64           `json:"rrn"`    // the last one given by then
}

type keptDay struct {
	Day   int       `json:"day"`
	Label uuid.UUID `json:"label"`
	Begin int       `json:"begin"`
	End   int       `json:"end"`
}

// Open is New with a file that keeps the bank's books. What waited for a card
// when the power went was not paid; a code may still be.
func Open(o Options, path string) (*Terminal, error) {
	t := New(o)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the bank's books: %w", err)
	}
	if err := t.load(f); err != nil {
		return nil, errors.Join(fmt.Errorf("the bank's books: %w", err), f.Close())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.file = f
	for _, w := range t.order {
		if w.is == ecr.IsWaiting && w.until.IsZero() {
			t.decide(w, ecr.IsDeclined, terminal.Refused, "ПИТАНИЕ")
		}
	}
	return t, nil
}

// Close lets go of the file.
func (t *Terminal) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

func (t *Terminal) load(f *os.File) error {
	in, whole := bufio.NewReaderSize(f, maxLine), int64(0)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break // what stands behind the last line end is torn
		}
		if err != nil {
			return err
		}
		var k kept
		if err := json.Unmarshal(line, &k); err != nil {
			return fmt.Errorf("at byte %d: %w", whole, err)
		}
		whole += int64(len(line))
		t.recall(&k)
	}
	if err := f.Truncate(whole); err != nil {
		return err
	}
	_, err := f.Seek(whole, io.SeekStart)
	return err
}

func (t *Terminal) recall(k *kept) {
	if d := k.Day; d != nil {
		t.day, t.label, t.begin, t.end = d.Day, d.Label, d.Begin, d.End
	}
	for i := range k.Ops {
		t.recallOp(&k.Ops[i])
	}
}

func (t *Terminal) recallOp(s *keptOp) {
	o := t.ops[s.Req.Op]
	if o == nil {
		o = &op{done: make(chan struct{})}
		t.ops[s.Req.Op] = o
		if s.Listed {
			t.order = append(t.order, o)
		}
	}
	open := o.kind == "" || o.is == ecr.IsWaiting
	o.req, o.kind, o.is, o.reason, o.text, o.slip, o.day = s.Req, s.Kind, s.Is, s.Reason, s.Text, s.Slip, s.Day
	o.back, o.undone, o.until, o.late = s.Back, s.Undone, s.Until, s.Late
	t.rrn = max(t.rrn, s.RRN)
	if open && o.is != ecr.IsWaiting {
		select {
		case <-o.done:
		default:
			close(o.done)
		}
	}
}

// keep puts operations on the disk. mu is held. A terminal whose books can not
// be written is dead: what it then said would not be true tomorrow.
func (t *Terminal) keep(ops ...*op) {
	if t.file == nil {
		return
	}
	var k kept
	for _, o := range ops {
		k.Ops = append(k.Ops, keptOp{Req: o.req, Kind: o.kind, Is: o.is, Reason: o.reason, Text: o.text, Slip: o.slip, Day: o.day, Back: o.back,
			Undone: o.undone, Until: o.until, Late: o.late, Listed: o.kind != "" && o.text != fullText, RRN: t.rrn})
	}
	if len(ops) == 0 {
		k.Day = &keptDay{Day: t.day, Label: t.label, Begin: t.begin, End: t.end}
	}
	line, err := json.Marshal(k)
	if err == nil {
		_, err = t.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = t.file.Sync()
	}
	if err != nil {
		t.broken = err
		t.faults[Unplugged] = true
		t.cut()
	}
}

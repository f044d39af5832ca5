package tape_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// story is what a till told its tape: batches, and which were acknowledged.
type story struct {
	plot    plot
	restore bool    // its first batches are the lines of an earlier tape
	periods bool    // every fourth batch begins a segment
	batches [][]int // the numbers of a batch's lines
	acked   []bool
	next    int
}

// plot makes batch i of a story: the sizes of its lines, and whether it is
// posted, to be acknowledged with what is appended next.
type plot func(i int) (sizes []int, post bool)

// mixed: commits cross segments and frames cross sectors, some are two frames.
func mixed(i int) (sizes []int, post bool) {
	sizes = []int{17 * i % 700}
	if i%3 == 1 {
		sizes = append(sizes, 300)
	}
	return sizes, i%4 == 2
}

// grouped: one flush takes six frames, often across the end of a segment.
func grouped(i int) (sizes []int, post bool) { return []int{97 * i % 900}, i%6 != 5 }

// huge: every third batch is larger than a segment, so that the one prepared
// is replaced by another under the same name.
func huge(i int) (sizes []int, post bool) {
	if i%3 == 2 {
		return []int{300, 2 * tape.MinSegment}, false
	}
	return []int{200}, i%3 == 1
}

// restored: the batches of a tape that is made again from its lines.
func restored(i int) (sizes []int, post bool) { return []int{300, 17 * i % 700, 40}, false }

func (s *story) take(batch []int) {
	s.batches, s.acked = append(s.batches, batch), append(s.acked, false)
}

// tell appends batches until the disk refuses.
func (s *story) tell(d *tapetest.Disk, batches int) error {
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		return err
	}
	mine := len(s.batches) // what an earlier process lost stays lost
	for i := range batches {
		sizes, post := s.plot(i)
		var lines [][]byte
		var numbers []int
		for _, size := range sizes {
			lines, numbers = append(lines, members(s.next, size)), append(numbers, s.next)
			s.next++
		}
		s.take(numbers)
		if post {
			if _, err = tp.Post(lines...); err != nil {
				break
			}
			continue // acknowledged by the next append
		}
		if s.periods && i%4 == 1 {
			last, _ := tp.Durable()
			_, err = tp.Begin(context.Background(), last, lines...)
		} else {
			_, err = tp.Append(context.Background(), lines...)
		}
		if err != nil {
			break
		}
		for n := mine; n < len(s.acked); n++ {
			s.acked[n] = true
		}
	}
	return errors.Join(err, tp.Close())
}

// again gives the lines of a tape of that many batches, batch by batch, and
// their numbers.
var again = sync.OnceValues(func() (lines [][][]byte, err error) {
	d := tapetest.New()
	s := &story{plot: restored}
	if err := s.tell(d, 24); err != nil {
		return nil, err
	}
	var flat [][]byte
	_, err = tape.Inspect(context.Background(), d, "/tape", func(l tape.Line) error {
		flat = append(flat, bytes.Clone(l.Data))
		return nil
	})
	for _, batch := range s.batches {
		lines, flat = append(lines, flat[:len(batch)]), flat[len(batch):]
	}
	return lines, err
})

// begin is what the first process does.
func (s *story) begin(d *tapetest.Disk, batches int) error {
	if s.restore {
		return s.putBack(d, batches)
	}
	return s.tell(d, batches)
}

// goOn is what the process after it does.
func (s *story) goOn(d *tapetest.Disk, batches int) error {
	if s.restore {
		if err := s.putBack(d, batches); err != nil {
			return err
		}
	}
	const few = 3
	return s.tell(d, few)
}

// putBack puts a tape's lines on another one, as far as they are not there.
func (s *story) putBack(d *tapetest.Disk, batches int) error {
	lines, err := again()
	if err != nil {
		return err
	}
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		return err
	}
	there, _ := tp.Durable()
	number := 0
	for i := range min(batches, len(lines)) {
		batch := make([]int, len(lines[i]))
		for k := range batch {
			batch[k] = number
			number++
		}
		if uint64(number) <= there {
			continue
		}
		if i >= len(s.batches) { // an earlier process may have tried it
			s.take(batch)
		}
		s.next = number
		if err = tp.Restore(context.Background(), lines[i]...); err != nil {
			break
		}
		s.acked[i] = true
	}
	return errors.Join(err, tp.Close())
}

func diskOptions(d *tapetest.Disk) tape.Options {
	return tape.Options{Dir: "/tape", FS: d, SegmentBytes: tape.MinSegment, ID: journalID}
}

// check opens the tape on a disk and compares it with the story. It returns
// the number of lost and duplicated lines.
func (s *story) check(d *tapetest.Disk) (lost, doubled int, err error) {
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		return 0, 0, err
	}
	got, err := numbersOn(tp)
	if err = errors.Join(err, tp.Close()); err != nil {
		return 0, 0, err
	}
	seen := map[int]int{}
	for _, n := range got {
		seen[n]++
		if seen[n] > 1 {
			doubled++
		}
	}
	var want []int
	for i, batch := range s.batches {
		there := 0
		for _, n := range batch {
			there += min(1, seen[n])
		}
		switch {
		case s.acked[i] && there < len(batch):
			lost += len(batch) - there
		case there != 0 && there != len(batch):
			return lost, doubled, fmt.Errorf("batch %d is there by half", i)
		}
		if there > 0 {
			want = append(want, batch...)
		}
	}
	if lost+doubled == 0 && !slices.Equal(want, got) {
		return 0, 0, fmt.Errorf("order: want %v, got %v", want, got)
	}
	return lost, doubled, nil
}

func numbersOn(tp *tape.Tape) ([]int, error) {
	last, _ := tp.Durable()
	var got []int
	r, err := tp.Reader(1)
	if err != nil {
		return nil, err
	}
	for range last {
		l, err := r.Next()
		if err != nil {
			return nil, err
		}
		var v struct{ N int }
		if err := json.Unmarshal(l.Data, &v); err != nil {
			return nil, err
		}
		got = append(got, v.N)
	}
	return got, r.Close()
}

package vault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// told is what a till was told by its vault: a key that was given is durable,
// an erasing that was acknowledged is for ever, one that was begun is either.
type told struct {
	keys  map[uint64]Key
	begun map[uint64]bool
	gone  map[uint64]bool
}

// tell gives and erases keys until the disk refuses.
func (s *told) tell(t *testing.T, d *tapetest.Disk) error {
	v, _, err := Open(Options{Dir: dir, FS: d})
	if err != nil {
		return err
	}
	err = func() error {
		var mine []uint64
		for i := range Reserve + 5 {
			slot, key, err := v.Take(t.Context())
			if err != nil {
				return err
			}
			if _, twice := s.keys[slot]; twice {
				t.Errorf("slot %d was given twice", slot)
			}
			s.keys[slot] = key
			if mine = append(mine, slot); i%12 != 11 {
				continue
			}
			s.begun[mine[0]], s.begun[mine[3]] = true, true
			if err := v.Erase(mine[0], mine[3]); err != nil {
				return err
			}
			s.gone[mine[0]], s.gone[mine[3]] = true, true
			mine = mine[4:]
		}
		return nil
	}()
	return errors.Join(err, v.Close())
}

func (s *told) check(d *tapetest.Disk) error {
	v, _, err := Open(Options{Dir: dir, FS: d})
	if err != nil {
		return err
	}
	for slot, key := range s.keys {
		got, err := v.Read(slot)
		switch {
		case s.gone[slot] && !errors.Is(err, ErrErased):
			return errors.Join(fmt.Errorf("slot %d was erased and is there: %w", slot, err), v.Close())
		case s.begun[slot] && errors.Is(err, ErrErased):
		case !s.gone[slot] && (err != nil || got != key):
			return errors.Join(fmt.Errorf("slot %d was given and is lost: %w", slot, err), v.Close())
		}
	}
	return v.Close()
}

// TestPowerKeys cuts the power at every change of the files, with every
// waiting sector kept or dropped, and once more while the vault is opened.
func TestPowerKeys(t *testing.T) {
	every := 2
	if os.Getenv("KASSA_LONG") != "" {
		every = 1
	}
	rnd := rand.New(rand.NewPCG(3, 1))
	states, turn := 0, 0
	cuts := func(d *tapetest.Disk, s *told, k int) {
		sectors, changes := d.Waiting()
		for n := range changes + 1 {
			for p := range min(2*sectors+4, 40) {
				if turn++; turn%every != 0 {
					continue
				}
				bits := rnd.Uint64()
				keep := func(i int) bool {
					switch {
					case p == 0:
						return true
					case p == 1:
						return false
					case p < sectors+2:
						return i == p-2
					}
					return bits>>(i%64)&1 == 1
				}
				after := d.Cut(keep, n)
				if p%5 == 0 {
					after.StopAt(1 + p%9) // a second cut, while it is opened
					if err := s.check(after); err != nil && !errors.Is(err, tapetest.ErrStopped) {
						t.Fatalf("change %d, cut while opened: %v", k, err)
					}
					after = after.Cut(func(i int) bool { return (uint64(i)+bits)%2 == 0 }, 0)
				}
				if err := s.check(after); err != nil {
					t.Fatalf("change %d, pattern %d of %d sectors, %d directory changes: %v", k, p, sectors, n, err)
				}
				states++
			}
		}
	}
	for k := 1; ; k++ {
		d := tapetest.New()
		d.StopAt(k)
		s := &told{map[uint64]Key{}, map[uint64]bool{}, map[uint64]bool{}}
		err := s.tell(t, d)
		cuts(d, s, k)
		if err == nil {
			t.Logf("%d disk states, %d kills", states, k)
			break
		}
		d.StopAt(0)
		if err := s.tell(t, d); err != nil { // only the process died; the next one goes on
			t.Fatalf("kill %d: the next process: %v", k, err)
		}
		cuts(d, s, k)
	}
	if states < 300 {
		t.Fatalf("only %d states", states)
	}
}

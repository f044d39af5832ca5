package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
)

// readAt fills b from a copy. What is beyond its end or can not be read is
// 0xFF, which is no slot; a copy that is not open likewise.
func (v *Vault) readAt(i int, b []byte, off int64) error {
	for k := range b {
		b[k] = 0xff
	}
	if v.files[i] == nil {
		return nil
	}
	_, err := v.files[i].ReadAt(b, off)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if !errors.Is(err, unix.EIO) {
		return fmt.Errorf("vault: %w", err)
	}
	if len(b) > tape.Sector { // one bad sector must not hide the others
		for part := range slices.Chunk(b, tape.Sector) {
			if err := v.readAt(i, part, off); err != nil {
				return err
			}
			off += int64(len(part))
		}
		return nil
	}
	for k := range b {
		b[k] = 0xff
	}
	return nil
}

// both reads one slot in both copies. disk is held.
func (v *Vault) both(number uint64) (s [2]slot, err error) {
	var b [slotBytes]byte
	for i := range s {
		if err := v.readAt(i, b[:], v.offset(number)); err != nil {
			return s, err
		}
		s[i] = decodeSlot(number, b[:])
		if s[i].state == held {
			if _, ok := v.wrap.unwrap(number, s[i]); !ok {
				s[i] = slot{state: bad}
			}
		}
	}
	return s, nil
}

// Read gives the key of a slot, mending a copy that differs: ErrErased when it
// was erased, ErrLost when neither copy has it.
func (v *Vault) Read(number uint64) (key Key, err error) {
	v.disk.Lock()
	defer v.disk.Unlock()
	if !v.made || number < v.head.first || number >= v.next {
		return key, ErrLost
	}
	s, err := v.both(number)
	if err != nil {
		return key, err
	}
	truth := merge(s[0], s[1])
	if mended, err := v.mendSlot(number, s, truth); err != nil {
		v.o.Log.Warn("a copy of the keys could not be mended", "slot", number, "err", err)
	} else if mended {
		v.mended++
		v.o.Log.Warn("a copy of the keys was mended", "slot", number)
	}
	switch truth.state {
	case erased:
		return key, ErrErased
	case held:
		key, _ = v.wrap.unwrap(number, truth)
		return key, nil
	}
	return key, ErrLost
}

// mendSlot writes what is true into the copies that differ. disk is held.
func (v *Vault) mendSlot(number uint64, s [2]slot, truth slot) (mended bool, err error) {
	if v.o.ReadOnly || (truth.state != held && truth.state != erased) {
		return false, nil
	}
	image := encodeSlot(number, truth)
	for i, f := range v.files {
		if s[i] == truth {
			continue
		}
		if err := v.grow(v.offset(number) + slotBytes); err != nil {
			return mended, err
		}
		if _, err := f.WriteAt(image[:], v.offset(number)); err != nil {
			return mended, fmt.Errorf("vault: %w", err)
		}
		if err := f.Sync(); err != nil {
			return mended, fmt.Errorf("vault: %w", err)
		}
		mended = true
	}
	return mended, nil
}

// Erase overwrites the keys of slots, durably in both copies. Erasing again is
// nothing; a number that was never used is refused with ErrLost before
// anything is erased. After an error some may be erased: ask again.
func (v *Vault) Erase(numbers ...uint64) error {
	v.disk.Lock()
	defer v.disk.Unlock()
	if v.o.ReadOnly {
		return ErrClosed
	}
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	for _, n := range numbers {
		if !v.made || n < v.head.first || n >= v.next {
			return fmt.Errorf("%w: slot %d", ErrLost, n)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	if err := v.grow(v.offset(numbers[len(numbers)-1]) + slotBytes); err != nil {
		return err
	}
	for _, f := range v.files {
		for _, n := range numbers {
			image := encodeSlot(n, slot{state: erased})
			if _, err := f.WriteAt(image[:], v.offset(n)); err != nil {
				return fmt.Errorf("vault: %w", err)
			}
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("vault: %w", err)
		}
	}
	return nil
}

// Checked is what Check saw.
type Checked struct {
	Keys   int // slots with a key, used or in reserve
	Erased int
	Lost   int // slots that neither copy has any more
	Mended int // slots that one copy had lost, also those that a Read has mended before
}

// Check reads every slot of both copies and mends what differs.
func (v *Vault) Check(ctx context.Context) (c Checked, err error) {
	v.disk.Lock()
	defer v.disk.Unlock()
	if !v.made {
		return c, nil
	}
	c.Mended, v.mended = v.mended, 0
	for n := v.head.first; n < v.next; n++ {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		s, err := v.both(n)
		if err != nil {
			return c, err
		}
		truth := merge(s[0], s[1])
		switch truth.state {
		case held:
			c.Keys++
		case erased:
			c.Erased++
		case bad:
			c.Lost++
		}
		if s[0] != s[1] && (truth.state == held || truth.state == erased) {
			c.Mended++
		}
		if _, err := v.mendSlot(n, s, truth); err != nil {
			return c, err
		}
	}
	return c, nil
}

package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// run makes keys whenever the reserve runs low.
func (v *Vault) run() {
	defer close(v.done)
	var last time.Time // of a failure
	for {
		select {
		case <-v.want:
		case <-v.quit:
			return
		}
		if !last.IsZero() && time.Since(last) < retryEvery {
			v.publish(nil, v.Err()) // too soon to try again
			continue
		}
		keys, err := v.reserve()
		if last = (time.Time{}); err != nil {
			last = time.Now()
			v.o.Log.Error("no keys for contacts can be made", "err", err)
		}
		v.publish(keys, err)
	}
}

// publish hands keys out, or tells why there are none.
func (v *Vault) publish(keys []readyKey, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ready = append(v.ready, keys...)
	v.err = err
	v.tries++
	close(v.moved)
	v.moved = make(chan struct{})
}

// reserve makes the next keys durable in both copies. After a failure nobody
// knows what the disk holds of them: their numbers are not used again.
func (v *Vault) reserve() ([]readyKey, error) {
	v.disk.Lock()
	defer v.disk.Unlock()
	if !v.made {
		var did Opened
		err := v.make()
		if err == nil {
			err = v.mount(&did)
		}
		if err == nil && !v.made {
			err = ErrLost // somebody removed what was just written
		}
		if err != nil {
			return nil, errors.Join(err, v.closeFiles())
		}
	}
	if v.next+Reserve > MaxSlots {
		return nil, ErrFull
	}
	keys := make([]readyKey, Reserve)
	var image []byte
	for i := range keys {
		k := &keys[i]
		k.slot = v.next + uint64(i)
		if _, err := rand.Read(k.key[:]); err != nil {
			return nil, fmt.Errorf("vault: random: %w", err)
		}
		b := encodeSlot(k.slot, v.wrap.wrap(k.slot, k.key))
		image = append(image, b[:]...)
	}
	off := v.offset(v.next)
	v.next += Reserve
	if err := v.grow(off + int64(len(image))); err != nil {
		return nil, err
	}
	for _, f := range v.files {
		if _, err := f.WriteAt(image, off); err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
		if err := f.Sync(); err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
	}
	return keys, nil
}

// grow makes both files at least so long.
func (v *Vault) grow(size int64) error {
	for i, f := range v.files {
		if v.sizes[i] >= size {
			continue
		}
		to := headBytes + (size-headBytes+growBytes-1)/growBytes*growBytes
		if err := zero(f, v.sizes[i], to); err != nil {
			return fmt.Errorf("vault: %w", err)
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("vault: %w", err)
		}
		v.sizes[i] = to
	}
	return nil
}

package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// keyWait is how long an append waits for a key; longer, and the record is
// stored without its private part.
const keyWait = 2 * time.Second

// openVault opens the keys once it is known which numbers have been used.
func (j *Journal) openVault() error {
	v, did, err := vault.Open(vault.Options{Dir: j.o.path(vaultName), FS: j.vaultFS(), First: j.store.meta.Slot + 1, Log: j.o.Log})
	if err != nil {
		return newerVault(err)
	}
	j.vault, j.opened.Keys = v, did
	if did.Aside {
		j.opened.Reasons = append(j.opened.Reasons, "no master key opens the keys of the contacts")
	}
	for _, name := range did.Repaired {
		j.opened.Reasons = append(j.opened.Reasons, name+" was made again from its second copy")
	}
	return nil
}

// vaultFS is the tests' file system, or one that makes files for their owner
// only.
func (j *Journal) vaultFS() tape.FS {
	if _, real := j.o.FS.(tape.OS); real {
		return vault.OS{}
	}
	return j.o.FS
}

func newerVault(err error) error {
	var n *vault.NewerError
	if errors.As(err, &n) {
		return newer(n.Found, n.Known, err.Error())
	}
	return err
}

// identity is what a private part belongs to: moved to another record it is
// unreadable. A copy in a later period keeps it.
func identity(journal uuid.UUID, e *record.Entry) []byte {
	return fmt.Appendf(nil, "kassa private 1\n%s\n%s\n%s\n%s", journal, e.Kind, e.ID, e.Type)
}

// sealAll seals the private parts of a batch; nil for entries without one.
func sealAll(entries []record.Entry, seal func(*record.Entry) (vault.Sealed, error)) ([]*vault.Sealed, error) {
	all := make([]*vault.Sealed, len(entries))
	for i := range entries {
		if len(entries[i].Private) == 0 {
			continue
		}
		s, err := seal(&entries[i])
		if err != nil {
			return nil, err
		}
		all[i] = &s
	}
	return all, nil
}

// seal waits for a key, but not for ever: without one the private part is not
// kept.
func (j *Journal) seal(ctx context.Context, e *record.Entry) (vault.Sealed, error) {
	wait, cancel := context.WithTimeout(ctx, keyWait)
	defer cancel()
	slot, key, err := j.vault.Take(wait)
	switch {
	case err == nil:
		return vault.Seal(slot, key, identity(j.ID(), e), e.Private)
	case ctx.Err() != nil:
		return vault.Sealed{}, fault.New(fault.Busy).With(ctx.Err())
	case errors.Is(err, vault.ErrClosed):
		return vault.Sealed{}, wordsFor(tape.ErrClosed)
	}
	j.o.Log.Error("no key: a contact is not kept", "kind", string(e.Kind), "err", err)
	return vault.Sealed{}, nil
}

func (j *Journal) sealNow(e *record.Entry) (vault.Sealed, error) {
	slot, key, err := j.vault.TakeNow()
	switch {
	case errors.Is(err, vault.ErrNone):
		return vault.Sealed{}, fault.New(fault.Busy).With(err)
	case err != nil:
		return vault.Sealed{}, wordsFor(tape.ErrClosed)
	}
	return vault.Seal(slot, key, identity(j.ID(), e), e.Private)
}

// unseal gives a record its private part back, or the word that it is gone.
func (j *Journal) unseal(s stored) record.Record {
	r, err := unseal(j.vault, j.ID(), s)
	if err != nil {
		j.o.Log.Error("a private part can not be read", "seq", s.Seq, "err", err)
	}
	return r
}

func unseal(v *vault.Vault, journal uuid.UUID, s stored) (record.Record, error) {
	r := s.Record
	if s.Sealed == nil {
		return r, nil
	}
	r.Erased = true
	if s.Sealed.Slot == 0 || v == nil {
		return r, nil
	}
	key, err := v.Read(s.Sealed.Slot)
	if errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrLost) {
		return r, nil
	}
	var plain []byte
	if err == nil {
		plain, err = s.Sealed.Open(key, identity(journal, &s.Entry))
	}
	if err != nil {
		return r, err
	}
	r.Private, r.Erased = json.RawMessage(plain), false
	return r, nil
}

// KeysErr is why contacts can not be kept at the moment; nil while they can.
func (j *Journal) KeysErr() error { return j.vault.Err() }

// sealed looks whether a private part's key is there, or was erased.
func (c *checker) sealed(r *stored) {
	if r.Sealed == nil || r.Sealed.Slot == 0 {
		return
	}
	c.report.Private++
	if c.vault == nil {
		return
	}
	key, err := c.vault.Read(r.Sealed.Slot)
	switch {
	case errors.Is(err, vault.ErrErased):
		c.report.Erased++
		return
	case err == nil:
		_, err = r.Sealed.Open(key, identity(c.id, &r.Entry))
	}
	if err != nil {
		c.report.add("private.unreadable", r.Seq, "%v", err)
	}
}

// keys compares the copies of the keys and mends them.
func (c *checker) keys(ctx context.Context) error {
	if c.vault == nil {
		return nil
	}
	did, err := c.vault.Check(ctx)
	if err != nil {
		return err
	}
	if did.Mended > 0 {
		c.report.add("keys.mended", 0, "%d keys were in one copy only", did.Mended)
	}
	return nil
}

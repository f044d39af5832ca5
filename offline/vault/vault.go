package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
)

// Limits.
const (
	// Reserve is how many keys are made at a time, ahead of need. It is what a
	// restart wastes at most.
	Reserve = 32
	// MaxSlots bounds the files at 1 GiB each: some 40 years of a till that
	// asks every customer for a contact.
	MaxSlots = 1 << 24

	growBytes  = 64 << 10 // the files grow by so much
	perSector  = tape.Sector / slotBytes
	retryEvery = 2 * time.Second // between attempts to make keys on a failing disk
)

// The errors a caller branches on.
var (
	ErrErased = errors.New("vault: the key was erased")
	ErrLost   = errors.New("vault: there is no such key in either copy")
	ErrFull   = errors.New("vault: no slots left")
	ErrNone   = errors.New("vault: no key is ready")
	ErrClosed = errors.New("vault: closed")
)

// Options of a vault.
type Options struct {
	Dir string
	FS  tape.FS // nil: OS
	// First is the lowest number a slot that is not there yet may get: one
	// above the highest the journal knows, in case the files were lost.
	First uint64
	Log   *slog.Logger
	// ReadOnly changes nothing: no repairs, no keys, no erasing.
	ReadOnly bool
}

// Opened is what Open found and did.
type Opened struct {
	Repaired []string `json:"repaired,omitempty"` // files made again from their second copy
	Aside    bool     `json:"aside,omitempty"`    // files that no master key opens were set aside
}

// Vault is an open directory of keys.
type Vault struct {
	o    Options
	want chan struct{} // room for one: keys are needed
	quit chan struct{}
	done chan struct{}

	disk  sync.Mutex // guards the files and the fields up to mu, and is held during I/O
	files [2]tape.File
	made  bool // the files are there
	head  header
	wrap  wrapper
	next  uint64 // the slot the next reserve begins with
	sizes [2]int64
	// mended counts what Read has mended since the last Check.
	mended int

	mu     sync.Mutex // never held during I/O
	ready  []readyKey
	moved  chan struct{} // closed and renewed when ready grew or making failed
	err    error         // of the last attempt to make keys
	tries  int
	closed bool
	once   sync.Once
}

type readyKey struct {
	slot uint64
	key  Key
}

// Open opens the keys of a directory and repairs one copy from the other.
// Files are only made when the first key is needed: a till that never asks for
// a contact has none.
func Open(o Options) (*Vault, Opened, error) {
	if o.FS == nil {
		o.FS = OS{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &Vault{o: o, want: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), moved: make(chan struct{})}
	var did Opened
	if err := CheckVersion(o.FS, o.Dir); err != nil {
		return nil, did, err
	}
	if err := v.mount(&did); err != nil {
		return nil, did, errors.Join(err, v.closeFiles())
	}
	if o.ReadOnly {
		close(v.done)
		return v, did, nil
	}
	if v.made {
		v.want <- struct{}{} // this till uses contacts: have keys before they are asked for
	}
	go v.run()
	return v, did, nil
}

func (v *Vault) path(name string) string { return filepath.Join(v.o.Dir, name) }

// mount opens the files there are.
func (v *Vault) mount(did *Opened) error {
	headers, exist, err := v.headers()
	if err != nil || !exist {
		return err
	}
	masters, err := v.masters()
	if err != nil {
		return err
	}
	use, master := choose(headers, masters)
	switch {
	case use == nil && v.o.ReadOnly:
		return nil // every key is lost to this reader
	case use == nil:
		v.o.Log.Error("no master key opens the keys; they are set aside and their contacts can not be read")
		did.Aside = true
		return v.setAside()
	}
	if !v.o.ReadOnly {
		if err := v.mend(use, *master, headers, masters, did); err != nil {
			return err
		}
	}
	return v.load(*use, *master, headers)
}

// choose finds a header and the master key that it proves.
func choose(headers [2]*header, masters [2]*Key) (*header, *Key) {
	for _, h := range headers {
		for _, m := range masters {
			if h != nil && m != nil && h.proves(*m) {
				return h, m
			}
		}
	}
	return nil, nil
}

// mend makes again what one copy has and the other lacks.
func (v *Vault) mend(use *header, master Key, headers [2]*header, masters [2]*Key, did *Opened) error {
	for i, m := range masters {
		if m == nil || *m != master {
			did.Repaired = append(did.Repaired, masterNames[i])
		}
	}
	if err := v.putMasters(master, masters); err != nil {
		return err
	}
	for i, h := range headers {
		if same(h, use) {
			continue
		}
		did.Repaired = append(did.Repaired, keyNames[i])
		if err := v.copyKeys(keyNames[1-i], keyNames[i]); err != nil {
			return err
		}
	}
	return nil
}

// load opens both files and finds where the used slots end.
func (v *Vault) load(h header, master Key, headers [2]*header) error {
	v.head, v.wrap, v.next = h, newWrapper(master), h.first
	for i, name := range keyNames {
		if v.o.ReadOnly && !same(headers[i], &h) {
			continue
		}
		f, err := v.o.FS.OpenFile(v.path(name), !v.o.ReadOnly)
		if err != nil {
			return fmt.Errorf("vault: %w", err)
		}
		v.files[i] = f
		if !v.o.ReadOnly {
			if err := f.Settle(); err != nil { // what is read from here on is what the disk holds
				return fmt.Errorf("vault: %w", err)
			}
		}
		if v.sizes[i], err = f.Size(); err != nil {
			return fmt.Errorf("vault: %w", err)
		}
		end, err := v.end(i)
		if err != nil {
			return err
		}
		v.next = max(v.next, end)
	}
	v.next = max(v.next, v.o.First)
	v.next = v.head.first + (v.next-v.head.first+perSector-1)/perSector*perSector
	v.made = true
	return nil
}

// end is the number behind the last slot of a copy that is not blank.
func (v *Vault) end(i int) (uint64, error) {
	last := v.head.first + uint64(max(0, v.sizes[i]-headBytes)/slotBytes)
	buf := make([]byte, growBytes)
	for last > v.head.first {
		n := min(last-v.head.first, growBytes/slotBytes)
		b := buf[:n*slotBytes]
		if err := v.readAt(i, b, v.offset(last-n)); err != nil {
			return 0, err
		}
		for ; n > 0; n-- {
			if !isZero(b[(n-1)*slotBytes : n*slotBytes]) {
				return last, nil
			}
			last--
		}
	}
	return last, nil
}

func (v *Vault) offset(number uint64) int64 {
	return headBytes + int64(number-v.head.first)*slotBytes
}

func (v *Vault) closeFiles() error {
	var errs []error
	for i, f := range v.files {
		if f != nil {
			errs = append(errs, f.Close())
			v.files[i] = nil
		}
	}
	return errors.Join(errs...)
}

// Close ends the making of keys and closes the files.
func (v *Vault) Close() (err error) {
	v.once.Do(func() {
		v.mu.Lock()
		v.closed = true
		close(v.moved)
		v.moved = make(chan struct{})
		v.mu.Unlock()
		close(v.quit)
		<-v.done
		v.disk.Lock()
		defer v.disk.Unlock()
		err = v.closeFiles()
	})
	return err
}

// Take gives a fresh key that is durable in both copies. It waits while there
// is none, until ctx ends or making one has failed.
func (v *Vault) Take(ctx context.Context) (slot uint64, key Key, err error) {
	v.mu.Lock()
	tries := v.tries
	v.mu.Unlock()
	for {
		v.mu.Lock()
		moved, failed := v.moved, v.err
		if v.tries == tries {
			failed = nil // an older attempt's; this one is under way
		}
		v.mu.Unlock()
		slot, key, err := v.TakeNow()
		if !errors.Is(err, ErrNone) {
			return slot, key, err
		}
		if failed != nil {
			return 0, key, failed
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return 0, key, fmt.Errorf("%w: %w", ErrNone, ctx.Err())
		}
	}
}

// TakeNow is Take that does not wait: ErrNone when no key is ready. Some will
// be in a moment.
func (v *Vault) TakeNow() (slot uint64, key Key, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed || v.o.ReadOnly {
		return 0, key, ErrClosed
	}
	if len(v.ready) <= Reserve/2 {
		select {
		case v.want <- struct{}{}:
		default:
		}
	}
	if len(v.ready) == 0 {
		return 0, key, ErrNone
	}
	k := v.ready[0]
	v.ready = v.ready[1:]
	return k.slot, k.key, nil
}

// Err is why no keys can be made at the moment; nil while they can.
func (v *Vault) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

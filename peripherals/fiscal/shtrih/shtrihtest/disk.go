package shtrihtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// disk keeps a device in four files: PATH is the state (written whole to a
// temporary file, synced, renamed); PATH.fn the archive and PATH.tickets the
// operator's confirmations (appended and synced before the state that counts
// them); PATH.paper what was printed (appended; paper needs no promise).
type disk struct {
	path    string
	archive list
	tickets list
	paper   *os.File
	saved   []byte // state as it is on disk
	printed int64  // position of the tape on disk
}

// onDisk is the state file. What lies beyond the sizes did not happen.
type onDisk struct {
	State       state `json:"state"`
	Documents   int   `json:"documents"`
	ArchiveSize int64 `json:"archive_size"`
	Tickets     int   `json:"tickets"`
	TicketsSize int64 `json:"tickets_size"`
}

// openDisk reads what is there into d; fresh tells that there was nothing.
func openDisk(path string, d *Device) (k *disk, fresh bool, err error) {
	k = &disk{path: path}
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		fresh = true
	case err != nil:
		return nil, false, err
	default:
		var on onDisk
		if err := json.Unmarshal(raw, &on); err != nil {
			return nil, false, fmt.Errorf("%s: %w", path, err)
		}
		d.s, k.saved = on.State, raw
		k.archive.n, k.archive.size, k.tickets.n, k.tickets.size = on.Documents, on.ArchiveSize, on.Tickets, on.TicketsSize
		if d.s.Tables == nil {
			d.s.Tables = map[string][]byte{}
		}
	}
	if err := k.open(d, fresh); err != nil {
		return nil, false, errors.Join(err, k.close())
	}
	return k, fresh, nil
}

// open reads the other files as far as the state counts them.
func (k *disk) open(d *Device, fresh bool) (err error) {
	if d.docs, err = readList[Document](&k.archive, k.path+".fn"); err != nil {
		return err
	}
	if d.tickets, err = readList[Ticket](&k.tickets, k.path+".tickets"); err != nil {
		return err
	}
	if k.paper, err = os.OpenFile(k.path+".paper", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if fresh {
		return k.paper.Truncate(0)
	}
	end, err := k.paper.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	from := max(0, end-tapeKept)
	text := make([]byte, end-from)
	if _, err := k.paper.ReadAt(text, from); err != nil && err != io.EOF {
		return err
	}
	d.tape.restore(from, text)
	k.printed = end
	return nil
}

// save makes everything new of d durable; the lists first, then the state
// that counts them.
func (k *disk) save(d *Device) error {
	if err := errors.Join(appendList(&k.archive, d.docs), appendList(&k.tickets, d.tickets)); err != nil {
		return err
	}
	raw, err := json.Marshal(onDisk{State: d.s, Documents: k.archive.n, ArchiveSize: k.archive.size, Tickets: k.tickets.n, TicketsSize: k.tickets.size})
	if err != nil {
		return err
	}
	if !bytes.Equal(raw, k.saved) {
		if err := writeDurably(k.path, raw); err != nil {
			return err
		}
		k.saved = raw
	}
	text, end := d.tape.after(k.printed)
	if _, err := k.paper.WriteAt([]byte(text), end-int64(len(text))); err != nil {
		return err
	}
	k.printed = end
	return nil
}

func (k *disk) close() error {
	var errs []error
	for _, f := range []*os.File{k.archive.file, k.tickets.file, k.paper} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// list is a file of JSON values, one a line, that only grows.
type list struct {
	file *os.File
	n    int   // values that count
	size int64 // bytes of them
}

// readList opens the list at path, gives the values that count and cuts the
// rest off.
func readList[T any](l *list, path string) (all []T, err error) {
	if l.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := l.file.Truncate(l.size); err != nil {
		return nil, err
	}
	in := json.NewDecoder(io.NewSectionReader(l.file, 0, l.size))
	for {
		var v T
		err := in.Decode(&v)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, v)
	}
	if len(all) != l.n {
		return nil, fmt.Errorf("%s: %d values, the state counts %d", path, len(all), l.n)
	}
	return all, nil
}

// appendList makes what is new in all durable.
func appendList[T any](l *list, all []T) error {
	if len(all) == l.n {
		return nil
	}
	var lines bytes.Buffer
	for i := l.n; i < len(all); i++ {
		if err := json.NewEncoder(&lines).Encode(&all[i]); err != nil {
			return err
		}
	}
	if _, err := l.file.WriteAt(lines.Bytes(), l.size); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.n, l.size = len(all), l.size+int64(lines.Len())
	return nil
}

// writeDurably replaces path by data so that after a crash it is one or the
// other.
func writeDurably(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	parent, err := os.Open(dir)
	if err != nil {
		return nil // renamed; the directory can not be synced, which only costs durability
	}
	return errors.Join(parent.Sync(), parent.Close())
}

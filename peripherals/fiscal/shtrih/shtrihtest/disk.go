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

// disk keeps a device in three files: PATH is the state (written whole to a
// temporary file, synced, renamed), PATH.fn the archive (one JSON document a
// line, appended and synced before the state that counts it), PATH.paper what
// was printed (appended; paper needs no promise).
type disk struct {
	path    string
	archive *os.File
	paper   *os.File
	saved   []byte // state as it is on disk
	docs    int    // documents in the archive
	size    int64  // bytes of them
	printed int64  // position of the tape on disk
}

// onDisk is the state file.
type onDisk struct {
	State       state `json:"state"`
	Documents   int   `json:"documents"`
	ArchiveSize int64 `json:"archive_size"` // what lies beyond was not registered
}

// openDisk reads what is there; fresh tells that there was nothing.
func openDisk(path string, s *state, docs *[]Document, t *tape) (d *disk, fresh bool, err error) {
	d = &disk{path: path}
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
		*s, d.saved, d.docs, d.size = on.State, raw, on.Documents, on.ArchiveSize
		if s.Tables == nil {
			s.Tables = map[string][]byte{}
		}
	}
	if d.archive, err = os.OpenFile(path+".fn", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, false, err
	}
	if d.paper, err = os.OpenFile(path+".paper", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, false, errors.Join(err, d.archive.Close())
	}
	if err := d.load(docs, t, fresh); err != nil {
		return nil, false, errors.Join(err, d.close())
	}
	return d, fresh, nil
}

// load reads the archive as far as the state counts it and cuts the rest.
func (d *disk) load(docs *[]Document, t *tape, fresh bool) error {
	if err := d.archive.Truncate(d.size); err != nil {
		return err
	}
	in := json.NewDecoder(io.NewSectionReader(d.archive, 0, d.size))
	for {
		var doc Document
		err := in.Decode(&doc)
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.archive.Name(), err)
		}
		*docs = append(*docs, doc)
	}
	if len(*docs) != d.docs {
		return fmt.Errorf("%s: %d documents, the state counts %d", d.archive.Name(), len(*docs), d.docs)
	}
	if fresh {
		return d.paper.Truncate(0)
	}
	end, err := d.paper.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	from := max(0, end-tapeKept)
	text := make([]byte, end-from)
	if _, err := d.paper.ReadAt(text, from); err != nil && err != io.EOF {
		return err
	}
	t.restore(from, text)
	d.printed = end
	return nil
}

// save makes everything new durable; documents first, then the state that
// counts them.
func (d *disk) save(s *state, docs []Document, t *tape) error {
	if err := d.saveDocuments(docs); err != nil {
		return err
	}
	raw, err := json.Marshal(onDisk{State: *s, Documents: d.docs, ArchiveSize: d.size})
	if err != nil {
		return err
	}
	if !bytes.Equal(raw, d.saved) {
		if err := writeDurably(d.path, raw); err != nil {
			return err
		}
		d.saved = raw
	}
	text, end := t.after(d.printed)
	if _, err := d.paper.WriteAt([]byte(text), end-int64(len(text))); err != nil {
		return err
	}
	d.printed = end
	return nil
}

func (d *disk) saveDocuments(docs []Document) error {
	if len(docs) == d.docs {
		return nil
	}
	var lines bytes.Buffer
	for i := d.docs; i < len(docs); i++ {
		if err := json.NewEncoder(&lines).Encode(&docs[i]); err != nil {
			return err
		}
	}
	if _, err := d.archive.WriteAt(lines.Bytes(), d.size); err != nil {
		return err
	}
	if err := d.archive.Sync(); err != nil {
		return err
	}
	d.docs, d.size = len(docs), d.size+int64(lines.Len())
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

func (d *disk) close() error { return errors.Join(d.archive.Close(), d.paper.Close()) }

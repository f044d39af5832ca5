package moyskladtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Stored is one thing a till sent and the cloud took.
type Stored struct {
	Seq      int             `json:"seq"`
	Kind     string          `json:"kind"` // openshift, closeshift, and the types of the API
	SyncID   string          `json:"syncid"`
	Store    string          `json:"store"` // id of the retail store
	Name     string          `json:"name"`
	Moment   string          `json:"moment"`
	Shift    string          `json:"shift,omitempty"`   // syncid
	Sum      money.Amount    `json:"sum"`               // as this cloud computes it
	Prepaid  string          `json:"prepaid,omitempty"` // syncid of the prepayment that comes back
	Order    string          `json:"order,omitempty"`   // id of the order a prepayment is for
	Body     json.RawMessage `json:"body"`
	Digest   string          `json:"digest"`           // SHA-256 of the bytes as they came, hex
	Received time.Time       `json:"received"`         // the first time
	Times    int             `json:"times"`            // how often it came
	Fiscal   *Fiscal         `json:"fiscal,omitempty"` // of one that was queued to be registered by another till
	Binned   bool            `json:"binned,omitempty"` // somebody threw it away
}

// event is one line of the state file.
type event struct {
	Token    *tokenEvent `json:"token,omitempty"`
	Document *Stored     `json:"document,omitempty"`
	Repeat   int         `json:"repeat,omitempty"` // Seq of a document that came again
	Revoke   string      `json:"revoke,omitempty"` // store whose tokens are gone
	Setting  *setting    `json:"setting,omitempty"`
	Report   *Report     `json:"report,omitempty"`
	Trash    string      `json:"trash,omitempty"` // syncid of a shift somebody threw away

	Fiscal *fiscalEvent `json:"fiscal,omitempty"`
	Mend   *mend        `json:"mend,omitempty"`
}

// Report is what a till last said of itself, as the cloud keeps it.
type Report struct {
	Store    string          `json:"store"`
	Body     json.RawMessage `json:"body"`
	Received time.Time       `json:"received"`
}

type tokenEvent struct {
	Token string `json:"token"`
	UID   string `json:"uid"`
	Store string `json:"store"`
}

// Limits of the state.
const (
	MaxDocuments = 500_000
	maxLine      = 16 << 20
)

var errFull = errors.New("moyskladtest: storage full")

// state is all that survives a restart. It is an append-only file: a line is
// on disk before the answer that promises it.
type state struct {
	file   *os.File
	broken error                 // a write failed: nothing more is promised
	tokens map[string]tokenEvent // by token
	docs   []Stored
	bySync map[string]int    // kind + syncid -> index in docs
	set    map[string]string // settings that were changed, by name

	reports map[string]Report // by store
	trash   map[string]bool   // shifts by syncid
}

func key(kind, syncid string) string { return kind + "/" + syncid }

// openState reads the file; a line cut off by a crash was never promised and
// is dropped. An empty path keeps everything in memory.
func openState(path string) (*state, error) {
	s := &state{tokens: map[string]tokenEvent{}, bySync: map[string]int{}, set: map[string]string{}, reports: map[string]Report{}, trash: map[string]bool{}}
	if path == "" {
		return s, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("moyskladtest: open state: %w", err)
	}
	if err := errors.Join(s.load(f), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(fmt.Errorf("moyskladtest: read state %s: %w", path, err), f.Close())
	}
	s.file = f
	return s, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s *state) load(f *os.File) error {
	all, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(all, '\n') + 1
	for line := range bytes.Lines(all[:whole]) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		s.apply(e)
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return err
	}
	_, err = f.Seek(int64(whole), io.SeekStart)
	return err
}

func (s *state) apply(e event) {
	switch {
	case e.Token != nil:
		s.revoke(e.Token.Store)
		s.tokens[e.Token.Token] = *e.Token
	case e.Document != nil:
		s.bySync[key(e.Document.Kind, e.Document.SyncID)] = len(s.docs)
		s.docs = append(s.docs, *e.Document)
	case e.Repeat > 0 && e.Repeat <= len(s.docs):
		s.docs[e.Repeat-1].Times++
	case e.Fiscal != nil && e.Fiscal.Seq > 0 && e.Fiscal.Seq <= len(s.docs):
		s.docs[e.Fiscal.Seq-1].Fiscal = &e.Fiscal.Fiscal
	case e.Setting != nil:
		s.set[e.Setting.Name] = e.Setting.Value
	case e.Revoke != "":
		s.revoke(e.Revoke)
	case e.Report != nil:
		s.reports[e.Report.Store] = *e.Report
	case e.Trash != "":
		s.trash[e.Trash] = true
	case e.Mend != nil && e.Mend.Seq > 0 && e.Mend.Seq <= len(s.docs):
		e.Mend.on(&s.docs[e.Mend.Seq-1])
	}
}

func (s *state) revoke(store string) {
	for t, e := range s.tokens {
		if e.Store == store {
			delete(s.tokens, t)
		}
	}
}

// commit makes an event durable, then true.
func (s *state) commit(e event) error {
	if e.Document != nil && len(s.docs) >= MaxDocuments {
		return errFull
	}
	if s.file != nil {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if len(line) > maxLine {
			return errFull
		}
		if err := s.write(append(line, '\n')); err != nil {
			return err
		}
	}
	s.apply(e)
	return nil
}

// write adds a line durably. After a failure nobody knows what is in the
// file, so nothing is written behind it.
func (s *state) write(line []byte) error {
	if s.broken != nil {
		return s.broken
	}
	if _, err := s.file.Write(line); err != nil {
		s.broken = fmt.Errorf("write state: %w", err)
	} else if err := s.file.Sync(); err != nil {
		s.broken = fmt.Errorf("sync state: %w", err)
	}
	return s.broken
}

func (s *state) find(kind, syncid string) (*Stored, bool) {
	i, ok := s.bySync[key(kind, syncid)]
	if !ok {
		return nil, false
	}
	return &s.docs[i], true
}

func (s *state) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

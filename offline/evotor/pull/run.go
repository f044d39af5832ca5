package pull

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// What a directory looks like: a folder a day, a file a document, and stateName
// with how far the reading is.
//
//	2026-11-22/000042-SELL-81f72cae-11b6-465b-be75-03b64bd1d58b.json
//	pull.json
const (
	stateName = "pull.json"
	dirMode   = 0o700 // documents name people
	fileMode  = 0o600
	// MaxPages bounds one Run.
	MaxPages = 100_000
)

// ErrOther: the directory holds another query's documents.
var ErrOther = errors.New("evotor: the directory was begun with another query")

// ErrCursor: the service gives the same page again and again.
var ErrCursor = errors.New("evotor: the cursor does not move")

// State is how far a directory is.
type State struct {
	URL       string    `json:"url"`
	Query     Query     `json:"query"`
	Cursor    string    `json:"cursor,omitempty"` // of the next page
	Pages     int       `json:"pages"`
	Documents int       `json:"documents"` // written; those that were there already do not count
	Done      bool      `json:"done"`
	At        time.Time `json:"at"`
}

// Run reads all documents of a query into a directory and tells after each page
// how far it is. A run that was cut off goes on with the page it was at: a page's
// files are durable before the cursor behind them is. Run again after the end it
// reads what is new, when the query says no Until.
func Run(ctx context.Context, c *Client, q Query, dir string, now func() time.Time, progress func(State)) (State, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return State{}, err
	}
	s, err := begin(c, q, dir)
	if err != nil {
		return s, err
	}
	for range MaxPages {
		p, err := c.Documents(ctx, s.Query, s.Cursor)
		var r *Refusal
		if errors.As(err, &r) && r.Status == 400 && s.Cursor != "" { // it has expired: the files are there, only the time is lost
			s.Cursor = ""
			continue
		}
		if err != nil {
			return s, err
		}
		if p.Next != "" && p.Next == s.Cursor {
			return s, ErrCursor
		}
		written, err := writePage(dir, p.Items)
		if err != nil {
			return s, err
		}
		s.Pages++
		s.Documents += written
		s.Cursor, s.Done, s.At = p.Next, p.Next == "", now()
		if err := s.save(dir); err != nil {
			return s, err
		}
		progress(s)
		if s.Done {
			return s, nil
		}
	}
	return s, fmt.Errorf("%w: more than %d pages", ErrAnswer, MaxPages)
}

// begin takes up where an earlier run was.
func begin(c *Client, q Query, dir string) (State, error) {
	fresh := State{URL: c.o.URL, Query: q}
	b, err := os.ReadFile(filepath.Join(dir, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return fresh, err
	}
	var s State
	if err := json.Unmarshal(b, &s); err != nil {
		return fresh, nil // it is only a bookmark
	}
	if s.URL != fresh.URL || !sameQuery(s.Query, q) {
		return s, ErrOther
	}
	if s.Done {
		s.Done, s.Cursor = false, ""
	}
	return s, nil
}

func sameQuery(a, b Query) bool {
	return a.Store == b.Store && a.Device == b.Device && a.Since.Equal(b.Since) && a.Until.Equal(b.Until) && reflect.DeepEqual(append([]string{}, a.Types...), append([]string{}, b.Types...))
}

func (s *State) save(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, stateName), append(b, '\n'))
}

// writePage makes the files of a page durable and counts the new ones.
func writePage(dir string, items []json.RawMessage) (written int, err error) {
	days := map[string]bool{}
	for _, it := range items {
		day, name, err := place(it)
		if err != nil {
			return written, err
		}
		if err := os.MkdirAll(filepath.Join(dir, day), dirMode); err != nil {
			return written, err
		}
		var b bytes.Buffer
		if err := json.Indent(&b, it, "", "  "); err != nil {
			return written, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		b.WriteByte('\n')
		path := filepath.Join(dir, day, name)
		if was, err := os.ReadFile(path); err == nil && bytes.Equal(was, b.Bytes()) {
			continue
		}
		written++
		if err := replace(path, b.Bytes()); err != nil {
			return written, err
		}
		days[filepath.Join(dir, day)] = true
	}
	for d := range days {
		if err := syncDir(d); err != nil {
			return written, err
		}
	}
	return written, syncDir(dir)
}

// replace writes a file so that it is whole or as it was.
func replace(path string, b []byte) (err error) {
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".part"))
	}
	return os.Rename(path+".part", path)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// What may stand in a file's name: the service is not trusted with paths.
var (
	idForm   = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,63}$`)
	typeForm = regexp.MustCompile(`^[A-Z][A-Z_]{0,31}$`)
	dayForm  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

// place is where a document is kept.
func place(item json.RawMessage) (day, name string, err error) {
	var d struct {
		Type   string      `json:"type"`
		ID     string      `json:"id"`
		Number json.Number `json:"number"`
		Closed string      `json:"close_date"`
	}
	if err := json.Unmarshal(item, &d); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if !idForm.MatchString(d.ID) || !typeForm.MatchString(d.Type) {
		return "", "", fmt.Errorf("%w: document %.64q of type %.32q", ErrAnswer, d.ID, d.Type)
	}
	if day = dayForm.FindString(d.Closed); day == "" {
		day = "undated"
	}
	n, err := d.Number.Int64()
	if err != nil || n < 0 {
		n = 0
	}
	return day, fmt.Sprintf("%06d-%s-%s.json", n, d.Type, strings.ToLower(d.ID)), nil
}

package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/link/record"
)

// Limits of recordings. A device has two files, the one before among them.
const (
	maxRecording   = 8 << 20 // bytes of one file
	maxLinesQueued = 1024    // a disk that is slower loses lines, and says how many
)

// recordings writes what passes the devices' links into a directory. A nil one
// records nothing.
type recordings struct {
	dir     string
	version string
	log     *slog.Logger

	mu    sync.Mutex
	files []*recording
}

// newRecordings makes the directory; "" is none.
func newRecordings(dir, version string, log *slog.Logger) (*recordings, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("record devices: %w", err)
	}
	return &recordings{dir: dir, version: version, log: log}, nil
}

// wrap has a device's link written down.
func (r *recordings) wrap(device, driver string, open link.Opener, redact func() record.Redactor) link.Opener {
	if r == nil {
		return open
	}
	head := record.Header{Device: device, Driver: driver, Link: open.String(), Version: r.version}
	f := &recording{path: filepath.Join(r.dir, fileName(device)), head: head, log: r.log.With("dev", device), lines: make(chan string, maxLinesQueued), done: make(chan struct{})}
	r.mu.Lock()
	r.files = append(r.files, f)
	r.mu.Unlock()
	go f.run()
	return record.New(open, record.Options{Header: head, Redactor: redact, Line: f.line})
}

// close writes what waits and closes the files.
func (r *recordings) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	files := r.files
	r.files = nil
	r.mu.Unlock()
	for _, f := range files {
		f.close()
	}
}

// fileName is of a device, whatever its name is.
func fileName(device string) string {
	safe := strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, device)
	return safe + ".rec.txt"
}

// recording is of one device.
type recording struct {
	path  string
	head  record.Header
	log   *slog.Logger
	lines chan string
	done  chan struct{}

	mu     sync.Mutex // guards what follows
	closed bool
	lost   int // lines there was no room for

	// of run
	file *os.File
	size int
}

// line takes a line without waiting for the disk.
func (f *recording) line(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	if f.lost > 0 {
		text = fmt.Sprintf("# %d lines lost\n%s", f.lost, text)
	}
	select {
	case f.lines <- text:
		f.lost = 0
	default:
		f.lost++
	}
}

func (f *recording) close() {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.lines)
	}
	f.mu.Unlock()
	<-f.done
}

// run writes lines until it is closed. What can not be written ends the
// recording, never the device.
func (f *recording) run() {
	defer close(f.done)
	var failed error
	for text := range f.lines {
		if failed != nil {
			continue
		}
		if failed = f.write(text + "\n"); failed != nil {
			f.log.Warn("recording ended", "err", failed)
		}
	}
	if f.file != nil {
		if err := f.file.Close(); err != nil {
			f.log.Warn("recording", "err", err)
		}
	}
}

func (f *recording) write(text string) error {
	if f.file == nil || f.size+len(text) > maxRecording {
		if err := f.begin(); err != nil {
			return err
		}
	}
	n, err := f.file.WriteString(text)
	f.size += n
	return err
}

// begin starts a file; the one before is kept beside it.
func (f *recording) begin() error {
	if f.file != nil {
		if err := f.file.Close(); err != nil {
			return err
		}
		f.file = nil
	}
	if err := os.Rename(f.path, f.path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	head := strings.Join(f.head.Lines(), "\n") + "\n"
	f.file, f.size = file, len(head)
	_, err = file.WriteString(head)
	return err
}

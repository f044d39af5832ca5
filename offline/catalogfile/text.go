package catalogfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// text reads a file as UTF-8, whatever it was written in: UTF-8 with or
// without a mark, or windows-1251. Which of them shows in the first bytes
// that are not ASCII; what is not UTF-8 later on is for the reader to tell,
// with its line.
type text struct {
	in      *bufio.Reader
	rest    []byte // converted and not read yet
	decided bool
	cyr     bool // windows-1251

	read  int64 // bytes handed out
	limit int64 // of read: a record ends before; see allow
}

// chunk is how much is looked at together.
const chunk = 64 << 10

var mark = []byte("\xef\xbb\xbf")

func newText(from io.Reader) (*text, error) {
	t := &text{in: bufio.NewReaderSize(from, chunk), limit: MaxElement}
	head, err := t.in.Peek(len(mark))
	if bytes.Equal(head, mark) {
		_, err = t.in.Discard(len(mark))
		t.decided = true
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return t, err
}

// guess finds the format from the first character.
func (t *text) guess() Format {
	head, _ := t.in.Peek(chunk) // a short file gives what it has; a failing one fails at the first read
	if head = bytes.TrimLeft(head, " \t\r\n"); len(head) > 0 && head[0] == '{' {
		return JSON
	}
	return CSV
}

func (t *text) encoding() string {
	if t.cyr {
		return "windows-1251"
	}
	return "UTF-8"
}

// allow lets another record be read after offset bytes.
func (t *text) allow(offset int64) { t.limit = offset + MaxElement + chunk }

// Read is io.Reader; it fails when a record does not end within its limit.
func (t *text) Read(p []byte) (int, error) {
	if t.read > t.limit {
		return 0, errElement
	}
	if len(t.rest) == 0 {
		if err := t.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	t.read += int64(n)
	return n, nil
}

func (t *text) fill() error {
	want := 1
	if !t.decided {
		want = fewBytes
	}
	if _, err := t.in.Peek(want); err != nil && t.in.Buffered() == 0 {
		return err
	}
	raw, err := t.in.Peek(t.in.Buffered())
	if err != nil {
		return err
	}
	if !t.decided {
		raw = t.decide(raw)
	}
	if t.cyr {
		t.rest, err = charmap.Windows1251.NewDecoder().Bytes(raw)
	} else {
		t.rest = append(t.rest[:0:0], raw...)
	}
	if err != nil {
		return err
	}
	_, err = t.in.Discard(len(raw))
	return err
}

// decide looks at the bytes that are not ASCII: letters of UTF-8 outweigh the
// odd broken one, and Russian in windows-1251 is hardly ever UTF-8. What stands
// before them may go on undecided.
func (t *text) decide(raw []byte) []byte {
	at := bytes.IndexFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf })
	if at < 0 {
		return raw
	}
	if at > 0 && len(raw)-at < fewBytes {
		return raw[:at] // the next look sees more
	}
	good, bad := 0, 0
	for rest := raw[at:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		rest = rest[size:]
	}
	t.decided, t.cyr = true, bad > good
	return raw
}

// fewBytes say too little of an encoding.
const fewBytes = 1 << 10

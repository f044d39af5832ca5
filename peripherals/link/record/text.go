package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// magic is the first line of a recording.
const magic = "kassa-recording 1"

// maxSteps bounds what is read of a recording.
const maxSteps = 1 << 18

// ErrBad says that a text is no recording.
var ErrBad = errors.New("record: no recording")

// Header says whose recording it is.
type Header struct {
	Device  string // its name: "display"
	Driver  string
	Link    string // "tcp 192.168.1.5:7778"
	Version string // of the software
	Began   time.Time
}

// Lines are the header as text, the empty line behind it included.
func (h Header) Lines() []string {
	return []string{magic,
		"device: " + oneLine(h.Device), "driver: " + oneLine(h.Driver), "link: " + oneLine(h.Link),
		"version: " + oneLine(h.Version), "began: " + h.Began.UTC().Format(time.RFC3339), ""}
}

// Step is one line of a recording.
type Step struct {
	At    time.Duration
	Way   Way     // 0: Mark
	Bytes []int16 // Hidden among them
	Mark  string  // "open", "close", "lost ...", "none ...", "stuck ..."
}

// Recording is one, read.
type Recording struct {
	Header Header
	Steps  []Step
}

// Read reads a recording. Several joined together are one, as after a restart.
func Read(r io.Reader) (rec Recording, err error) {
	lines := bufio.NewScanner(r)
	if !lines.Scan() || lines.Text() != magic {
		return rec, fmt.Errorf("%w: it begins otherwise", ErrBad)
	}
	head := true
	for n := 2; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		switch {
		case line == magic:
			head = true
		case head && line == "":
			head = false
		case head:
			err = rec.Header.set(line)
		case line == "" || strings.HasPrefix(line, "#"):
		case len(rec.Steps) >= maxSteps:
			err = fmt.Errorf("%w: too long", ErrBad)
		default:
			var s Step
			s, err = step(line)
			rec.Steps = append(rec.Steps, s)
		}
		if err != nil {
			return rec, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return rec, lines.Err()
}

func (h *Header) set(line string) (err error) {
	key, value, ok := strings.Cut(line, ": ")
	if !ok {
		key, value = strings.TrimSuffix(line, ":"), ""
	}
	switch key {
	case "device":
		h.Device = value
	case "driver":
		h.Driver = value
	case "link":
		h.Link = value
	case "version":
		h.Version = value
	case "began":
		if h.Began, err = time.Parse(time.RFC3339, value); err != nil {
			return fmt.Errorf("%w: %w", ErrBad, err)
		}
	default:
		return fmt.Errorf("%w: %q in the header", ErrBad, line)
	}
	return nil
}

func step(line string) (Step, error) {
	at, what, ok := strings.Cut(line, " ")
	whole, part, dot := strings.Cut(at, ".")
	seconds, err1 := strconv.ParseUint(whole, 10, 31)
	micros, err2 := strconv.ParseUint(part, 10, 31)
	if !ok || !dot || err1 != nil || err2 != nil || len(part) != 6 {
		return Step{}, fmt.Errorf("%w: %q has no time", ErrBad, line)
	}
	s := Step{At: time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond}
	if word, bytes, _ := strings.Cut(what, " "); word == string(rune(Sent)) || word == string(rune(Heard)) {
		s.Way = Way(word[0])
		for _, x := range strings.Fields(bytes) {
			if x == "??" {
				s.Bytes = append(s.Bytes, Hidden)
				continue
			}
			v, err := strconv.ParseUint(x, 16, 8)
			if err != nil || len(x) != 2 {
				return Step{}, fmt.Errorf("%w: %q is no byte", ErrBad, x)
			}
			s.Bytes = append(s.Bytes, int16(v))
		}
		return s, nil
	}
	word, _, _ := strings.Cut(what, " ")
	switch word {
	case "open", "close", "lost", "none", "stuck":
		s.Mark = what
		return s, nil
	}
	return Step{}, fmt.Errorf("%w: %q", ErrBad, line)
}

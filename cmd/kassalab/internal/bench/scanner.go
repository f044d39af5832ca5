package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/board/boardtest"
)

// Limits of the scanner.
const (
	MaxCode    = 16 << 10 // bytes of a code: twice what the largest symbol holds, so that a till can be given too much
	MaxCodes   = 100      // codes of one request
	sentKept   = 30       // scans shown on the page
	scanSuffix = "\r"

	writeTime = 2 * time.Second        // for one code to fit into the port
	readTime  = 300 * time.Millisecond // for the till to take it
	readLook  = 10 * time.Millisecond
)

// Sent is a code that went down the scanner's line.
type Sent struct {
	Code  string    `json:"code"`
	Bytes int       `json:"bytes"` // with the suffix
	Read  bool      `json:"read"`  // somebody took it from the line
	At    time.Time `json:"at"`
}

// scanner is a serial barcode scanner: code and CR, nothing else.
type scanner struct {
	cable cable
	touch func()

	scanning sync.Mutex // one code at a time
	mu       sync.Mutex
	sent     []Sent // newest first
}

func newScanner(link string, touch func()) *scanner {
	s := &scanner{touch: touch}
	s.cable = cable{link: link, device: deaf}
	return s
}

// deaf is a device that takes what it is sent and does nothing with it.
func deaf(_ context.Context, port *boardtest.PTY) {
	buf := make([]byte, 256)
	for {
		if _, err := port.Read(buf); err != nil {
			return
		}
	}
}

// CheckCode tells why a code can not be scanned.
func CheckCode(code string) error {
	switch {
	case code == "":
		return &BadRequest{"an empty code can not be scanned"}
	case len(code) > MaxCode:
		return &BadRequest{fmt.Sprintf("a code of %d bytes: the scanner reads at most %d", len(code), MaxCode)}
	case !utf8.ValidString(code):
		return &BadRequest{"the code is not valid UTF-8"}
	case strings.ContainsAny(code, "\r\n\x00"):
		return &BadRequest{"a code holds no CR, LF or NUL: a CR ends it; give two codes as two"}
	}
	return nil
}

// scan sends codes in order. It stops at the first that can not be sent and
// tells of those before.
func (s *scanner) scan(ctx context.Context, codes []string) ([]Sent, error) {
	if len(codes) == 0 || len(codes) > MaxCodes {
		return nil, &BadRequest{fmt.Sprintf("%d codes in one request: 1 to %d go", len(codes), MaxCodes)}
	}
	for _, code := range codes {
		if err := CheckCode(code); err != nil {
			return nil, err
		}
	}
	s.scanning.Lock()
	defer s.scanning.Unlock()
	var sent []Sent
	for _, code := range codes {
		one, err := s.send(ctx, code)
		if err != nil {
			return sent, err
		}
		sent = append(sent, one)
		s.remember(one)
	}
	return sent, nil
}

func (s *scanner) send(ctx context.Context, code string) (Sent, error) {
	port, side, err := s.cable.ends()
	if err != nil {
		return Sent{}, fmt.Errorf("scan: the scanner can not send, %w", err)
	}
	if s.cable.pace.hung.on() {
		return Sent{}, errors.New("scan: the scanner hangs")
	}
	line := []byte(code + scanSuffix)
	limit := writeTime
	if s.cable.pace.slow.Load() {
		limit += time.Duration(len(line)) * slowByte
	}
	if err := port.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return Sent{}, fmt.Errorf("scan: %w", err)
	}
	n, err := s.cable.pace.through(port).Write(line)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Sent{}, fmt.Errorf("scan: nobody reads the scanner's port: only %d of %d bytes fitted into it", n, len(line))
	}
	if err != nil {
		return Sent{}, fmt.Errorf("scan: %w", err)
	}
	return Sent{Code: code, Bytes: n, Read: taken(ctx, side), At: time.Now()}, nil
}

// taken waits a moment for the till to read the port empty. The kernel hands
// bytes over in the background, so one empty look proves nothing; two do.
func taken(ctx context.Context, side *os.File) bool {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	t := time.NewTicker(readLook)
	defer t.Stop()
	for empty := 0; empty < 2; {
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
		}
		n, err := waiting(side)
		if err != nil {
			return false
		}
		if empty++; n > 0 {
			empty = 0
		}
	}
	return true
}

func (s *scanner) remember(one Sent) {
	s.mu.Lock()
	s.sent = slices.Insert(s.sent, 0, one)
	s.sent = s.sent[:min(len(s.sent), sentKept)]
	s.mu.Unlock()
	s.touch()
}

func (s *scanner) state() Scanner {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Scanner{Plugged: s.cable.plugged(), Port: s.cable.link, Sent: slices.Clone(s.sent)}
}

func (s *scanner) faults() []Fault {
	return append(s.cable.paceFaults("scanner"), Fault{Device: "scanner", Name: "garbage", Text: map[string]string{"ru": "шум вместо кодов", "en": "noise for codes"},
		Help: "bytes as of a wrong speed, with no end of a code; once"})
}

// noise is what a scanner of another speed seems to say: no CR is in it.
var noise = bytes.Repeat([]byte{0xFE, 0x78, 0x00, 0x1D, 0xE0, 0x0A, 0x98}, 400)

func (s *scanner) fault(name string, args []string) error {
	if name == "garbage" && len(args) == 0 {
		s.scanning.Lock()
		defer s.scanning.Unlock()
		port, _, err := s.cable.ends()
		if err == nil {
			err = port.SetWriteDeadline(time.Now().Add(writeTime))
		}
		if err == nil {
			_, err = port.Write(noise)
		}
		return err
	}
	_, err := s.cable.paceFault("scanner", name, args)
	return err
}

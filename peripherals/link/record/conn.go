package record

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// conn is an open link that is written down.
type conn struct {
	link.Conn
	r Opener

	mu     sync.Mutex // guards what follows
	redact Redactor
	held   map[Way][]byte // not yet taken by redact
	since  map[Way]time.Duration
	ended  bool
}

// Read reads, and writes down what came.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.passed(Heard, p[:n])
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.end("lost " + oneLine(err.Error()))
	}
	return n, err
}

// Write writes, and writes down what went. It is written down before it is
// sent: an answer never stands before its question.
func (c *conn) Write(p []byte) (int, error) {
	c.passed(Sent, p)
	n, err := c.Conn.Write(p)
	if err != nil {
		c.passedMark(fmt.Sprintf("stuck after %d of %d: %s", n, len(p), oneLine(err.Error())))
	}
	return n, err
}

// Close closes the link.
func (c *conn) Close() error {
	c.end("close")
	return c.Conn.Close()
}

// end marks the end once: who closes a lost link adds nothing.
func (c *conn) end(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	c.flush(Sent)
	c.flush(Heard)
	c.r.mark(what)
}

func (c *conn) passedMark(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.r.mark(what)
	}
}

func (c *conn) passed(way Way, p []byte) {
	if len(p) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	now := c.r.now()
	for _, w := range []Way{Sent, Heard} {
		if len(c.held[w]) > 0 && now-c.since[w] > heldFor {
			c.flush(w) // no frame after all
		}
	}
	if len(c.held[way]) == 0 {
		c.since[way] = now
	}
	c.held[way] = append(c.held[way], p...)
	for len(c.held[way]) > 0 {
		n, shown := c.redact(way, c.held[way])
		if n <= 0 {
			break
		}
		c.show(way, c.since[way], shown)
		c.held[way], c.since[way] = c.held[way][n:], now
	}
	if len(c.held[way]) > maxHeld {
		c.flush(way)
	}
}

// flush hides what no frame came of.
func (c *conn) flush(way Way) {
	if n := len(c.held[way]); n > 0 {
		c.show(way, c.since[way], Hide(n))
		c.held[way] = nil
	}
}

func (c *conn) show(way Way, at time.Duration, shown []int16) {
	for len(shown) > 0 {
		n := min(len(shown), perLine)
		c.r.line(at, string(rune(way))+" "+hex(shown[:n]))
		shown = shown[n:]
	}
}

// hex writes bytes as "1B 40 ??".
func hex(shown []int16) string {
	var b strings.Builder
	for i, x := range shown {
		if i > 0 {
			b.WriteByte(' ')
		}
		if x < 0 {
			b.WriteString("??")
		} else {
			fmt.Fprintf(&b, "%02X", x)
		}
	}
	return b.String()
}

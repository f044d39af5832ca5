package boardtest

import (
	"bufio"
	"errors"
	"net"
	"strings"
	"time"
)

// Limits of one client.
const (
	maxMessage = 256 // bytes of a message
	maxName    = 64  // bytes of a line's name
	outbox     = 256 // messages a client may leave unread; then it is thrown out
	sendTime   = time.Second
)

const greeting = "board 1"

// client is one connection: its reader handles requests, its writer empties
// the outbox, so that a client that does not read holds up nobody.
type client struct {
	board  *Board
	conn   net.Conn
	out    chan string
	inputs map[string]bool // guarded by board.mu
}

func (b *Board) serve() {
	defer b.serving.Done()
	for {
		conn, err := b.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // out of handles for a moment
		}
		c := &client{board: b, conn: conn, out: make(chan string, outbox), inputs: map[string]bool{}}
		b.mu.Lock()
		if b.closed || b.unplugged || len(b.clients) >= MaxClients {
			b.mu.Unlock()
			_ = conn.Close() // refused; the client sees no greeting
			continue
		}
		b.clients[c] = true
		if b.hung == nil {
			c.send(greeting)
		}
		b.serving.Add(2)
		b.mu.Unlock()
		go c.write()
		go c.read()
	}
}

func (c *client) write() {
	defer c.board.serving.Done()
	defer c.conn.Close() // a second close, or one that wakes the reader
	for text := range c.out {
		if c.conn.SetWriteDeadline(time.Now().Add(sendTime)) != nil {
			return
		}
		if _, err := c.conn.Write([]byte(text + "\n")); err != nil {
			return
		}
	}
}

func (c *client) read() {
	defer c.board.serving.Done()
	in := bufio.NewScanner(c.conn)
	in.Buffer(make([]byte, 0, maxMessage), maxMessage)
	for in.Scan() {
		c.board.wake()
		if d := c.board.Slow(); d > 0 {
			<-time.After(d) // a reader of its own: nobody else waits
		}
		c.board.mu.Lock()
		c.send(c.handle(in.Text()))
		c.board.mu.Unlock()
	}
	_ = c.conn.Close()
	c.board.mu.Lock()
	delete(c.board.clients, c)
	close(c.out)
	c.board.mu.Unlock()
}

// handle does one request and gives its answer; board.mu is held.
func (c *client) handle(text string) string {
	word := strings.Fields(text)
	if len(word) != 3 || len(word[1]) > maxName {
		return "err what is that"
	}
	l, err := c.board.line(word[1])
	if err != nil {
		return "err " + err.Error()
	}
	switch {
	case word[0] == "out" && (word[2] == "0" || word[2] == "1"):
		l.output = true
		c.board.move(word[1], l, word[2] == "1")
	case word[0] == "in" && (word[2] == "up" || word[2] == "down" || word[2] == "float"):
		if !l.input && word[2] != "float" {
			c.board.move(word[1], l, word[2] == "up")
		}
		l.output, l.input = false, true
		c.inputs[word[1]] = true
		c.tell(word[1], l.high)
	default:
		return "err what is that"
	}
	return "ok"
}

// tell sends an input's level to a client that asked for it; board.mu is held.
func (c *client) tell(name string, high bool) {
	if !c.inputs[name] {
		return
	}
	if high {
		c.send("level " + name + " 1")
	} else {
		c.send("level " + name + " 0")
	}
}

// send queues a message; a client that does not read is thrown out. board.mu
// is held, so that the outbox is not closed meanwhile.
func (c *client) send(text string) {
	if !c.board.clients[c] {
		return
	}
	select {
	case c.out <- text:
	default:
		_ = c.conn.Close()
	}
}

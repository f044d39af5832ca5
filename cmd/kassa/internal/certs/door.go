package certs

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// Limits of the door.
const (
	MaxRemote   = 256             // connections of other machines at once
	MaxPerHost  = 64              // of one of them
	firstByte   = 5 * time.Second // a connection says what it is in this time
	recordStart = 0x16            // the first byte of a TLS handshake (RFC 8446, 5.1)
)

// door is a listener where those who speak TLS get it, and the others come in
// as they are: whoever serves them has to look (*http.Request.TLS).
type door struct {
	net.Listener
	conf *tls.Config
	in   chan net.Conn
	done chan struct{}
	work sync.WaitGroup

	mu     sync.Mutex // guards what follows
	closed bool
	silent map[*guest]bool // have not said anything yet
	hosts  map[string]int
	remote int
	err    error
}

// Listen puts a door before a listener of TCP connections.
func Listen(inner net.Listener, conf *tls.Config) net.Listener {
	d := &door{Listener: inner, conf: conf, in: make(chan net.Conn), done: make(chan struct{}), silent: map[*guest]bool{}, hosts: map[string]int{}}
	d.work.Go(d.accept)
	return d
}

// accept takes connections in; each says what it is in a goroutine of its own,
// so that a silent one keeps nobody waiting.
func (d *door) accept() {
	for pause := time.Duration(0); ; {
		c, err := d.Listener.Accept()
		if err != nil {
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() { // no file descriptors, as net/http sees it
				pause = min(max(2*pause, 5*time.Millisecond), time.Second)
				select {
				case <-time.After(pause):
					continue
				case <-d.done:
				}
			}
			d.mu.Lock()
			d.err = err
			d.mu.Unlock()
			close(d.in)
			return
		}
		pause = 0
		if g := d.admit(c); g != nil {
			go d.ask(g) // ends after firstByte at the latest; Close waits for it
		}
	}
}

// admit counts a connection in; nil: it was refused.
func (d *door) admit(c net.Conn) *guest {
	g := &guest{Conn: c, door: d}
	if !Here(c.RemoteAddr(), c.LocalAddr()) {
		g.host = hostOf(c.RemoteAddr())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || g.host != "" && (d.remote >= MaxRemote || d.hosts[g.host] >= MaxPerHost) {
		_ = c.Close() // nothing was said on it
		return nil
	}
	if g.host != "" {
		d.remote++
		d.hosts[g.host]++
	}
	d.silent[g] = true
	d.work.Add(1)
	return g
}

func (d *door) ask(g *guest) {
	defer d.work.Done()
	first := make([]byte, 1)
	err := g.SetReadDeadline(time.Now().Add(firstByte))
	if err == nil {
		_, err = g.Conn.Read(first)
	}
	if err == nil {
		err = g.SetReadDeadline(time.Time{})
	}
	if err != nil {
		_ = g.Close() // it never said anything
		return
	}
	d.mu.Lock()
	delete(d.silent, g)
	d.mu.Unlock()
	g.first = first
	var c net.Conn = g
	if first[0] == recordStart {
		c = tls.Server(g, d.conf)
	}
	select {
	case d.in <- c:
	case <-d.done:
		_ = g.Close() // nobody serves it any more
	}
}

// Accept gives the next connection that has said what it is.
func (d *door) Accept() (net.Conn, error) {
	select {
	case c, ok := <-d.in:
		if ok {
			return c, nil
		}
	case <-d.done:
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil && !d.closed {
		return nil, d.err
	}
	return nil, net.ErrClosed
}

// Close ends the listener and those that have not said anything yet.
func (d *door) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	for g := range d.silent {
		_ = g.Conn.Close() // wakes its reader, which counts it out
	}
	d.mu.Unlock()
	close(d.done)
	err := d.Listener.Close()
	d.work.Wait()
	return err
}

// guest is a connection with the byte it began with.
type guest struct {
	net.Conn
	door  *door
	host  string // of another machine; "": this one
	first []byte
	once  sync.Once
}

func (g *guest) Read(p []byte) (int, error) {
	if len(g.first) > 0 && len(p) > 0 {
		n := copy(p, g.first)
		g.first = g.first[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// Close counts the connection out.
func (g *guest) Close() error {
	g.once.Do(func() {
		g.door.mu.Lock()
		defer g.door.mu.Unlock()
		delete(g.door.silent, g)
		if g.host == "" {
			return
		}
		g.door.remote--
		if g.door.hosts[g.host]--; g.door.hosts[g.host] == 0 {
			delete(g.door.hosts, g.host)
		}
	})
	return g.Conn.Close()
}

// Here tells whether a connection comes from this machine itself.
func Here(remote, local net.Addr) bool {
	from, ok := remote.(*net.TCPAddr)
	to, ok2 := local.(*net.TCPAddr)
	return ok && ok2 && (from.IP.IsLoopback() || from.IP.Equal(to.IP))
}

func hostOf(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return a.String()
}

package journal

import (
	"encoding/json"
	"errors"
	"runtime"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// A check reads lines ahead, on all cores, and takes them in their order on
// one: what costs time is to decode them.

const (
	aheadBytes = 256 << 10 // of lines that are decoded together
	aheadLines = 256
)

// ahead are the lines that have been read and not been taken.
type ahead struct {
	filling *pack
	flying  []*pack // being decoded, in order
	free    []*pack
}

// pack is some lines that are decoded together.
type pack struct {
	buf   []byte
	lines []tape.Line // their Data are parts of buf
	read  []readLine
	done  chan struct{}
}

// readLine is what can be known of a line without the others.
type readLine struct {
	stored
	bad error // it is no record

	doc    *doc.Document // of a document record in a form that is known here
	docBad error
}

// read decodes a line; the data of what it gives is a part of it.
func read(line []byte) (r readLine) {
	if r.stored, r.bad = look(line); r.bad != nil {
		return r
	}
	if r.Kind == record.Document && r.Schema <= doc.Schema && r.Carried == 0 {
		var d doc.Document
		if r.docBad = json.Unmarshal(r.Data, &d); r.docBad == nil {
			r.doc, r.docBad = &d, d.Validate()
			return r
		}
	}
	if len(r.Data) > 0 && !json.Valid(r.Data) {
		r.bad = errors.New("its data is not JSON")
	}
	return r
}

// line gives the checker the next line of the chain.
func (c *checker) line(l tape.Line) {
	a := &c.ahead
	if p := a.filling; p != nil && (len(p.buf)+len(l.Data) > cap(p.buf) || len(p.lines) == aheadLines) {
		c.launch()
	}
	if a.filling == nil {
		a.filling = a.pack(len(l.Data))
	}
	p := a.filling
	from := len(p.buf)
	p.buf = append(p.buf, l.Data...)
	l.Data = p.buf[from:]
	p.lines = append(p.lines, l)
}

// pack gives an empty one with room for a line.
func (a *ahead) pack(size int) *pack {
	if n := len(a.free); n > 0 && size <= aheadBytes {
		p := a.free[n-1]
		a.free = a.free[:n-1]
		return p
	}
	return &pack{buf: make([]byte, 0, max(size, aheadBytes))}
}

// launch has what was filled decoded, and takes the oldest when there is
// enough to do.
func (c *checker) launch() {
	a := &c.ahead
	p := a.filling
	a.filling, p.done = nil, make(chan struct{})
	go func() {
		defer close(p.done)
		for _, l := range p.lines {
			p.read = append(p.read, read(l.Data))
		}
	}()
	if a.flying = append(a.flying, p); len(a.flying) > runtime.GOMAXPROCS(0) {
		c.land()
	}
}

// land takes the oldest lines that were read.
func (c *checker) land() {
	a := &c.ahead
	p := a.flying[0]
	a.flying = a.flying[1:]
	<-p.done
	for i, l := range p.lines {
		c.take(l, &p.read[i])
	}
	if cap(p.buf) == aheadBytes {
		clear(p.read) // what they point to is free
		p.buf, p.lines, p.read = p.buf[:0], p.lines[:0], p.read[:0]
		a.free = append(a.free, p)
	}
}

// settle takes all lines that were given.
func (c *checker) settle() {
	if c.ahead.filling != nil {
		c.launch()
	}
	for len(c.ahead.flying) > 0 {
		c.land()
	}
	if c.report.Records > 0 {
		c.report.Head = hexHash(c.head)
	}
}

// Package ofdtest is a fake operator of fiscal data (OFD): a TCP server that
// takes the messages of emulated fiscal storages (FN), keeps the documents in
// them and answers with tickets. It is for benches and tests; a real FN would
// refuse its tickets, which are signed with no key.
//
// It is strict where an operator is: header, check and container must be
// right, and the documents of one FN must come without a gap. A document that
// comes again is the same document: it gets its ticket again and is counted.
// On the same port it plays the marking system: it takes the notices of sold
// marked goods.
//
// Everything that can go wrong between a KKT and its operator is a fault
// (Faults lists them). With Options.StatePath a document is on disk before its
// ticket is sent, so killing the process loses nothing that was confirmed.
//
// All methods may be called from any goroutine.
package ofdtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// Options of an operator. Zero values mean the defaults named.
type Options struct {
	StatePath string           // memory only
	Now       func() time.Time // time.Now
	Log       *slog.Logger     // discarded
}

// Document is what the operator got, or the marking system: then FD is the
// number of a notice.
type Document struct {
	Kind     ofdwire.Kind `json:"kind"`
	FN       string       `json:"fn"`
	FD       uint32       `json:"fd"`
	Form     int          `json:"form"`
	Received time.Time    `json:"received"` // the first time
	Times    int          `json:"times"`
	Sign     string       `json:"sign"` // of the ticket, hexadecimal
	Body     []byte       `json:"body"` // FFD tags
}

// OFD is a fake operator.
type OFD struct {
	o   Options
	log *slog.Logger

	mu      sync.Mutex // guards what follows
	disk    *os.File   // nil in memory
	docs    []Document
	index   map[key]int // of docs
	last    map[row]uint32
	faults  faults
	refused int // messages that were none, or came in the wrong order
	changed chan struct{}
	live    map[io.Closer]struct{}
}

// key names a document; row is where it stands in order.
type key struct {
	row
	fd uint32
}

type row struct {
	kind ofdwire.Kind
	fn   string
}

// Open makes an operator, or brings the one at o.StatePath back to life.
func Open(o Options) (*OFD, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &OFD{o: o, log: o.Log, index: map[key]int{}, last: map[row]uint32{}, changed: make(chan struct{}), live: map[io.Closer]struct{}{}}
	if o.StatePath == "" {
		return f, nil
	}
	disk, err := os.OpenFile(o.StatePath, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open fake operator: %w", err)
	}
	f.disk = disk
	if err := f.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open fake operator: %s: %w", o.StatePath, err), disk.Close())
	}
	return f, nil
}

// load reads what was taken. A torn last line was never confirmed.
func (f *OFD) load() error {
	text, err := io.ReadAll(f.disk)
	if err != nil {
		return err
	}
	end := int64(0)
	for {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		var d Document
		if !whole || json.Unmarshal(line, &d) != nil {
			break
		}
		f.note(d)
		end += int64(len(line)) + 1
		text = rest
	}
	if err := f.disk.Truncate(end); err != nil {
		return err
	}
	_, err = f.disk.Seek(end, io.SeekStart)
	return err
}

// note files a document; of one that is known only the count changes.
func (f *OFD) note(d Document) {
	at := row{d.Kind, d.FN}
	k := key{at, d.FD}
	if i, ok := f.index[k]; ok {
		f.docs[i].Times++
		return
	}
	d.Times = 1
	f.index[k] = len(f.docs)
	f.docs = append(f.docs, d)
	f.last[at] = d.FD
}

// Close ends connections and closes the file. Serve is ended by its context.
func (f *OFD) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hangUp()
	if f.disk == nil {
		return nil
	}
	disk := f.disk
	f.disk = nil
	return disk.Close()
}

// Documents lists what the operator took, oldest first.
func (f *OFD) Documents() []Document { return f.of(ofdwire.OFD) }

// Notices lists what the marking system took, oldest first.
func (f *OFD) Notices() []Document { return f.of(ofdwire.Marks) }

func (f *OFD) of(kind ofdwire.Kind) []Document {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Document
	for i := range f.docs {
		if f.docs[i].Kind == kind {
			all = append(all, f.docs[i])
		}
	}
	return all
}

// State is the operator's counters.
type State struct {
	Documents int       `json:"documents"`
	Notices   int       `json:"notices"`  // of sold marked goods
	Repeated  int       `json:"repeated"` // documents that came more than once
	Refused   int       `json:"refused"`  // messages that were wrong
	Latest    time.Time `json:"latest,omitzero"`
	Faults    []string  `json:"faults"` // lasting or armed, by name
}

// State counts.
func (f *OFD) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := State{Refused: f.refused, Faults: f.faults.active()}
	for i := range f.docs {
		if f.docs[i].Kind == ofdwire.Marks {
			s.Notices++
		} else {
			s.Documents++
		}
		if f.docs[i].Times > 1 {
			s.Repeated++
		}
	}
	if n := len(f.docs); n > 0 {
		s.Latest = f.docs[n-1].Received
	}
	return s
}

// Changed returns a channel that is closed at the next change.
func (f *OFD) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// notify tells watchers. f.mu is held.
func (f *OFD) notify() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// Errors of messages an operator does not take.
var (
	errWrongFN = errors.New("container of another FN")
	errGap     = errors.New("a document is missing before this one")
	errChanged = errors.New("another document had this number")
)

// take files the document in a message and gives its ticket, once it is
// durable.
func (f *OFD) take(message []byte) (ticket []byte, err error) {
	h, body, err := ofdwire.Parse(message)
	if err != nil {
		return nil, err
	}
	c, err := ofdwire.ParseContainer(body)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := row{h.Kind, c.FN}
	i, known := f.index[key{at, c.FD}]
	last, any := f.last[at]
	switch {
	case h.Kind == ofdwire.Unknown:
		return nil, ofdwire.ErrForm
	case c.FN != h.FN:
		return nil, errWrongFN
	case known && !bytes.Equal(f.docs[i].Body, c.Body):
		return nil, errChanged
	case !known && any && c.FD != last+1:
		return nil, errGap
	}
	sum := sha256.Sum256(body)
	sign := sum[:signSize]
	d := Document{Kind: h.Kind, FN: c.FN, FD: c.FD, Form: int(c.Form), Received: f.o.Now(), Sign: fmt.Sprintf("%x", sign), Body: bytes.Clone(c.Body)}
	if err := f.keep(d); err != nil {
		return nil, err
	}
	f.note(d)
	f.notify()
	return f.ticket(h, c, sign), nil
}

// keep puts a document on disk. f.mu is held.
func (f *OFD) keep(d Document) error {
	if f.disk == nil {
		return nil
	}
	line, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if _, err := f.disk.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.disk.Sync()
}

const signSize = 18

// ticket builds the answer to a container. The emulated FN expects the first
// 18 bytes of the container's SHA-256 as its sign.
func (f *OFD) ticket(h ofdwire.Header, c ofdwire.Container, sign []byte) []byte {
	code, fn := byte(0), h.FN
	switch {
	case f.faults.use(faultReject):
		code = refusalCode
	case f.faults.use(faultSign):
		sign = make([]byte, signSize)
	case f.faults.use(faultWrongFN):
		fn = "9999078999999999"
	}
	tags := appendTag(nil, 1041, []byte(fn))
	tags = appendTag(tags, 1040, binary.LittleEndian.AppendUint32(nil, c.FD))
	tags = appendTag(tags, 1012, binary.LittleEndian.AppendUint32(nil, uint32(f.o.Now().Unix())))
	tags = appendTag(tags, 1022, []byte{code})
	tags = appendTag(tags, 1078, sign)
	answer := ofdwire.Container{Form: ofdwire.FormTicket, FN: fn, FD: c.FD, Body: tags}
	m := ofdwire.Message(h.Kind, "1.2", fn, answer.Encode())
	copy(m[6:8], h.Format[:])
	binary.LittleEndian.PutUint16(m[28:], ofdwire.CRC(m[:28], m[ofdwire.HeaderSize:]))
	return m
}

// refusalCode is what tag 1022 holds when an operator does not take a document.
const refusalCode = 2

func appendTag(b []byte, tag uint16, value []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, tag)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

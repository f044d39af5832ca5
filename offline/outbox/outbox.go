// Package outbox takes a till's documents to one place outside, each exactly
// once, whatever happens to the network or the power.
//
// # The queue is the journal
//
// There is no second list that could disagree with the journal. A queue reads
// the documents its destination wants, in the journal's order, and writes
// what became of each as a delivery record (Type is the destination's name,
// ID the document's):
//
//	queued --> sending --> delivered
//	              |  ^
//	              v  |
//	            parked --> retry
//	              |
//	              v
//	            by_hand
//
// The request is frozen in the "sending" record before it is sent for the
// first time, and every later attempt, after a lost answer or a restart,
// sends those bytes. "parked" holds the other side's words for a person;
// Retry takes the document back into the queue. "by_hand" says that a person
// has brought it there, or that it need not be there any more: it is never sent
// again, and what waited for it goes on.
//
// # Progress
//
// Now and then, in one batch with deliveries, the queue writes the setting
// "outbox/<name>": the sequence up to which everything is delivered or
// parked, and the parked ones. A start reads on from there and never scans
// the whole journal. Settings live in the journal, so a rebuilt store resends
// nothing.
//
// # Order
//
// What opens or closes a shift waits for everything before it and everything
// after waits for it; other documents of a shift go side by side, save that
// each waits for what it names: a return for its sale, a hand-over for its
// prepayment, a sale for goods and customers that were made at this till.
// A document that needs a person is parked and the rest goes on; what names it
// is parked with it, and all of a shift with its opening. Retry takes them
// back together.
//
// # What has no place there
//
// A destination may have no words for a kind of document at all. It says so
// when the document is encoded (class Keep): that is journaled as "kept" with
// the reason and nobody is alarmed, for there is nothing anybody could mend.
//
// # Attempts
//
// The first, second, fourth, eighth.. failure of a document is journaled with
// its number, so that a start goes on waiting where the last one was and a
// night without a network wears no card out.
//
// # Periods
//
// Before the journal puts a period away Carry writes a progress record that
// names every document that is not delivered, and tells the journal which
// records have to be carried over. The requests keep their sequences, so what
// was frozen stays frozen, and a start reads nothing of the closed period.
//
// A Queue may be used by several goroutines; one round at a time runs.
package outbox

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits of a queue.
const (
	MaxWindow     = 1024 // documents known by name at a time; the rest waits in the journal
	MaxRound      = 16   // documents frozen together and sent in one round
	MaxParked     = 500  // parked documents; with more the queue stops until somebody looks
	MaxCarry      = 1000 // undelivered documents that a period's end takes along
	MaxWords      = 300  // runes of the other side's words that are kept
	ProgressEvery = 64   // settled documents between two progress records
)

// Journal is what a queue needs of the journal. Setting returns an error when
// there is none of that name; Options.NotFound tells it from a failure.
type Journal interface {
	Append(ctx context.Context, entries ...record.Entry) (first uint64, err error)
	Scan(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error]
	Setting(ctx context.Context, name string) (record.Record, error)
}

// Destination is one place documents go to. Its methods may be called from
// several goroutines at once.
type Destination interface {
	// Name is short and never changes: it is written into the journal.
	Name() string
	// Types lists the document types it takes.
	Types() []doc.Type
	// Encode makes the request for a document: pure, called once per document.
	// An error parks the document.
	Encode(d *doc.Document, s Shift) (Request, error)
	// Send sends a frozen request. again says that it may have been sent
	// before: the destination then finds out whether it arrived instead of
	// creating it twice. Errors should be a *Failure; others count as Retry.
	Send(ctx context.Context, r Request, again bool) (Answer, error)
	// Parallel is how many Sends it takes at once, at least 1.
	Parallel() int
}

// Maker is a Destination that also takes what is made at a till besides
// documents: goods, customers, orders (records of kind record.Made).
type Maker interface {
	// Makes lists the types of those records it takes.
	Makes() []string
	// EncodeMade is as Encode.
	EncodeMade(r record.Record) (Request, error)
}

// Shift is what the journal knows of a document's shift; all may be nil.
type Shift struct {
	Open  *doc.Document // OPEN_SESSION
	Close *doc.Document // for CLOSE_SESSION its Z_REPORT and the other way round
	// CashOut is the last CASH_OUTCOME, for a closing document; nil when it is
	// parked, for it can not be named then.
	CashOut *doc.Document
}

// Request is one frozen call: Body goes over the wire byte for byte.
type Request struct {
	Method string `json:"method"`
	Path   string `json:"path"` // below the destination's base address
	Body   string `json:"body,omitempty"`
	// Private: the body tells of people. It is journaled apart, with a key that
	// can be erased.
	Private bool `json:"private,omitempty"`
}

// Answer is what the destination said to a delivered request.
type Answer struct {
	Status int    `json:"status"`
	Digest string `json:"digest,omitempty"` // SHA-256 of the body, hex
	Note   string `json:"note,omitempty"`   // why it counts as delivered, when that is not plain
}

// Class says what to do after a failure.
type Class string

// The classes.
const (
	Retry    Class = "retry"     // the network or the server; the same request again, later
	Reattach Class = "reattach"  // our credentials; nothing moves until they are renewed
	Person   Class = "person"    // this document; a person must look
	OurFault Class = "our_fault" // this program built a bad request; parked as well, and reported
	Keep     Class = "keep"      // the destination has no place for it: it stays with us, and nobody need look
)

// Failure is an error of a destination with what follows from it.
type Failure struct {
	Class Class
	Code  string        // the destination's own code, for people and reports
	Words string        // the destination's own words
	Wait  time.Duration // the destination asked to wait so long; 0: it did not
	Err   error
}

// Error gives code and words.
func (f *Failure) Error() string {
	s := string(f.Class)
	if f.Code != "" {
		s += " " + f.Code
	}
	if f.Words != "" {
		s += ": " + f.Words
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// FailureOf finds the failure inside err; anything else is worth a retry.
func FailureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: Retry, Err: err}
}

// ErrTooManyParked: the queue stands until parked documents are dealt with.
var ErrTooManyParked = errors.New("outbox: too many parked documents")

// ErrNotParked: no parked document has that id.
var ErrNotParked = errors.New("outbox: no such parked document")

// Codes of documents parked without the destination having been asked.
const (
	CodeEncode  = "encode"  // the document can not be expressed there
	CodeDepends = "depends" // what it names, or the opening of its shift, is parked
	CodeErased  = "erased"  // the people in its request were erased before it was sent
)

// Parked is a document that waits for a person.
type Parked struct {
	Document uuid.UUID `json:"document"`
	Seq      uint64    `json:"seq"` // of the document in the journal
	Frozen   uint64    `json:"frozen,omitempty"`
	Type     doc.Type  `json:"type"`
	Name     string    `json:"name"`
	Shift    uuid.UUID `json:"shift,omitzero"`
	Time     time.Time `json:"time"` // of the document
	Code     string    `json:"code"`
	Words    string    `json:"words,omitempty"`
	Attempts int       `json:"attempts,omitempty"` // that failed, about
	Because  uuid.UUID `json:"because,omitzero"`   // of CodeDepends: the parked one it names

	Made  bool        `json:"made,omitempty"`  // it is no document: Type is that of its record
	Needs []uuid.UUID `json:"needs,omitempty"` // what it names
}

// Status is a queue at a glance.
type Status struct {
	Queued    int64     `json:"queued"`
	Delivered int64     `json:"delivered"` // since this process began
	Kept      int64     `json:"kept"`      // the same, of what has no place there
	Oldest    time.Time `json:"oldest,omitzero"`
	Attempts  int       `json:"attempts,omitempty"` // of the oldest, that failed
	Parked    []Parked  `json:"parked"`
}

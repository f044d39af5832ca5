// Package record defines what the till writes to its journal.
//
// An Entry is one fact: a document, the intent to make one, its outcome, a
// line put into the open cart. Entries that must be true together are
// appended as one batch. The journal (offline/journal) adds sequence, time
// and the hash chain, and keeps the stored bytes as they are.
//
// # Groups
//
// What has begun and not ended yet survives a restart through groups: an
// entry with a Group is live until a later entry names that group in Ends.
// An intent's group is its operation, a cart event's its cheque. After a
// restart the till reads the live entries, in order, and knows where it was.
// Nothing else has to be scanned, however long the journal is.
//
// # Periods
//
// A journal is cut into periods. A record of kind Period begins one, and
// behind it stand copies of what is still needed of the earlier ones (what is
// live, the latest settings, what was not delivered yet), so that those can be
// put away. A copy differs from its original in nothing but its place in the
// chain and in Carried, which says where the original is. Readers of a journal
// meet such a record once, under the original's sequence.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Kind says what an entry is.
type Kind string

// The kinds.
const (
	Document Kind = "document" // Data: doc.Document
	Intent   Kind = "intent"   // about to ask the outside world
	Outcome  Kind = "outcome"  // what the outside world answered
	Void     Kind = "void"     // an intent that came to nothing; accounts for its numbers
	Delivery Kind = "delivery" // destination, document, request or answer
	Park     Kind = "park"     // a cheque set aside or taken back
	Cart     Kind = "cart"     // a change of the open cheque
	Audit    Kind = "audit"    // login, void, drawer without sale, override, repair
	Setting  Kind = "setting"  // Type is its name; the latest wins
	Token    Kind = "token"    // an access token (hashed) made or revoked
	Claim    Kind = "claim"    // an advance, certificate, prepayment or debt as it is now
	Made     Kind = "made"     // goods, a customer or an order that began at this till; Type says which
	Remote   Kind = "remote"   // an operation of another till, taken from the cloud to be registered, and its end
	Kitchen  Kind = "kitchen"  // a ticket for the kitchen, and what became of it; Type says which
	Period   Kind = "period"   // a period of the journal begins; only the journal writes it
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Document, Intent, Outcome, Void, Delivery, Park, Cart, Audit, Setting, Token, Claim, Made, Remote, Kitchen, Period}
}

// Limits of one entry and one batch.
const (
	MaxData  = 4 << 20 // bytes of Data: a receipt of 500 lines is under 1 MB
	MaxBatch = 64      // entries that are true together

	MaxPrivate = 16 << 10 // bytes of Private
)

// Entry is one fact to be journaled.
type Entry struct {
	Kind    Kind            `json:"kind"`
	ID      uuid.UUID       `json:"id"`                // of the document, operation, line...
	Type    string          `json:"type,omitempty"`    // document type, destination, setting's name, audit's code
	Group   uuid.UUID       `json:"group,omitzero"`    // live until ended
	Ends    []uuid.UUID     `json:"ends,omitempty"`    // groups that end here
	Shift   uuid.UUID       `json:"shift,omitzero"`    // the shift it belongs to
	Numbers []int64         `json:"numbers,omitempty"` // document numbers minted (intent) or accounted for (document, void)
	Schema  int             `json:"schema"`            // version of Data's form
	Carried uint64          `json:"carried,omitempty"` // sequence of the original, in a copy that a new period begins with; only the journal sets it
	Data    json.RawMessage `json:"data,omitempty"`
	// Private is what of Data identifies people. In memory it is as it is; the
	// journal stores it encrypted with a key of this record's own, and gives it
	// back as long as that key has not been erased.
	Private json.RawMessage `json:"-"`
}

// Record is an entry as stored.
type Record struct {
	Seq  uint64    `json:"seq"`  // 1, 2, 3.. without gaps
	Time time.Time `json:"time"` // when it was appended: UTC with the till's offset
	Entry
	// Erased: it had a private part and nobody can read that any more.
	Erased bool `json:"erased,omitempty"`
}

// ErrInvalid is wrapped by what Validate returns.
var ErrInvalid = errors.New("record: invalid entry")

// Validate checks an entry's form. Data must be one JSON value.
func (e *Entry) Validate() error {
	ok := false
	for _, k := range Kinds() {
		ok = ok || k == e.Kind
	}
	switch {
	case !ok:
		return fmt.Errorf("%w: kind %.20q", ErrInvalid, string(e.Kind))
	case e.ID == uuid.Nil:
		return fmt.Errorf("%w: %s without id", ErrInvalid, e.Kind)
	case e.Schema < 1:
		return fmt.Errorf("%w: %s without schema", ErrInvalid, e.Kind)
	case len(e.Data) > MaxData:
		return fmt.Errorf("%w: %s of %d bytes", ErrInvalid, e.Kind, len(e.Data))
	case len(e.Data) > 0 && !json.Valid(e.Data):
		return fmt.Errorf("%w: %s is not JSON", ErrInvalid, e.Kind)
	case len(e.Private) > MaxPrivate:
		return fmt.Errorf("%w: private part of %d bytes", ErrInvalid, len(e.Private))
	case len(e.Private) > 0 && !json.Valid(e.Private):
		return fmt.Errorf("%w: private part of %s is not JSON", ErrInvalid, e.Kind)
	}
	return nil
}

// Filter chooses records. Zero fields do not restrict.
type Filter struct {
	After   uint64    // only records with a higher sequence
	Before  uint64    // only records with a lower sequence; 0: no bound
	Kinds   []Kind    // any of
	Types   []string  // any of; as Entry.Type
	Since   time.Time // inclusive
	Until   time.Time // exclusive
	Shift   uuid.UUID
	Private bool // only records that have, or had, a private part
	Open    bool // only the open period, and of the earlier ones what was carried into it: no archive is opened
	Reverse bool // newest first
	Limit   int  // at most so many; 0: all
}

// Package ikassatest is a virtual Belarusian cash register: what iKassa SmartX
// shows of itself to other programs, over HTTP, for benches and tests. It sends
// nothing to СККО, and its paper says that it is void.
//
// It does what the register's public guide says and nothing more: AUTH, SALE,
// DEPOSIT, ADD_CHEQUES, ADD_OR_EDIT_CHEQUES, ADD_OR_EDIT_ORDER and GET_CHEQUES
// with their result codes, the guards of prices,
// quantities and payments, the 24 hours of a shift, a certificate that expires,
// a block. It adds up by itself, in exact fractions rounded half up as the
// guide's examples are, so that a till's own arithmetic is compared with
// another. Its shift is opened and closed on the register itself (OpenShift,
// CloseShift): the guide names no operation for it. Nor does it say what a
// repeated operationId means: here it means nothing, and a sale that is sent
// twice is sold twice.
//
// Everything that can go wrong is a fault (Faults lists them). With
// Options.StatePath a document is on disk before its answer is sent, so killing
// the process loses nothing that was registered.
//
// All methods may be called from any goroutine.
package ikassatest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/money"
)

// PIN is the one a register has from the start, and Number its number in СККО.
const (
	PIN    = "1234"
	Number = "110000042"
)

// Shift is how old a shift may get.
const Shift = 24 * time.Hour

// Options of a register. Zero values mean the defaults named.
type Options struct {
	StatePath string           // memory only
	PIN       string           // PIN
	Number    string           // Number
	Now       func() time.Time // time.Now
	Log       *slog.Logger     // discarded
}

// Document is one line of the register's journal.
type Document struct {
	Number    int64        `json:"number"`
	Type      string       `json:"type"` // SALE, DEPOSIT, OPEN_SHIFT, CLOSE_SHIFT
	Time      time.Time    `json:"time"`
	UID       string       `json:"uid"`
	Operation string       `json:"operation_id,omitempty"`
	Cashier   string       `json:"cashier,omitempty"`
	Items     []Item       `json:"items,omitempty"`
	Total     money.Amount `json:"total"`
	Cash      money.Amount `json:"cash"` // given
	Cashless  money.Amount `json:"cashless"`
	Change    money.Amount `json:"change"`
	Prefix    []string     `json:"prefix,omitempty"`
}

// Item is a line of a sale as the register has added it up.
type Item struct {
	Name     string       `json:"name"`
	Code     string       `json:"code,omitempty"`
	Price    money.Amount `json:"price"`
	Quantity string       `json:"quantity"`
	Sum      money.Amount `json:"sum"`
	Discount money.Amount `json:"discount"`
	Total    money.Amount `json:"total"`
	SI       []string     `json:"si,omitempty"`
	UKZ      []string     `json:"ukz,omitempty"`
}

// state is what a register keeps without power.
type state struct {
	Token      string          `json:"token,omitempty"`
	OpenedAt   time.Time       `json:"opened_at,omitzero"` // zero: the shift is closed
	Blocked    bool            `json:"blocked,omitempty"`
	Expired    bool            `json:"certificate_expired,omitempty"`
	Pending    bool            `json:"pending,omitempty"`
	Last       int64           `json:"last"`
	Drawer     money.Amount    `json:"drawer"`
	Refused    int             `json:"refused"`
	Logins     int             `json:"logins"`
	Documents  []Document      `json:"documents"`
	Cheques    []ikassa.Cheque `json:"cheques,omitempty"` // that wait
	Repetition int             `json:"repeated"`          // sales whose operationId was there before
}

// Register is a virtual register.
type Register struct {
	o   Options
	log *slog.Logger

	mu      sync.Mutex // guards what follows
	state   state
	faults  faults
	changed chan struct{}
	stopped chan struct{} // closed when waiting answers are to end
}

// Open makes a register with its shift closed, or brings the one at
// o.StatePath back to life.
func Open(o Options) (*Register, error) {
	if o.PIN == "" {
		o.PIN = PIN
	}
	if o.Number == "" {
		o.Number = Number
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Register{o: o, log: o.Log, changed: make(chan struct{}), stopped: make(chan struct{})}
	if o.StatePath == "" {
		return r, nil
	}
	text, err := os.ReadFile(o.StatePath)
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r.state)
	}
	if err != nil {
		return nil, fmt.Errorf("open virtual register: %s: %w", o.StatePath, err)
	}
	return r, nil
}

// save puts the state on disk before anybody hears of it. r.mu is held.
func (r *Register) save() error {
	close(r.changed)
	r.changed = make(chan struct{})
	if r.o.StatePath == "" {
		return nil
	}
	text, err := json.Marshal(r.state)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.o.StatePath), ".register-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), r.o.StatePath)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// id makes a document's id in СККО, or a token.
func id(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// note files a document and keeps it. r.mu is held.
func (r *Register) note(d Document) (Document, error) {
	before := r.state
	r.state.Last++
	d.Number, d.Time, d.UID = r.state.Last, r.o.Now(), id(12)
	for i := range r.state.Documents {
		if d.Operation != "" && r.state.Documents[i].Operation == d.Operation {
			r.state.Repetition++
			break
		}
	}
	r.state.Documents = append(r.state.Documents, d)
	r.state.Drawer += d.Cash - d.Change
	if err := r.save(); err != nil {
		r.state = before
		return Document{}, err
	}
	return d, nil
}

// ErrShift: the register's shift is not as this needs it.
var ErrShift = errors.New("ikassatest: the shift is not so")

// OpenShift is what a cashier does on the register's own screen.
func (r *Register) OpenShift() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.state.OpenedAt.IsZero() {
		return fmt.Errorf("%w: it is open", ErrShift)
	}
	r.state.OpenedAt = r.o.Now()
	_, err := r.note(Document{Type: "OPEN_SHIFT"})
	return err
}

// CloseShift is the same for its end; the cash is taken out.
func (r *Register) CloseShift() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.OpenedAt.IsZero() {
		return fmt.Errorf("%w: it is closed", ErrShift)
	}
	r.state.OpenedAt, r.state.Drawer = time.Time{}, 0
	_, err := r.note(Document{Type: "CLOSE_SHIFT"})
	return err
}

// ExpireShift makes the open shift 24 hours old.
func (r *Register) ExpireShift() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.OpenedAt.IsZero() {
		return fmt.Errorf("%w: it is closed", ErrShift)
	}
	r.state.OpenedAt = r.o.Now().Add(-Shift)
	return r.save()
}

// State is what a register's screen shows.
type State struct {
	Number   string       `json:"number"`
	Shift    string       `json:"shift"` // closed, open, expired
	OpenedAt time.Time    `json:"opened_at,omitzero"`
	Sales    int          `json:"sales"`
	Total    money.Amount `json:"total"`   // of all sales
	Waiting  int          `json:"waiting"` // cheques that were put there
	Drawer   money.Amount `json:"drawer"`
	Last     int64        `json:"last"`
	Logins   int          `json:"logins"`
	Refused  int          `json:"refused"`
	Repeated int          `json:"repeated"` // sales that came twice
	Faults   []string     `json:"faults"`
}

// State gives the state.
func (r *Register) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := State{Number: r.o.Number, Shift: "closed", OpenedAt: r.state.OpenedAt, Drawer: r.state.Drawer, Last: r.state.Last,
		Logins: r.state.Logins, Refused: r.state.Refused, Repeated: r.state.Repetition, Faults: r.active(), Waiting: len(r.state.Cheques)}
	switch {
	case r.state.OpenedAt.IsZero():
	case r.o.Now().Sub(r.state.OpenedAt) >= Shift:
		s.Shift = "expired"
	default:
		s.Shift = "open"
	}
	for i := range r.state.Documents {
		if d := &r.state.Documents[i]; d.Type == opSale {
			s.Sales++
			s.Total += d.Total
		}
	}
	return s
}

// Documents gives the register's journal, oldest first.
func (r *Register) Documents() []Document {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Document(nil), r.state.Documents...)
}

// Changed returns a channel that is closed at the next change.
func (r *Register) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

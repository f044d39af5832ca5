package terminal

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
)

// Manual is a payment terminal that is connected to nothing: the cashier types
// the sum into it and tells the till what it said. An operation is a question
// to a person, and stays one until somebody answers, through restarts too:
// whoever asks Find again asks that person again.
type Manual struct {
	// Now is the clock for slips; nil: time.Now.
	Now func() time.Time

	mu       sync.Mutex
	question *Question
	woken    chan struct{} // closed when the question ends or the terminal halts
	busy     bool
	order    []uuid.UUID // answers, oldest first
	answers  map[uuid.UUID]outcome
}

// Question is what a person has to answer.
type Question struct {
	charge.Operation
	// Doubt: nobody waits at the terminal any more. The person looks into its
	// journal or at its paper.
	Doubt bool `json:"doubt"`
}

// Asker is a terminal that asks a person: what Find does not know, somebody may
// be asked about now.
type Asker interface {
	Question() *Question // nil: nothing
}

// Answer is what the terminal said, by a person's word.
type Answer struct {
	Approved bool   `json:"approved"`
	RRN      string `json:"rrn,omitempty"`
	AuthCode string `json:"auth_code,omitempty"`
}

// outcome is how an operation ended.
type outcome struct {
	slip doc.Slip
	err  error
}

// keptAnswers is how many answers are remembered: Find asks soon.
const keptAnswers = 64

// NewManual returns a terminal nobody has asked anything yet.
func NewManual() *Manual { return &Manual{answers: map[uuid.UUID]outcome{}} }

func (m *Manual) String() string { return "manual terminal" }

// Status says that a person can always be asked.
func (m *Manual) Status(context.Context) (Status, error) {
	return Status{Model: "manual", Card: true}, nil
}

// Authorise asks a person.
func (m *Manual) Authorise(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error) {
	return m.ask(ctx, op, show)
}

// Refund asks a person.
func (m *Manual) Refund(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error) {
	return m.ask(ctx, op, show)
}

// Cancel asks a person.
func (m *Manual) Cancel(ctx context.Context, op charge.Operation) (doc.Slip, error) {
	return m.ask(ctx, op, func(charge.Progress) {})
}

func (m *Manual) ask(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error) {
	if op.Via != doc.SlipCard {
		return doc.Slip{}, ErrUnsupported
	}
	m.mu.Lock()
	if known, ok := m.answers[op.ID]; ok {
		m.mu.Unlock()
		return known.slip, known.err
	}
	if m.busy {
		m.mu.Unlock()
		return doc.Slip{}, ErrBusy
	}
	m.busy, m.question, m.woken = true, &Question{Operation: op}, make(chan struct{})
	woken := m.woken
	m.mu.Unlock()
	show(charge.Progress{Stage: charge.StagePerson})
	select {
	case <-woken:
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = false
	known, ok := m.answers[op.ID]
	if !ok {
		if m.question != nil {
			m.question.Doubt = true
		}
		return doc.Slip{}, ErrUnknown
	}
	return known.slip, known.err
}

// Find asks a person what became of an operation, unless somebody has said it.
func (m *Manual) Find(_ context.Context, op charge.Operation) (doc.Slip, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.answers[op.ID]; ok {
		return known.slip, known.err
	}
	if !m.busy {
		m.question = &Question{Operation: op, Doubt: true}
	}
	return doc.Slip{}, ErrUnknown
}

// Question is what a person is asked now; nil: nothing.
func (m *Manual) Question() *Question {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.question == nil {
		return nil
	}
	q := *m.question
	return &q
}

// Answer takes a person's word about the operation that is being asked about.
// An error says that nobody asks about it, or that the answer can not be kept.
func (m *Manual) Answer(id uuid.UUID, a Answer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.question == nil || m.question.ID != id {
		return fmt.Errorf("terminal: nobody asks about %s", id)
	}
	if !a.Approved {
		m.end(outcome{err: &Declined{Reason: Refused}})
		return nil
	}
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	op := m.question.Operation
	slip := doc.Slip{Kind: op.Via, Operation: op.ID, Of: op.Of.Origin(), Sum: op.Sum, RRN: a.RRN, AuthCode: a.AuthCode, Time: now(), ByHand: true}
	if err := CheckSlip(slip); err != nil {
		return err
	}
	m.end(outcome{slip: slip})
	return nil
}

// Abort is the cashier's word that the payment was called off at the terminal.
// What is in doubt needs more than that.
func (m *Manual) Abort() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy && m.question != nil {
		m.end(outcome{err: ErrCancelled})
	}
}

// end answers the question.
func (m *Manual) end(o outcome) {
	id := m.question.ID
	m.answers[id], m.order, m.question = o, append(m.order, id), nil
	if len(m.order) > keptAnswers {
		delete(m.answers, m.order[0])
		m.order = m.order[1:]
	}
	m.wake()
}

func (m *Manual) wake() {
	if m.woken != nil {
		close(m.woken)
		m.woken = nil
	}
}

// Reconcile has nothing to tell.
func (m *Manual) Reconcile(context.Context, uuid.UUID) (charge.Totals, error) {
	return charge.Totals{}, ErrUnsupported
}

// Halt wakes whoever waits for an answer.
func (m *Manual) Halt() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wake()
	return nil
}

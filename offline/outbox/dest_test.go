package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
)

// dest is a destination that keeps what it gets and fails as told.
type dest struct {
	mu     sync.Mutex
	bodies map[string]string // by document
	order  []string          // names as they were first taken
	sends  map[string]int
	fail   func(name string, n int) error // n-th attempt, from 1; nil takes it
	lose   func(name string, n int) bool  // taken, and the answer lost
	serial int                            // every encoding differs
}

func newDest() *dest { return &dest{bodies: map[string]string{}, sends: map[string]int{}} }

func (d *dest) Name() string { return "test" }
func (d *dest) Types() []doc.Type {
	return []doc.Type{doc.OpenSession, doc.Sell, doc.Payback, doc.CloseSession, doc.ZReport}
}
func (d *dest) Parallel() int { return 4 }

func (d *dest) Encode(x *doc.Document, s outbox.Shift) (outbox.Request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.Cashier.Name == "inexpressible" {
		return outbox.Request{}, errors.New("no words for it")
	}
	if x.Cashier.Name == "no place" {
		return outbox.Request{}, &outbox.Failure{Class: outbox.Keep, Code: "no_place", Words: "such documents are unknown"}
	}
	d.serial++
	return outbox.Request{Method: "POST", Path: "/" + string(x.Type), Body: fmt.Sprintf(`{"name":%q,"serial":%d,"html":"<&>\u2028"}`, x.Name, d.serial)}, nil
}

func (d *dest) Send(ctx context.Context, r outbox.Request, again bool) (outbox.Answer, error) {
	if err := ctx.Err(); err != nil {
		return outbox.Answer{}, err
	}
	var b struct{ Name string }
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return outbox.Answer{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sends[b.Name]++
	n := d.sends[b.Name]
	if n > 1 && !again {
		return outbox.Answer{}, &outbox.Failure{Class: outbox.Person, Words: "a repeat that does not say so"}
	}
	if d.fail != nil {
		if err := d.fail(b.Name, n); err != nil {
			return outbox.Answer{}, err
		}
	}
	if old, ok := d.bodies[b.Name]; ok && old != r.Body {
		return outbox.Answer{}, &outbox.Failure{Class: outbox.Person, Words: "other bytes under a known name"}
	} else if !ok {
		d.bodies[b.Name] = r.Body
		d.order = append(d.order, b.Name)
	}
	if d.lose != nil && d.lose(b.Name, n) {
		return outbox.Answer{}, &outbox.Failure{Class: outbox.Retry, Words: "connection reset"}
	}
	return outbox.Answer{Status: 201}, nil
}

func (d *dest) resent() (names []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n, times := range d.sends {
		if times > 1 {
			names = append(names, n)
		}
	}
	return names
}

func open(j *outboxtest.Journal, d outbox.Destination) *outbox.Queue {
	return outbox.New(outbox.Options{Journal: j, Destination: d, NotFound: outboxtest.NotFound})
}

// drain runs rounds until nothing can go, at most so many.
func drain(t testing.TB, q *outbox.Queue, most int) {
	t.Helper()
	for range most {
		r, err := q.Round(t.Context())
		if err != nil && outbox.FailureOf(err).Class != outbox.Retry {
			t.Fatal(err)
		}
		if err == nil && !r.More {
			return
		}
	}
	t.Fatalf("not empty after %d rounds: %+v", most, q.Status())
}

func names(docs []*doc.Document) (all []string) {
	for _, d := range docs {
		all = append(all, d.Name)
	}
	return all
}

func refused(words string) error {
	return &outbox.Failure{Class: outbox.Person, Code: "1", Words: words}
}

var down = &outbox.Failure{Class: outbox.Retry, Words: "down"}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

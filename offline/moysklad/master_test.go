package moysklad_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// masterTill is a master that registers whatever it is given.
type masterTill struct {
	*moysklad.Client
	encoder moysklad.Encoder
	shift   uuid.UUID
	fn      string
	fd      uint32
}

func newMasterTill(t *testing.T, s *moyskladtest.Server, storeID, fn string) *masterTill {
	t.Helper()
	o := options(s)
	var err error
	if o.Token, o.CashierUID, err = moysklad.Attach(t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, storeID); err != nil {
		t.Fatal(err)
	}
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	m := &masterTill{Client: c, shift: uuid.New(), fn: fn}
	m.encoder = moysklad.Encoder{BaseURL: base, Environment: func() moysklad.Environment {
		return moysklad.Environment{Device: "Pi", Printer: moysklad.Printer{Name: "ШТРИХ-М", Serial: fn, Format: "1.2", TaxSystems: "GENERAL_TAX_SYSTEM", Clock: time.Unix(1, 0), ValidUntil: time.Unix(2, 0)}}
	}}
	send(t, c, "PUT", "/rpc/openshift/", body(map[string]any{"retailShift": ref("retailshift", "syncid/"+m.shift.String()), "name": "0001", "openmoment": "2026-03-14 10:00:00"}))
	return m
}

// approval registers an operation and says so.
func (m *masterTill) approval(t *testing.T, op *moysklad.RemoteOperation) outbox.Request {
	t.Helper()
	m.fd++
	d := &doc.Document{ID: op.ID, Type: op.Type, ShiftID: m.shift, Fiscal: &doc.Fiscal{FN: m.fn, FD: m.fd, Sign: 7, Receipt: int64(m.fd), Time: time.Date(2026, 3, 14, 10, 1, 0, 0, time.UTC)},
		Receipt: &doc.Receipt{Total: money.Amount(100), Remote: &doc.Remote{Kind: op.Kind, Href: op.Href, Name: op.Name}}}
	r, err := m.encoder.Encode(d, outbox.Shift{})
	if err != nil {
		t.Error(err)
	}
	return r
}

func twoMasters(t *testing.T) (s *moyskladtest.Server, a, b *masterTill) {
	t.Helper()
	one := shop(1)
	other := store
	other.ID = "5d4d2ca2-7b1d-11e6-8a84-bae500000061"
	two := moyskladtest.FromCatalog(other, nil, nil, nil, nil)
	s = fake(t, moyskladtest.Options{Data: one.With(two)})
	if err := s.Set(moyskladtest.SetFiscalType, "MASTER"); err != nil {
		t.Fatal(err)
	}
	return s, newMasterTill(t, s, storeID, "9999078900000001"), newMasterTill(t, s, other.ID, "9999078900000002")
}

// TestTwoMasters: two masters of one organisation empty a queue together: each
// operation goes to one of them and is approved once, with what the device is.
func TestTwoMasters(t *testing.T) {
	s, a, b := twoMasters(t)
	const many = 20
	for range many {
		if _, err := s.QueueFiscal(moyskladtest.Order{Code: "0"}); err != nil {
			t.Fatal(err)
		}
	}
	var work sync.WaitGroup
	for _, m := range []*masterTill{a, b} {
		work.Go(func() {
			for range many {
				op, err := m.Poll(t.Context(), store.OrganizationID)
				if err != nil || op == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				again, err := m.Poll(t.Context(), store.OrganizationID) // its answer was lost
				if err != nil || again == nil || again.ID != op.ID {
					t.Errorf("%+v is followed by %+v, %v", op, again, err)
				}
				r := m.approval(t, op)
				for _, repeated := range []bool{false, true} {
					if _, err := m.Send(t.Context(), r, repeated); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	work.Wait()
	by := map[string]int{}
	for _, d := range s.Documents() {
		if d.Fiscal == nil {
			continue
		}
		f := d.Fiscal
		var device struct{ Name, Serial, TaxSystem, FRDate string }
		if err := json.Unmarshal(f.Device, &device); err != nil || device.Name != "ШТРИХ-М" || device.TaxSystem != "" || device.FRDate != "" {
			t.Errorf("%s: %v", f.Device, err)
		}
		if f.Status != "OK" || f.OK != 1 || f.Taken != 1 {
			t.Errorf("%+v", f)
		}
		by[device.Serial]++
	}
	if by["9999078900000001"]+by["9999078900000002"] != many {
		t.Errorf("%v", by)
	}
}

// TestQueueOrder: operations are handed out oldest first; one that was rejected
// goes behind the others.
func TestQueueOrder(t *testing.T) {
	s, a, _ := twoMasters(t)
	var names, got []string
	for range 4 {
		d, err := s.QueueFiscal(moyskladtest.Order{Code: "0"})
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, d.Name)
	}
	for i := range 5 {
		op, err := a.Poll(t.Context(), store.OrganizationID)
		if err != nil || op == nil {
			t.Fatal(op, err)
		}
		got = append(got, op.Name)
		if i == 1 {
			if err := a.Reject(t.Context(), op, "нет бумаги [fiscal.paper]"); err != nil {
				t.Fatal(err)
			}
			continue
		}
		send(t, a.Client, "PUT", "/cheque/rpc/master/approve", a.approval(t, op).Body)
	}
	if want := []string{names[0], names[1], names[2], names[3], names[1]}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestMasterTooLate: a master whose operation another has registered meanwhile
// is told so; that is a person's matter, and a late rejection is no error.
func TestMasterTooLate(t *testing.T) {
	s, a, b := twoMasters(t)
	if _, err := s.QueueFiscal(moyskladtest.Order{Code: "0"}); err != nil {
		t.Fatal(err)
	}
	op, err := a.Poll(t.Context(), store.OrganizationID)
	if err != nil || op == nil {
		t.Fatal(op, err)
	}
	late := a.approval(t, op)
	if err := a.Reject(t.Context(), op, "ФН переполнен"); err != nil {
		t.Fatal(err)
	}
	his, err := b.Poll(t.Context(), store.OrganizationID)
	if err != nil || his == nil || his.ID != op.ID {
		t.Fatal(his, err)
	}
	send(t, b.Client, "PUT", "/cheque/rpc/master/approve", b.approval(t, his).Body)
	for _, again := range []bool{false, true} {
		_, err = a.Send(t.Context(), late, again)
		var f *outbox.Failure
		if !errors.As(err, &f) || f.Class != outbox.Person {
			t.Errorf("%v", err)
		}
	}
	if err := a.Reject(t.Context(), op, "поздно"); err != nil {
		t.Error(err)
	}
	for _, d := range s.Documents() {
		if d.Fiscal != nil && (d.Fiscal.OK != 1 || d.Fiscal.No != 1) {
			t.Errorf("%+v", d.Fiscal)
		}
	}
}

// TestQueueFaults: whatever happens to a receipt on its way into the queue, in
// it and out of it, it is there once and registered once, and what is not known
// is not said to be.
func TestQueueFaults(t *testing.T) {
	for _, repeats := range []moyskladtest.Repeats{moyskladtest.AcceptRepeats, moyskladtest.RefuseRepeats} {
		s := fake(t, moyskladtest.Options{Data: shop(1), UniqueNames: true, Repeats: repeats})
		for name, value := range map[string]string{moyskladtest.SetFiscalType: "CLOUD", moyskladtest.SetMaster: "on"} {
			if err := s.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		m := newMasterTill(t, s, storeID, "9999078900000001") // a shift and a client: a minion has no more
		fault := func(name string, args ...string) {
			t.Helper()
			if err := s.Fault(name, args...); err != nil {
				t.Fatal(err)
			}
		}
		for n, lose := range []string{"lose-answer", "fail-after-commit", "queue-forget", "limit", "parallel", "html", "http"} {
			d := queued()
			d.ID, d.Name, d.ShiftID = uuid.New(), fmt.Sprintf("A-%06d", n+1), m.shift
			if lose == "http" {
				fault(lose, "502")
			} else {
				fault(lose)
			}
			err := m.Queue(t.Context(), d)
			if forgotten := lose == "queue-forget"; (err == nil) != forgotten || err != nil && outbox.FailureOf(err).Class != outbox.Retry {
				t.Errorf("%s: %v", lose, err)
			}
			status, _, err := m.FiscalStatus(t.Context(), d.ID)
			if there := n < 2; err != nil || (status != moysklad.Unknown) != there {
				t.Errorf("%s: %q %v", lose, status, err)
			}
			if err := m.Queue(t.Context(), d); err != nil {
				t.Errorf("%s, again: %v", lose, err)
			}
			ask := func() (moysklad.FiscalStatus, doc.Fiscal, error) { return m.FiscalStatus(t.Context(), d.ID) }
			for status != moysklad.Fiscalised && err == nil {
				fault("queue-blank")
				if status, _, err = ask(); status == moysklad.Unknown && err == nil {
					t.Fatalf("%s: it is not there", lose)
				}
			}
			if outbox.FailureOf(err).Class != outbox.Retry {
				t.Errorf("%s: registered without numbers: %v", lose, err)
			}
			fault("up")
			if status, f, err := ask(); err != nil || status != moysklad.Fiscalised || f.FD == 0 || f.FN == "" || f.Sign == 0 {
				t.Errorf("%s: %q %+v %v", lose, status, f, err)
			}
		}
		in := 0
		for _, d := range s.Documents() {
			if d.Fiscal != nil {
				if in++; d.Fiscal.OK != 1 {
					t.Errorf("%+v", d.Fiscal)
				}
			}
		}
		if in != 7 {
			t.Errorf("%d in the queue", in)
		}
	}
}

// TestMasterAnswersAreLost: an approval or a rejection whose answer is lost is
// said again, and counts once; an operation that two masters were given is
// approved by the first of them, and the other is told.
func TestMasterAnswersAreLost(t *testing.T) {
	s, a, b := twoMasters(t)
	for _, lose := range []string{"lose-answer", "fail-after-commit"} {
		if _, err := s.QueueFiscal(moyskladtest.Order{Code: "0"}); err != nil {
			t.Fatal(err)
		}
		for _, reject := range []bool{true, false} {
			op, err := a.Poll(t.Context(), store.OrganizationID)
			if err != nil || op == nil {
				t.Fatal(op, err)
			}
			say := func() error { return a.Reject(t.Context(), op, "ФН переполнен [fiscal.fn]") }
			if !reject {
				r, again := a.approval(t, op), false
				say = func() error {
					_, err := a.Send(t.Context(), r, again)
					again = true
					return err
				}
			}
			if err := s.Fault(lose); err != nil {
				t.Fatal(err)
			}
			if err := say(); outbox.FailureOf(err).Class != outbox.Retry {
				t.Errorf("%s: %v", lose, err)
			}
			if err := say(); err != nil {
				t.Errorf("%s, again: %v", lose, err)
			}
		}
	}
	if _, err := s.QueueFiscal(moyskladtest.Order{Code: "0"}); err != nil {
		t.Fatal(err)
	}
	his, err := a.Poll(t.Context(), store.OrganizationID)
	if err := errors.Join(err, s.Fault("queue-double")); err != nil {
		t.Fatal(err)
	}
	same, err := b.Poll(t.Context(), store.OrganizationID)
	if err != nil || same == nil || same.ID != his.ID {
		t.Fatal(same, err)
	}
	send(t, a.Client, "PUT", "/cheque/rpc/master/approve", a.approval(t, his).Body)
	if _, err := b.Send(t.Context(), b.approval(t, same), true); outbox.FailureOf(err).Class != outbox.Person {
		t.Errorf("%v", err)
	}
	for _, d := range s.Documents() {
		if f := d.Fiscal; f != nil && f.OK != 1 {
			t.Errorf("%+v", f)
		}
	}
}

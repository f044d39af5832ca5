package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// Times of a master.
const (
	masterEvery    = 2 * time.Second  // between questions for work
	masterRest     = 30 * time.Second // after a rejection, or a cloud that did not answer
	masterPatience = 5 * time.Minute  // with what keeps an operation from being registered
	masterWarn     = time.Minute
	masterStopped  = 5 * time.Second  // without taking operations before that is told
	masterLook     = 15 * time.Second // at the journal for a document
)

// master registers receipts of tills that have no fiscal device: it asks the
// cloud for work while the shift is open and nothing is being registered, one
// operation at a time.
//
//	polled --> taken (journaled) --> registered: its document goes up as the approval
//	                             --> rejecting (journaled) --> rejected --> ended (journaled)
//
// The operation's id is the document's, so whatever is repeated after a crash
// makes nothing twice: taken and not made is asked of the till again, made is
// approved by the outbox, rejecting is rejected again. A rejection is journaled
// before it is sent, for somebody else may register what was rejected.
type master struct {
	d     *daemon
	held  *remoteWork
	quiet time.Time
	idle  time.Time // since when nothing can be taken; zero: it can
	shown atomic.Pointer[fault.Warning]
}

// remoteWork is an operation that is neither registered nor rejected yet.
type remoteWork struct {
	Operation moysklad.RemoteOperation `json:"operation"`
	Rejecting string                   `json:"rejecting,omitempty"` // why it is being rejected

	at     time.Time
	why    *fault.Error // it is not registered yet
	people *doc.People
}

// Types of a taken operation's records.
const (
	remoteTaken     = "taken"
	remoteRejecting = "rejecting"
	remoteRejected  = "rejected"
	remoteMade      = "made"
)

// recall takes up what an earlier run has taken.
func (m *master) recall(live []record.Record) {
	for _, r := range live {
		if r.Kind != record.Remote {
			continue
		}
		t := &remoteWork{at: m.d.now()}
		if err := json.Unmarshal(r.Data, t); err != nil {
			m.d.log.Error("an operation taken from the cloud can not be read", "doc", r.ID, "err", err)
			continue
		}
		if len(r.Private) > 0 {
			t.people = &doc.People{}
			if err := json.Unmarshal(r.Private, t.people); err != nil {
				t.people = nil
			}
		}
		m.held = t
	}
}

func (m *master) run(ctx context.Context) {
	tick := time.NewTicker(masterEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.step(ctx)
			m.shown.Store(m.warning())
		case <-ctx.Done():
			return
		}
	}
}

func (m *master) step(ctx context.Context) {
	client := m.d.cloud.attachedClient()
	if client == nil || m.d.now().Before(m.quiet) {
		return
	}
	if m.held == nil {
		if err := m.poll(ctx, client); err != nil {
			m.d.log.Warn("no operation taken from the cloud", "dev", moysklad.Destination, "err", err)
			m.rest()
		}
	}
	if m.held != nil {
		m.settle(ctx, client)
	}
}

func (m *master) rest() { m.quiet = m.d.now().Add(masterRest) }

// serves tells whether the store wants this till to register for others.
func (m *master) serves() bool { return m.d.catalog.Current().Store.FiscalType == "MASTER" }

// free tells whether an operation could be registered right now.
func (m *master) free() bool {
	v, _ := m.d.loop.View()
	return m.serves() && stopped(&v) == nil && v.Phase == till.Idle.String() && v.Scans == 0 && !v.Cheque.Recalculating
}

// stopped is why nothing can be registered for others until a person does
// something about it; nil: nothing is.
func stopped(v *till.View) *fault.Error {
	switch {
	case v.KKT.Code != "":
		return fault.New(v.KKT.Code)
	case !v.KKT.Ready:
		return fault.New(fault.FiscalMissing)
	case v.Shift == nil:
		return fault.New(fault.ShiftClosed)
	case v.Shift.Expired:
		return fault.New(fault.ShiftExpired)
	}
	return nil
}

// poll takes the next operation and journals that before anything is done.
func (m *master) poll(ctx context.Context, client *moysklad.Client) error {
	if !m.free() {
		return nil
	}
	op, err := client.Poll(ctx, m.d.catalog.Current().Store.OrganizationID)
	if op == nil {
		return err
	}
	t := &remoteWork{Operation: *op, at: m.d.now()}
	if err != nil {
		t.Rejecting = because(fault.New(fault.RemoteBad, err.Error()))
	}
	if contact, bad := doc.ParseContact(op.Contact); bad == nil && op.Contact != "" {
		t.people = &doc.People{Contact: contact}
	}
	if made, err := m.made(ctx, t); made || err != nil {
		m.d.cloud.wake() // its approval is on its way
		return err
	}
	if err := m.write(ctx, t, remoteTaken, false); err != nil {
		return err
	}
	m.d.log.Info("an operation was taken from the cloud", "dev", moysklad.Destination, "doc", op.ID)
	m.held = t
	return nil
}

// made tells whether the operation's document is in the journal.
func (m *master) made(ctx context.Context, t *remoteWork) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, masterLook)
	defer cancel()
	_, _, err := m.d.sale(ctx, t.Operation.ID)
	if errors.Is(err, loop.ErrNoSale) {
		return false, nil
	}
	return err == nil, err
}

func (m *master) write(ctx context.Context, t *remoteWork, typ string, ends bool) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	e := record.Entry{Kind: record.Remote, ID: t.Operation.ID, Type: typ, Schema: 1, Data: data}
	if group := till.TakenGroup(t.Operation.ID); ends {
		e.Ends = append(e.Ends, group)
	} else {
		e.Group = group
	}
	if t.people != nil {
		if e.Private, err = json.Marshal(t.people); err != nil {
			return err
		}
	}
	_, err = patient{m.d.journal}.Append(ctx, e)
	return err
}

// settle has the operation registered, or rejects it.
func (m *master) settle(ctx context.Context, client *moysklad.Client) {
	t := m.held
	if t.Rejecting == "" {
		made, err := m.made(ctx, t)
		if err == nil && made {
			if m.write(ctx, t, remoteMade, true) == nil {
				m.held = nil
			}
			return
		}
		why := fault.Of(err)
		if err == nil {
			why = m.register(ctx, t)
		}
		if why == nil {
			m.held = nil
			return
		}
		t.why = why
		if v, _ := m.d.loop.View(); ctx.Err() != nil || v.Doubt != nil || (passing[why.Code] && m.d.now().Sub(t.at) < masterPatience) {
			return // tried again
		}
		m.d.log.Warn("an operation of the cloud can not be registered", "dev", moysklad.Destination, "doc", t.Operation.ID, "code", string(why.Code))
		t.Rejecting = because(why)
		if err := m.write(ctx, t, remoteRejecting, false); err != nil {
			t.Rejecting = ""
			return
		}
	}
	if err := client.Reject(ctx, &t.Operation, t.Rejecting); err != nil {
		m.d.log.Warn("an operation could not be rejected yet", "dev", moysklad.Destination, "doc", t.Operation.ID, "err", err)
		m.rest()
		return
	}
	if m.write(ctx, t, remoteRejected, true) == nil {
		m.held = nil
	}
	m.rest()
}

// because is what the cloud and its people are told of a rejection: words, and
// the code by which they are found.
func because(why *fault.Error) string { return why.Text("ru") + " [" + string(why.Code) + "]" }

// passing are reasons that pass: the operation waits for that.
var passing = map[fault.Code]bool{
	fault.Starting: true, fault.Busy: true, fault.ChequePaying: true, fault.FiscalUnsure: true, fault.FiscalBlocked: true, fault.FiscalBusy: true,
	fault.ShiftClosed: true, fault.ShiftDevice: true, fault.ShiftExpired: true, fault.FiscalMissing: true, fault.FiscalPaper: true, fault.FiscalLid: true,
	fault.FiscalNoAnswer: true, fault.FiscalGarbage: true, fault.FiscalMoved: true, fault.FiscalLate: true, fault.FiscalAbandoned: true, fault.JournalSpace: true,
	fault.JournalWrite: true, fault.Timeout: true, fault.Unavailable: true,
}

// register has the till make the receipt; nil: it is made.
func (m *master) register(ctx context.Context, t *remoteWork) *fault.Error {
	cmd, err := m.command(ctx, t)
	if err == nil {
		err = m.d.loop.Do(ctx, cmd)
	}
	if err == nil {
		return nil
	}
	return fault.Of(err)
}

// command makes of an operation what the till registers: its goods as the
// catalogue knows them, at the cloud's sums.
func (m *master) command(ctx context.Context, t *remoteWork) (till.Fiscalise, error) {
	op := &t.Operation
	cmd := till.Fiscalise{Once: till.Once{ID: op.ID}, Type: op.Type, Remote: doc.Remote{Kind: op.Kind, Href: op.Href, Name: op.Name},
		Payments: slices.Clone(op.Payments), Prepaid: op.Prepaid, People: t.people}
	c := cheque.Cheque{ID: op.ID, Catalog: m.d.catalog.Current().Generation, Recalc: &cheque.Recalc{Online: true}}
	for i := range op.Positions {
		p := &op.Positions[i]
		it, err := m.d.catalog.Item(ctx, c.Catalog, p.ItemID)
		if err != nil { // goods of another shop: as they are called there
			it.ID, it.Name = p.ItemID, p.Name
			if it.Name == "" {
				return cmd, fault.New(fault.RemoteBad, p.ItemID)
			}
		}
		it.Rate = p.Rate
		if op.TaxSystem != 0 {
			it.TaxSystem = op.TaxSystem
		}
		line := till.RemoteLine(it, cheque.Line{ID: newID(), Qty: p.Qty, Price: p.Price, Unmarked: it.Marked()})
		if len(p.Marks) == 0 {
			c.Lines, c.Recalc.Totals = append(c.Lines, line), append(c.Recalc.Totals, p.Total)
			continue
		}
		units := make([]money.Amount, len(p.Marks))
		for n := range units {
			units[n] = 1
		}
		sums, err := money.Allocate(p.Total, units)
		if err != nil {
			return cmd, fault.New(fault.RemoteBad, p.Total.String())
		}
		for n, mark := range p.Marks {
			unit := line
			unit.ID, unit.Qty, unit.Mark, unit.Unmarked = newID(), qty.One, mark, false
			c.Lines, c.Recalc.Totals = append(c.Lines, unit), append(c.Recalc.Totals, sums[n])
		}
	}
	cmd.Cheque = c
	return cmd, nil
}

// warning tells of an operation that waits for long, or that none can be taken:
// the queue waits then, and who is in it waits with a customer.
func (m *master) warning() *fault.Warning {
	v, _ := m.d.loop.View()
	why := stopped(&v)
	if !m.serves() || why == nil {
		m.idle = time.Time{}
	} else if m.idle.IsZero() {
		m.idle = m.d.now()
	}
	switch now := m.d.now(); {
	case m.held != nil && now.Sub(m.held.at) >= masterWarn:
		w := fault.New(fault.RemoteWaits, m.held.Operation.Name)
		detail := m.held.Rejecting
		if detail == "" && m.held.why != nil {
			detail = because(m.held.why)
		}
		return &fault.Warning{Code: w.Code, Severity: fault.Warn, Args: w.Args, Detail: detail, Since: m.held.at}
	case !m.idle.IsZero() && now.Sub(m.idle) >= masterStopped:
		w := fault.New(fault.RemoteStopped, fault.Named(why.Code))
		return &fault.Warning{Code: w.Code, Severity: fault.Warn, Args: w.Args, Since: m.idle}
	}
	return nil
}

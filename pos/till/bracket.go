package till

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
)

// bracket is one document on its way to the FN: the intent before, the
// outcome after, and the question in between.
type bracket struct {
	req      Req
	op       Op        // completion this phase waits for
	id       uuid.UUID // of the operation: the intent's group
	kind     kkt.OperationKind
	mark     kkt.Mark
	docs     []doc.Document // frozen; all of them get the fiscal data
	cheque   cheque.Cheque  // of a receipt
	payment  doc.Payment
	rules    *pricing.Rules // the cheque was shown with
	numbers  []int64        // of an intent that could not be read
	attempts int
	booted   bool         // taken up again after a restart
	reason   *fault.Error // why it is being voided
	doubt    *fault.Error // why the outcome is not known yet
}

// intentData is the Data of an intent.
type intentData struct {
	Operation kkt.OperationKind `json:"operation"`
	Mark      kkt.Mark          `json:"mark"`
	Cheque    uuid.UUID         `json:"cheque,omitzero"`
	Documents []doc.Document    `json:"documents"`
}

// outcomeData is the Data of an outcome.
type outcomeData struct {
	Operation kkt.OperationKind `json:"operation"`
	Fiscal    *doc.Fiscal       `json:"fiscal,omitempty"`
}

// voidData is the Data of a void.
type voidData struct {
	Operation kkt.OperationKind `json:"operation"`
	Code      fault.Code        `json:"code"`
	Detail    string            `json:"detail,omitempty"`
}

func (b *bracket) operation() kkt.Operation {
	op := kkt.Operation{Kind: b.kind, ID: b.id}
	if len(b.docs) > 0 {
		op.Cashier, op.Receipt = b.docs[0].Cashier, b.docs[0].Receipt
	}
	return op
}

// begin asks the device where it stands; documents are frozen afterwards.
func (t *turn) begin(b bracket) {
	b.id, b.op = t.env.NewID(), t.nextOp()
	t.job, t.phase = &b, Marking
	t.do(FiscalMark{Op: b.op})
}

// giveUp ends a bracket that has left no trace: nothing stored, nothing sent.
func (t *turn) giveUp(err *fault.Error) {
	b := *t.job
	t.job, t.phase = nil, Idle
	t.returnCheque(b.cheque, b.rules)
	if b.booted {
		t.notice(err, "")
	}
	t.do(Beep{SignalError})
	t.reply(b.req, err)
}

// returnCheque puts an unpaid cheque back before the cashier. What was
// scanned meanwhile is parked, never lost and never mixed in.
func (t *turn) returnCheque(c cheque.Cheque, rules *pricing.Rules) {
	if c.Empty() {
		return
	}
	if !t.cart.Empty() {
		t.parkCart("")
	}
	// Codes still being looked up are the next customer's; they must not melt
	// into this cheque.
	for _, sc := range t.scans {
		t.refuseScan(sc, fault.New(fault.ScanAgain, printable(sc.Code)))
	}
	t.scans, t.lookup = nil, 0
	t.dropCart()
	t.cart, t.pinned = c, rules
	t.reprice()
}

func (t *turn) marked(e Marked) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	if e.Err != nil {
		t.giveUp(e.Err)
		return
	}
	b.mark = e.Mark
	err := t.freeze(&b)
	switch {
	case err != nil:
		t.giveUp(err)
	case b.kind == kkt.OpCloseShift && !e.Mark.ShiftOpen:
		// Somebody closed the device's shift already; close ours beside it.
		t.job = &b
		t.record(doc.Fiscal{})
	default:
		t.job = &b
		t.intend()
	}
}

// intend makes the intent durable. From here on numbers and ids are used up.
func (t *turn) intend() {
	b := *t.job
	b.op = t.nextOp()
	t.job, t.phase = &b, Intending
	t.lastNumber = b.docs[len(b.docs)-1].Number
	data := intentData{Operation: b.kind, Mark: b.mark, Cheque: b.cheque.ID, Documents: b.docs}
	t.keep(b.op, record.Entry{Kind: record.Intent, ID: b.id, Type: string(b.kind), Group: b.id,
		Shift: b.docs[0].ShiftID, Numbers: numbers(b.docs), Schema: 1, Data: encode(data)})
}

// keep makes entries durable together with what could not be posted before.
func (t *turn) keep(op Op, entries ...record.Entry) {
	t.do(Store{Op: op, Entries: append(slices.Clone(t.unposted), entries...)})
}

func numbers(docs []doc.Document) []int64 {
	n := make([]int64, len(docs))
	for i := range docs {
		n[i] = docs[i].Number
	}
	return n
}

func (t *turn) prepare() {
	b := *t.job
	b.op = t.nextOp()
	b.attempts++
	t.job, t.phase = &b, Preparing
	t.do(FiscalPrepare{Op: b.op, Mark: b.mark, Operation: b.operation()})
}

func (t *turn) prepared(e Prepared) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	if e.Err != nil {
		t.void(e.Err)
		return
	}
	b.op = t.nextOp()
	t.job, t.phase = &b, Committing
	t.do(FiscalCommit{Op: b.op, Mark: b.mark, Operation: b.operation()})
}

func (t *turn) committed(e Committed) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	if e.Err == nil {
		t.record(e.Fiscal)
		return
	}
	// Even a refusal is verified: the FN has the last word.
	if b.doubt = e.Err; e.Refused {
		b.reason = e.Err
	}
	t.job = &b
	t.ask()
}

// ask asks the device what became of the operation.
func (t *turn) ask() {
	b := *t.job
	b.op = t.nextOp()
	t.job, t.phase = &b, Resolving
	t.do(FiscalFind{Op: b.op, Mark: b.mark, Operation: b.operation()})
}

func (t *turn) resolved(e Resolved) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	switch {
	case e.Err != nil:
		b.doubt, b.op = e.Err, t.nextOp()
		t.job = &b
		t.do(After{Op: b.op, Delay: resolveEvery})
	case e.Found.Kind == kkt.Registered:
		f := e.Found.Fiscal
		f.Recovered = true
		t.record(f)
	case e.Found.Kind == kkt.Foreign:
		b.doubt = fault.New(fault.FiscalForeign, fmt.Sprint(e.Found.Now.FD)).Saying(e.Found.Why)
		t.reply(b.req, b.doubt)
		b.req = 0
		t.job, t.phase = &b, Blocked
		t.do(Beep{SignalError})
	case b.reason != nil:
		t.void(b.reason)
	case b.booted && t.env.Now.Sub(b.docs[0].Time) > redoWithin:
		t.void(fault.New(fault.FiscalLate))
	case b.attempts >= MaxAttempts || e.Found.Now.FN != b.mark.FN || e.Found.Now.FD != b.mark.FD:
		t.void(fault.New(fault.FiscalNoAnswer))
	default:
		t.prepare() // the FN is where it was: print it now, same numbers, same ids
	}
}

func (t *turn) timer(e Timer) {
	if e.Op == t.job.op {
		t.ask()
	}
}

// void makes it durable that the operation came to nothing.
func (t *turn) void(reason *fault.Error) {
	b := *t.job
	b.reason, b.op = reason, t.nextOp()
	t.job, t.phase = &b, Voiding
	data := voidData{Operation: b.kind, Code: reason.Code, Detail: reason.Detail}
	e := record.Entry{Kind: record.Void, ID: b.id, Type: string(b.kind), Ends: []uuid.UUID{b.id}, Numbers: b.numbers, Schema: 1, Data: encode(data)}
	if len(b.docs) > 0 {
		e.Shift, e.Numbers = b.docs[0].ShiftID, numbers(b.docs)
	}
	t.keep(b.op, e)
}

// abandon ends a doubt nobody can resolve: somebody else used the device, or
// it will never come back. A senior has looked at it and takes the blame.
func (t *turn) abandon(e Abandon) {
	switch {
	case t.cashier == nil:
		t.reply(e.Req, fault.New(fault.LoginRequired))
		return
	case t.cashier.Role == catalog.RoleCashier:
		t.reply(e.Req, fault.New(fault.LoginSenior))
		return
	}
	reason := firstRunes(printable(e.Reason), MaxCode)
	d := t.auditWho()
	d.Cheque, d.Item = t.job.cheque.ID.String(), reason
	t.audit(auditAbandon, d, uuid.Nil)
	b := *t.job
	t.reply(b.req, fault.New(fault.FiscalAbandoned, reason))
	b.req, b.booted = e.Req, false
	t.job = &b
	t.void(fault.New(fault.FiscalAbandoned, reason))
}

// record makes outcome and documents durable in one batch.
func (t *turn) record(f doc.Fiscal) {
	b := *t.job
	b.op, b.docs = t.nextOp(), slices.Clone(b.docs)
	t.job, t.phase = &b, Recording
	out := outcomeData{Operation: b.kind}
	if f.FD != 0 {
		out.Fiscal = &f
	}
	entries := []record.Entry{{Kind: record.Outcome, ID: b.id, Type: string(b.kind), Ends: []uuid.UUID{b.id},
		Shift: b.docs[0].ShiftID, Schema: 1, Data: encode(out)}}
	for i := range b.docs {
		b.docs[i].Fiscal = out.Fiscal
		entries = append(entries, documentEntry(&b.docs[i]))
	}
	if b.cheque.ID != uuid.Nil {
		entries[0].Ends = append(entries[0].Ends, b.cheque.ID)
	}
	t.keep(b.op, entries...)
}

// documentEntry journals a document. The shift lives from its OPEN_SESSION to
// its CLOSE_SESSION.
func documentEntry(d *doc.Document) record.Entry {
	if err := d.Validate(); err != nil {
		panic("till: made an invalid document: " + err.Error())
	}
	e := record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID,
		Numbers: []int64{d.Number}, Schema: doc.Schema, Data: encode(d)}
	switch {
	case d.Type == doc.OpenSession:
		e.Group = d.ShiftID
	case d.Type == doc.CloseSession && d.ShiftID != uuid.Nil:
		e.Ends = []uuid.UUID{d.ShiftID}
	}
	return e
}

func (t *turn) stored(e Stored) {
	b := t.job
	if b == nil || e.Op != b.op {
		return
	}
	switch {
	case e.Err != nil && e.Nothing && (t.phase == Intending || t.phase == Filing):
		t.giveUp(e.Err) // nothing was sent and nothing was written
		return
	case e.Err != nil:
		t.halt(e.Err)
		return
	}
	t.unposted, t.postErr = nil, nil
	switch t.phase {
	case Intending:
		t.prepare()
	case Recording, Filing:
		t.finish()
	case Voiding:
		if b.reason.Code == fault.FiscalAbandoned {
			t.reply(b.req, nil)
			quiet := *b
			quiet.req = 0
			t.job = &quiet
		}
		t.giveUp(b.reason)
	}
}

// halt stops the till: a write failed, so its outcome is unknown and nothing
// is acknowledged before recovery has read the disk.
func (t *turn) halt(err *fault.Error) {
	t.phase = Halted
	t.do(Beep{SignalError})
	t.reply(t.job.req, err)
	t.reply(t.login.req, err)
	for _, sc := range t.scans {
		t.reply(sc.Req, err)
	}
	if t.deferred != nil {
		t.reply(t.deferred.Req, err)
	}
	t.scans, t.deferred, t.login = nil, nil, login{}
}

// finish is the moment of truth: everything is durable, so people may be told.
func (t *turn) finish() {
	b := *t.job
	t.job, t.phase = nil, Idle
	for i := range b.docs {
		t.count(&b.docs[i])
	}
	t.deviceAfter(&b)
	if b.kind.Receipt() {
		t.paid(&b)
	}
	if b.kind != "" {
		t.do(FiscalSettle{})
	}
	t.do(Wake{})
	t.reply(b.req, nil)
}

// deviceAfter is what our own document did to the device; its next status
// says the same a moment later.
func (t *turn) deviceAfter(b *bracket) {
	if f := b.docs[0].Fiscal; f != nil {
		t.device.Status.LastFD = f.FD
	}
	switch b.kind {
	case kkt.OpOpenShift:
		t.device.Status.Shift = kkt.ShiftOpened
	case kkt.OpCloseShift:
		t.device.Status.Shift = kkt.ShiftClosed
	}
}

// shiftFault is why a device's shift does not fit ours.
func (t *turn) shiftFault(m kkt.Mark) *fault.Error {
	switch {
	case !m.ShiftOpen:
		return fault.New(fault.ShiftDevice)
	case t.shift != nil && t.shift.FN != "" && m.FN != t.shift.FN:
		return fault.New(fault.FiscalChanged, m.FN, t.shift.FN)
	}
	return nil
}

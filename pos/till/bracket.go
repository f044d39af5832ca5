package till

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/stock"
)

// work is a command that ends in a fiscal document or a movement of cash.
type work interface {
	Event
	// begin says what is to be registered, or why it can not be now. Nothing has
	// happened yet and nothing may change.
	begin(t *turn) (bracket, *fault.Error)
	// freeze makes the documents, now that the device's place is known. Nothing
	// in them changes afterwards but the fiscal data. The first receipt, cash
	// document or report has the bracket's id.
	freeze(t *turn, b *bracket) *fault.Error
}

// bracket is one document on its way to the FN: the intent before, the
// outcome after, and the question in between.
type bracket struct {
	work  work // nil after a restart: all is frozen then
	req   Req
	op    Op        // completion this phase waits for
	id    uuid.UUID // of the operation: the intent's group
	kind  kkt.OperationKind
	mark  kkt.Mark
	docs  []doc.Document // frozen; all of them get the fiscal data
	later []doc.Document // the purchase's print groups still to come, frozen as well
	done  []LastPart     // ..and those registered
	next  *bracket       // begins once the outcome is durable

	people   *doc.People      // in none of the documents' stored bytes
	cheque   cheque.Cheque    // of a receipt
	payments []doc.Payment    // as tendered; the receipts hold their shares
	round    money.Amount     // what the total is brought down to a multiple of
	rules    *pricing.Rules   // the cheque was shown with
	by       *catalog.Cashier // who approved it for the cashier
	base     uuid.UUID        // document to be loaded first
	sale     *doc.Document    // ..and here it is
	back     []doc.Document   // what undid parts of it
	claims   []Claim          // as the document leaves them
	tickets  []kitchen.Ticket // for the kitchen, with its document
	knows    *cheque.Kitchen  // ..what it knows then
	accept   string           // an FN that is being accepted

	promotions *[]catalog.Promotion // of the till's own, that are being accepted
	sheet      stock.Sheet          // that becomes a document

	charges     []charged       // money that is moved for it, in order
	undoing     fault.Code      // why what was moved goes back; "": it does not
	undoingArgs []string        // ..of the code
	shown       charge.Progress // what the terminal waits for
	called      bool            // it was called off
	untilled    bool            // nobody waits for the reply any more
	acquired    *doc.Acquiring  // of a closing: the terminal's sums

	numbers  []int64 // of an intent that could not be read
	minted   bool    // an intent holds the numbers
	attempts int
	booted   bool         // taken up again after a restart
	watch    bool         // the till's own doing: nobody asked
	untold   bool         // the device can not be asked: a person reads its paper
	late     bool         // was set aside, see aside.go
	aside    *asideData   // is being set aside
	stuck    bool         // certainly not registered, and may not be taken back silently
	reason   *fault.Error // why it is being voided, or is stuck
	doubt    *fault.Error // why the outcome is not known yet
}

// intentData is the Data of an intent.
type intentData struct {
	Operation kkt.OperationKind `json:"operation"`
	Mark      kkt.Mark          `json:"mark"`
	Cheque    uuid.UUID         `json:"cheque,omitzero"`
	Documents []doc.Document    `json:"documents"`
	Later     []doc.Document    `json:"later,omitempty"` // print groups after this one
	Done      []LastPart        `json:"done,omitempty"`  // ..and before it
	Aside     *asideData        `json:"aside,omitempty"` // nobody waits for it any more
	// Tickets tell the kitchen what it does not know yet, and Knows is what it
	// knows then.
	Tickets []kitchen.Ticket `json:"tickets,omitempty"`
	Knows   *cheque.Kitchen  `json:"knows,omitempty"`
	// Charges are the money that is moved for it, as far as that has come; it
	// goes back for the reason Undoing.
	Charges     []charged  `json:"charges,omitempty"`
	Undoing     fault.Code `json:"undoing,omitempty"`
	UndoingArgs []string   `json:"undoing_args,omitempty"`
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
	op := kkt.Operation{Kind: b.kind, ID: b.id, People: b.people}
	if len(b.docs) > 0 {
		op.Cashier, op.Receipt, op.Document = b.docs[0].Cashier, b.docs[0].Receipt, &b.docs[0]
		if c := b.docs[0].Cash; c != nil {
			op.Cash = c.Sum
		}
	}
	return op
}

// start begins a work, or says why not.
func (t *turn) start(w work) {
	switch {
	case t.madeLately(w):
		t.reply(reqOf(w), nil) // the answer got lost on its way
	case t.asideOf(OnceOf(w)) >= 0:
		t.reply(reqOf(w), t.asideWarning())
	case t.recalc.op != 0:
		t.reply(reqOf(w), fault.New(fault.ChequePaying))
	case !t.asksCloud(w):
		t.carryOut(w)
	}
}

// carryOut begins a work without asking any cloud.
func (t *turn) carryOut(w work) {
	req, id := reqOf(w), OnceOf(w)
	b, err := bracket{}, t.termsAbroad(w)
	if err == nil {
		b, err = w.begin(t)
	}
	if err == nil {
		err = t.allowed(b.kind)
	}
	if err != nil {
		t.reply(req, err)
		return
	}
	b.work, b.req, b.id, b.op, b.by = w, req, id, t.nextOp(), t.by
	if id == uuid.Nil {
		b.id = t.env.NewID()
	}
	if !b.cheque.Empty() {
		t.emptyCart()
		t.last = nil
	}
	if t.countsFirst(&b) {
		return
	}
	t.job, t.phase = &b, Marking
	if b.base == uuid.Nil {
		t.do(FiscalMark{Op: b.op})
		return
	}
	t.phase = Loading
	t.do(LoadSale{Op: b.op, ID: b.base})
}

// OnceOf is the id a command gives its document; Nil: the till mints one.
func OnceOf(ev Event) uuid.UUID {
	if o, ok := ev.(interface{ once() uuid.UUID }); ok {
		return o.once()
	}
	return uuid.Nil
}

// madeLately tells whether a command repeats one whose document was made.
func (t *turn) madeLately(ev Event) bool {
	id := OnceOf(ev)
	return id != uuid.Nil && slices.Contains(t.made, id)
}

func (t *turn) loaded(e SaleLoaded) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	switch {
	case e.Err != nil:
		t.giveUp(e.Err)
	case e.Sale == nil:
		t.giveUp(fault.New(fault.NotFound, b.base.String()))
	case slices.ContainsFunc(e.Back, func(d doc.Document) bool { return d.ID == b.id }):
		t.job, t.phase = nil, Idle
		t.reply(b.req, nil) // made before the last restart, see Once
	default:
		b.sale, b.back, b.op = e.Sale, e.Back, t.nextOp()
		t.job, t.phase = &b, Marking
		t.do(FiscalMark{Op: b.op})
	}
}

func (t *turn) marked(e Marked) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	if e.Err != nil {
		t.back(e.Err)
		return
	}
	b.mark, t.by = e.Mark, b.by
	var err *fault.Error
	if len(b.docs) == 0 {
		if err = b.work.freeze(t, &b); err == nil {
			err = t.takenAbroad(slices.Concat(b.docs, b.later))
		}
		if err == nil {
			t.plan(&b)
			t.planKitchen(&b)
		}
	} else { // the rest of a purchase, tried again
		err = t.shiftFault(b.mark)
	}
	if err != nil {
		t.back(err)
		return
	}
	t.job = &b
	if b.kind == kkt.OpCloseShift && t.closeBeside(b.mark) || b.kind == kkt.OpOpenShift && b.mark.Cloud {
		t.record(doc.Fiscal{})
		return
	}
	t.intend()
}

// intend makes the intent durable. From here on numbers and ids are used up.
func (t *turn) intend() {
	b := *t.job
	b.op = t.nextOp()
	b.askNext()
	t.job, t.phase = &b, Intending
	if !b.minted {
		t.lastNumber = slices.Max(b.allNumbers())
	}
	t.keep(b.op, b.intent())
}

func (b *bracket) intent() record.Entry {
	data := intentData{Operation: b.kind, Mark: b.mark, Cheque: b.cheque.ID, Documents: b.docs, Later: b.later, Done: b.done, Aside: b.aside,
		Tickets: b.tickets, Knows: b.knows, Charges: b.charges, Undoing: b.undoing, UndoingArgs: b.undoingArgs}
	e := record.Entry{Kind: record.Intent, ID: b.id, Type: string(b.kind), Group: b.id, Schema: 1, Data: encode(data), Private: private(b.people)}
	if len(b.docs) > 0 {
		e.Shift = b.docs[0].ShiftID
	}
	if !b.minted {
		e.Numbers = b.allNumbers()
	}
	return e
}

// private is what of an entry identifies people.
func private(p *doc.People) json.RawMessage {
	if p.Empty() {
		return nil
	}
	return encode(p)
}

// keep makes entries durable together with what could not be posted before.
func (t *turn) keep(op Op, entries ...record.Entry) {
	t.do(Store{Op: op, Entries: append(slices.Clone(t.unposted), entries...)})
}

// allNumbers are those of the whole plan.
func (b *bracket) allNumbers() []int64 {
	all := slices.Clone(b.numbers)
	for _, docs := range [][]doc.Document{b.docs, b.later} {
		for i := range docs {
			all = append(all, docs[i].Number)
		}
	}
	return all
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
		t.refused(e.Err)
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

// record makes outcome and documents durable in one batch, together with the
// intent of the next print group.
func (t *turn) record(f doc.Fiscal) {
	b := *t.job
	b.op, b.docs = t.nextOp(), slices.Clone(b.docs)
	out := outcomeData{Operation: b.kind}
	if f.FD != 0 && (!b.kind.Cash() || f.SKKO) { // a KKT numbers no movement of cash, a Belarusian register does
		out.Fiscal = &f
	}
	entries := []record.Entry{{Kind: record.Outcome, ID: b.id, Type: string(b.kind), Ends: []uuid.UUID{b.id},
		Shift: b.docs[0].ShiftID, Schema: 1, Data: encode(out)}}
	for i := range b.docs {
		b.docs[i].Fiscal = out.Fiscal
		entries = append(entries, documentEntry(&b.docs[i], b.people))
		b.claims = t.claimsAfter(&b.docs[i])
		for j := range b.claims {
			entries = append(entries, claimEntry(&b.claims[j], b.docs[i].ShiftID))
		}
	}
	entries = append(entries, t.serve(&b)...)
	switch {
	case len(b.later) > 0:
		b.next = b.following(t.env.Now)
		if b.cheque.ID != uuid.Nil {
			entries = append(entries, b.sold(t.env.Now))
		}
		entries = append(entries, b.next.intent())
	case b.remote():
		entries[0].Ends = append(entries[0].Ends, TakenGroup(b.id))
	case b.cheque.ID != uuid.Nil:
		entries[0].Ends = append(entries[0].Ends, b.cheque.ID)
	}
	if b.kind == kkt.OpOpenShift && t.fn == "" && out.Fiscal != nil {
		entries = append(entries, t.fnEntry(f.FN))
	}
	t.job, t.phase = &b, Recording
	t.keep(b.op, entries...)
}

// documentEntry journals a document. The shift lives from its OPEN_SESSION to
// its CLOSE_SESSION.
func documentEntry(d *doc.Document, people *doc.People) record.Entry {
	if err := d.Validate(); err != nil {
		panic("till: made an invalid document: " + err.Error())
	}
	e := record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID,
		Numbers: []int64{d.Number}, Schema: doc.Schema, Data: encode(d), Private: private(people)}
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
		t.unask()
		t.back(e.Err) // nothing was sent and nothing was written
		return
	case e.Err != nil:
		t.halt(e.Err)
		return
	}
	t.unposted, t.postErr = nil, nil
	switch t.phase {
	case Intending:
		kept := *b
		kept.minted = true
		t.job = &kept
		if kept.asked() >= 0 {
			t.charge()
			return
		}
		t.prepare()
	case Recording, Filing:
		t.finish()
	case Voiding:
		if b.aside != nil {
			t.isAside()
			return
		}
		if b.reason.Code == fault.FiscalAbandoned {
			t.reply(b.req, nil)
			quiet := *b
			quiet.req = 0
			t.job = &quiet
		}
		t.giveUp(b.reason)
	}
}

// finish is the moment of truth: everything is durable, so people may be told.
func (t *turn) finish() {
	b := *t.job
	t.job, t.phase = nil, Idle
	for i := range b.docs {
		t.count(&b.docs[i])
	}
	for _, c := range b.claims {
		t.keepClaim(c)
	}
	if len(b.tickets) > 0 {
		t.do(PrintTickets{b.tickets})
	}
	t.deviceAfter(&b)
	switch {
	case b.next != nil:
		t.job = b.next
		t.goOn()
		return
	case b.accept != "":
		t.accepted(b.accept)
	case b.promotions != nil:
		t.own = *b.promotions
		t.compile(false)
	case b.remote(): // nobody here waits for it
	case b.late:
		t.tellLate(&b)
	case b.kind.Receipt():
		t.paid(&b)
	case b.kind.Cash():
		t.openDrawer()
	}
	if b.kind != "" {
		t.do(FiscalSettle{})
	}
	t.do(Wake{})
	t.reply(b.req, nil)
	t.afterWatch(&b)
	if b.remote() {
		t.lookNext() // a payment that waited
	}
}

// deviceAfter is what our own document did to the device; its next status
// says the same a moment later.
func (t *turn) deviceAfter(b *bracket) {
	if len(b.docs) == 0 || b.docs[0].Fiscal == nil {
		return
	}
	t.device.Status.LastFD = b.docs[0].Fiscal.FD
	switch b.kind {
	case kkt.OpOpenShift:
		t.device.Status.Shift = kkt.ShiftOpened
	case kkt.OpCloseShift:
		t.device.Status.Shift = kkt.ShiftClosed
	}
}

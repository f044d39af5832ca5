package reconcile

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// MaxDifferences is how many differences a result lists; the others are
// counted.
const MaxDifferences = 500

// Input is what the witnesses said of one period.
type Input struct {
	// Journal are the documents of the period, in order: of every shift of the
	// fiscal device that is in it, all of them.
	Journal []doc.Document
	FN      FN
	OFD     OFD
	Cloud   Cloud
}

// FN is the archive of the fiscal storage in the device now.
type FN struct {
	Why         string // it was not asked, or did not answer; "": it did
	Number      string
	First, Last uint32 // that were asked for
	Documents   []kkt.FNDocument
	Unsent      string // why the operator may not have its documents yet; "": not known
}

// OFD is what the operator said.
type OFD struct {
	Why    string
	Shifts []ofd.Shift
}

// Cloud is where the documents stand with the cloud.
type Cloud struct {
	Why   string
	Wants []doc.Type         // the types it takes
	Sent  map[uuid.UUID]Sent // what the journal knows of their delivery

	// Places are the documents it can be asked about, as they should be there;
	// Looks what it said of those that it was asked about. Unasked is why it was
	// not asked about the others.
	Places  map[uuid.UUID]Place
	Looks   map[uuid.UUID]Looked
	Unasked string
}

// Sent is a document's way to the cloud.
type Sent string

// The ways. The zero value is on its way.
const (
	Delivered Sent = "delivered"
	Parked    Sent = "parked"
	Kept      Sent = "kept" // it has no place there: that is as it should be
)

// Place is a document in the cloud.
type Place struct {
	Sum  money.Amount
	Day  string // 2006-01-02 on the store's clock; "": not told
	Ways *Ways  // nil: a movement of cash, which has none
}

// Looked is what the cloud said of a document.
type Looked struct {
	There bool
	Place
}

// Side is a witness.
type Side string

// The witnesses.
const (
	SideJournal Side = "journal"
	SideFN      Side = "fn"
	SideOFD     Side = "ofd"
	SideCloud   Side = "cloud"
)

// Difference is something that is not the same everywhere.
type Difference struct {
	Code    fault.Code `json:"code"` // reconcile.*: its text says what to do as well
	Args    []string   `json:"args,omitempty"`
	Side    Side       `json:"side"`    // who is at odds with the journal, or with the FN
	Pending bool       `json:"pending"` // it will be well by itself

	Document uuid.UUID    `json:"document,omitzero"` // of the journal
	Number   int64        `json:"number,omitempty"`
	Type     doc.Type     `json:"type,omitempty"`
	FN       string       `json:"fn,omitempty"`
	FD       uint32       `json:"fd,omitempty"`
	Shift    int64        `json:"shift,omitempty"` // the device's
	Want     money.Amount `json:"want,omitempty"`  // by the journal
	Have     money.Amount `json:"have,omitempty"`  // by the other side
}

// Row is one shift of the device: what each witness has in it. Nil: not known.
type Row struct {
	FN      string     `json:"fn"`
	Shift   int64      `json:"shift"`
	Open    ofd.Moment `json:"open,omitempty"`
	Close   ofd.Moment `json:"close,omitempty"`
	Journal *Figures   `json:"journal,omitempty"`
	InFN    *Figures   `json:"fn_archive,omitempty"`
	OFD     *Figures   `json:"ofd,omitempty"`
	Cloud   *Figures   `json:"cloud,omitempty"`
}

// Sides are the witnesses' figures: journal, FN, OFD, cloud.
func (r *Row) Sides() [4]*Figures { return [4]*Figures{r.Journal, r.InFN, r.OFD, r.Cloud} }

// There tells whether anybody knows of a receipt of an operation.
func (r *Row) There(op int) bool {
	for _, f := range r.Sides() {
		if f != nil && (f.Counts[op] != 0 || f.Sums[op] != 0) {
			return true
		}
	}
	return false
}

// Used are the kinds of payment that anybody knows of in an operation.
func (r *Row) Used(op int) (used []int) {
	for w := range (Ways{}) {
		for _, f := range r.Sides() {
			if f != nil && f.Ways[op][w] != 0 {
				used = append(used, w)
				break
			}
		}
	}
	return used
}

// Figures are a shift's receipts by operation: 0 sale, 1 return of a sale, 2
// buy, 3 return of a buy.
type Figures struct {
	Sums   [4]money.Amount `json:"sums"`
	Counts [4]int64        `json:"counts"`
	Ways   [4]Ways         `json:"ways"`             // the sums by kind of payment
	Partly bool            `json:"partly,omitempty"` // of some receipts it is not told how they were paid
}

// Ways are sums by kind of payment: 0 cash, 1 without cash, 2 prepaid, 3
// credit, 4 in kind.
type Ways [5]money.Amount

// Result is what came of it.
type Result struct {
	OK          bool            `json:"ok"`      // nobody contradicts; what is Pending contradicts nobody
	Pending     int             `json:"pending"` // differences that will be well by themselves
	Rows        []Row           `json:"shifts"`
	Differences []Difference    `json:"differences"`
	More        int             `json:"more,omitempty"` // differences that are not listed
	Silent      map[Side]string `json:"silent"`         // who said nothing, and why
	Documents   int             `json:"documents"`      // of the journal that were compared
	Kept        int             `json:"kept,omitempty"` // of these, that have no place in the cloud
	Made        time.Time       `json:"made,omitzero"`
}

// Compare compares.
func Compare(in Input) Result {
	c := comparing{in: in, result: Result{OK: true, Differences: []Difference{}, Rows: []Row{}, Silent: map[Side]string{}}, rows: map[shift]*Row{}}
	for side, why := range map[Side]string{SideFN: in.FN.Why, SideOFD: in.OFD.Why, SideCloud: in.Cloud.Why} {
		if why != "" {
			c.result.Silent[side] = why
		}
	}
	c.journal()
	if in.FN.Why == "" {
		c.archive()
	}
	if in.OFD.Why == "" {
		c.operator()
	}
	if in.Cloud.Why == "" {
		c.cloud()
	}
	for _, r := range c.rows {
		c.result.Rows = append(c.result.Rows, *r)
	}
	slices.SortFunc(c.result.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.FN, b.FN), cmp.Compare(a.Shift, b.Shift))
	})
	c.settle()
	return c.result
}

// shift is one of a fiscal storage.
type shift struct {
	fn     string
	number int64
}

// comparing is a comparison on its way.
type comparing struct {
	in     Input
	result Result
	rows   map[shift]*Row
	book   ofd.Book // the journal as the operator should have it
	found  []Difference
	unsent map[shift][]unsent
}

// unsent is a document the operator has not confirmed.
type unsent struct {
	way  [4][6]money.Amount
	each [4][6]int64
}

// tell adds a difference.
func (c *comparing) tell(d Difference) { c.found = append(c.found, d) }

// settle orders the differences: contradictions first, then by place.
func (c *comparing) settle() {
	slices.SortStableFunc(c.found, func(a, b Difference) int {
		late := func(d Difference) int {
			if d.Pending {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(late(a), late(b)), cmp.Compare(a.FN, b.FN), cmp.Compare(a.FD, b.FD), cmp.Compare(a.Number, b.Number))
	})
	for _, d := range c.found {
		if d.Pending {
			c.result.Pending++
		} else {
			c.result.OK = false
		}
	}
	if len(c.found) > MaxDifferences {
		c.result.More = len(c.found) - MaxDifferences
		c.found = c.found[:MaxDifferences]
	}
	c.result.Differences = append(c.result.Differences, c.found...)
}

func (c *comparing) row(fn string, number int64) *Row {
	k := shift{fn, number}
	if c.rows[k] == nil {
		c.rows[k] = &Row{FN: fn, Shift: number}
	}
	return c.rows[k]
}

// of is a figure of a row that begins at nothing.
func of(f **Figures) *Figures {
	if *f == nil {
		*f = &Figures{}
	}
	return *f
}

// add counts a receipt; w nil: how it was paid is not told.
func (f *Figures) add(op int, sum money.Amount, w *Ways) {
	if op < 0 || op >= len(f.Sums) {
		return
	}
	f.Sums[op] += sum
	f.Counts[op]++
	if w == nil {
		f.Partly = true
		return
	}
	for i, v := range w {
		f.Ways[op][i] += v
	}
}

// waysOf is how a receipt of the journal was paid.
func (c *comparing) waysOf(d *doc.Document) *Ways {
	e, ok := ofd.EventOf(d)
	if !ok {
		return nil
	}
	return waysOf(&e)
}

// waysOf is how a receipt was paid.
func waysOf(e *ofd.Event) *Ways { return &Ways{e.Cash, e.Ecash, e.Prepaid, e.Credit, e.Provision} }

// operation is a receipt's place in Figures; -1: it is none.
func operation(d *doc.Document) int {
	e, ok := ofd.EventOf(d)
	if !ok || e.Operation == "" {
		return -1
	}
	return slices.Index(ofd.Operations, e.Operation)
}

// journal adds up what the till knows.
func (c *comparing) journal() {
	for i := range c.in.Journal {
		d := &c.in.Journal[i]
		e, ok := ofd.EventOf(d)
		if !ok {
			continue
		}
		c.book.Add(e)
		row := c.row(e.FN, e.Shift)
		switch e.Type {
		case "openShift":
			row.Open = ofd.Moment(e.Time.Format(ofd.MomentForm))
		case "closeShift":
			row.Close = ofd.Moment(e.Time.Format(ofd.MomentForm))
		}
		c.result.Documents++
		f := of(&row.Journal)
		if op := operation(d); op >= 0 {
			f.add(op, e.Total, waysOf(&e))
		}
	}
}

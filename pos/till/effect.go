package till

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
)

// Effect is something Step wants done. A runner does it under its own
// deadline and hands the completion back as an event carrying Op; effects
// without Op have no completion.
type Effect interface{ effect() }

// The effects.
type (
	// Reply answers a command.
	Reply struct {
		Req Req
		Err *fault.Error
	}
	// Authenticate checks a PIN, or a badge; answered by Authenticated.
	Authenticate struct {
		Op    Op
		PIN   string
		Badge bool // PIN is what a badge's code says
	}
	// Lookup finds what a code is; answered by Looked.
	Lookup struct {
		Op         Op
		Generation int64
		Code       string
		Goods      string // the code of goods in a label of the shop; "": it is none
	}
	// FindCustomer finds known customers by id, card, telephone or name; answered
	// by CustomerFound.
	FindCustomer struct {
		Op   Op
		Text string
	}
	// FindItems reads items as they are in the catalogue now; answered by
	// ItemsFound.
	FindItems struct {
		Op  Op
		IDs []string
	}
	// Recalc asks a cloud for a cheque's prices and points; answered by
	// Recalculated, soon or not at all well.
	Recalc struct {
		Op    Op
		Query RecalcQuery
	}
	// LoadSale reads a document and what undid parts of it from the journal;
	// answered by SaleLoaded.
	LoadSale struct {
		Op Op
		ID uuid.UUID
	}
	// Post queues entries for the journal; their flush starts soon and nobody waits.
	Post struct{ Entries []record.Entry }
	// Store makes entries durable, all or none; answered by Stored.
	Store struct {
		Op      Op
		Entries []record.Entry
	}
	// FiscalMark asks where the FN stands; answered by Marked.
	FiscalMark struct{ Op Op }
	// FiscalPrepare does what can still be cancelled; answered by Prepared.
	FiscalPrepare struct {
		Op        Op
		Mark      kkt.Mark
		Operation kkt.Operation
	}
	// FiscalCommit registers; answered by Committed.
	FiscalCommit struct {
		Op        Op
		Mark      kkt.Mark
		Operation kkt.Operation
	}
	// FiscalFind asks what became of an operation; answered by Resolved.
	FiscalFind struct {
		Op        Op
		Mark      kkt.Mark
		Operation kkt.Operation
	}
	// Charge moves money that is not cash; answered by Charged, and meanwhile by
	// ChargeShown.
	Charge struct {
		Op        Op
		Operation charge.Operation
	}
	// ChargeFind asks what became of a Charge; answered by Charged.
	ChargeFind struct {
		Op        Op
		Operation charge.Operation
	}
	// ChargeAbort calls off the Charge that waits for the customer.
	ChargeAbort struct{}
	// ChargeCount closes the terminal's day and asks for its sums; ID is the
	// shift's. Answered by ChargeCounted.
	ChargeCount struct {
		Op Op
		ID uuid.UUID
	}
	// FiscalReport prints an X report; answered by Reported.
	FiscalReport struct{ Op Op }
	// FiscalSettle sees the last document onto paper.
	FiscalSettle struct{}
	// OpenDrawer pulses the cash drawer.
	OpenDrawer struct{}
	// Beep sounds a signal.
	Beep struct{ Signal Signal }
	// Wake tells the syncer that there is something to send.
	Wake struct{}
	// After asks for a Timer event; used to ask again, never to measure.
	After struct {
		Op    Op
		Delay time.Duration
	}
)

// Signal is what a beep means.
type Signal string

// The signals.
const (
	SignalOK    Signal = "ok"    // an item went into the cheque
	SignalError Signal = "error" // look at the screen
	SignalPaid  Signal = "paid"
)

func (Reply) effect()         {}
func (Authenticate) effect()  {}
func (Lookup) effect()        {}
func (LoadSale) effect()      {}
func (FindCustomer) effect()  {}
func (FindItems) effect()     {}
func (Recalc) effect()        {}
func (Post) effect()          {}
func (Store) effect()         {}
func (FiscalMark) effect()    {}
func (FiscalPrepare) effect() {}
func (FiscalCommit) effect()  {}
func (FiscalFind) effect()    {}
func (FiscalReport) effect()  {}
func (Charge) effect()        {}
func (ChargeFind) effect()    {}
func (ChargeAbort) effect()   {}
func (ChargeCount) effect()   {}
func (FiscalSettle) effect()  {}
func (OpenDrawer) effect()    {}
func (Beep) effect()          {}
func (Wake) effect()          {}
func (After) effect()         {}

// The ports a till's runners need. Who implements them is wiring.
type (
	// Journal makes entries durable.
	Journal interface {
		Append(ctx context.Context, entries ...record.Entry) (first uint64, err error)
		Post(entries ...record.Entry) error
	}
	// Fiscal is the part of a fiscal printer the bracket uses.
	Fiscal interface {
		Identify(ctx context.Context) (kkt.Identity, error)
		Status(ctx context.Context) (kkt.Status, error)
		Mark(ctx context.Context) (kkt.Mark, error)
		Prepare(ctx context.Context, mark kkt.Mark, op kkt.Operation) error
		Commit(ctx context.Context, mark kkt.Mark, op kkt.Operation) (doc.Fiscal, error)
		Find(ctx context.Context, mark kkt.Mark, op kkt.Operation) (kkt.Found, error)
		Settle(ctx context.Context) error
		Report(ctx context.Context) error
		OpenDrawer(ctx context.Context) error
		Halt() error
	}
	// Catalog finds items by code.
	Catalog interface {
		Lookup(ctx context.Context, generation int64, code string) (catalog.Match, error)
	}
	// Calculator is a cloud that calculates discounts and points. What it can
	// not answer in time the till does by its own rules.
	Calculator interface {
		Recalc(ctx context.Context, q RecalcQuery) (cheque.Recalc, error)
	}
	// Customers finds known customers: the one of an id, a card or a telephone
	// number, else those whose name has the words. At most limit; none is no
	// error. With the cloud at hand it may say what their points are worth.
	Customers interface {
		FindCustomers(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error)
	}
)

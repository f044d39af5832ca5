package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Event is something that happened: a command from a person or program, or
// the completion of an effect.
type Event interface{ kind() eventKind }

// Req numbers a command so that its Reply finds the way back; 0 wants none.
type Req uint64

// Op numbers an effect so that its completion can be told from a late one.
type Op uint64

// Seen is the cheque a person looked at. A command about another cheque, or
// another revision of it, is stale. Zero fields match anything.
type Seen struct {
	Cheque   uuid.UUID
	Revision int64
}

// Commands. Each with a Req is answered by exactly one Reply.
type (
	// Login asks to check a PIN.
	Login struct {
		Req Req
		PIN string
	}
	// Logout ends the cashier's session.
	Logout struct{ Req Req }
	// OpenShift opens the shift on the fiscal device and in the journal.
	OpenShift struct{ Req Req }
	// CloseShift prints the Z report and closes the shift.
	CloseShift struct{ Req Req }
	// XReport prints the totals so far.
	XReport struct{ Req Req }
	// Scan is a scanned or typed code, "5*code" for five of it. From a device
	// Req is 0 and the answer is on the screen. Length is set when the code was
	// too long to be kept, Misread when its end did not come: both are shown and
	// never looked up.
	Scan struct {
		Req     Req
		Code    string
		Device  string
		Length  int
		Misread bool
	}
	// SetQty changes a line's quantity.
	SetQty struct {
		Req  Req
		Line uuid.UUID
		Qty  qty.Milli
		Seen Seen
	}
	// VoidLine takes a line out of the cheque.
	VoidLine struct {
		Req  Req
		Line uuid.UUID
		Seen Seen
	}
	// VoidCheque empties the cheque.
	VoidCheque struct {
		Req  Req
		Seen Seen
	}
	// Park sets the cheque aside.
	Park struct {
		Req  Req
		Name string
	}
	// Recall takes a parked cheque back; the open one must be empty.
	Recall struct {
		Req Req
		ID  uuid.UUID
	}
	// Pay pays the cheque. Tendered is the cash handed over, 0 means exact;
	// by card it must be 0. Repeating it for the cheque that was paid last
	// (by Seen.Cheque) succeeds and does nothing.
	Pay struct {
		Req      Req
		Type     doc.PaymentType
		Tendered money.Amount
		Seen     Seen
	}
	// Abandon gives up the document the till is in doubt about. It is a senior's
	// decision, after looking at the device: the document counts as not
	// registered, its cheque returns.
	Abandon struct {
		Req    Req
		Reason string
	}
	// Dismiss removes the notices (unknown codes and the like) from the screen.
	Dismiss struct{ Req Req }
)

// Completions and news.
type (
	// Restored is what the journal remembers; the first event of all.
	Restored struct {
		Live       []record.Record // records of groups not ended, in order
		ShiftDocs  []doc.Document  // documents of the open shift, in order
		LastClose  *doc.Document   // latest CLOSE_SESSION
		LastShift  int64           // highest shift number so far
		LastNumber int64           // highest document number so far
		Floor      time.Time       // no clock that is earlier is right: last record, build
	}
	// CatalogChanged brings store settings and rules of a new generation.
	CatalogChanged struct {
		Generation int64
		Store      catalog.Store
		Discounts  []catalog.Discount
	}
	// DeviceChanged is the fiscal device's state as last seen.
	DeviceChanged struct{ Device Device }
	// Authenticated answers Authenticate.
	Authenticated struct {
		Op      Op
		Cashier *catalog.Cashier
		Err     *fault.Error
	}
	// Looked answers Lookup. Match is nil when nothing has the code.
	Looked struct {
		Op    Op
		Match *catalog.Match
		Err   *fault.Error
	}
	// Stored answers Store. Nothing says that certainly nothing was written;
	// any other error leaves the outcome unknown.
	Stored struct {
		Op      Op
		Err     *fault.Error
		Nothing bool
	}
	// Marked answers FiscalMark.
	Marked struct {
		Op   Op
		Mark kkt.Mark
		Err  *fault.Error
	}
	// Prepared answers FiscalPrepare.
	Prepared struct {
		Op  Op
		Err *fault.Error
	}
	// Committed answers FiscalCommit. Refused says the device certainly did
	// not register; any other error leaves the outcome unknown.
	Committed struct {
		Op      Op
		Fiscal  doc.Fiscal
		Err     *fault.Error
		Refused bool
	}
	// Resolved answers FiscalFind.
	Resolved struct {
		Op    Op
		Found kkt.Found
		Err   *fault.Error
	}
	// Reported answers FiscalReport.
	Reported struct {
		Op  Op
		Err *fault.Error
	}
	// Timer answers After.
	Timer struct{ Op Op }
	// PostFailed: entries could not be queued for the journal. They are tried
	// again in front of the next Store.
	PostFailed struct {
		Entries []record.Entry
		Err     *fault.Error
	}
	// SpaceChanged tells whether the journal's disk is nearly full. New sales are
	// refused then; closing the shift is not, there is room kept for it.
	SpaceChanged struct{ Low bool }
	// Tick lets time pass for what depends on it.
	Tick struct{}
)

// Device is what the till knows of its fiscal device right now.
type Device struct {
	Ready    bool         `json:"ready"`
	Identity kkt.Identity `json:"identity"`
	Status   kkt.Status   `json:"status"`
	Err      *fault.Error `json:"-"` // why it is not ready
	// Unprinted: the last document is registered and not on paper yet.
	Unprinted bool      `json:"unprinted,omitempty"`
	Since     time.Time `json:"since"`
}

// Supports tells whether the device is registered for a tax system.
func (d *Device) Supports(s tax.System) bool { return slices.Contains(d.Identity.TaxSystems, s) }

type eventKind int

// Kinds of events, in the order of the table in admit.go.
const (
	evLogin eventKind = iota
	evLogout
	evOpenShift
	evCloseShift
	evXReport
	evScan
	evEdit
	evPark
	evRecall
	evPay
	evDismiss
	evAbandon
	evRestored
	evNews
	evAuthenticated
	evLooked
	evStored
	evMarked
	evPrepared
	evCommitted
	evResolved
	evReported
	evTimer
	numEvents
)

func (Login) kind() eventKind          { return evLogin }
func (Logout) kind() eventKind         { return evLogout }
func (OpenShift) kind() eventKind      { return evOpenShift }
func (CloseShift) kind() eventKind     { return evCloseShift }
func (XReport) kind() eventKind        { return evXReport }
func (Scan) kind() eventKind           { return evScan }
func (SetQty) kind() eventKind         { return evEdit }
func (VoidLine) kind() eventKind       { return evEdit }
func (VoidCheque) kind() eventKind     { return evEdit }
func (Park) kind() eventKind           { return evPark }
func (Recall) kind() eventKind         { return evRecall }
func (Pay) kind() eventKind            { return evPay }
func (Dismiss) kind() eventKind        { return evDismiss }
func (Abandon) kind() eventKind        { return evAbandon }
func (SpaceChanged) kind() eventKind   { return evNews }
func (Tick) kind() eventKind           { return evNews }
func (Restored) kind() eventKind       { return evRestored }
func (CatalogChanged) kind() eventKind { return evNews }
func (DeviceChanged) kind() eventKind  { return evNews }
func (PostFailed) kind() eventKind     { return evNews }
func (Authenticated) kind() eventKind  { return evAuthenticated }
func (Looked) kind() eventKind         { return evLooked }
func (Stored) kind() eventKind         { return evStored }
func (Marked) kind() eventKind         { return evMarked }
func (Prepared) kind() eventKind       { return evPrepared }
func (Committed) kind() eventKind      { return evCommitted }
func (Resolved) kind() eventKind       { return evResolved }
func (Reported) kind() eventKind       { return evReported }
func (Timer) kind() eventKind          { return evTimer }

// reqOf finds the request a command wants answered.
func reqOf(ev Event) Req {
	switch e := ev.(type) {
	case Login:
		return e.Req
	case Logout:
		return e.Req
	case OpenShift:
		return e.Req
	case CloseShift:
		return e.Req
	case XReport:
		return e.Req
	case Scan:
		return e.Req
	case SetQty:
		return e.Req
	case VoidLine:
		return e.Req
	case VoidCheque:
		return e.Req
	case Park:
		return e.Req
	case Recall:
		return e.Req
	case Pay:
		return e.Req
	case Dismiss:
		return e.Req
	case Abandon:
		return e.Req
	}
	return 0
}

// WithReq returns the command with its request number set.
func WithReq(ev Event, req Req) Event {
	switch e := ev.(type) {
	case Login:
		e.Req = req
		return e
	case Logout:
		e.Req = req
		return e
	case OpenShift:
		e.Req = req
		return e
	case CloseShift:
		e.Req = req
		return e
	case XReport:
		e.Req = req
		return e
	case Scan:
		e.Req = req
		return e
	case SetQty:
		e.Req = req
		return e
	case VoidLine:
		e.Req = req
		return e
	case VoidCheque:
		e.Req = req
		return e
	case Park:
		e.Req = req
		return e
	case Recall:
		e.Req = req
		return e
	case Pay:
		e.Req = req
		return e
	case Dismiss:
		e.Req = req
		return e
	case Abandon:
		e.Req = req
		return e
	}
	return ev
}

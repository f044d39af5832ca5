package till

import (
	"slices"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Event is something that happened: a command from a person or program, or
// the completion of an effect.
type Event interface{ kind() eventKind }

// Op numbers an effect so that its completion can be told from a late one.
type Op uint64

// Completions and news.
type (
	// Restored is what the journal remembers; the first event of all.
	Restored struct {
		Live       []record.Record     // records of groups not ended, in order
		ShiftDocs  []doc.Document      // documents of the open shift, in order
		LastClose  *doc.Document       // latest CLOSE_SESSION
		LastShift  int64               // highest shift number so far
		LastNumber int64               // highest document number so far
		FN         string              // fiscal storage the till works with; "": none yet
		Promotions []catalog.Promotion // the till's own
		Refused    []time.Time         // moments of the newest wrong PINs, oldest first
		LastOrder  int                 // the kitchen's last number
		Floor      time.Time           // no clock that is earlier is right: last record, build
	}
	// CatalogChanged brings store settings and rules of a new generation.
	CatalogChanged struct {
		Generation int64
		Store      catalog.Store
		Discounts  []catalog.Discount
		Promotions []catalog.Promotion
		Stations   []kitchen.Station // of the kitchen; empty: none
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
		Label *catalog.Match // what the code of goods in a label stands for
		Err   *fault.Error
	}
	// CustomerFound answers FindCustomer.
	CustomerFound struct {
		Op    Op
		Found []catalog.CustomerCard
		Err   *fault.Error
	}
	// ItemsFound answers FindItems: those that are still in the catalogue.
	ItemsFound struct {
		Op         Op
		Generation int64
		Items      []catalog.Item
		Err        *fault.Error
	}
	// Recalculated answers Recalc.
	Recalculated struct {
		Op     Op
		Recalc cheque.Recalc // Online: the cloud's prices
		Err    *fault.Error
	}
	// SaleLoaded answers LoadSale: the document and every document that undid a
	// part of it. Sale is nil when the journal has none of that id.
	SaleLoaded struct {
		Op   Op
		Sale *doc.Document
		Back []doc.Document
		Err  *fault.Error
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
	// Charged answers Charge and ChargeFind. Approved has the slip, Declined the
	// reason; anything else says that nobody knows.
	Charged struct {
		Op    Op
		State charge.State
		Slip  doc.Slip
		Err   *fault.Error
	}
	// ChargeShown tells what a Charge waits for.
	ChargeShown struct {
		Op       Op
		Progress charge.Progress
	}
	// ChargeCounted answers ChargeCount. Nothing: the terminal counts nothing.
	ChargeCounted struct {
		Op      Op
		Totals  charge.Totals
		Nothing bool
		Err     *fault.Error
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
	// ClockConfirmed: a time server stands by the clock. What was written by a
	// clock that ran ahead is no floor any more.
	ClockConfirmed struct{}
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
	Unprinted bool `json:"unprinted,omitempty"`
	// Drift is by how many whole minutes its clock was off the till's when it was
	// looked at.
	Drift time.Duration `json:"-"`
	Since time.Time     `json:"since"`
}

// Supports tells whether the device is registered for a tax system.
func (d *Device) Supports(s tax.System) bool { return slices.Contains(d.Identity.TaxSystems, s) }

type eventKind int

// Kinds of events, in the order of the table in admit.go.
const (
	evLogin eventKind = iota
	evLogout
	evWork // what ends in a document, or needs the till as idle as that
	evScan
	evEdit
	evPark
	evRecall
	evDismiss
	evRetry
	evAbandon
	evRestored
	evNews
	evAuthenticated
	evLooked
	evCustomer
	evItems
	evRecalculated
	evPermitted
	evLoaded
	evStored
	evMarked
	evPrepared
	evCommitted
	evResolved
	evReported
	evCharged
	evShown
	evCounted
	evCallOff
	evTimer
	numEvents
)

func (Login) kind() eventKind          { return evLogin }
func (Approve) kind() eventKind        { return evLogin }
func (Logout) kind() eventKind         { return evLogout }
func (OpenShift) kind() eventKind      { return evWork }
func (CloseShift) kind() eventKind     { return evWork }
func (XReport) kind() eventKind        { return evWork }
func (StateReport) kind() eventKind    { return evWork }
func (CashIn) kind() eventKind         { return evWork }
func (CashOut) kind() eventKind        { return evWork }
func (Pay) kind() eventKind            { return evWork }
func (Return) kind() eventKind         { return evWork }
func (TakeBack) kind() eventKind       { return evWork }
func (Exchange) kind() eventKind       { return evWork }
func (TakeOrder) kind() eventKind      { return evEdit }
func (SellClaim) kind() eventKind      { return evWork }
func (Prepay) kind() eventKind         { return evWork }
func (HandOver) kind() eventKind       { return evWork }
func (Repay) kind() eventKind          { return evWork }
func (Fiscalise) kind() eventKind      { return evWork }
func (NoSale) kind() eventKind         { return evDismiss }
func (Allow) kind() eventKind          { return evDismiss }
func (Correct) kind() eventKind        { return evWork }
func (AcceptFN) kind() eventKind       { return evWork }
func (Scan) kind() eventKind           { return evScan }
func (SetQty) kind() eventKind         { return evEdit }
func (VoidLine) kind() eventKind       { return evEdit }
func (VoidCheque) kind() eventKind     { return evEdit }
func (SetPrice) kind() eventKind       { return evEdit }
func (AdjustLine) kind() eventKind     { return evEdit }
func (AdjustCheque) kind() eventKind   { return evEdit }
func (SetCustomer) kind() eventKind    { return evEdit }
func (ClearCustomer) kind() eventKind  { return evEdit }
func (AddCoupon) kind() eventKind      { return evEdit }
func (RemoveCoupon) kind() eventKind   { return evEdit }
func (SpendBonus) kind() eventKind     { return evEdit }
func (CustomerFound) kind() eventKind  { return evCustomer }
func (ItemsFound) kind() eventKind     { return evItems }
func (Recalculate) kind() eventKind    { return evEdit }
func (Recalculated) kind() eventKind   { return evRecalculated }
func (SetPromotions) kind() eventKind  { return evWork }
func (SetContact) kind() eventKind     { return evEdit }
func (SetBuyer) kind() eventKind       { return evEdit }
func (Park) kind() eventKind           { return evPark }
func (Recall) kind() eventKind         { return evRecall }
func (Dismiss) kind() eventKind        { return evDismiss }
func (CountDrawer) kind() eventKind    { return evDismiss }
func (Retry) kind() eventKind          { return evRetry }
func (Abandon) kind() eventKind        { return evAbandon }
func (Settle) kind() eventKind         { return evWork }
func (SpaceChanged) kind() eventKind   { return evNews }
func (ClockConfirmed) kind() eventKind { return evNews }
func (Tick) kind() eventKind           { return evNews }
func (Restored) kind() eventKind       { return evRestored }
func (CatalogChanged) kind() eventKind { return evNews }
func (DeviceChanged) kind() eventKind  { return evNews }
func (PostFailed) kind() eventKind     { return evNews }
func (Authenticated) kind() eventKind  { return evAuthenticated }
func (Looked) kind() eventKind         { return evLooked }
func (SaleLoaded) kind() eventKind     { return evLoaded }
func (Stored) kind() eventKind         { return evStored }
func (Marked) kind() eventKind         { return evMarked }
func (Prepared) kind() eventKind       { return evPrepared }
func (Committed) kind() eventKind      { return evCommitted }
func (Resolved) kind() eventKind       { return evResolved }
func (Reported) kind() eventKind       { return evReported }
func (Charged) kind() eventKind        { return evCharged }
func (ChargeShown) kind() eventKind    { return evShown }
func (ChargeCounted) kind() eventKind  { return evCounted }
func (CancelCharge) kind() eventKind   { return evCallOff }
func (Timer) kind() eventKind          { return evTimer }

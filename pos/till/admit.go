package till

import "github.com/kassa-pos/kassa/pos/fault"

// verdict is what happens to an event in a phase: it is handled, refused with
// a code, or (neither) dropped because it is the completion of something that
// no longer matters. Only completions may be dropped.
type verdict struct {
	handle bool
	refuse fault.Code
}

// Cells of the table.
var (
	yes   = verdict{handle: true}
	late  = verdict{}
	boot  = verdict{refuse: fault.Starting}
	disk  = verdict{refuse: fault.JournalWrite}
	busy  = verdict{refuse: fault.ChequePaying}
	ask   = verdict{refuse: fault.FiscalUnsure}
	idle  = verdict{refuse: fault.NothingDoubtful}
	alien = verdict{refuse: fault.FiscalBlocked}
	doubt = verdict{refuse: fault.TerminalUnsure}
	none  = verdict{refuse: fault.TerminalNone}
)

// admit is the whole matrix of events and phases. Completions that are
// handled still have to carry the Op their phase waits for.
var admit = [numEvents][numPhases]verdict{
	//                starting idle loading marking intending preparing committing resolving recording voiding reporting filing charging checking counting blocked halted
	evLogin:         {boot, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, disk},
	evLogout:        {boot, yes, busy, busy, busy, busy, busy, yes, busy, busy, busy, busy, busy, yes, busy, yes, disk},
	evWork:          {boot, yes, busy, busy, busy, busy, busy, ask, busy, busy, busy, busy, busy, doubt, busy, alien, disk},
	evScan:          {boot, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, disk},
	evEdit:          {boot, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, disk},
	evPark:          {boot, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, disk},
	evRecall:        {boot, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, disk},
	evDismiss:       {boot, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, disk},
	evRetry:         {boot, idle, busy, busy, busy, busy, busy, ask, busy, busy, busy, busy, busy, yes, busy, yes, disk},
	evAbandon:       {boot, idle, busy, busy, busy, busy, busy, yes, busy, busy, busy, busy, busy, yes, busy, yes, disk},
	evRestored:      {yes, late, late, late, late, late, late, late, late, late, late, late, late, late, late, late, late},
	evNews:          {yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes},
	evAuthenticated: {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evLooked:        {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evCustomer:      {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evItems:         {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evRecalculated:  {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evPermitted:     {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evLoaded:        {late, late, yes, late, late, late, late, late, late, late, late, late, late, late, late, late, late},
	evStored:        {late, late, late, late, yes, late, late, late, yes, yes, late, yes, late, late, late, late, late},
	evMarked:        {late, late, late, yes, late, late, late, late, late, late, late, late, late, late, late, late, late},
	evPrepared:      {late, late, late, late, late, yes, late, late, late, late, late, late, late, late, late, late, late},
	evCommitted:     {late, late, late, late, late, late, yes, late, late, late, late, late, late, late, late, late, late},
	evResolved:      {late, late, late, late, late, late, late, yes, late, late, late, late, late, late, late, late, late},
	evReported:      {late, late, late, late, late, late, late, late, late, late, yes, late, late, late, late, late, late},
	evTimer:         {late, late, late, late, late, late, late, yes, late, late, late, late, late, yes, late, late, late},
	evCharged:       {late, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, late},
	evShown:         {late, late, late, late, late, late, late, late, late, late, late, late, yes, yes, late, late, late},
	evCounted:       {late, late, late, late, late, late, late, late, late, late, late, late, late, late, yes, late, late},
	evCallOff:       {boot, none, none, none, none, none, none, none, none, none, none, none, yes, yes, none, none, disk},
}

// Package till is the till itself: a pure state machine.
//
// Step(state, event) gives the next state and the effects to carry out. It
// reads no clock, opens no file and waits for nothing: time and new
// identities come in Env, and whatever takes time is an effect whose
// completion comes back as an event. One goroutine owns the state and never
// waits, so a dead printer or a slow disk stalls neither the cheque nor the
// screen.
//
// # Phases
//
// The cheque can be filled, parked and recalled in every phase but Starting
// and Halted. The phases are those of the fiscal bracket, the steps of
// registering one document: a receipt, a return, a correction, the opening or
// closing of a shift, a report on settlements, a movement of cash.
//
//	Starting --Restored--> Idle
//	    |  an intent without outcome
//	    +--------------------------------> Resolving
//
//	Idle --Return, Correct--> Loading              what was sold, what came back?
//	Idle, Loading --a work--> Marking              where does the FN stand?
//	Marking    --> Intending                       store intent and frozen documents
//	Intending  --> Preparing                       all that can be cancelled
//	Preparing  --> Committing | Voiding            register | take back
//	Committing --> Recording | Resolving           answered | in doubt
//	Resolving  --> Recording                       the FN has it
//	           --> Preparing | Voiding             it has not: again | give up
//	           --> Blocked                         it has something else
//	Recording  --> Idle                            outcome and document are durable: paid
//	           --> Preparing                       the purchase's next print group
//	Voiding    --> Idle                            the numbers are accounted for
//	Preparing, Resolving --> Blocked               a later print group is refused
//	Blocked    --Retry--> Marking, Resolving       the rest again | ask again
//	Resolving, Blocked --Abandon--> Voiding        a senior has looked
//	Idle --XReport--> Reporting --> Filing --> Idle
//	Idle --AcceptFN--> Filing --> Idle
//
// Any failed write leads to Halted: the outcome is unknown, nothing is
// acknowledged any more, and the process starts again into recovery.
//
// While a cheque is being paid scans open the next one. When the payment
// comes to nothing its cheque returns and the next one is parked.
//
// Which event is welcome in which phase is one table, in admit.go.
//
// # One bracket for everything
//
// A command that ends in a document is a work (bracket.go): it says whether it
// may begin and freezes its documents once the device's place is known. The
// bracket does the rest, the same way for all of them. What the FN does not
// know (a movement of cash) is looked for by the device's own counters; only
// the driver sees that difference.
//
// # Print groups
//
// A receipt carries one tax system. A cheque of several is split when it is
// frozen: a receipt, a share of every payment and a bracket of its own for
// each. The first intent holds the whole plan, and each group's outcome is
// stored together with the next group's intent, so that a crash at any moment
// finds either the group in doubt or the one to go on with. As soon as a
// group is registered its lines leave the cheque; giving up the rest brings
// back what is not sold.
//
// # People
//
// Contacts, buyers and names travel in the Private part of a record and never
// in its Data.
package till

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
//	           --> Charging                        money that is not cash is moved first
//	Charging   --> Intending | Voiding             approved: the next one, or the receipt | declined
//	           --> Checking                        nobody knows: the terminal is asked until it does
//	Checking   --> Intending | Voiding             as Charging
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
//	Resolving, Blocked --Abandon--> Voiding        a senior has looked (a cloud's queue: set aside)
//	Idle --Settle--> Recording | Voiding           what became of what was set aside
//	Idle --CloseShift--> Counting --> Marking      the terminal's sums, where there is one
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
// An exchange is such a plan as well: a return first, then the receipts of the
// sale that the old goods pay for.
//
// # Claims
//
// What shop and customer owe each other beyond one receipt (an advance, a
// certificate, a prepayment, a debt) is a claim (claim.go). It begins with a
// receipt and is used up by others, its state is journaled in their batch, and
// it lives as a group until nothing is left of it. A claim is known only to
// the till that began it. A prepayment also knows which goods are still to be
// handed over (goods.go): they are handed over in as many receipts as it takes,
// and the rest is paid back.
//
// # Money that is not cash
//
// Where a payment terminal or a service of payments by QR is configured, it
// moves its money before the receipt is registered (charge.go), each movement
// in a bracket of its own: the intent says that it is asked for, durably, before
// the terminal hears of it, and the next intent says what came of it. What is to
// be moved is worked out from the frozen documents (settle.go), so that an
// exchange moves only the difference and a refund goes to the card it came from.
// Money that was moved and is not registered is never forgotten: the receipt
// stands Blocked until a person registers it or gives the money back. A code
// that was given up and is paid later is given back by itself (late.go).
//
// # Prices of a cloud
//
// Where the store's cloud calculates prices it is asked when the cart is sold
// (recalc.go), and the sale goes on without it when it does not answer.
//
// # Receipts of other tills
//
// A till with a device registers receipts for tills without one (remote.go):
// works like any other, whose prices are settled, whose money is elsewhere, and
// which begin while nobody pays.
//
// # Receipts that were given up
//
// A till without a device has its receipts registered through a cloud's queue,
// from which nothing is taken back. One that was given up is set aside
// (aside.go): it stays an intent, and its document is made when it is registered
// after all.
//
// # People
//
// Contacts, buyers and names travel in the Private part of a record and never
// in its Data.
//
// # Recovery
//
// What goes wrong, what happens, and the test of it. An operation is registered
// at most once whatever happens, and what is registered is journaled once.
//
//	paper ends before a document        TestPaperOutBefore
//	    refused with the reason; nothing is begun
//	paper ends while it is prepared     TestPaperOutWhilePreparing
//	    cancelled on the device, voided; the cheque returns
//	paper ends once it is registered    TestPaperOutAfter
//	    it counts; a warning until the device has printed it whole
//	the device loses power              TestDevicePowerCut
//	    asked when it is back: its numbers are taken, or it is printed with the same ids and numbers
//	the till loses power                TestTillPowerCut
//	    the same from the intent; a receipt older than 5 minutes is not printed unasked, its cheque returns
//	both lose power                     TestBothPowerCut
//	    the same
//	the cable is pulled                 TestCablePulled
//	    asked every second; cheques are filled and parked, nothing else is registered
//	the request is lost                 TestRequestLost
//	    asked: not registered; printed with the same ids and numbers
//	the answer is lost                  TestAnswerLost
//	    asked: registered; the FN's numbers are taken
//	the answer is damaged               TestAnswerDamaged
//	    as if it were lost
//	another total than ours             TestDeviceTotalDiffers
//	    cancelled before anything is registered; the cheque returns
//	the FN fails for good               TestFNFatal
//	    the refusal is verified with the FN, voided; the cheque returns
//	the FN heard no OFD for 30 days     TestOFDSilentFor30Days
//	    warned of from 3 days on, rising; refused with the explanation; goes on once all is sent
//	somebody used the device before     TestUsedByAnotherBefore
//	    its mark has moved: cancelled, voided; the cheque returns
//	somebody used it in our place       TestUsedByAnotherMeanwhile
//	    foreign document: blocked; a senior looks and gives up, the cheque returns
//	..and the till starts again         TestForeignDocumentBlocks
//	    the FN is asked anew; blocked again
//	somebody opened its shift           TestShiftOpenedByAnother
//	    opening is refused; closing it closes the foreign one
//	somebody closed its shift           TestShiftClosedByAnother
//	    sales are refused; closing closes ours beside it
//	it opens a shift by itself          TestDeviceOpensShiftByItself
//	    sales are refused with its shift closed; if one slips through it is foreign: blocked
//	the shift is over 24 h old          TestShiftOver24Hours
//	    sales are refused; the cheque is parked and kept, the shift is closed
//	..and nobody is there               TestWatchClosesTheShift
//	    closed by the till, where configured; an open cheque is parked first
//	the FN was replaced                 TestFNReplaced
//	    all is refused until a senior accepts it; then FD and shift numbers begin again
//	..while our shift was open          TestFNReplacedWithShiftOpen
//	    closing closes ours without the device, then as above
//	..while a document was in doubt     TestFNReplacedInDoubt
//	    asked for ever; only a senior gives up, the cheque returns
//	a test FN in a shop                 TestTestFNIsRefusedOutsideTheBench
//	    all is refused
//	a movement of cash in doubt         TestCashInDoubt
//	    found by the device's own counters; then as a receipt
//	..and it counts nothing             TestCashInDoubtAndDeviceMute
//	    blocked; a senior says whether it happened
//	..and its drawer moved otherwise    TestCashMovedByAnother
//	    blocked
//	a later print group is refused      TestLaterGroupRefused
//	    blocked with the reason: the rest again, or given up and back in the cheque
//	..because the shift got too old     TestShiftExpiresBetweenGroups
//	    given up, then closed
//	..because somebody used the device  TestUsedBetweenGroups
//	    tried again at its new place
//	the till dies between two groups    TestCrashBetweenGroups
//	    goes on with the next one
//	..and is back only the next day     TestLateGroup
//	    blocked: the rest is printed when somebody says so
//	a command is repeated               TestOnceMeansOnce
//	    with the id of a document made lately it does nothing and succeeds
//	the journal fails                   TestFailedWriteHalts
//	    halted: nothing is acknowledged any more, recovery reads the disk
//	a register without an FN in doubt   TestRegisterInDoubt
//	    it can not be asked: blocked; a senior reads its paper and says what is there
//	an intent can not be read           TestUnreadableIntentBlocks
//	    blocked until a senior gives it up; its numbers are accounted for
package till

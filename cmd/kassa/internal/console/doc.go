// Package console serves the screens a person sees: the cashier's console, the
// customer's second screen and the journal's documents.
//
// Every page is a projection of the till's View. A page is cut into regions
// and keyed lists; the server renders them, remembers what a browser has and
// sends over one SSE stream only what changed (frame.go, stream.go). A browser
// holds no state that matters: it may be closed, reloaded or opened twice.
//
// What a person does is a POST (actions.go). A tap on a line or on payment
// carries the boot, the cheque and the revision the person saw; when the
// cheque has moved on since, it is refused with fault.ChequeStale. Pages load
// nothing from outside and hold no inline script or style.
//
// There is one cashier and one open cheque per till, and each console is a view of
// it. A session belongs to the cashier whose PIN opened it and ends when that
// cashier leaves the till (session.go).
//
// All of it may be used concurrently. Nothing here ever holds up the till: a
// stream reads the latest View when its browser is ready for more.
package console

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
// Questions stand in a dialog, and there is one mechanism for all of them
// (dialog.go, assets/js/dialog.js): the browser's own modal <dialog>, so what is
// behind it can not be touched, Tab stays inside and Esc closes it. There are
// two ways to open one:
//
//   - A person asks. A button with data-dialog="/dialog/NAME?..." opens what
//     the template "dialog-NAME" renders; dialogs (dialog.go) says what it is
//     given, or why it can not be opened.
//   - The till asks. A region inside <dialog data-till> (two elements: the
//     dialog and one <div id="r-NAME"> in it) shows while the region is not
//     empty. Closing it presses its [data-cancel] button, which should be a
//     data-do that tells the till "no".
//
// A dialog about what has stopped the till (<form data-while="KEY"
// data-from="/dialog/NAME">) goes by itself when #state's data-doubt is empty
// and the till idle, and is asked for again when that has become another key.
//
// Inside, a <form data-post="NAME"> sends its fields as POST /do/NAME and
// closes when the till did it (data-go leads on to a page); a refusal stands in
// the dialog's own .alerts and nothing typed is lost. A button with data-do
// sends its data attributes as the fields. Buttons with data-choice inside .choices are
// numbered, and the number keys take them; a scanner that types does not. The
// partials are dialog-head (title), dialog-foot (the word on the primary
// button) and dialog-pad (keys into the field in use; its argument is the
// ninth key, "" for none); <div class="letters" data-letters="ru|en|mail"> is a
// keyboard for tills that have none. Between head and foot goes one
// .dialog-body, which scrolls when the screen is small.
//
// A command that the cashier may not give (fault.LoginSenior) needs nothing of
// its own: the page asks for a senior's PIN (kassa.approval), hands it to the
// till as POST /do/approve and sends the command again.
//
// There is one cashier and one open cheque per till, and each console is a view of
// it. A session belongs to the cashier whose PIN opened it and ends when that
// cashier leaves the till (session.go).
//
// All of it may be used concurrently. Nothing here ever holds up the till: a
// stream reads the latest View when its browser is ready for more.
package console

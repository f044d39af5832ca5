package till

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Anybody may call the attendant, in the middle of a sale too; a call lasts
// until it is answered, by word or by a login, and is journaled nowhere.
func TestHelpIsCalled(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Logout{})
	before := len(w.durable) + len(w.posted)
	w.mustDo(t, CallHelp{})
	called := w.state.View(w.now).Help
	if called == nil || w.warned(fault.HelpCalled) != fault.Warn {
		t.Fatalf("called at %v, warnings %v", called, w.state.warnings)
	}
	w.now = w.now.Add(time.Minute)
	w.mustDo(t, CallHelp{})
	if again := w.state.View(w.now).Help; again == nil || !again.Equal(*called) {
		t.Errorf("a second call waits since %v, the first since %v", again, called)
	}
	w.mustDo(t, CallHelp{Answered: true})
	if w.state.View(w.now).Help != nil || w.warned(fault.HelpCalled) != "" {
		t.Error("an answered call is still shown")
	}
	if now := len(w.durable) + len(w.posted); now != before {
		t.Errorf("%d records are new", now-before)
	}
	w.mustDo(t, CallHelp{})
	w.mustDo(t, Login{PIN: "1111"})
	if w.state.View(w.now).Help != nil {
		t.Error("somebody has logged in, and help is still waited for")
	}
}

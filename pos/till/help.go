package till

import (
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// CallHelp calls the attendant to the till, or says that he has come. Anybody
// may call. A call changes nothing else and is kept nowhere: a till that was
// restarted has somebody before it already.
type CallHelp struct {
	Req
	Answered bool
}

func (CallHelp) kind() eventKind { return evDismiss }

// callHelp keeps since when somebody waits; called again he waits no longer.
func (t *turn) callHelp(e CallHelp) {
	switch {
	case e.Answered:
		t.help = time.Time{}
	case t.help.IsZero():
		t.help = t.env.Now
	}
	t.reply(e.Req, nil)
}

// helpWarning tells the screens of a call.
func (t *turn) helpWarning(add func(fault.Severity, *fault.Error)) {
	if !t.help.IsZero() {
		add(fault.Warn, fault.New(fault.HelpCalled))
	}
}

package till

import (
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
)

// The till works with one fiscal storage (FN) until a senior says that it was
// changed. Another one in the device stops sales: FD and shift numbers start
// again, and an FN is kept for five years once it has been taken out. The
// screens show the steps of a change as far as the device tells them.

// SettingFN is the journal's setting that holds the till's FN, as FNData.
const SettingFN = "fn"

// FNData is the Data of SettingFN.
type FNData struct {
	FN string `json:"fn"`
}

// otherFN tells whether the device holds another FN than the till's.
func (s *State) otherFN() bool {
	return s.fn != "" && s.device.Ready && !s.device.Identity.Cloud && !s.device.Identity.SKKO && s.device.Identity.FN != s.fn
}

// fnClockSlack is by how much the device's clock may be ahead of the till's
// without the till's being wrong: that they differ is another warning.
const fnClockSlack = time.Hour

func (t *turn) deviceChanged(d Device) {
	// The last document of an FN, ours or not, was made before now, whatever our
	// clock says. It says so once: a time server may know better.
	if made := d.Status.LastTime.Add(-fnClockSlack); d.Ready && made.After(t.floor) && !d.Status.LastTime.Equal(t.device.Status.LastTime) {
		t.floor = made
	}
	t.device = d
	if d.Ready && d.Identity.FN == t.fn {
		t.fnSeen, t.lastFD = d.Status, max(t.lastFD, d.Status.LastFD)
	}
}

func (t *turn) acceptFN(e AcceptFN) {
	d := &t.device
	var err *fault.Error
	switch {
	case !d.Ready:
		err = fault.New(fault.FiscalMissing)
	case e.FN != d.Identity.FN: // a person read another number off it
		err = fault.New(fault.FiscalChanged, d.Identity.FN, plain(e.FN, MaxName))
	case e.FN == t.fn:
		err = fault.New(fault.FiscalFNKnown, t.fn)
	case t.shift != nil:
		err = fault.New(fault.ShiftFirst)
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	who := t.auditWho()
	who.OldFN, who.LastFD, who.NewFN, who.Note = t.fn, t.lastFD, e.FN, "FD and shift numbers restart"
	t.job, t.phase = &bracket{req: e.Req, op: t.nextOp(), accept: e.FN}, Filing
	t.keep(t.job.op, t.auditEntry(auditFN, who), t.fnEntry(e.FN))
}

func (t *turn) fnEntry(fn string) record.Entry {
	return record.Entry{Kind: record.Setting, ID: t.env.NewID(), Type: SettingFN, Schema: 1, Data: encode(FNData{FN: fn})}
}

// The steps of changing the FN.
const (
	StepShift    = "shift"    // the shift is closed, on the till and on the device
	StepUnsent   = "unsent"   // the OFD has got every document
	StepArchive  = "archive"  // the old FN's archive is closed
	StepRegister = "register" // a new FN is in the device, and registered
	StepAccept   = "accept"   // a senior has confirmed it here
)

// FNStep is a step of changing the FN.
type FNStep struct {
	Name string `json:"name"`
	Done bool   `json:"done"`
	// Unknown: the device can not tell, the old FN is out of it.
	Unknown bool `json:"unknown,omitempty"`
}

// FN phases, as the device tells them in Status.FNPhase.
const (
	fnReady  = 3 // configured and in fiscal mode
	fnClosed = 4 // bit: fiscal mode is closed
)

// steps tells how far a change of the FN has come.
func (s *State) steps() []FNStep {
	old, changed := &s.fnSeen, s.otherFN()
	seen := old.FNPhase != 0
	return []FNStep{
		{Name: StepShift, Done: s.shift == nil && (!seen || old.Shift == kkt.ShiftClosed)},
		{Name: StepUnsent, Done: seen && old.Unsent == 0, Unknown: !seen},
		{Name: StepArchive, Done: seen && old.FNPhase&fnClosed != 0, Unknown: !seen},
		{Name: StepRegister, Done: changed && s.device.Status.FNPhase == fnReady},
		{Name: StepAccept, Done: s.fn != "" && s.device.Ready && !changed && old.FNPhase == fnReady},
	}
}

// accepted begins the new FN's books.
func (t *turn) accepted(fn string) {
	t.fn, t.lastFD, t.fnSeen = fn, t.device.Status.LastFD, t.device.Status
}

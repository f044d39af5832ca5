package updates

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/board/slots"
)

// Patience is how long the gate waits for a till to be able to sell: a journal
// that is put in order after a cut, and devices that start slowly, included.
const Patience = 10 * time.Minute

// askEvery is how often the gate asks.
const askEvery = 5 * time.Second

// Gate decides whether the system that has just started is kept.
type Gate struct {
	Paths
	Machine
	Version string
	// Ask asks the till. An error means that it does not answer yet.
	Ask func(ctx context.Context) (Verdict, error)
	// Patience and Every replace the constants in tests.
	Patience, Every time.Duration
}

// Decide waits for the till's verdict and acts on it:
//
//   - It sells: the slot is confirmed. If it was on trial, the update is kept.
//   - It does not, and the slot is on trial: the reason is noted, the slot is
//     taken out and the machine restarts into the other one.
//   - It does not, and the slot is not on trial, or was started as a rescue:
//     nothing better can be started, so a person is told.
//
// A slot on trial that is not the one that runs has never got here: that
// update is over, whatever this one's verdict.
func (g Gate) Decide(ctx context.Context) (Verdict, error) {
	booted, rescue, err := slots.Booted(g.Root)
	if err != nil {
		return Verdict{}, err
	}
	var trial Trial
	tried, err := load(g.System, trialFile, &trial)
	if err != nil {
		return Verdict{}, err
	}
	if tried && trial.Slot != booted {
		if err := g.never(trial.Slot); err != nil {
			return Verdict{}, err
		}
		if err := g.end(trial, false, g.whyNot(trial)); err != nil {
			return Verdict{}, err
		}
		tried = false
	}
	v := g.wait(ctx)
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	if err := g.save(g.Run, gateFile, v, 0o644); err != nil {
		return v, err
	}
	switch {
	case v.OK:
		return v, g.confirm(booted, tried, trial)
	case tried && !rescue:
		return v, g.sendAway(ctx, booted, v)
	}
	return v, errors.New("the till can not sell: " + v.why())
}

// wait asks until the till can sell or patience ends.
func (g Gate) wait(ctx context.Context) Verdict {
	patience, every := g.Patience, g.Every
	if patience == 0 {
		patience = Patience
	}
	if every == 0 {
		every = askEvery
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := Verdict{Version: g.Version, Checks: []Check{{Name: "till", Detail: "it has not answered"}}}
	for {
		v, err := g.Ask(ctx)
		if err == nil {
			last = v
		} else if ctx.Err() == nil {
			last = Verdict{Version: g.Version, Checks: []Check{{Name: "till", Detail: err.Error()}}}
		}
		if last.OK {
			return last
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return last
		}
	}
}

func (g Gate) confirm(booted slots.Slot, tried bool, trial Trial) error {
	err := g.Disk(func(d slots.Disk) error {
		_, err := d.Change(func(st slots.State) (slots.State, error) { return st.Good(booted), nil })
		return err
	})
	if err != nil || !tried {
		return err
	}
	return g.end(trial, true, "")
}

// never takes out a slot whose update is over: what stands there is half
// written or has not shown that it sells. A torn write of the state may have
// brought back what was there before, attempts and all.
func (g Gate) never(s slots.Slot) error {
	return g.Disk(func(d slots.Disk) error {
		st, _, err := d.Read()
		if err != nil || !st.Bootable(s) {
			return err
		}
		_, err = d.Change(func(st slots.State) (slots.State, error) { return st.Bad(s) })
		if errors.Is(err, slots.ErrNotBootable) {
			return nil // this one is on its last attempt: better any slot than none
		}
		return err
	})
}

// sendAway takes the slot out. When nothing else could be started it stays.
func (g Gate) sendAway(ctx context.Context, booted slots.Slot, v Verdict) error {
	if err := g.save(g.System, failedFile, v, 0o644); err != nil {
		return err
	}
	err := g.Disk(func(d slots.Disk) error {
		_, err := d.Change(func(st slots.State) (slots.State, error) { return st.Bad(booted) })
		return err
	})
	if err != nil {
		return err
	}
	return g.Reboot(ctx)
}

// whyNot tells why an update was not kept.
func (g Gate) whyNot(t Trial) string {
	if !t.Written {
		return CutOff
	}
	var v Verdict
	if there, err := load(g.System, failedFile, &v); err != nil || !there {
		return NotStarted
	}
	return v.why()
}

// end writes down what became of an update. Done twice it says the same.
func (g Gate) end(t Trial, kept bool, reason string) error {
	if err := g.save(g.System, outcomeFile, Outcome{Trial: t, Kept: kept, Reason: reason, Ended: g.Now().UTC()}, 0o644); err != nil {
		return err
	}
	return errors.Join(g.remove(g.System, trialFile), g.remove(g.System, failedFile))
}

// why lists what failed.
func (v Verdict) why() string {
	var all []string
	for _, c := range v.Checks {
		if !c.OK {
			all = append(all, strings.TrimSuffix(c.Name+": "+c.Detail, ": "))
		}
	}
	return strings.Join(all, "; ")
}

package shtrih

import (
	"context"
	"time"
)

// Settle implements fiscal.Printer.
func (p *Printer) Settle(ctx context.Context) error {
	ctx, end := p.begin(ctx)
	defer end()
	if err := p.settle(ctx); err != nil {
		return err
	}
	if !p.o.Cut {
		return nil
	}
	const partial = 1
	_, err := p.call(ctx, cmdCut, []byte{partial})
	return err
}

// settle waits until the device does not print, for at most Timeouts.Print.
func (p *Printer) settle(ctx context.Context) error {
	deadline := time.Now().Add(p.o.Timeouts.Print)
	for {
		st, err := p.shortStatus(ctx)
		if err != nil {
			return err
		}
		if err := st.paperError(nil); err != nil {
			return err
		}
		if st.subMode != subWaitsB0 && !st.busy() {
			return nil
		}
		if !time.Now().Before(deadline) {
			return refuse(deviceError(cmdShortStatus.String(), codePrinting, ""))
		}
		if err := p.nudge(ctx, st); err != nil {
			return err
		}
	}
}

// Report implements fiscal.Printer.
func (p *Printer) Report(ctx context.Context) error {
	ctx, end := p.begin(ctx)
	defer end()
	_, err := p.call(ctx, cmdXReport, nil)
	return err
}

// OpenDrawer implements fiscal.Printer.
func (p *Printer) OpenDrawer(ctx context.Context) error {
	ctx, end := p.begin(ctx)
	defer end()
	_, err := p.call(ctx, cmdDrawer, []byte{0})
	return err
}

// Beep sounds the device's buzzer.
func (p *Printer) Beep(ctx context.Context) error {
	ctx, end := p.begin(ctx)
	defer end()
	_, err := p.call(ctx, cmdBeep, nil)
	return err
}

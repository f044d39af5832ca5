package shtrih

import (
	"context"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// SetClock implements fiscal.Service. The time is set by 21h and, where the
// date differs or the device waits for one (mode 6), the date by 22h and again
// by 23h. Cut off in between the device is left in mode 6, and setting it again
// brings it out. Most models drop the seconds.
func (p *Printer) SetClock(ctx context.Context, to time.Time) error {
	ctx, end := p.begin(ctx)
	defer end()
	to = to.In(p.o.Zone)
	if to.Year() < 2000 || to.Year() > 2099 {
		return fmt.Errorf("%w: %s", fiscal.ErrBadValue, to.Format(time.DateOnly))
	}
	st, err := p.fullStatus(ctx)
	if err != nil {
		return err
	}
	if err := p.maySetClock(ctx, st, to); err != nil {
		return err
	}
	if st.mode == modeConfirm { // nothing but the date is taken now
		if err := p.setDate(ctx, to); err != nil {
			return err
		}
	}
	if _, err := p.call(ctx, cmdSetTime, []byte{byte(to.Hour()), byte(to.Minute()), byte(to.Second())}); err != nil {
		return err
	}
	if !sameDay(st.clock, to) && st.mode != modeConfirm {
		if err := p.setDate(ctx, to); err != nil {
			return err
		}
	}
	return p.verifyClock(ctx, to)
}

// maySetClock refuses what the device or its FN would not take, saying why.
func (p *Printer) maySetClock(ctx context.Context, st fullStatus, to time.Time) error {
	shift, err := p.shiftState(ctx)
	if err != nil {
		return err
	}
	if st.mode == modeDocument || st.mode == modeOpen || st.mode == modeExpired || shift.open {
		return refuse(ourError(cmdSetTime, codeShiftOpen, "смена открыта: часы ККТ ставятся только при закрытой смене"))
	}
	fn, err := p.fnStatus(ctx)
	if err != nil {
		return err
	}
	if to.Truncate(time.Minute).Before(fn.lastTime) {
		return refuse(ourError(cmdSetTime, codeBadTime, "время раньше последнего документа ФН ("+fn.lastTime.Format("02.01.2006 15:04")+")"))
	}
	return nil
}

func (p *Printer) setDate(ctx context.Context, to time.Time) error {
	day := []byte{byte(to.Day()), byte(to.Month()), byte(to.Year() - 2000)}
	if _, err := p.call(ctx, cmdSetDate, day); err != nil {
		return err
	}
	_, err := p.call(ctx, cmdConfirmDate, day)
	return err
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// verifyClock reads the clock back: it may be behind by the seconds that were
// dropped, and ahead by what passed since.
func (p *Printer) verifyClock(ctx context.Context, to time.Time) error {
	st, err := p.fullStatus(ctx)
	if err != nil {
		return err
	}
	if st.mode == modeConfirm {
		return refuse(deviceError(cmdConfirmDate.String(), codeConfirm, ""))
	}
	if kkt.Drift(st.clock, to) > p.o.Timeouts.Command+kkt.MaxDrift {
		return fmt.Errorf("%w: the clock was set to %s and shows %s", fiscal.ErrGarbage, to.Format(time.DateTime), st.clock.Format(time.DateTime))
	}
	return nil
}

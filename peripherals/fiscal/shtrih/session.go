package shtrih

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
)

// send runs one command, connecting if need be. A command that changes
// nothing is tried once more when a link that had been open turns out dead or
// its answer got lost; any other is not.
func (p *Printer) send(ctx context.Context, cmd command, params []byte) (byte, []byte, error) {
	for again := cmd.repeat == readOnly; ; again = false {
		stale := p.line != nil
		if err := p.connect(ctx); err != nil {
			return 0, nil, err
		}
		code, data, err := p.exchange(ctx, cmd, params)
		retry := again && ctx.Err() == nil && errors.Is(err, fiscal.ErrNoAnswer) && (stale || errors.Is(err, errLost))
		if !retry {
			return code, data, err
		}
		p.log.Debug("asking again", "code", cmd.String(), "err", err)
	}
}

// call is send with refusals as errors. "Still printing" and "waits for B0h"
// mean that nothing was executed: they are waited out, within Timeouts.Print.
func (p *Printer) call(ctx context.Context, cmd command, params []byte) ([]byte, error) {
	deadline := time.Now().Add(p.o.Timeouts.Print)
	for {
		code, data, err := p.send(ctx, cmd, params)
		switch {
		case err != nil:
			return nil, err
		case code == 0, code == fnWarning && len(cmd.code) == 2 && cmd.repeat != registering:
			return data, nil
		case code == codePrinting || code == codeWaitsB0 || code == codeNoPaper || code == codeSubMode:
			if err := p.mayRepeat(ctx, cmd, code, deadline); err != nil {
				return nil, err
			}
		default:
			e := deviceError(cmd.String(), code, p.explain(ctx, cmd, code))
			missing(e, data)
			return nil, refuse(e)
		}
	}
}

// mayRepeat looks why the printer would not print and waits a moment if that
// can pass by itself. An error is the refusal.
func (p *Printer) mayRepeat(ctx context.Context, cmd command, code byte, deadline time.Time) error {
	e := deviceError(cmd.String(), code, "")
	st, err := p.shortStatus(ctx)
	if err != nil {
		return err
	}
	if err := st.paperError(e); err != nil {
		return err
	}
	passing := st.busy() || st.subMode == subWaitsB0 || code == codePrinting
	if !passing || !time.Now().Before(deadline) {
		return refuse(e)
	}
	return p.nudge(ctx, st)
}

// nudge continues a print that waits for it, or waits one poll.
func (p *Printer) nudge(ctx context.Context, st shortStatus) error {
	if st.subMode == subWaitsB0 {
		code, _, err := p.send(ctx, cmdContinue, nil)
		if err != nil {
			return err
		}
		if code != 0 {
			p.log.Debug("continue print", "code", fmt.Sprintf("%02Xh", code))
		}
	}
	return sleep(ctx, p.o.Timeouts.Poll)
}

// explain asks the device for its own words: some models know more than a
// code says. Codes that only answer a question are not worth another one.
func (p *Printer) explain(ctx context.Context, cmd command, code byte) string {
	if _, ok := known(cmd.String(), code); ok && (cmd.repeat == readOnly || code == codeNoData || code == codeUnsupported) {
		return ""
	}
	refused, data, err := p.send(ctx, cmdErrorText, []byte{code})
	if err != nil || refused != 0 {
		return ""
	}
	return strings.TrimSpace(text.CP1251.Printable(text.CP1251.DecodeZ(data)))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", fiscal.ErrNoAnswer, context.Cause(ctx))
	}
}

// refusedWith tells whether err is the device's refusal with one of codes.
func refusedWith(err error, codes ...byte) bool {
	var e *fiscal.DeviceError
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

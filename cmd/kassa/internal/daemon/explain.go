package daemon

import (
	"context"
	"errors"
	"os"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// explain turns a driver's or a disk's error into one a person can act on,
// keeping the device's own words.
func explain(err error) *fault.Error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return known
	}
	if e := explainTerminal(err); e != nil {
		return e
	}
	var dev *fiscal.DeviceError
	var mark *fiscal.MarkError
	switch {
	case errors.Is(err, fiscal.ErrNoPaper):
		return fault.New(fault.FiscalPaper).With(err)
	case errors.Is(err, fiscal.ErrLid):
		return fault.New(fault.FiscalLid).With(err)
	case errors.Is(err, fiscal.ErrMoved):
		return fault.New(fault.FiscalMoved).With(err)
	case errors.Is(err, fiscal.ErrFNChanged):
		return fault.New(fault.FiscalOther).With(err)
	case errors.Is(err, fiscal.ErrDiffers):
		return fault.New(fault.FiscalDiffers).With(err)
	case errors.As(err, &mark):
		return fault.New(fault.FiscalMark, strconv.Itoa(mark.Line), mark.Why).With(err)
	case errors.As(err, &dev):
		return explainRefusal(dev).With(err)
	case errors.Is(err, fiscal.ErrGarbage):
		return fault.New(fault.FiscalGarbage).With(err)
	case errors.Is(err, fiscal.ErrNoAnswer):
		return fault.New(fault.FiscalNoAnswer).With(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fault.New(fault.Timeout).With(err)
	}
	return fault.New(fault.Internal).With(err)
}

func explainRefusal(e *fiscal.DeviceError) *fault.Error {
	switch e.Class {
	case fiscal.RetryLater:
		return fault.New(fault.FiscalBusy)
	case fiscal.CloseShift:
		return fault.New(fault.ShiftExpired)
	case fiscal.FixClock:
		return fault.New(fault.FiscalClock, e.Text)
	case fiscal.OFDSilent:
		return fault.New(fault.FiscalOFD)
	case fiscal.FNFatal:
		return fault.New(fault.FiscalFN, e.Text)
	}
	return fault.New(fault.FiscalRefused, e.Text)
}

// wroteNothing: the journal refuses these before it touches the disk.
func wroteNothing(err error) bool {
	if errors.Is(err, record.ErrInvalid) {
		return true
	}
	var f *fault.Error
	return errors.As(err, &f) && (f.Code == fault.TooLarge || f.Code == fault.Busy || f.Code == fault.JournalSpace)
}

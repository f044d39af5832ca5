package till

import (
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/shift"
)

// Watch is how the till keeps its shift from getting older than the law
// allows.
type Watch struct {
	Close bool          // close the shift when nobody is selling
	Age   time.Duration // ..once it is so old; 0: 23 h 30 min
	Idle  time.Duration // ..and nobody has done anything for so long; 0: 5 min
	Open  bool          // open the next one right after
}

// The watch's times.
const (
	closeAge   = 23*time.Hour + 30*time.Minute
	closeIdle  = 5 * time.Minute
	closeAgain = 5 * time.Minute // after an attempt that failed
	offerAge   = 22 * time.Hour  // closing is offered, and warned of
)

func (w Watch) age() time.Duration  { return orElse(w.Age, closeAge) }
func (w Watch) idle() time.Duration { return orElse(w.Idle, closeIdle) }

func orElse(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// watch closes an old shift when nobody is selling. At 24 hours nothing can be
// sold any more: the open cheque is parked, and kept.
func (t *turn) watch() {
	w, now := t.Settings.Watch, t.env.Now
	if !w.Close || t.phase != Idle || t.shift == nil || len(t.scans) > 0 || t.deferred != nil || t.recalc.op != 0 {
		return
	}
	expired := t.shift.Expired(now) || t.device.Status.Shift == kkt.ShiftExpired
	ripe := now.Sub(t.shift.OpenedAt) >= w.age() && now.Sub(t.active) >= w.idle() && t.cart.Empty()
	if (!expired && !ripe) || now.Sub(t.tried) < closeAgain {
		return
	}
	t.tried = now
	if t.deviceFault() != nil || len(t.parked) >= MaxParked {
		return // the warnings say why; tried again later
	}
	if !t.cart.Empty() {
		t.parkCart("")
	}
	t.start(CloseShift{watch: true})
}

// afterWatch tells of a shift the till has closed by itself, and opens the
// next where that is wanted.
func (t *turn) afterWatch(b *bracket) {
	if !b.watch {
		return
	}
	t.notice(fault.New(fault.ShiftAuto), "")
	if t.Settings.Watch.Open && t.cashier != nil {
		t.start(OpenShift{})
	}
}

// Ages of documents the OFD has not got, and what they deserve. At 30 days the
// FN refuses to go on.
const (
	day         = 24 * time.Hour
	unsentLimit = 30 * day
)

var unsentAges = []struct {
	from     time.Duration
	severity fault.Severity
	code     fault.Code
}{
	{unsentLimit, fault.Stop, fault.FiscalOFD},
	{28 * day, fault.Alarm, fault.FiscalUnsentBad},
	{20 * day, fault.Alarm, fault.FiscalUnsentBad},
	{10 * day, fault.Warn, fault.FiscalUnsent},
	{3 * day, fault.Info, fault.FiscalUnsent},
}

// unsentWarning is how bad it is that the OFD has not got everything.
func unsentWarning(st *kkt.Status, now time.Time) (fault.Severity, *fault.Error) {
	if st.Unsent == 0 || st.UnsentSince.IsZero() {
		return "", nil
	}
	age := now.Sub(st.UnsentSince)
	for _, u := range unsentAges {
		if age >= u.from {
			left := int((unsentLimit - age + day - 1) / day)
			return u.severity, fault.New(u.code, strconv.Itoa(st.Unsent), st.UnsentSince.Format("02.01.2006"), strconv.Itoa(left))
		}
	}
	return "", nil
}

// shiftWarning is how bad the shift's age is.
func shiftWarning(s *shift.Shift, now time.Time) (fault.Severity, *fault.Error) {
	switch age := now.Sub(s.OpenedAt); {
	case s.Expired(now):
		return fault.Stop, fault.New(fault.ShiftExpired)
	case age >= offerAge:
		return fault.Warn, fault.New(fault.ShiftLong, strconv.Itoa(int(age/time.Hour)))
	}
	return "", nil
}

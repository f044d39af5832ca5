package devices

import (
	"context"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

// KindScale is the group of counter scales.
const KindScale Kind = "scale"

// Limits of a weighing.
const (
	// freshReading is how old the weight that is sold may be: it is the one that
	// lies there now.
	freshReading = time.Second
	// emptyWait is how long an empty scale is waited for: goods are scanned on
	// their way to it.
	emptyWait = 2 * time.Second
	// sameLoad is for how long the load that was just weighed is not weighed
	// again: a trigger pulled twice must not sell it twice. Who means it waits or
	// lifts it.
	sameLoad = 3 * time.Second
)

// Scale is a counter scale kept running.
type Scale struct {
	name   string
	driver *scale.Scale
	now    func() time.Time

	mu      sync.Mutex
	ready   bool
	last    scale.Reading
	changed chan struct{} // closed at the next reading
	taken   qty.Milli     // the last weight that was sold..
	takenAt time.Time     // ..and when
	moved   bool          // something else has lain there since
}

// NewScale makes a device of a scale.
func NewScale(name string, open link.Opener, o scale.Options) (*Scale, error) {
	s := &Scale{name: name, now: time.Now, changed: make(chan struct{}), moved: true}
	var err error
	s.driver, err = scale.New(open, o)
	return s, err
}

// Name is the scale's name.
func (s *Scale) Name() string { return s.name }

// Kind is KindScale.
func (s *Scale) Kind() Kind { return KindScale }

// Run reads the scale until it is lost.
func (s *Scale) Run(ctx context.Context, ready func()) error {
	defer s.set(func() { s.ready = false })
	return s.driver.Run(ctx, func() { s.set(func() { s.ready = true }); ready() }, func(r scale.Reading) {
		s.set(func() {
			s.last = r
			if !r.Stable || r.Weight != s.taken {
				s.moved = true
			}
		})
	})
}

func (s *Scale) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Reading is the latest; fresh tells whether it is of this moment.
func (s *Scale) Reading() (r scale.Reading, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.isFresh()
}

func (s *Scale) isFresh() bool { return s.ready && s.now().Sub(s.last.At) < freshReading }

// Weigh implements till.Scale: it waits until what lies there lies still, as
// long as ctx lets it. Errors: ScaleDown, ScaleMoves, ScaleTrouble, ScaleSame.
// An empty scale weighs nothing, which is no error.
func (s *Scale) Weigh(ctx context.Context) (qty.Milli, error) {
	empty := time.NewTimer(emptyWait)
	defer empty.Stop()
	for waited := false; ; {
		w, done, changed, err := s.try()
		if done || waited && err == nil {
			return w, err
		}
		select {
		case <-changed:
		case <-empty.C:
			waited = true
		case <-ctx.Done():
			return 0, err
		}
	}
}

// try weighs once. When it is not done, err is what to say if nothing changes;
// none: it is empty.
func (s *Scale) try() (w qty.Milli, done bool, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.last
	switch {
	case !s.ready:
		return 0, true, nil, fault.New(fault.ScaleDown)
	case !s.isFresh():
		return 0, false, s.changed, fault.New(fault.ScaleDown)
	case r.Trouble != scale.Fine:
		return 0, true, nil, fault.New(fault.ScaleTrouble, string(r.Trouble))
	case !r.Stable:
		return 0, false, s.changed, fault.New(fault.ScaleMoves)
	case !s.moved && s.now().Sub(s.takenAt) < sameLoad:
		return 0, true, nil, fault.New(fault.ScaleSame)
	case r.Weight <= 0:
		return 0, false, s.changed, nil
	}
	s.taken, s.takenAt, s.moved = r.Weight, s.now(), false
	return r.Weight, true, nil, nil
}

package pins

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Watch calls changed with the line's logical level now and after every
// change, bounces smoothed out, until ctx ends, the board is lost or the set
// is closed; the error says which. changed must not block. One Watch a role.
func (s *Set) Watch(ctx context.Context, role Role, changed func(on bool)) error {
	in := s.inputs[role]
	if in == nil {
		return fmt.Errorf("%w: %s", ErrNoRole, role)
	}
	pull := gpio.PullDown
	if in.low {
		pull = gpio.PullUp
	}
	if err := in.pin.In(pull, gpio.BothEdges); err != nil {
		return fmt.Errorf("pins: watch %s: %w", role, err)
	}
	on := in.read()
	changed(on)
	for misses := 0; ; {
		if err := s.over(ctx); err != nil {
			return err
		}
		start := time.Now()
		if !in.pin.WaitForEdge(edgeWait) {
			if time.Since(start) >= edgeWait/2 {
				misses = 0
			} else if misses++; misses >= maxFastMiss && s.over(ctx) == nil {
				return fmt.Errorf("%w: %s", ErrEdge, role)
			}
			continue
		}
		misses = 0
		for n := 0; n < maxBounces && in.pin.WaitForEdge(settle); n++ {
		}
		if now := in.read(); now != on {
			on = now
			changed(on)
		}
	}
}

func (in *input) read() bool { return bool(in.pin.Read()) != in.low }

package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// samples are durations of the same thing, in order of measurement.
type samples []time.Duration

// percentile returns the nearest-rank percentile: the smallest sample that p
// percent of all samples do not exceed.
func (s samples) percentile(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Clone(s)
	slices.Sort(sorted)
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// count is the note that a line of n samples carries.
func (s samples) count() string { return fmt.Sprintf("n=%d", len(s)) }

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// timed runs f and adds how long it took.
func (s *samples) timed(f func() error) error {
	start := time.Now()
	if err := f(); err != nil {
		return err
	}
	*s = append(*s, time.Since(start))
	return nil
}

package tape

import (
	"errors"
	"fmt"
)

// The errors a caller branches on.
var (
	// ErrFailed: a write or flush failed or its wait was given up. What the
	// disk holds behind Durable is unknown until the tape is opened again.
	ErrFailed = errors.New("tape: a write failed, the outcome is unknown")
	// ErrBusy: too much is waiting. Nothing was taken.
	ErrBusy = errors.New("tape: too many appends are waiting")
	// ErrTooLarge: a batch above MaxFrame or MaxLines. Nothing was taken.
	ErrTooLarge = errors.New("tape: batch too large")
	// ErrSpace: no room for another segment, and the one in use is full.
	// Nothing was taken; the tape goes on when there is room again.
	ErrSpace = errors.New("tape: the disk is full")
	// ErrClosed: the tape was closed before. Nothing was taken.
	ErrClosed = errors.New("tape: closed")
	// ErrMoved: something else was taken since; see Begin. Nothing was taken.
	ErrMoved = errors.New("tape: something was appended in between")
	// ErrDamaged is what every DamagedError is.
	ErrDamaged = errors.New("tape: damaged")
	// ErrEmpty: no segment, or none ever written.
	ErrEmpty = errors.New("tape: empty")
)

// DamagedError says where acknowledged lines can not be read.
type DamagedError struct {
	Segment int
	Offset  int64  // bytes from the segment's begin
	Seq     uint64 // the first line that is missing
	Reason  string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("tape: damaged in segment %d at byte %d, record %d: %s", e.Segment, e.Offset, e.Seq, e.Reason)
}

// Is makes errors.Is(err, ErrDamaged) true.
func (e *DamagedError) Is(target error) bool { return target == ErrDamaged }

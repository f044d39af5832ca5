package bench

import (
	"io"
	"sync"
)

// hung holds up a device that reads from a cable.
type hung struct {
	mu   sync.Mutex
	over chan struct{} // closed when it goes on; nil: it does
}

func (h *hung) set(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case on && h.over == nil:
		h.over = make(chan struct{})
	case !on && h.over != nil:
		close(h.over)
		h.over = nil
	}
}

func (h *hung) on() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over != nil
}

// open is closed when the device reads; nil: it does.
func (h *hung) open() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over
}

// valve is a port whose bytes stay in the cable while the device hangs.
type valve struct {
	io.Reader
	hung func() <-chan struct{}
}

// Read waits until the device goes on. What it had asked for before it hung may
// still come through: a device takes a byte more than one thinks.
func (v *valve) Read(p []byte) (int, error) {
	for wait := v.hung(); wait != nil; wait = v.hung() {
		<-wait
	}
	return v.Reader.Read(p)
}

package bench

import "sync"

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

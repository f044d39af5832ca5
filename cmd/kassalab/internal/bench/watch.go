package bench

import "sync"

// watch tells any number of onlookers that something has changed, without
// saying what and without ever waiting for them.
type watch struct {
	mu      sync.Mutex
	changed chan struct{}
}

func newWatch() *watch { return &watch{changed: make(chan struct{})} }

// touch wakes everybody who waits.
func (w *watch) touch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// next is closed at the next change. Take it before looking.
func (w *watch) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// MaxStreams is how many pages may follow the till at once.
const MaxStreams = 64

const (
	refresh      = time.Second      // looks at what has no version this often
	heartbeat    = 5 * time.Second  // the longest silence of a stream
	writeTimeout = 10 * time.Second // a browser that takes nothing for so long is gone
	reconnect    = 2 * time.Second  // told to browsers
)

// events is a page's stream: the whole screen, then what changes. It asks for
// the latest state when the browser has taken the one before, so a slow
// browser skips states and never holds up anybody.
func (c *Console) events(w http.ResponseWriter, r *http.Request) {
	page := r.URL.Query().Get("page")
	if regions[page] == nil {
		c.refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, "page"))
		return
	}
	if !c.enter() {
		c.refuse(w, r, http.StatusServiceUnavailable, fault.New(fault.Busy))
		return
	}
	defer c.leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	s := &stream{c: c, r: r, page: page, loc: c.pageLocale(r, page), w: w, ctl: http.NewResponseController(w)}
	s.stay = page == "setup" && c.o.Setup != nil && c.o.Setup.Step() == SetupOwner && (atTheDevice(r) || c.letIn(r))
	if err := s.run(ctx); err != nil && ctx.Err() == nil {
		c.o.Log.Debug("console: stream ended", "page", page, "err", err)
	}
}

func (c *Console) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.open >= MaxStreams {
		return false
	}
	c.open++
	c.streams.Add(1)
	return true
}

func (c *Console) leave() {
	c.mu.Lock()
	c.open--
	c.mu.Unlock()
	c.streams.Done()
}

// stream is one browser's event stream.
type stream struct {
	c    *Console
	r    *http.Request
	page string
	loc  *locale
	w    http.ResponseWriter
	ctl  *http.ResponseController
	sent time.Time
	stay bool // the page asks for the first owner, who is logged in by it
}

func (s *stream) run(ctx context.Context) error {
	if err := s.write(fmt.Sprintf("retry: %d\n\n", reconnect.Milliseconds())); err != nil {
		return err
	}
	if made := s.r.URL.Query().Get("release"); made != "" && made != s.c.release {
		return s.event("fresh", "")
	}
	var have *frame
	for ctx.Err() == nil {
		f, err := s.c.frame(s.page, s.loc)
		if err != nil {
			s.c.o.Log.Error("console: region does not render", "code", fault.Internal, "err", err)
			return err
		}
		if to := s.elsewhere(); to != "" {
			return s.event("go", to)
		}
		if err := s.send(f, have); err != nil {
			return err
		}
		have = f
		s.wait(ctx, f)
	}
	return ctx.Err()
}

// elsewhere is where the browser belongs when it may not stay on this page.
func (s *stream) elsewhere() string {
	v, _ := s.c.o.Till.View()
	in := s.c.signed(s.r, &v)
	first, _ := s.c.setsUp(s.r)
	switch {
	case s.page == "setup" && (first || s.stay):
		return ""
	case s.page == "kiosk" && !in && !s.c.isKiosk(s.r):
		return "/login"
	case s.page == "kiosk" && s.loc != s.c.pageLocale(s.r, s.page): // another language was chosen
		return "/kiosk"
	case s.page == "login" && in:
		return "/sale"
	case !in && s.page != "login" && s.page != "customer" && s.page != "kiosk":
		return s.c.door(s.r)
	}
	return ""
}

func (s *stream) send(f, have *frame) error {
	p := f.since(have)
	switch {
	case have == nil:
		return s.json("screen", p)
	case !p.empty():
		return s.json("patch", p)
	case time.Since(s.sent) >= heartbeat:
		return s.event("beat", "")
	}
	return nil
}

// wait returns when the till has something newer or it is time to look anyway.
func (s *stream) wait(ctx context.Context, f *frame) {
	ctx, cancel := context.WithTimeout(ctx, refresh)
	defer cancel()
	if s.page == "kiosk" {
		version, news := s.c.kiosk.next()
		if version != f.kiosk {
			return
		}
		var watch sync.WaitGroup
		defer watch.Wait()
		defer cancel()
		watch.Go(func() {
			select {
			case <-news:
				cancel()
			case <-ctx.Done():
			}
		})
	}
	if _, err := s.c.o.Till.Wait(ctx, f.version); err != nil {
		<-ctx.Done() // a till that refuses to wait must not make this loop spin
	}
}

func (s *stream) json(event string, v any) error {
	data, err := json.Marshal(v) // one line: newlines are escaped
	if err != nil {
		return fmt.Errorf("console: encode patch: %w", err)
	}
	return s.event(event, string(data))
}

func (s *stream) event(name, data string) error {
	return s.write("event: " + name + "\ndata: " + data + "\n\n")
}

func (s *stream) write(text string) error {
	s.sent = time.Now()
	if err := s.ctl.SetWriteDeadline(s.sent.Add(writeTimeout)); err != nil {
		return fmt.Errorf("console: set deadline: %w", err)
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("console: write event: %w", err)
	}
	if err := s.ctl.Flush(); err != nil {
		return fmt.Errorf("console: flush event: %w", err)
	}
	return nil
}

// commandContext bounds a command: a receipt may take as long as the device
// needs, but not for ever. It ends with the console too.
func (c *Console) commandContext(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(r.Context(), commandTimeout)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// commandTimeout is longer than the till's own deadlines, so that its answer
// is what the person reads.
const commandTimeout = 3 * time.Minute

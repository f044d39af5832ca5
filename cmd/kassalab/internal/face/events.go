package face

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	heartbeat = 15 * time.Second      // a comment, so that a dead browser is noticed
	calm      = 40 * time.Millisecond // between two pictures: faster than an eye, slower than a KKT in a hurry
	sendTime  = 5 * time.Second       // for a browser to take a picture
	reconnect = 1000                  // milliseconds a browser waits before it comes back
)

// events streams panels to one open page until it or the bench goes.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	of, ok := pages[r.URL.Query().Get("page")]
	if !ok {
		refuse(w, http.StatusNotFound, "not_found", "there is no such page")
		return
	}
	select {
	case p.seats <- struct{}{}:
		defer func() { <-p.seats }()
	default:
		refuse(w, http.StatusServiceUnavailable, "busy", fmt.Sprintf("%d pages look already", maxOnlookers))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	send := func(text string) error {
		if err := out.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
			return err
		}
		if _, err := fmt.Fprint(w, text); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := send(fmt.Sprintf("retry: %d\n\n", reconnect)); err != nil {
		return // the browser has gone
	}
	if err := p.stream(r.Context(), of, language(r), send); err != nil {
		p.log.Debug("a page has gone", "err", err)
	}
}

// stream sends every panel that differs from what was sent before.
func (p *page) stream(ctx context.Context, of pageOf, lang string, send func(string) error) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var again <-chan time.Time
	if of.every > 0 {
		look := time.NewTicker(of.every)
		defer look.Stop()
		again = look.C
	}
	sent := map[string]string{}
	for {
		changed := p.bench.Changed()
		panels, err := p.panels(of, lang)
		if err != nil {
			return err
		}
		for _, panel := range panels {
			if was, ok := sent[panel.ID]; ok && was == panel.HTML {
				continue
			}
			text, err := json.Marshal(panel)
			if err != nil {
				return err
			}
			if err := send("event: panel\ndata: " + string(text) + "\n\n"); err != nil {
				return err
			}
			sent[panel.ID] = panel.HTML
		}
		if err := wait(ctx, changed, again, beat.C, send); err != nil {
			return err
		}
	}
}

// wait returns at the next change, not sooner than calm; meanwhile it keeps
// the stream alive.
func wait(ctx context.Context, changed <-chan struct{}, again, beat <-chan time.Time, send func(string) error) error {
	rest := time.NewTimer(calm)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		select {
		case <-changed:
			return nil
		case <-again:
			return nil
		case <-beat:
			if err := send(": still here\n\n"); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

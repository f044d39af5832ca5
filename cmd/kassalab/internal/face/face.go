// Package face is the bench's HTTP side: a page to see and to break the bench
// with, and the control API behind it, which the command line uses as well.
//
// The page is a projection. The bench holds all state; a browser gets each
// panel as HTML, whole when it connects and again whenever it has changed,
// over one stream of server-sent events. Nothing is loaded from elsewhere.
//
// The interface is for the machine it runs on. There is no login, so a page of
// another site must not be able to reach it through the owner's browser: names
// other than the machine's own are refused, and so are cross-site requests
// that change something.
package face

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
)

// Limits of the server.
const (
	maxBody      = 2 << 20 // bytes of a request: the most codes of the longest kind
	maxOnlookers = 32      // open pages
	headerTime   = 5 * time.Second
	idleTime     = 2 * time.Minute
	closeTime    = 2 * time.Second // for running requests when the bench ends
)

// Server serves a bench's page.
type Server struct {
	http   *http.Server
	stop   context.CancelFunc
	served chan error
}

// Serve starts serving b on its page's address.
func Serve(b *bench.Bench, log *slog.Logger) (*Server, error) {
	listener, err := b.ListenPage()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		http: &http.Server{
			Handler:           Handler(b, log),
			ReadHeaderTimeout: headerTime,
			IdleTimeout:       idleTime,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
		stop:   stop,
		served: make(chan error, 1),
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// Close ends all streams, lets running requests finish for a moment and stops.
func (s *Server) Close() error {
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("close page: %w", err)
	}
	return nil
}

// Handler is the page and the API of a bench.
func Handler(b *bench.Bench, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range routes(b, log) {
		mux.Handle(pattern, h)
	}
	return ownNamesOnly(http.NewCrossOriginProtection().Handler(hardened(mux)))
}

// routes is all there is, by method and path.
func routes(b *bench.Bench, log *slog.Logger) map[string]http.Handler {
	all := apiRoutes(b)
	p := &page{bench: b, log: log, seats: make(chan struct{}, maxOnlookers)}
	all["POST "+bench.ReportPath] = b.OFDReport()
	all[bench.PermitPath] = b.Permit()
	all["GET /{$}"] = http.HandlerFunc(p.index)
	all["GET /cloud"] = http.HandlerFunc(p.cloud)
	all["GET /goods"] = http.HandlerFunc(p.goods)
	all["GET /events"] = http.HandlerFunc(p.events)
	all["GET /assets/{file}"] = http.HandlerFunc(asset)
	all["GET /favicon.ico"] = http.RedirectHandler("/assets/icon.svg", http.StatusMovedPermanently)
	return all
}

// policy lets the page load what this server gives and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// ownNamesOnly refuses requests made to a name: a foreign site can point its
// own name at this machine, but it can not make its pages be an address.
func ownNamesOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
			refuse(w, http.StatusMisdirectedRequest, "misdirected", fmt.Sprintf("this is no server of %.60q", host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

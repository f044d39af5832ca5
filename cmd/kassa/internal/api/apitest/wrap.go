package apitest

import (
	"bytes"
	"net/http"
	"strings"
)

// maxLooked bounds how much of an answer is kept to be checked, in bytes.
const maxLooked = 4 << 20

// Wrap checks every answer of h that belongs to the API. told is called for
// each that breaks the promise, from the request's goroutine.
func (c *Contract) Wrap(h http.Handler, told func(faults []string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api := strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics"
		if !api || r.Method == http.MethodHead || r.Method == http.MethodOptions {
			h.ServeHTTP(w, r)
			return
		}
		s := &seen{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(s, r)
		if r.Context().Err() != nil || s.long {
			return // he went away, or it was too much to keep
		}
		if faults := c.Check(r.Method, r.URL.Path, s.status, w.Header(), s.body.Bytes()); len(faults) > 0 {
			told(faults)
		}
	})
}

// seen is an answer that is passed on and looked at.
type seen struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	long   bool
}

func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *seen) Write(b []byte) (int, error) {
	stream := strings.HasPrefix(s.Header().Get("Content-Type"), "text/event-stream")
	if s.long = s.long || s.body.Len()+len(b) > maxLooked; !s.long && !stream {
		s.body.Write(b)
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *seen) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Flush passes a stream's flush on.
func (s *seen) Flush() {
	if f, ok := s.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

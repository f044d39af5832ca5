package console

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
)

// MaxBody is the most bytes a form may have.
const MaxBody = 16 << 10

// policy lets a page use what this server sends and nothing else.
const policy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// guard is the door: it refuses other sites' requests, foreign host names
// (a name that somebody else's DNS points at this till) and large bodies.
func (c *Console) guard(next http.Handler) http.Handler {
	checked := http.NewCrossOriginProtection()
	checked.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.o.Log.Warn("console: request from another site refused", "path", r.URL.Path, "code", fault.Unauthorized)
		c.refuse(w, r, http.StatusForbidden, fault.New(fault.Unauthorized))
	}))
	inner := checked.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !c.ownHost(r.Host) {
			http.Error(w, "unknown host name", http.StatusMisdirectedRequest)
			return
		}
		limit := int64(MaxBody)
		if r.URL.Path == promotionsPath {
			limit = maxForm
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		inner.ServeHTTP(newTaker(w, r), r)
	})
}

func (c *Console) ownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return net.ParseIP(host) != nil || strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(c.o.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// refuse answers with the fault as the row the page shows.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, status int, err *fault.Error) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Kassa-Fault", string(err.Code))
	w.WriteHeader(status)
	loc := c.localeOf(r)
	if strings.Contains(r.URL.Path, "/kiosk") {
		loc = c.pageLocale(r, "kiosk")
	}
	loc.write(w, c.o.Log, "fault", map[string]string{"Text": loc.fault(err), "Detail": err.Why(loc.name), "Code": string(err.Code)})
}

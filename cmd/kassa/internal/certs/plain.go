package certs

import (
	"fmt"
	"html"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// AuthorityPath is where browsers get the authority's certificate.
const AuthorityPath = "/ca.crt"

// FromHere tells whether a request comes from this machine itself.
func FromHere(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return err == nil && ok && Here(net.TCPAddrFromAddrPort(remote), local)
}

// Secured serves other machines over TLS alone. To one that does not speak it
// it says so, and gives it nothing but the authority's certificate.
func (k *Keeper) Secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == AuthorityPath && r.Method == http.MethodGet:
			k.serveAuthority(w)
		case r.TLS != nil || FromHere(r):
			next.ServeHTTP(w, r)
		default:
			k.explain(w, r)
		}
	})
}

// serveAuthority sends the certificate to take in. It is no secret.
func (k *Keeper) serveAuthority(w http.ResponseWriter) {
	text := k.Authority()
	if text == nil {
		http.Error(w, "no certificate authority of this till's own", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-x509-ca-cert")
	h.Set("Content-Disposition", `attachment; filename="kassa-ca.crt"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if _, err := w.Write(text); err != nil {
		k.o.Log.Debug("client went away", "err", err)
	}
}

// explain answers a request in plain HTTP from another machine.
func (k *Keeper) explain(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Upgrade", "TLS/1.2, HTTP/1.1") // RFC 9110, 15.5.22
	h.Set("Connection", "Upgrade, close")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	at := "https://"
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		at += local.String() + "/" // the Host header is whatever somebody says
	}
	text := "426: this port speaks TLS; use " + at + "\n"
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "text/html; charset=utf-8")
		at = html.EscapeString(at)
		text = fmt.Sprintf(`<!doctype html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Kassa</title>
<h1>Касса говорит по защищённому соединению</h1><p><a href="%[1]s">%[1]s</a></p><p>Сначала установите в браузер <a href="%[2]s">сертификат кассы</a> и сверьте его отпечаток с тем, что показывает касса: страница «Обслуживание» или kassa tls.</p>
<h1 lang="en">The till speaks over a secure connection</h1><p lang="en">First install <a href="%[2]s">the till's certificate</a> in the browser and compare its fingerprint with what the till shows: the page “Service” or kassa tls.</p></html>
`, at, AuthorityPath)
	}
	w.WriteHeader(http.StatusUpgradeRequired)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write([]byte(text)); err != nil {
		k.o.Log.Debug("client went away", "err", err)
	}
}

package daemon

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/certs"
	"github.com/kassa-pos/kassa/pos/fault"
)

// tlsDir is where the console's certificates are, inside the secrets.
const tlsDir = "tls"

// openDoor listens for browsers and integrators. Beyond this machine they are
// spoken to over TLS; this machine's own browser needs no certificate.
func (d *daemon) openDoor() (l net.Listener, secured func(http.Handler) http.Handler, err error) {
	secured = func(h http.Handler) http.Handler { return h }
	inner, err := net.Listen("tcp", d.cfg.Console.Listen)
	if err != nil {
		return nil, nil, err
	}
	d.listener = inner
	if at, ok := inner.Addr().(*net.TCPAddr); !ok || at.IP.IsLoopback() || d.cfg.Console.PlainHTTP() {
		return inner, secured, nil
	}
	d.certs = certs.Open(certs.Options{
		Dir: filepath.Join(d.path(secretsDir), tlsDir), Names: func() []string { return d.consoleNames(true) }, Now: d.now, Floor: d.floor(),
		Certificate: d.cfg.Console.Certificate, Key: d.cfg.Console.Key, Log: d.log,
	})
	return certs.Listen(inner, d.certs.Config()), d.certs.Secured, nil
}

// consoleNames are what the console is called by other machines: names, and
// with addresses also those of this machine's networks.
func (d *daemon) consoleNames(addresses bool) []string {
	names := []string{"localhost"}
	if host, err := os.Hostname(); err == nil && host != "" {
		host = strings.ToLower(host)
		names = append(names, host)
		if !strings.Contains(host, ".") {
			names = append(names, host+".local") // as multicast DNS has it
		}
	}
	for _, n := range d.cfg.Console.Names {
		if addresses || net.ParseIP(n) == nil {
			names = append(names, strings.ToLower(n))
		}
	}
	if !addresses {
		return names
	}
	names = append(names, "127.0.0.1", "::1")
	if at, ok := d.listener.Addr().(*net.TCPAddr); ok && !at.IP.IsUnspecified() {
		return append(names, at.IP.String())
	}
	return append(names, machineAddresses()...)
}

// machineAddresses are those of this machine that others can call.
func machineAddresses() (all []string) {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil // a certificate for an address that is called is made then
	}
	for _, a := range found {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			all = append(all, n.IP.String())
		}
	}
	slices.Sort(all)
	return all
}

// tlsNow is how things are between the console and other machines.
func (d *daemon) tlsNow() (api.TLS, error) {
	if d.certs == nil {
		return api.TLS{Plain: d.public()}, nil
	}
	t := api.TLS{On: true, State: d.certs.State(), PEM: string(d.certs.Authority())}
	at, ok := d.listener.Addr().(*net.TCPAddr)
	if !ok {
		return t, nil
	}
	addresses := []string{at.IP.String()}
	if at.IP.IsUnspecified() {
		addresses = machineAddresses()
	}
	_, port, err := net.SplitHostPort(at.String())
	for _, a := range addresses {
		t.URLs = append(t.URLs, "https://"+net.JoinHostPort(a, port)+"/")
	}
	return t, err
}

// tlsRenew makes the certificate anew, and with authority that too.
func (d *daemon) tlsRenew(authority bool) error {
	if d.certs == nil {
		return fault.New(fault.TLSNone)
	}
	if err := d.certs.Renew(authority); err != nil {
		return errors.Join(fault.New(fault.TLSFailed).With(err), err)
	}
	d.log.Warn("certificate of the console made anew by hand", "authority", authority)
	return nil
}

// public tells whether other machines can reach the console.
func (d *daemon) public() bool {
	at, ok := d.listener.Addr().(*net.TCPAddr)
	return ok && !at.IP.IsLoopback()
}

// doorWarnings tell what is wrong with how other machines reach the console.
func (d *daemon) doorWarnings() []fault.Warning {
	switch {
	case d.certs != nil:
		return d.certs.Warnings()
	case d.listener != nil && d.public():
		return []fault.Warning{{Code: fault.TLSOff, Severity: fault.Warn}}
	}
	return nil
}

// consoleURL is the console for this machine's own browser.
func (d *daemon) consoleURL() string {
	at, ok := d.listener.Addr().(*net.TCPAddr)
	if !ok || !at.IP.IsUnspecified() {
		return "http://" + d.listener.Addr().String() + "/"
	}
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return "http://" + at.String() + "/"
	}
	return "http://" + net.JoinHostPort("127.0.0.1", port) + "/"
}

package certs

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/durable"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Files in the keeper's directory, each with certificate and key.
const (
	authorityFile = "ca.pem"
	leafFile      = "console.pem"
	damagedSuffix = ".damaged"
)

const (
	fileMode   = 0o600
	dirMode    = 0o700
	maxFile    = 64 << 10        // bytes of any file that is read
	maxNames   = 40              // in a certificate
	renewAhead = Lifetime / 3    // before a certificate ends
	lookEvery  = 5 * time.Second // at the machine's addresses and at own files
)

// Options are what a keeper is told.
type Options struct {
	Dir   string           // where authority and certificate are kept
	Names func() []string  // names and addresses the till is reached by
	Now   func() time.Time // the clock
	Floor time.Time        // no clock that is earlier is right
	// Certificate and Key are files in PEM of a certificate that somebody else
	// vouches for; read again when they change. "": the till's own authority.
	Certificate, Key string
	Log              *slog.Logger
}

// Keeper has the certificate that is right now.
type Keeper struct {
	o Options

	mu        sync.Mutex // guards what follows
	authority *pair
	leaf      *pair
	names     []string  // the till is reached by, as looked at
	leftOut   []string  // of those, that the authority may not vouch for
	looked    time.Time // by the monotonic clock
	own       *tls.Certificate
	ownAt     [2]time.Time // when the files of it were written
	ownErr    error        // why they can not be used
	ownLooked time.Time
	err       error // why there is no certificate, or not the one wanted
	replaced  bool  // the authority's file was damaged
}

// State is what there is to tell of a keeper. It holds no secret.
type State struct {
	Own         bool      `json:"own_certificate"`                   // from files that somebody else has made
	Fingerprint string    `json:"fingerprint,omitempty"`             // SHA-256 of the authority's certificate
	Authority   string    `json:"authority,omitempty"`               // its name
	Names       []string  `json:"names"`                             // the certificate is for these
	LeftOut     []string  `json:"left_out,omitempty"`                // the till is called so, and the authority may not vouch for it
	From        time.Time `json:"valid_from,omitzero"`               // of the certificate
	To          time.Time `json:"valid_to,omitzero"`                 //
	Problem     string    `json:"problem,omitempty"`                 // why there is none, or not the one wanted
	Replaced    bool      `json:"replaced,omitempty"`                // the authority was damaged and made anew: browsers have to take it in again
	Serial      string    `json:"serial,omitempty"`                  // of the certificate, in hexadecimal
	LeafPrint   string    `json:"certificate_fingerprint,omitempty"` // SHA-256
}

// Open makes a keeper. It never fails: what goes wrong is told by State and
// tried again at the next handshake.
func Open(o Options) *Keeper {
	k := &Keeper{o: o}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.certificate(""); err != nil {
		o.Log.Error("no certificate for the console", "err", err)
	}
	return k
}

// Config is what servers are given.
func (k *Keeper) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		at := ""
		if tcp, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
			at = tcp.IP.String()
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.certificate(at)
	}}
}

// certificate is the right one now, for a client that has called an address
// of this machine; "" is none. k.mu is held.
func (k *Keeper) certificate(at string) (*tls.Certificate, error) {
	if k.o.Certificate != "" {
		if err := k.readOwn(); err == nil {
			k.err = nil
			return k.own, nil
		} else if k.err == nil || k.err.Error() != err.Error() {
			k.o.Log.Warn("the console's own certificate is not used", "err", err)
			k.err = err
		}
	} else {
		k.err = nil
	}
	if err := k.ready(at); err != nil {
		k.err = err
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{k.leaf.cert.Raw, k.authority.cert.Raw}, PrivateKey: k.leaf.key, Leaf: k.leaf.cert}, nil
}

// ready makes sure of an authority and of a certificate by it.
func (k *Keeper) ready(at string) error {
	if time.Since(k.looked) > lookEvery || k.names == nil {
		k.names, k.looked = k.o.Names(), time.Now()
	}
	if k.authority == nil {
		if err := k.openAuthority(); err != nil {
			return err
		}
	}
	names := k.wanted(at)
	now := k.now()
	switch {
	case k.leaf == nil:
	case now.Before(k.leaf.cert.NotBefore), now.After(k.leaf.cert.NotAfter.Add(-renewAhead)):
	case slices.ContainsFunc(names, func(n string) bool { return !k.leaf.covers(n) }):
	default:
		return nil
	}
	return k.renew(names, now)
}

// now is the clock, or the earliest moment that it can be.
func (k *Keeper) now() time.Time {
	if now := k.o.Now(); now.After(k.o.Floor) {
		return now
	}
	return k.o.Floor
}

// wanted are the names a certificate has to be for.
func (k *Keeper) wanted(at string) (all []string) {
	k.leftOut = nil
	for _, n := range append(slices.Clone(k.names), at) {
		switch {
		case n == "" || slices.Contains(all, n) || len(all) == maxNames && n != at:
		case k.authority.allows(n):
			all = append(all, n)
		default:
			k.leftOut = append(k.leftOut, n)
		}
	}
	return all
}

func (k *Keeper) renew(names []string, now time.Time) error {
	leaf, err := k.authority.leaf(names, now)
	if err != nil {
		return err
	}
	k.leaf = leaf
	k.o.Log.Info("certificate of the console made", "names", names, "until", leaf.cert.NotAfter)
	if err := k.save(leafFile, leaf); err != nil {
		k.o.Log.Warn("the console's certificate is not kept", "err", err) // the next start makes another
	}
	return nil
}

// openAuthority reads the authority, or makes one where there is none. One
// that can not be read is set aside.
func (k *Keeper) openAuthority() error {
	a, err := k.load(authorityFile)
	switch {
	case err == nil && a.cert.IsCA:
		k.authority = a
		if leaf, err := k.load(leafFile); err == nil && leaf.cert.CheckSignatureFrom(a.cert) == nil {
			k.leaf = leaf
		}
		return nil
	case err == nil, errors.Is(err, errDamaged):
		path := filepath.Join(k.o.Dir, authorityFile)
		if err := os.Rename(path, path+damagedSuffix); err != nil {
			return fmt.Errorf("certs: set aside: %w", err)
		}
		k.replaced = true
		k.o.Log.Error("the certificate authority was damaged; browsers have to take in the new one", "path", path+damagedSuffix)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return k.newAuthority()
}

func (k *Keeper) newAuthority() error {
	a, err := newAuthority(k.names)
	if err == nil {
		err = k.save(authorityFile, a)
	}
	if err != nil {
		return err
	}
	k.authority, k.leaf = a, nil
	return nil
}

// Renew makes the certificate anew now, and with authority that as well, which
// every browser then has to take in.
func (k *Keeper) Renew(authority bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.names, k.looked = k.o.Names(), time.Now()
	if authority {
		if err := k.newAuthority(); err != nil {
			return err
		}
		k.replaced = false
	} else if k.authority == nil {
		if err := k.openAuthority(); err != nil {
			return err
		}
	}
	return k.renew(k.wanted(""), k.now())
}

// State tells how things are.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	var s State
	cert, err := k.certificate("")
	switch {
	case err != nil:
		s.Problem = err.Error()
	case k.err != nil:
		s.Problem = k.err.Error()
	}
	s.Names, s.Replaced = []string{}, k.replaced
	if cert != nil {
		p := pair{cert: cert.Leaf}
		s.Names, s.From, s.To, s.Serial, s.LeafPrint = p.names(), cert.Leaf.NotBefore, cert.Leaf.NotAfter, cert.Leaf.SerialNumber.Text(16), fingerprint(cert.Leaf.Raw)
		s.Own = cert == k.own
	}
	if k.authority != nil && !s.Own {
		s.Fingerprint, s.Authority, s.LeftOut = fingerprint(k.authority.cert.Raw), k.authority.cert.Subject.CommonName, k.leftOut
	}
	return s
}

// Authority is its certificate in PEM, for browsers to take in; nil when an
// own certificate is used or there is none.
func (k *Keeper) Authority() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	cert, err := k.certificate("")
	if err != nil || cert == k.own || k.authority == nil {
		return nil
	}
	return certPEM(k.authority.cert)
}

// Warnings tell what a person has to see to.
func (k *Keeper) Warnings() (all []fault.Warning) {
	s := k.State()
	if s.Problem != "" {
		all = append(all, fault.Warning{Code: fault.TLSFailed, Severity: fault.Warn, Detail: s.Problem})
	}
	if s.Replaced {
		all = append(all, fault.Warning{Code: fault.TLSReplaced, Severity: fault.Warn})
	}
	if s.Own && k.now().After(s.To.Add(-ownAhead)) {
		all = append(all, fault.Warning{Code: fault.TLSEnds, Severity: fault.Warn, Args: []string{s.To.Format("02.01.2006")}})
	}
	return all
}

// ownAhead is how long before an own certificate ends the till says so.
const ownAhead = 14 * 24 * time.Hour

// readOwn reads the own certificate again when its files have changed; it
// looks at them now and then only.
func (k *Keeper) readOwn() error {
	if k.ownLooked.IsZero() || time.Since(k.ownLooked) > lookEvery {
		k.ownErr, k.ownLooked = k.lookOwn(), time.Now()
	}
	return k.ownErr
}

func (k *Keeper) lookOwn() error {
	var at [2]time.Time
	for i, path := range []string{k.o.Certificate, k.o.Key} {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("certs: %w", err)
		}
		at[i] = info.ModTime()
	}
	if k.own != nil && at == k.ownAt {
		return nil
	}
	cert, err := readFile(k.o.Certificate)
	key, err2 := readFile(k.o.Key)
	if err := cmp.Or(err, err2); err != nil {
		return err
	}
	own, err := tls.X509KeyPair(cert, key)
	if err == nil && own.Leaf == nil {
		own.Leaf, err = x509.ParseCertificate(own.Certificate[0])
	}
	if err != nil {
		// Whoever renews them writes one file after the other: the pair that is
		// in use stays until both fit.
		if k.own != nil {
			return nil
		}
		return fmt.Errorf("certs: %s: %w", k.o.Certificate, err)
	}
	k.own, k.ownAt = &own, at
	return nil
}

func (k *Keeper) save(name string, p *pair) error {
	text, err := p.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.o.Dir, dirMode); err != nil {
		return fmt.Errorf("certs: %w", err)
	}
	return durable.Replace(filepath.Join(k.o.Dir, name), text, fileMode)
}

// load reads a pair and makes sure that nobody else can.
func (k *Keeper) load(name string) (*pair, error) {
	path := filepath.Join(k.o.Dir, name)
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm() != fileMode {
		k.o.Log.Warn("a key could be read by others", "path", path, "mode", info.Mode().Perm().String())
		err = os.Chmod(path, fileMode)
	}
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	return decode(text)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	var b bytes.Buffer
	n, err := b.ReadFrom(&limited{f, maxFile})
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("certs: %s: %w", path, err)
	}
	if n == 0 {
		return nil, errDamaged
	}
	return b.Bytes(), nil
}

var errLarge = errors.New("the file is too large")

// limited is a file that ends with an error when it is too large.
type limited struct {
	f    *os.File
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.f.Read(p)
	if l.left -= n; l.left < 0 {
		return 0, errLarge
	}
	return n, err
}

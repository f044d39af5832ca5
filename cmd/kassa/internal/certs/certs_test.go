package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// desk is a keeper with a clock that is set by hand, before any handshake.
type desk struct {
	t     *testing.T
	o     Options
	clock time.Time
	names []string
}

var built = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, clock: built.AddDate(0, 6, 0), names: []string{"localhost", "127.0.0.1", "till7", "till7.local", "192.168.1.20"}}
	d.o = Options{Dir: filepath.Join(t.TempDir(), "tls"), Names: func() []string { return d.names }, Now: func() time.Time { return d.clock }, Floor: built, Log: slog.New(slog.DiscardHandler)}
	return d
}

// trusts does a real handshake with a client that has taken in the authority
// and whose clock is right, and gives the certificate.
func (d *desk) trusts(k *Keeper, name string, at time.Time) (*x509.Certificate, error) {
	d.t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(k.Authority()) {
		d.t.Fatal("no authority to take in")
	}
	return shake(d.t, k, &tls.Config{RootCAs: pool, ServerName: name, Time: func() time.Time { return at }})
}

func shake(t *testing.T, k *Keeper, conf *tls.Config) (*x509.Certificate, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = errors.Join(tls.Server(c, k.Config()).HandshakeContext(t.Context()), c.Close())
		}
		served <- err
	}()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 20 * time.Second}, "tcp", l.Addr().String(), conf)
	<-served
	if err != nil {
		return nil, err
	}
	return c.ConnectionState().PeerCertificates[0], c.Close()
}

// A client that has taken in the authority trusts the till by every name it
// has, and no other; another device's authority is another.
func TestTrust(t *testing.T) {
	d := newDesk(t)
	k := Open(d.o)
	for _, name := range append(slices.Clone(d.names), "::ffff:192.168.1.20") {
		if _, err := d.trusts(k, name, d.clock); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"till8.local", "192.168.1.21", "example.com"} {
		if _, err := d.trusts(k, name, d.clock); err == nil {
			t.Errorf("%s is trusted", name)
		}
	}
	other := newDesk(t)
	if Open(other.o).State().Fingerprint == k.State().Fingerprint {
		t.Error("two devices have one authority")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(Open(other.o).Authority())
	if _, err := shake(t, k, &tls.Config{RootCAs: pool, ServerName: "localhost", Time: d.o.Now}); err == nil {
		t.Error("another device's authority vouches for this one")
	}
}

// The authority can not vouch for what is not local, whoever has its key.
func TestAuthorityIsLocal(t *testing.T) {
	d := newDesk(t)
	d.names = append(d.names, "bank.example", "203.0.113.7")
	d.o.Names = func() []string { return d.names[:5] }
	Open(d.o)
	d.o.Names = func() []string { return d.names }
	k := Open(d.o)
	if s := k.State(); !slices.Equal(s.LeftOut, []string{"bank.example", "203.0.113.7"}) || slices.Contains(s.Names, "bank.example") {
		t.Errorf("%+v", s)
	}
	stolen, err := k.authority.leaf([]string{"bank.example", "203.0.113.7"}, d.clock)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(k.Authority())
	for _, name := range []string{"bank.example", "203.0.113.7"} {
		if _, err := stolen.cert.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: d.clock}); err == nil {
			t.Errorf("%s is trusted", name)
		}
	}
	// A name of the configuration is one when the authority is made for it.
	if err := Open(d.o).Renew(true); err != nil {
		t.Fatal(err)
	}
	if _, err := d.trusts(Open(d.o), "bank.example", d.clock); err != nil {
		t.Error(err)
	}
}

// The certificate is short, is made anew by itself before it ends, for new
// addresses too, and stays over restarts otherwise.
func TestRenewal(t *testing.T) {
	d := newDesk(t)
	k := Open(d.o)
	first, err := d.trusts(k, "localhost", d.clock)
	if err != nil {
		t.Fatal(err)
	}
	if long := first.NotAfter.Sub(first.NotBefore); long > 398*24*time.Hour {
		t.Errorf("good for %v", long)
	}
	again, err := d.trusts(Open(d.o), "localhost", d.clock)
	if err != nil || !again.Equal(first) {
		t.Errorf("another certificate after a restart: %v", err)
	}
	authority := k.State().Fingerprint
	for _, later := range []time.Duration{Lifetime * 3 / 4, Lifetime + 24*time.Hour, 5 * Lifetime} {
		d.clock = d.clock.Add(later)
		next, err := d.trusts(k, "localhost", d.clock)
		if err != nil || next.Equal(first) {
			t.Fatalf("after %v: %v", later, err)
		}
		first = next
	}
	d.names = append(d.names, "10.1.2.3")
	k = Open(d.o)
	if _, err := d.trusts(k, "10.1.2.3", d.clock); err != nil {
		t.Errorf("a new address: %v", err)
	}
	if k.State().Fingerprint != authority {
		t.Error("the authority was made anew, which browsers would have to take in")
	}
	// The address a client has called is one, also when nobody lists it.
	d.names = []string{"localhost"}
	if _, err := d.trusts(Open(d.o), "127.0.0.1", d.clock); err != nil {
		t.Error(err)
	}
}

// A board without a clock starts in the past, is set right, is set wrong:
// clients, whose clocks are right, trust it whenever its own is right, and
// at its start too.
func TestClockJumps(t *testing.T) {
	d := newDesk(t)
	right := built.AddDate(0, 3, 0)
	d.clock = time.Unix(0, 0)
	k := Open(d.o)
	if _, err := d.trusts(k, "localhost", right); err != nil {
		t.Errorf("at the first start in 1970: %v", err)
	}
	for _, jump := range []time.Time{right, right.AddDate(80, 0, 0), right, time.Unix(0, 0), right.AddDate(-5, 0, 0), right} {
		d.clock = jump
		_, err := d.trusts(k, "localhost", right)
		if jump.Equal(right) && err != nil {
			t.Errorf("with the right time: %v", err)
		}
	}
	d.clock = time.Unix(0, 0)
	if _, err := d.trusts(Open(d.o), "localhost", right); err != nil {
		t.Errorf("restarted in 1970: %v", err)
	}
}

// Keys are for their owner alone, whatever the umask was; one that others could
// read is closed again.
func TestKeyFiles(t *testing.T) {
	d := newDesk(t)
	Open(d.o)
	for _, name := range []string{authorityFile, leafFile} {
		path := filepath.Join(d.o.Dir, name)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k := Open(d.o)
	if info, err := os.Stat(d.o.Dir); err != nil || info.Mode().Perm() != dirMode {
		t.Errorf("%v %v", info, err)
	}
	for _, name := range []string{authorityFile, leafFile} {
		if info, err := os.Stat(filepath.Join(d.o.Dir, name)); err != nil || info.Mode().Perm() != fileMode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if bytes.Contains(k.Authority(), []byte("PRIVATE")) {
		t.Error("the key is given away")
	}
}

// Whatever a power cut or a bad card leaves of the files, the next start has a
// certificate; an authority that is whole stays.
func TestCuts(t *testing.T) {
	d := newDesk(t)
	before := Open(d.o).State().Fingerprint
	whole, err := os.ReadFile(filepath.Join(d.o.Dir, authorityFile))
	if err != nil {
		t.Fatal(err)
	}
	cut := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(d.o.Dir, name), text, fileMode); err != nil {
			t.Fatal(err)
		}
	}
	// Cut while the next is written: the old one stands.
	cut(authorityFile+".new", whole[:len(whole)/2])
	cut(leafFile+".new", nil)
	for _, leaf := range [][]byte{nil, []byte("x"), whole, whole[:len(whole)/2]} { // a leaf that is none
		cut(leafFile, leaf)
		k := Open(d.o)
		if _, err := d.trusts(k, "localhost", d.clock); err != nil || k.State().Fingerprint != before {
			t.Errorf("a leaf of %d bytes: %v", len(leaf), err)
		}
	}
	if err := os.Remove(filepath.Join(d.o.Dir, leafFile)); err != nil {
		t.Fatal(err)
	}
	if k := Open(d.o); k.State().Fingerprint != before {
		t.Error("no leaf: another authority")
	}
	block, _ := pem.Decode(whole)
	for _, damaged := range [][]byte{nil, whole[:len(whole)-60], pem.EncodeToMemory(block), bytes.ReplaceAll(whole, []byte("A"), []byte("B"))} {
		cut(authorityFile, damaged)
		k := Open(d.o)
		if _, err := d.trusts(k, "localhost", d.clock); err != nil {
			t.Errorf("%d bytes: %v", len(damaged), err)
		}
		if w := k.Warnings(); len(w) != 1 || w[0].Code != fault.TLSReplaced {
			t.Errorf("%d bytes: warnings %v", len(damaged), w)
		}
		if kept, err := os.ReadFile(filepath.Join(d.o.Dir, authorityFile+damagedSuffix)); err != nil || !bytes.Equal(kept, damaged) {
			t.Errorf("the damaged one is not kept: %v", err)
		}
	}
	// A directory that takes nothing: no certificate, and why.
	d.o.Dir = filepath.Join(d.o.Dir, authorityFile, "below a file")
	k := Open(d.o)
	if s := k.State(); s.Problem == "" || len(k.Warnings()) != 1 || k.Authority() != nil {
		t.Errorf("%+v", s)
	}
}

// A certificate that somebody else vouches for is used, read again when it
// changes, and not instead of having none.
func TestOwnCertificate(t *testing.T) {
	far := newDesk(t)
	far.names = []string{"till.shop.internal"}
	public := Open(far.o)
	d := newDesk(t)
	d.o.Certificate, d.o.Key = filepath.Join(t.TempDir(), "fullchain.pem"), filepath.Join(t.TempDir(), "key.pem")
	k := Open(d.o)
	if s := k.State(); s.Own || s.Problem == "" || s.Fingerprint == "" || k.Warnings()[0].Code != fault.TLSFailed {
		t.Errorf("without its files: %+v", s)
	}
	text, err := os.ReadFile(filepath.Join(far.o.Dir, leafFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{d.o.Certificate, d.o.Key} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k = Open(d.o)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public.Authority())
	use := &tls.Config{RootCAs: pool, ServerName: "till.shop.internal", Time: d.o.Now}
	if _, err := shake(t, k, use); err != nil {
		t.Error(err)
	}
	if s := k.State(); !s.Own || s.Problem != "" || s.Fingerprint != "" || k.Authority() != nil {
		t.Errorf("%+v", s)
	}
	d.clock = d.clock.Add(Lifetime)
	if w := k.Warnings(); len(w) != 1 || w[0].Code != fault.TLSEnds {
		t.Errorf("it ends: %v", w)
	}
	if err := os.WriteFile(d.o.Key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.ownLooked = time.Time{}
	if s := k.State(); !s.Own || s.Problem != "" {
		t.Errorf("while it is being exchanged: %+v", s)
	}
	if err := os.Remove(d.o.Key); err != nil {
		t.Fatal(err)
	}
	if s := Open(d.o).State(); s.Own || s.Problem == "" || strings.Contains(s.Problem, "half") {
		t.Errorf("%+v", s)
	}
}

func FuzzDecode(f *testing.F) {
	a, err := newAuthority(nil)
	if err != nil {
		f.Fatal(err)
	}
	text, err := a.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:100])
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decode(text)
		if err == nil && (p.cert == nil || p.key == nil) || err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(p, err)
		}
	})
}

// The files' limit is one.
func TestLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(path); !errors.Is(err, errLarge) {
		t.Error(err)
	}
	if _, err := readFile(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// serve puts a door before a server that tells how a request came in.
func serve(t *testing.T) (address string, pool *x509.CertPool, door net.Listener) {
	d := newDesk(t)
	d.clock, d.o.Floor = time.Now(), time.Time{}
	k := Open(d.o)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door = Listen(inner, k.Config())
	s := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			w.Header().Set("How", "tls")
		} else {
			w.Header().Set("How", "plain")
		}
	}), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(door) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(k.Authority())
	return inner.Addr().String(), pool, door
}

// how asks over a scheme.
func how(t *testing.T, scheme, address string, pool *x509.CertPool) string {
	t.Helper()
	c := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	r, err := c.Get(scheme + "://" + address)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil {
		t.Error(err)
	}
	return r.Header.Get("How")
}

// Who speaks TLS gets it, who does not is told apart; silent and slow clients
// keep nobody waiting, and are put out.
func TestDoor(t *testing.T) {
	address, pool, _ := serve(t)
	var quiet []net.Conn
	for _, says := range []string{"", "\x16", "\x16\x03\x01\x02\x00", "GET / HT", "\x00", "\x16\x03\x01\x00\x05hello"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(says)); err != nil {
			t.Fatal(err)
		}
		quiet = append(quiet, c)
	}
	for scheme, want := range map[string]string{"http": "plain", "https": "tls"} {
		if got := how(t, scheme, address, pool); got != want {
			t.Errorf("%s came in as %q", scheme, got)
		}
	}
	for i, c := range quiet {
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for b := make([]byte, 512); ; {
			_, err := c.Read(b)
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Errorf("client %d still holds its connection", i)
			}
			if err != nil {
				break
			}
		}
	}
	if got := how(t, "https", address, pool); got != "tls" {
		t.Errorf("afterwards: %q", got)
	}
}

// Closing puts out those who never said anything, at once.
func TestDoorCloses(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := Listen(inner, &tls.Config{})
	c, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	waiting := make(chan error, 1)
	go func() {
		_, err := door.Accept()
		waiting <- err
	}()
	if err := errors.Join(door.Close(), door.Close()); err != nil {
		t.Error(err)
	}
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := door.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// One machine, and all together, may have only so many connections.
func TestDoorLimits(t *testing.T) {
	d := &door{conf: &tls.Config{}, silent: map[*guest]bool{}, hosts: map[string]int{}}
	var in []*guest
	from := func(ip string) *guest {
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close(); far.Close() })
		return d.admit(&addressed{near, ip})
	}
	for range MaxPerHost {
		in = append(in, from("10.0.0.1"))
	}
	if slices.Contains(in, nil) || from("10.0.0.1") != nil {
		t.Error("the limit of one machine")
	}
	for n := range MaxRemote - MaxPerHost {
		if from("10.0.1."+string(rune('0'+n/MaxPerHost))) == nil {
			t.Fatal("others are refused")
		}
	}
	if from("10.0.2.1") != nil || from("127.0.0.1") == nil || from("10.9.9.9") == nil {
		t.Error("the limit of all, which this machine does not count in")
	}
	if err := errors.Join(in[0].Close(), in[0].Close()); err != nil {
		t.Error(err)
	}
	if from("10.0.2.1") == nil || from("10.0.2.1") != nil {
		t.Error("a place that was left is one place")
	}
}

type addressed struct {
	net.Conn
	ip string
}

func (a *addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(a.ip), Port: 1} }
func (a *addressed) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP("10.9.9.9"), Port: 443}
}

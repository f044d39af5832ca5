// Package certs is the till's own certificate authority, the certificate of
// its console made by that, and the door where both are used.
//
// A till in a shop has no name in the public DNS and often no internet, so no
// public authority can vouch for it. Each device makes an authority of its own
// (ECDSA P-256); a browser that is to trust the till takes in its certificate
// once. The authority may only vouch for what is local: addresses of private
// networks and names such as till.local (RFC 5280, 4.2.1.10), so that a stolen
// card can not pretend to be a bank.
//
// Boards without a clock start in the past. The authority's own dates are
// therefore constants; the certificate's come from the later of the clock and
// the earliest moment that it can be, and it is made anew at the first
// handshake that finds it no longer, or not yet, valid (keeper.go).
//
// Key and certificate lie in one file each, replaced in one step: there is no
// moment at which a power cut leaves one without the other.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"
)

// The authority's lifetime, by no clock at all: it begins before any till was
// made and ends with the years that certificates write with two digits.
var (
	authorityFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	authorityTo   = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)
)

// Lifetime is how long a certificate is good. Browsers want at most 398 days.
const Lifetime = 397 * 24 * time.Hour

// backdated is how much earlier than now a certificate begins: clocks differ.
const backdated = 48 * time.Hour

// localDomains are names that no public DNS has.
var localDomains = []string{"localhost", "local", "lan", "internal", "home.arpa"}

// localNetworks are addresses that no public network has.
var localNetworks = networks("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10")

func networks(all ...string) (out []*net.IPNet) {
	for _, s := range all {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			panic(err) // a mistake in the list above
		}
		out = append(out, n)
	}
	return out
}

// pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one that may vouch for what is local and for names.
func newAuthority(names []string) (*pair, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	domains := slices.Clone(localDomains)
	for _, n := range names {
		if net.ParseIP(n) == nil && !slices.Contains(domains, n) {
			domains = append(domains, n)
		}
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Kassa"}, CommonName: "Kassa till " + hex.EncodeToString(serial.Bytes()[:4])},
		NotBefore: authorityFrom, NotAfter: authorityTo,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: domains, PermittedIPRanges: localNetworks,
	}
	return sign(t, nil)
}

// leaf makes a certificate for names, which the authority allows, at a moment.
func (a *pair) leaf(names []string, at time.Time) (*pair, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Kassa"}, CommonName: a.cert.Subject.CommonName},
		NotBefore: at.Add(-backdated).UTC().Truncate(time.Second), NotAfter: at.Add(Lifetime - backdated).UTC().Truncate(time.Second),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	return sign(t, a)
}

// sign makes the certificate, by an authority or by itself, with a key of its own.
func sign(t *x509.Certificate, by *pair) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certs: make a key: %w", err)
	}
	parent, signer := t, crypto.Signer(key)
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("certs: make a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certs: make a certificate: %w", err)
	}
	return &pair{cert, key}, nil
}

// serialBits is how long a serial number is: random, never zero, one octet
// below the limit of RFC 5280.
const serialBits = 152

func newSerial() (*big.Int, error) {
	limit := new(big.Int).Lsh(big.NewInt(1), serialBits-1)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return nil, fmt.Errorf("certs: make a serial number: %w", err)
	}
	return n.Add(n, limit), nil
}

// allows tells whether the authority may vouch for a name or an address.
func (a *pair) allows(name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		return slices.ContainsFunc(a.cert.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) })
	}
	return slices.ContainsFunc(a.cert.PermittedDNSDomains, func(d string) bool { return name == d || strings.HasSuffix(name, "."+d) })
}

// covers tells whether a certificate is for a name or an address.
func (p *pair) covers(name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		return slices.ContainsFunc(p.cert.IPAddresses, ip.Equal)
	}
	return slices.Contains(p.cert.DNSNames, name)
}

// names are those a certificate is for.
func (p *pair) names() []string {
	all := slices.Clone(p.cert.DNSNames)
	for _, ip := range p.cert.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

const (
	certBlock = "CERTIFICATE"
	keyBlock  = "PRIVATE KEY"
)

// encode writes both into one file's text.
func (p *pair) encode() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, fmt.Errorf("certs: write a key: %w", err)
	}
	return append(certPEM(p.cert), pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: key})...), nil
}

func certPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: certBlock, Bytes: c.Raw})
}

var errDamaged = errors.New("certs: the file is damaged")

// decode reads what encode wrote; anything else is errDamaged.
func decode(text []byte) (*pair, error) {
	first, rest := pem.Decode(text)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil || first.Type != certBlock || second.Type != keyBlock {
		return nil, errDamaged
	}
	cert, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	any, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	if err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	key, ok := any.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, errDamaged
	}
	return &pair{cert, key}, nil
}

// fingerprint is a certificate's as browsers show it: SHA-256, in pairs.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

package config

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// MaxURI is the longest address, in bytes: a path of 4096 and its query.
const MaxURI = 8 << 10

// URI is where a device is: tcp://host:port, serial:///dev/ttyX?baud=9600,
// unix:///path, http://host:port, and for displays i2c:///path, for scanners evdev:///path and
// hidraw:///path, for printers lp:///path. The zero URI is no address.
type URI struct {
	Scheme string
	Host   string // "host:port", "" without a host
	Path   string // absolute, "" without a path
	Query  url.Values
}

// UnmarshalText reads an address; "" is the zero URI. A space or another
// letter in a path need not be escaped; '%', '?' and '#' must.
func (u *URI) UnmarshalText(text []byte) error {
	*u = URI{}
	if len(text) == 0 {
		return nil
	}
	if len(text) > MaxURI {
		return wrongly("адрес из %d байт, не больше %d", "address of %d bytes, at most %d", len(text), MaxURI)
	}
	p, err := url.Parse(string(text))
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return wrongly("это не адрес (%v)", "address: %v", err)
	}
	query, err := url.ParseQuery(p.RawQuery)
	if err != nil {
		return wrongly("это не адрес (%v)", "address: %v", err)
	}
	got := URI{Scheme: p.Scheme, Host: p.Host, Path: p.Path, Query: query}
	switch {
	case p.Opaque != "" || p.Scheme == "":
		return wrongly("%.80q — не адрес вида схема://хост:порт или схема:///путь", "address %.80q is not scheme://host:port or scheme:///path", string(text))
	case p.User != nil:
		return wrongly("в адресе не место имени и паролю", "address with a user name or password")
	case p.Fragment != "":
		return wrongly("знак # в адресе пишут как %%23", "address with a #: write %%23")
	}
	if err := got.check(); err != nil {
		return err
	}
	*u = got
	return nil
}

// check holds the scheme's rules.
func (u URI) check() error {
	switch u.Scheme {
	case "tcp", "http":
		host, port, err := net.SplitHostPort(u.Host)
		n, perr := strconv.Atoi(port)
		if err != nil || perr != nil || host == "" || n < 1 || n > 65535 {
			return wrongly("%s://%.80s: нужно %[1]s://хост:порт", "address %s://%.80s: want %[1]s://host:port", u.Scheme, u.Host)
		}
		if u.Path != "" || len(u.Query) > 0 {
			return wrongly("у адреса %s://хост:порт нет ни пути, ни настроек", "address %s://host:port has no path and no settings", u.Scheme)
		}
	case "serial", "unix", "evdev", "hidraw", "i2c", "lp":
		if u.Host != "" || len(u.Path) < 2 {
			return wrongly("нужно %s:///путь, с тремя чертами", "address: want %s:///path with three slashes", u.Scheme)
		}
		if strings.ContainsRune(u.Path, 0) {
			return wrongly("нулевой байт в адресе", "address with a zero byte")
		}
		if u.Scheme != "serial" && u.Scheme != "i2c" && len(u.Query) > 0 {
			return wrongly("у адреса %s:///путь нет настроек", "address %s:///path has no settings", u.Scheme)
		}
	default:
		return wrongly("адрес начинается с %.20q: нужно tcp, serial, unix, evdev, hidraw, i2c, lp или http", "address scheme %.20q: want tcp, serial, unix, evdev, hidraw, i2c, lp or http", u.Scheme)
	}
	return nil
}

// IsZero tells whether there is no address.
func (u URI) IsZero() bool { return u.Scheme == "" }

// String gives the address as UnmarshalText reads it.
func (u URI) String() string {
	if u.IsZero() {
		return ""
	}
	s := u.Scheme + "://" + u.Host + (&url.URL{Path: u.Path}).EscapedPath()
	if len(u.Query) > 0 {
		s += "?" + u.Query.Encode()
	}
	return s
}

// MarshalText is String.
func (u URI) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

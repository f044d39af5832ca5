package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"

	"github.com/kassa-pos/kassa/pos/fault"
)

// MaxPermitAddresses is how many sites of the marking system may be named.
const MaxPermitAddresses = 8

// Permit is who says whether a marked unit may be sold.
type Permit struct {
	Online      []string `toml:"online"`      // addresses of the marking system's check, tried in order
	Local       string   `toml:"local"`       // address of the local module; "" there is none
	Credentials string   `toml:"credentials"` // path of the file with the secrets
}

// Codes is how codes look that the shop makes itself. The prefix of its scale
// labels comes from the cloud.
type Codes struct {
	Cards  []string `toml:"cards"`  // beginnings of customers' cards
	Badges []string `toml:"badges"` // beginnings of cashiers' badges
	Labels []Label  `toml:"labels"`
}

// Label is the layout of an in-store label, see pos/gs1.
type Label struct {
	Prefix     string `toml:"prefix"`
	Length     int    `toml:"length"` // 0 is 13
	Goods      int    `toml:"goods"`  // digits of the goods' code
	ValueDigit bool   `toml:"value_digit"`
	Value      int    `toml:"value"` // digits of the value
	Of         string `toml:"of"`    // "weight", "price", "pieces"
	Decimals   int    `toml:"decimals"`
	NoCheckSum bool   `toml:"no_checksum"`
}

func (p *Permit) check(k *check) {
	if len(p.Online) == 0 && p.Local == "" {
		k.missing("permit.online")
	}
	if len(p.Online) > MaxPermitAddresses {
		k.bad("permit.online", "адресов %d, не больше %d", "%d addresses, at most %d", len(p.Online), MaxPermitAddresses)
	}
	for _, address := range append([]string{p.Local}, p.Online...) {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		switch {
		case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
			k.bad("permit", "%.200q, нужно https://...", "%.200q, want https://...", address)
		case u.User != nil:
			k.bad("permit", "в адресе не место имени и паролю", "no user name or password in an address")
		case u.Scheme == "http" && address != p.Local && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
			k.bad("permit.online", "по http другой машине ключ увидит каждый в сети: нужно https", "plain http to another machine would show the key to everybody")
		}
	}
	if p.Credentials == "" {
		k.missing("permit.credentials")
	}
}

func (c *Codes) check(k *check) {
	for i, l := range c.Labels {
		k.oneOf(fmt.Sprintf("codes.labels[%d].of", i+1), l.Of, "weight", "price", "pieces")
		length := l.Length
		if length == 0 {
			length = 13
		}
		own := len(l.Prefix) + l.Goods + l.Value
		if l.ValueDigit {
			own++
		}
		if !l.NoCheckSum {
			own++
		}
		if l.Prefix == "" || l.Goods < 1 || l.Value < 1 || l.Value > 9 || l.Decimals < 0 || l.Decimals > 3 || own != length {
			k.bad(fmt.Sprintf("codes.labels[%d]", i+1), "префикс %.13q, %d цифр товара и %d цифр значения не составляют %d", "prefix %.13q, %d digits of goods and %d of value do not make up %d", l.Prefix, l.Goods, l.Value, length)
		}
	}
	for _, p := range append(append([]string{}, c.Cards...), c.Badges...) {
		if p == "" {
			k.bad("codes", "с пустого начинается любой код", "an empty beginning is the beginning of every code")
		}
	}
}

// PermitKeys are the secrets of the permit port. They print as dots.
type PermitKeys struct {
	Key             string // X-API-KEY of the marking system
	Login, Password string // at the local module
}

// String hides the secrets, also from %v, %+v and %s.
func (PermitKeys) String() string { return "•••" }

// GoString hides the secrets from %#v.
func (k PermitKeys) GoString() string { return k.String() }

// LogValue hides the secrets from logs.
func (k PermitKeys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText hides the secrets from encoders.
func (k PermitKeys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LoadPermitKeys reads a file of secrets as LoadCredentials does.
func LoadPermitKeys(path string) (PermitKeys, error) {
	var in struct {
		Key      string `toml:"key"`
		Login    string `toml:"login"`
		Password string `toml:"password"`
	}
	if err := readSecrets(path, &in, "key, login, password"); err != nil {
		return PermitKeys{}, err
	}
	if in.Key == "" && in.Login == "" {
		return PermitKeys{}, fault.New(fault.ConfigMissing, path+": key, or login and password of the local module")
	}
	return PermitKeys(in), nil
}

package config

import (
	"bytes"
	"errors"
	"log/slog"
	"os"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/pos/fault"
)

// MaxCredentials is the largest file of secrets that is read, in bytes.
const MaxCredentials = 4 << 10

// Credentials are a cloud's secrets: a token, or login and password to get
// one with. They print as dots.
type Credentials struct {
	Token    string `toml:"token"`
	Login    string `toml:"login"`
	Password string `toml:"password"`
}

// String hides the secrets, also from %v, %+v and %s.
func (Credentials) String() string { return "•••" }

// GoString hides the secrets from %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue hides the secrets from logs.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText hides the secrets from encoders.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LoadCredentials reads a file of secrets. It must be a plain file that
// nobody but its owner may read or write. No error repeats what is in it.
func LoadCredentials(path string) (Credentials, error) {
	var secrets struct { // without the methods that hide
		Token    string `toml:"token"`
		Login    string `toml:"login"`
		Password string `toml:"password"`
	}
	if err := readSecrets(path, &secrets, "token, login, password"); err != nil {
		return Credentials{}, err
	}
	c := Credentials(secrets)
	switch {
	case c.Token == "" && (c.Login == "" || c.Password == ""):
		return Credentials{}, fault.New(fault.ConfigMissing, path+": token, or login and password")
	case c.Token != "" && c.Password != "":
		return Credentials{}, Bad(path, "", wrongly("задан и токен, и пароль", "both a token and a password"))
	}
	return c, nil
}

// OFDKeys are the keys of an operator's report service. They print as dots.
type OFDKeys struct {
	Yandex string // authentication, X-Yandex-Key
	OFD    string // authorisation, X-OFD-Key
}

// String hides the keys, also from %v, %+v and %s.
func (OFDKeys) String() string { return "•••" }

// GoString hides the keys from %#v.
func (k OFDKeys) GoString() string { return k.String() }

// LogValue hides the keys from logs.
func (k OFDKeys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText hides the keys from encoders.
func (k OFDKeys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LoadOFDKeys reads a file of secrets as LoadCredentials does.
func LoadOFDKeys(path string) (OFDKeys, error) {
	var secrets struct {
		Yandex string `toml:"yandex_key"`
		OFD    string `toml:"ofd_key"`
	}
	if err := readSecrets(path, &secrets, "yandex_key, ofd_key"); err != nil {
		return OFDKeys{}, err
	}
	if secrets.Yandex == "" || secrets.OFD == "" {
		return OFDKeys{}, fault.New(fault.ConfigMissing, path+": yandex_key and ofd_key")
	}
	return OFDKeys(secrets), nil
}

// RegisterPIN is the PIN a till logs in to a Belarusian register with. It
// prints as dots.
type RegisterPIN string

// String hides the PIN, also from %v, %+v and %s.
func (RegisterPIN) String() string { return "•••" }

// GoString hides the PIN from %#v.
func (p RegisterPIN) GoString() string { return p.String() }

// LogValue hides the PIN from logs.
func (p RegisterPIN) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText hides the PIN from encoders.
func (p RegisterPIN) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// LoadRegisterPIN reads a file of secrets as LoadCredentials does.
func LoadRegisterPIN(path string) (RegisterPIN, error) {
	var secrets struct {
		PIN string `toml:"pin"`
	}
	if err := readSecrets(path, &secrets, "pin"); err != nil {
		return "", err
	}
	if secrets.PIN == "" {
		return "", fault.New(fault.ConfigMissing, path+": pin")
	}
	return RegisterPIN(secrets.PIN), nil
}

// readSecrets reads a plain file that only its owner may see.
func readSecrets(path string, into any, keys string) error {
	fi, err := os.Stat(path)
	if err != nil {
		return fault.New(fault.PathBad, path, plain(err)).With(err)
	}
	switch {
	case !fi.Mode().IsRegular():
		return fault.New(fault.PathBad, path, fault.Either("это не простой файл", "not a plain file"))
	case fi.Mode().Perm()&0o077 != 0:
		return fault.New(fault.PathBad, path, eitherOf(wrongly("права %#o, нужны 0600: секреты прочтут другие", "mode %#o, want 0600: others could read the secrets", fi.Mode().Perm())))
	}
	text, err := readLimited(path, MaxCredentials)
	if err != nil {
		return err
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(into); err != nil {
		return Bad(path, "", where(err, keys))
	}
	return nil
}

// where tells the place of an error and nothing of the text around it.
func where(err error, keys string) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return wrongly("строка %d: неизвестный ключ (%s)", "line %d: unknown key (%s)", row, keys)
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		row, column := de.Position()
		return wrongly("строка %d, столбец %d: не TOML из строк", "line %d, column %d: not TOML of strings", row, column)
	}
	return wrongly("не TOML", "not TOML")
}

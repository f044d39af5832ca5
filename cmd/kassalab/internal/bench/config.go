package bench

import (
	_ "embed"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// Files a till is pointed at.
const (
	configFile      = "bench.toml"
	credentialsFile = "credentials.toml"
	reportKeysFile  = "ofd-keys.toml"
	tillDir         = "till"
)

//go:embed bench.toml.tmpl
var configText string

var configTemplate = template.Must(template.New(configFile).Funcs(template.FuncMap{"q": quote, "uri": uri}).Parse(configText))

// wiring is what the till's configuration tells.
type wiring struct {
	Dir         string // of the bench
	Data        string // of the till
	Console     string // host:port
	KKT         string // host:port, "" when it is not on the network
	KKTPort     string // serial port: the other way to the same KKT, or the only one
	Scanner     string
	LCD         bool // the display is a panel on I2C
	Display     string
	Scale       string
	Terminal    string // host:port, "" when there is none
	Printer     string // host:port, "" when there is none
	GPIO        string
	Inputs      []string
	LEDs        []string
	Cloud       string
	Store       string
	Credentials string
	Report      string // of the operator's report service
	ReportKeys  string
	Permit      string // of both services of the permit port
	PermitKeys  string
	Register    string          // URL of a Belarusian shop's register; "": a Russian one
	RegisterPIN string          // file with the PIN
	Senior      catalog.Cashier // ID "": the shop has none
	SeniorPIN   string
}

// config writes the till's configuration as text. The till owns the format;
// what is written here is its documented keys.
func (w wiring) config() ([]byte, error) {
	var text strings.Builder
	if err := configTemplate.Execute(&text, w); err != nil {
		return nil, fmt.Errorf("write till configuration: %w", err)
	}
	return []byte(text.String()), nil
}

// credentials writes the fake cloud's login, which is no secret, in the form
// that real ones have.
func credentials(login, password string) []byte {
	return fmt.Appendf(nil, "login = %s\npassword = %s\n", quote(login), quote(password))
}

// ReportPath is below which the page's server answers as the operator's report
// service.
const ReportPath = "/ofd/v1/"

// The keys of the fake report service, which are no secret.
const (
	reportYandexKey = "bench-yandex-key"
	reportOFDKey    = "bench-ofd-key"
)

func reportKeys() []byte {
	return fmt.Appendf(nil, "yandex_key = %s\nofd_key = %s\n", quote(reportYandexKey), quote(reportOFDKey))
}

// quote writes a TOML basic string.
func quote(s string) string {
	var q strings.Builder
	q.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			q.WriteByte('\\')
			q.WriteRune(r)
		case r < 0x20 || r == 0x7F:
			fmt.Fprintf(&q, `\u%04X`, r)
		default:
			q.WriteRune(r)
		}
	}
	q.WriteByte('"')
	return q.String()
}

// uri writes a path as an address.
func uri(scheme, path string) string {
	return (&url.URL{Scheme: scheme, Path: filepath.ToSlash(path)}).String()
}

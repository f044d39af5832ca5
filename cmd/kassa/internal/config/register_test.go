package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// A register makes the till a Belarusian one: its currency, and nothing beside
// it that only Russian law knows.
func TestRegister(t *testing.T) {
	const good = "[kkt]\ndriver = \"ikassa\"\naddress = \"http://192.168.1.20:37015\"\ncredentials = \"ikassa.secret\"\n"
	c, err := Parse([]byte(good), "/etc/kassa.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !c.KKT.Register() || c.KKT.Cloud() || c.Currency() != "BYN" || c.KKT.Address.String() != "http://192.168.1.20:37015" || c.KKT.Credentials != "/etc/ikassa.secret" {
		t.Errorf("%+v in %s", c.KKT, c.Currency())
	}
	for _, text := range []string{"", "[kkt]\naddress = \"tcp://h:1\"", "[kkt]\ndriver = \"cloud\"\n[cloud.moysklad]\nstore = \"s\""} {
		if c, err := Parse([]byte(text), "k.toml"); err != nil || c.Currency() != "RUB" {
			t.Errorf("%q: %v, %v", text, c.Currency(), err)
		}
	}
	for text, want := range map[string]string{
		strings.Replace(good, "http:", "tcp:", 1):                                             "kkt.address",
		strings.Replace(good, "address", "# address", 1):                                      "kkt.address",
		strings.Replace(good, "credentials", "# credentials", 1):                              "kkt.credentials",
		strings.Replace(good, ":37015", "", 1):                                                "want http://host:port",
		strings.Replace(good, ":37015", ":37015/v1", 1):                                       "no path",
		good + "[cloud.ofd]\ncredentials = \"x\"":                                             "cloud.ofd",
		good + "[permit]\nlocal = \"http://127.0.0.1:5995\"\ncredentials = \"x\"":             "permit",
		"[kkt]\naddress = \"http://h:1\"":                                                     "kkt.address",
		"[kkt]\naddress = \"tcp://h:1\"\n[display]\ndriver=\"vfd\"\naddress = \"http://h:1\"": "display.address",
	} {
		if _, err := Parse([]byte(text), "k.toml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestRegisterPIN(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("pin = \"739155\"")
	p, err := LoadRegisterPIN(path)
	if err != nil || p != "739155" {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p)
	text, err := p.MarshalText()
	if all := fmt.Sprintf("%v %+v %#v %s %q", p, p, p, p, text) + log.String(); err != nil || strings.Contains(all, "739155") {
		t.Errorf("the PIN shows in %s", all)
	}
	for text, code := range map[string]fault.Code{"": fault.ConfigMissing, "pin = \"\"": fault.ConfigMissing, "pan = \"739155\"": fault.ConfigBad, "pin = 739155": fault.ConfigBad} {
		write(text)
		if _, err := LoadRegisterPIN(path); !errors.Is(err, fault.New(code)) || strings.Contains(err.Error(), "739155") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

package card

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
)

const (
	pubKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk7Y2mVnUYHQ8bYkM6Y4yCqG5k3xkY9n0m0o2p1q3r4 rollout"
	full   = "# Магазин 7\r\nhostname = \"Till-7\"\r\ntimezone = \"Asia/Omsk\"\r\n[wifi]\r\nssid = \"Shop 7\"\r\npassword = \"p@ss w\\\\rd\"   # для касс\r\ncountry = \"RU\"\r\n" +
		"[cloud]\r\nstore = \"s-1\"\r\ntoken = \"t0ken-of-the-shop\"\r\n[update]\r\nchannel = \"beta\"\r\n[ssh]\r\nkey = \"" + pubKey + "\"\r\n"
)

// newCard is a card with a file, as the image lays it out.
func newCard(t *testing.T, text string) *Card {
	t.Helper()
	dir := t.TempDir()
	c := &Card{FAT: filepath.Join(dir, "fat"), Data: filepath.Join(dir, "data"), Run: filepath.Join(dir, "run", "kassa"), Now: func() time.Time { return time.Unix(1_800_000_000, 0) }}
	for _, d := range []string{c.FAT, c.data("identity"), c.data("iwd"), c.data("kassa"), c.data("config"), c.data("ssh")} {
		must(t, os.MkdirAll(d, 0o700))
	}
	must(t, os.WriteFile(c.data(configName), []byte("# a till\ndata = \"/var/lib/kassa\"\nlanguage = \"ru\"\n"), 0o640))
	if text != "" {
		must(t, os.WriteFile(c.fat(Name), []byte(text), 0o600))
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c *Card) text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	must(t, err)
	return string(b)
}

// all is everything that came of a file, by name.
func (c *Card) all(t *testing.T) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, root := range []string{c.FAT, c.Data} {
		must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".bak") {
				m[strings.TrimPrefix(path, filepath.Dir(c.FAT))] = c.text(t, path)
			}
			return err
		}))
	}
	return m
}

func TestApply(t *testing.T) {
	c := newCard(t, full)
	var named []string
	c.SetHostname = func(name string) error { named = append(named, name); return nil }
	writable := 0
	c.Writable = func(yes bool) error {
		if writable--; yes {
			writable += 2
		}
		return nil
	}
	s, err := c.Apply()
	if err != nil || !s.File || len(s.Problems) > 0 || s.Kept || writable != 0 {
		t.Fatalf("%+v, %v, writable %d", s, err, writable)
	}
	if want := []string{"hostname", "wifi", "cloud", "ssh.key", "cloud.moysklad.credentials", "cloud.moysklad.store", "timezone", "update.channel"}; !slices.Equal(s.Applied, want) {
		t.Errorf("applied %q", s.Applied)
	}
	if got := c.text(t, c.fat(Name)); strings.Contains(got, "w\\\\rd") || strings.Contains(got, "t0ken") || !strings.Contains(got, "password = \"\"   # для касс") || !strings.Contains(got, `ssid = "Shop 7"`) {
		t.Errorf("the file now:\n%s", got)
	}
	if got := c.text(t, c.data("iwd/Shop 7.psk")); !strings.Contains(got, "Passphrase=p@ss\\sw\\\\rd\n") {
		t.Errorf("the network: %s", got)
	}
	if got := c.text(t, c.data(secretName)); got != "token = \"t0ken-of-the-shop\"\n" {
		t.Errorf("the token: %s", got)
	}
	if got := c.text(t, c.data(keysName)); !strings.Contains(got, pubKey) {
		t.Errorf("the key: %s", got)
	}
	if got := c.text(t, c.data(wifiMain)); !strings.Contains(got, "Country=RU") {
		t.Errorf("the country: %s", got)
	}
	if !slices.Equal(named, []string{"till-7"}) {
		t.Errorf("named %q", named)
	}
	for _, name := range []string{secretName, keysName, "iwd/Shop 7.psk"} {
		if fi, err := os.Stat(c.data(name)); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, fi.Mode(), err)
		}
	}
	cfg, err := config.Load(c.data(configName))
	if err != nil || cfg.Timezone != "Asia/Omsk" || cfg.Update.Channel != "beta" || cfg.Cloud.MoySklad.Store != "s-1" || cfg.Cloud.MoySklad.Credentials != "/var/lib/kassa/moysklad.secret" {
		t.Errorf("%+v, %v", cfg, err)
	}
	if left, err := ReadStatus(c.Run); err != nil || !left.File || len(left.Applied) != len(s.Applied) {
		t.Errorf("for the till: %+v %v", left, err)
	}

	// The same card at the next start: nothing is done, but the name is given again.
	before := c.all(t)
	if s, err = c.Apply(); err != nil || len(s.Applied) > 0 || len(named) != 2 {
		t.Errorf("again: %+v, %v, named %q", s, err, named)
	}
	same(t, c.all(t), before)

	// Edited on a PC: another network, the same password nowhere; nobody lets in.
	edited := strings.NewReplacer("Shop 7\"", "Гости\"", pubKey, "").Replace(c.text(t, c.fat(Name)))
	must(t, os.WriteFile(c.fat(Name), []byte(edited), 0o600))
	if s, err = c.Apply(); err != nil || len(s.Problems) > 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if c.text(t, c.data("iwd/Shop 7.psk")) != "" || c.text(t, c.data("iwd/=d093d0bed181d182d0b8.open")) == "" || c.text(t, c.data(keysName)) != "" {
		t.Errorf("what was before has stayed: %v", c.all(t))
	}
	if c.text(t, c.data(secretName)) == "" {
		t.Error("the token is gone")
	}
	// A key that somebody laid there by hand is not the card's to remove.
	must(t, os.WriteFile(c.data(keysName), []byte(pubKey), 0o600))
	must(t, os.WriteFile(c.fat(Name), []byte(edited+"# more\n"), 0o600))
	if _, err = c.Apply(); err != nil || c.text(t, c.data(keysName)) != pubKey {
		t.Errorf("the key by hand: %v", err)
	}
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: %q, want %q", name, got[name], text)
		}
	}
	for name := range got {
		if _, is := want[name]; !is {
			t.Errorf("%s is there", name)
		}
	}
}

// TestCutAnywhere: the power goes before each step, or in the middle of the
// overwriting; the next start ends where one without a cut does, and no secret
// is lost or left.
func TestCutAnywhere(t *testing.T) {
	long := strings.Replace(full, "# Магазин 7", "# "+strings.Repeat("Магазин ", 200), 1) // several sectors
	whole := newCard(t, long)
	var steps []string
	whole.cut = func(step string) error { steps = append(steps, step); return nil }
	if s, err := whole.Apply(); err != nil || len(s.Problems) > 0 {
		t.Fatalf("%+v %v", s, err)
	}
	want := whole.all(t)
	if len(steps) < 12 {
		t.Fatalf("only %q", steps)
	}
	for i, name := range steps {
		for _, torn := range []bool{false, true} {
			if torn && name != "overwrite" {
				continue
			}
			c := newCard(t, long)
			n := 0
			c.cut = func(string) error {
				if n++; n <= i+1 {
					if n < i+1 {
						return nil
					}
				}
				if torn {
					must(t, overwritePart(c.fat(Name)))
				}
				return errCut
			}
			if _, err := c.Apply(); !errors.Is(err, errCut) {
				t.Errorf("cut before %s: %v", name, err)
			}
			c.cut = nil
			if s, err := c.Apply(); err != nil || len(s.Problems) > 0 || s.Kept {
				t.Errorf("after a cut before %s: %+v %v", name, s, err)
			}
			if _, err := c.Apply(); err != nil {
				t.Error(err)
			}
			same(t, c.all(t), want)
		}
	}
	// Cut, and changed on a PC before the next start: the change counts.
	c := newCard(t, long)
	c.cut = func(step string) error {
		if step == "overwrite" {
			return errCut
		}
		return nil
	}
	if _, err := c.Apply(); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	c.cut = nil
	must(t, os.WriteFile(c.fat(Name), []byte(strings.Replace(long, "Till-7", "Till-8", 1)), 0o600))
	if _, err := c.Apply(); err != nil || c.text(t, c.data(hostName)) != "till-8\n" || strings.Contains(c.text(t, c.fat(Name)), "t0ken") {
		t.Errorf("the change is lost: %v %s", err, c.text(t, c.fat(Name)))
	}
}

// overwritePart leaves a file as a cut in the middle of overwriting does.
func overwritePart(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(bytes.Repeat([]byte{'\n'}, sector))
	return errors.Join(err, f.Close())
}

// TestWrong: nothing of a file is taken that has a mistake; it is told beside
// it in both languages, with the line, and goes when it is mended.
func TestWrong(t *testing.T) {
	utf16le := func(s string) string {
		b := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		return string(b)
	}
	for name, c := range map[string]struct{ text, ru string }{
		"zone":      {"hostname = \"till\"\ntimezone = \"Mars\"", "timezone: строка 2: \"Mars\" — не часовой пояс"},
		"host":      {"hostname = \"касса 1\"", "hostname: строка 1"},
		"syntax":    {"hostname = till", "строка 1"},
		"unknown":   {"hostnam = \"till\"", "hostnam (kassa.toml:1)"},
		"type":      {"hostname = 7", "строка 1"},
		"cp1251":    {"# \xca\xe0\xf1\xf1\xe0\n", "UTF-8"},
		"password":  {"[wifi]\nssid = \"a\"\npassword = \"short\"", "wifi.password: строка 3"},
		"newline":   {"[wifi]\nssid = \"a\\n[Security]\"\npassword = \"longenough\"", "wifi.ssid"},
		"no ssid":   {"[wifi]\npassword = \"longenough\"", "имени сети нет"},
		"country":   {"[wifi]\ncountry = \"Russia\"", "wifi.country"},
		"token":     {"[cloud]\nstore = \"s\"\ntoken = \"a b\"", "cloud.token"},
		"store":     {"[cloud]\ntoken = \"abc\"", "точка продаж"},
		"channel":   {"[update]\nchannel = \"../x\"", "update.channel"},
		"server":    {"[update]\nserver = \"ftp://x\"", "update.server"},
		"key":       {"[ssh]\nkey = \"ssh-ed25519 AAAA\"", "ssh.key"},
		"two keys":  {"[ssh]\nkey = \"" + pubKey + "\\n" + pubKey + "\"", "ssh.key"},
		"options":   {"[ssh]\nkey = 'command=\"x\" " + pubKey + "'", "ssh.key"},
		"huge":      {strings.Repeat("# long\n", MaxSize), "больше"},
		"utf-16":    {utf16le("timezone = \"Mars\"\r\n"), "Mars"},
		"two wrong": {"language = \"de\"\n[wifi]\ncountry = \"x\"", "wifi.country: строка 3"},
	} {
		t.Run(name, func(t *testing.T) {
			card := newCard(t, c.text)
			before := card.all(t)
			s, err := card.Apply()
			if err != nil || len(s.Problems) == 0 || len(s.Applied) > 0 {
				t.Fatalf("%+v %v", s, err)
			}
			said := card.text(t, card.fat(errorsName))
			if !strings.HasPrefix(said, "\ufeff") || !strings.Contains(said, c.ru) || !strings.Contains(said, "Nothing of kassa.toml") || strings.Count(said, "\n") != strings.Count(said, "\r\n") {
				t.Errorf("%q, want %q", said, c.ru)
			}
			for _, secret := range []string{"short", "longenough", "a b"} {
				if strings.Contains(said, secret) {
					t.Errorf("a secret is told: %s", said)
				}
			}
			after := card.all(t)
			delete(after, "/fat/"+errorsName)
			same(t, after, before)
			must(t, os.WriteFile(card.fat(Name), Template(), 0o600))
			if s, err := card.Apply(); err != nil || len(s.Problems) > 0 || card.text(t, card.fat(errorsName)) != "" {
				t.Errorf("mended: %+v %v", s, err)
			}
		})
	}
}

// TestTemplate: a new card's own file is right, changes nothing, and names every
// key there is.
func TestTemplate(t *testing.T) {
	c := newCard(t, string(Template()))
	before := c.text(t, c.data(configName))
	if s, err := c.Apply(); err != nil || len(s.Applied) > 0 || len(s.Problems) > 0 || c.text(t, c.data(configName)) != before {
		t.Errorf("%+v %v", s, err)
	}
	b, err := toml.Marshal(File{})
	must(t, err)
	var keys, named map[string]any
	must(t, toml.Unmarshal(b, &keys))
	must(t, toml.Unmarshal(Template(), &named))
	for key, v := range keys {
		sub, table := v.(map[string]any)
		if !table {
			sub = map[string]any{key: nil}
		}
		for name := range sub {
			at := named
			if table {
				at, _ = named[key].(map[string]any)
			}
			if at[name] != "" {
				t.Errorf("%s.%s is not in the template, or set", key, name)
			}
		}
	}
	if s, err := newCard(t, "").Apply(); err != nil || s.File || len(s.Applied) > 0 {
		t.Errorf("no file: %+v %v", s, err)
	}
}

// TestLocked: a card that can not be written keeps its secrets, which is said
// and tried again; the till is set up all the same.
func TestLocked(t *testing.T) {
	c := newCard(t, full)
	c.Writable = func(bool) error { return errors.New("read only") }
	s, err := c.Apply()
	if err != nil || !s.Kept || c.text(t, c.data(secretName)) == "" {
		t.Errorf("%+v %v", s, err)
	}
	inline := newCard(t, "wifi = { ssid = \"Shop\", password = \"longenough\" }\n")
	if s, err := inline.Apply(); err != nil || !s.Kept || inline.text(t, inline.data("iwd/Shop.psk")) == "" {
		t.Errorf("written in one line: %+v %v", s, err)
	}
	c.Writable = nil
	if s, err = c.Apply(); err != nil || s.Kept || strings.Contains(c.text(t, c.fat(Name)), "t0ken") {
		t.Errorf("%+v %v", s, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add(Template())
	f.Add([]byte("\xff\xfeh\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse(text)
		if err != nil {
			return
		}
		if name, text := file.WiFi.network(); strings.ContainsAny(name, "/\x00\n") || strings.Count(text, "\n") > 2 {
			t.Errorf("%q %q", name, text)
		}
		if clean, err := blanked(text, file); err == nil && bytes.Contains(clean, []byte("password = \"")) && file.WiFi.Password == "" && !bytes.Equal(clean, text) {
			t.Errorf("%q became %q", text, clean)
		}
	})
}

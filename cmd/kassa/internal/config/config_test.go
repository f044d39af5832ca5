package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kassa-pos/kassa/board"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/peripherals/signal"
	"github.com/kassa-pos/kassa/pos/fault"
)

const full = `
data = "/var/lib/kassa"
language = "en"
timezone = "Asia/Vladivostok"
bench = true
[console]
listen = "127.0.0.1:0"
[kkt]
address = "serial:///tmp/a%20b/kkt?baud=115200"
[[scanner]]
address = "serial:///dev/ttyACM0?baud=9600&parity=even"
suffix = "crlf"
[[scanner]]
name = "hand"
address = "tcp://10.0.0.7:4001"
[display]
address = "serial:///tmp/bench dir/дисплей"
codepage = "cp1251"
[gpio]
address = "unix:///tmp/gpio"
drawer = "!GPIO17"
buzzer = "GPIO18"
[cloud.moysklad]
url = "http://127.0.0.1:8081/api"
store = "1"
credentials = "cloud.secret"
[journal]
period = "quarter"
`

func TestParse(t *testing.T) {
	got, err := Parse([]byte(full), "/etc/kassa/kassa.toml")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Path: "/etc/kassa/kassa.toml", Data: "/var/lib/kassa", Language: "en", Timezone: "Asia/Vladivostok", Bench: true,
		Console: Console{Listen: "127.0.0.1:0", Lock: DefaultLock},
		Journal: Journal{Period: "quarter", KeepYears: 5}, Update: defaultUpdate(),
		KKT: &KKT{Driver: "shtrih-m", Address: URI{"serial", "", "/tmp/a b/kkt", url.Values{"baud": {"115200"}}}, Password: 30, Protocol: "auto", Speed: "fixed", OFDRelay: "auto"},
		Scanners: []Scanner{
			{"scanner", URI{"serial", "", "/dev/ttyACM0", url.Values{"baud": {"9600"}, "parity": {"even"}}}, "crlf"},
			{"hand", URI{"tcp", "10.0.0.7:4001", "", url.Values{}}, "cr"},
		},
		Display: &Display{Driver: "vfd", Address: URI{"serial", "", "/tmp/bench dir/дисплей", url.Values{}}, CodePage: "cp1251", Columns: 20, Rows: 2},
		GPIO:    &GPIO{Address: URI{"unix", "", "/tmp/gpio", url.Values{}}, PulseMS: 150, Drawer: "!GPIO17", Buzzer: "GPIO18"},
		Cloud:   Cloud{MoySklad: &MoySklad{URL: "http://127.0.0.1:8081/api", Store: "1", Credentials: "/etc/kassa/cloud.secret"}},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Config{}, "Text")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"drawer": "!GPIO17", "buzzer": "GPIO18"}, got.GPIO.Roles()); d != "" {
		t.Error(d)
	}
	if loc, err := got.Location(); err != nil || loc.String() != "Asia/Vladivostok" {
		t.Errorf("%v %v", loc, err)
	}
}

func TestOneScannerNeedsNoList(t *testing.T) {
	c, err := Parse([]byte("[scanner]\naddress=\"serial:///dev/x\"\nsuffix=\"none\""), "k.toml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Scanners) != 1 || c.Scanners[0].Name != "scanner" || c.Scanners[0].Suffix != "none" {
		t.Errorf("%+v", c.Scanners)
	}
}

func TestAnEmptyFileIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", "\xef\xbb\xbf# nothing\r\n"} {
		got, err := Parse([]byte(text), "/d/kassa.toml")
		if err != nil {
			t.Fatal(err)
		}
		want := Defaults()
		want.Path, want.Data = "/d/kassa.toml", "/d/data"
		if d := cmp.Diff(&want, got, cmpopts.IgnoreFields(Config{}, "Text")); d != "" {
			t.Error(d)
		}
	}
	d := Defaults()
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
}

func TestUnknownKeysAreRefusedWithTheirLine(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"top":       {"langauge = \"ru\"", []string{"langauge (kassa.toml:1)"}},
		"in table":  {"[kkt]\naddress=\"tcp://h:1\"\nbaud=1", []string{"kkt.baud (kassa.toml:3)"}},
		"in list":   {"[[scanner]]\naddress=\"tcp://h:1\"\nsufix=\"cr\"", []string{"scanner.sufix (kassa.toml:3)"}},
		"in one":    {"[scanner]\naddress=\"tcp://h:1\"\nsufix=\"cr\"", []string{"scanner.sufix (kassa.toml:3)"}},
		"table":     {"\n[printer]\na=1", []string{"(kassa.toml:"}},
		"secret":    {"[cloud.moysklad]\ntoken=\"s3cret\"", []string{"cloud.moysklad.token (kassa.toml:2)"}},
		"all":       {"a=1\nb=2\nc=3", []string{"a (kassa.toml:1)", "b (kassa.toml:2)", "c (kassa.toml:3)"}},
		"go's name": {"Path = \"x\"", []string{"(kassa.toml:1)"}},
	} {
		_, err := Parse([]byte(c.text), "/etc/kassa.toml")
		if !errors.Is(err, fault.New(fault.ConfigUnknown)) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(fault.Of(err).Text("en"), part) {
				t.Errorf("%s: %v lacks %q", name, err, part)
			}
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error repeats a secret: %v", name, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no toml":        {"data = \nlanguage = 1", "line 1"},
		"binary":         {"\x00\x01\x02", "line 1"},
		"not utf8":       {"data = \"\xff\xfe\"", "line 1"},
		"wrong type":     {"language = 5", "line 1"},
		"twice":          {"data = \"a\"\ndata = \"b\"", "data"},
		"bad scheme":     {"[kkt]\naddress = \"ftp://x\"", "kkt.address: line 2, column 11: address scheme"},
		"two slashes":    {"[kkt]\naddress = \"serial://dev/tty\"", "three slashes"},
		"no port":        {"[kkt]\naddress = \"tcp://host\"", "tcp://host:port"},
		"network speed":  {"[kkt]\naddress = \"tcp://host:1\"\nspeed = \"auto\"", "kkt.speed: a network has no speed"},
		"scanner text":   {"scanner = \"x\"", "line 1"},
		"scanner number": {"scanner = [1]", "line 1"},
	} {
		_, err := Parse([]byte(c.text), "/etc/kassa.toml")
		if !errors.Is(err, fault.New(fault.ConfigBad)) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestValidateTellsEverythingAtOnce(t *testing.T) {
	text := `
data = ""
language = "by"
timezone = "Mars/Olympus"
prefix = "a prefix that is too long"
[console]
listen = "0.0.0.0:80"
[kkt]
driver = "atol"
password = -1
protocol = "v3"
speed = "fast"
ofd_relay = "yes"
ofd_address = "somewhere"
[shift]
close = "25h"
quiet = "1s"
[journal]
period = "week"
keep_years = 4
[[scanner]]
name = "a"
address = "serial:///dev/x?baud=1"
suffix = "tab"
[[scanner]]
name = "a"
address = "serial:///dev/y?speed=9600"
[display]
driver = "cd5220"
address = "serial:///dev//x"
codepage = "koi8"
columns = 16
table = 999
[gpio]
address = "tcp://x:1"
pulse_ms = 5000
drawer = "GPIO1"
buzzer = "!GPIO1"
led_error = "two words"
[cloud.moysklad]
url = "http://example.org"
credentials = "secret"
auth = "magic"
hosts = ["a/b"]
`
	_, err := Parse([]byte(text), "kassa.toml")
	var all Problems
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	want := []string{
		"data", "language", "timezone", "prefix", "console.listen", "kkt.driver", "kkt.address", "kkt.password", "kkt.protocol", "kkt.speed", "kkt.ofd_relay", "kkt.ofd_address",
		"shift.close", "shift.quiet", "journal.period", "journal.keep_years",
		"scanner[1].address", "scanner[1].suffix", "scanner[2].address", "scanner[2].name",
		"display.driver", "display.codepage", "display.table", "scanner[1].address", // the display stands on its port
		"gpio.address", "gpio.pulse_ms", "gpio.drawer", "gpio.led_error",
		"cloud.moysklad.url", "cloud.moysklad.store", "cloud.moysklad.auth", "cloud.moysklad.hosts",
	}
	for _, key := range want {
		if !slices.ContainsFunc(all, func(e *fault.Error) bool { return KeyOf(e) == key }) {
			t.Errorf("%s is not told of", key)
		}
	}
	if len(all) != len(want) {
		t.Errorf("%d problems, want %d:\n%v", len(all), len(want), all.Text("en"))
	}
	if !errors.Is(err, fault.New(fault.ConfigMissing)) || fault.Of(err).Code == fault.Internal {
		t.Error("the catalogue does not find the codes")
	}
	if n := strings.Count(all.Text("ru"), "\n"); n != len(all)-1 {
		t.Errorf("%d lines of Russian", n+1)
	}
}

func TestShift(t *testing.T) {
	for text, good := range map[string]bool{
		"": true, "close = \"23h30m\"": true, "close = \"1h\"\nquiet = \"10m\"\nopen_next = true": true,
		"close = \"half past\"": false, "close = 23": false, "open_next = true": false, "close = \"-1h\"": false,
	} {
		c, err := Parse([]byte("[shift]\n"+text), "k.toml")
		if (err == nil) != good {
			t.Errorf("%s: %+v, %v", text, c, err)
		}
	}
	c, err := Parse([]byte(Example()), "k.toml")
	if err != nil || c.Shift != (Shift{Close: Duration(23*time.Hour + 30*time.Minute), Quiet: Duration(5 * time.Minute)}) {
		t.Errorf("%+v %v", c.Shift, err)
	}
}

// A period is over by the till's calendar, and when the clock was wrong.
func TestPeriodOver(t *testing.T) {
	zone := time.FixedZone("", 7*3600)
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		begun, now string
		over       string // the periods that are
	}{
		{"2026-03-01 00:00", "2026-03-31 23:59", ""},
		{"2026-03-31 23:59", "2026-04-01 00:00", "month quarter"},
		{"2026-01-31 12:00", "2026-02-01 12:00", "month"},
		{"2026-12-31 12:00", "2027-01-01 00:00", "month quarter year"},
		{"2026-11-05 12:00", "2027-02-01 00:00", "month quarter year"},
		{"2026-05-05 12:00", "2026-05-05 11:00", ""},
		{"2026-05-01 00:30", "2026-04-30 23:59", ""}, // the clock was set back an hour
		{"2090-05-01 00:30", "2026-04-30 23:59", "month quarter year"},
	} {
		for _, period := range []string{"month", "quarter", "year", "never"} {
			j := Journal{Period: period}
			if got := j.Over(at(c.begun).UTC(), at(c.now)); got != (strings.Contains(c.over, period)) {
				t.Errorf("%s from %s to %s: %v", period, c.begun, c.now, got)
			}
		}
	}
	if (Journal{Period: "month"}).Over(time.Time{}, at("2026-05-05 12:00")) {
		t.Error("a period in which nothing has happened")
	}
}

func TestListen(t *testing.T) {
	for listen, public := range map[string]bool{
		"127.0.0.1:8080": false, "[::1]:80": false, "localhost:0": false, "0.0.0.0:80": true, ":80": true, "10.1.2.3:80": true, "till.local:80": true,
	} {
		for _, allowed := range []bool{false, true} {
			c := Defaults()
			c.Console = Console{Listen: listen, Public: allowed}
			if err := c.Validate(); (err == nil) != (allowed || !public) {
				t.Errorf("%s, public %v: %v", listen, allowed, err)
			}
		}
	}
	for _, listen := range []string{"", "8080", "host:port", "127.0.0.1:70000", "127.0.0.1:-1"} {
		c := Defaults()
		c.Console.Listen = listen
		if c.Validate() == nil {
			t.Errorf("%q accepted", listen)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k.toml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("data = \"deep/data\"\n")
	c, err := Load(path)
	if err != nil || c.Data != filepath.Join(dir, "deep/data") || c.Path != path {
		t.Errorf("%+v %v", c, err)
	}
	write("#" + strings.Repeat("x", MaxSize))
	if _, err := Load(path); !errors.Is(err, fault.New(fault.ConfigBad)) {
		t.Errorf("huge: %v", err)
	}
	for _, p := range []string{filepath.Join(dir, "none.toml"), dir, filepath.Join(dir, strings.Repeat("x", 5000))} {
		if _, err := Load(p); !errors.Is(err, fault.New(fault.PathBad)) {
			t.Errorf("%.80s: %v", p, err)
		}
	}
	if _, err := Load("/dev/zero"); !errors.Is(err, fault.New(fault.ConfigBad)) {
		t.Errorf("endless: %v", err)
	}
}

func TestVeryLongDataPath(t *testing.T) {
	long := "/" + strings.Repeat("очень-длинный-путь/", 150)
	c, err := Parse([]byte("data = \""+long+"\"\n[gpio]\naddress = \"unix://"+long+"gpio\""), "k.toml")
	if err != nil || c.Data != long || c.GPIO.Address.Path != long+"gpio" {
		t.Errorf("%v", err)
	}
}

func TestExample(t *testing.T) {
	c, err := Parse([]byte(Example()), "/etc/kassa.toml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Scanners) != 1 || c.Display == nil || c.KKT == nil || c.Cloud.MoySklad == nil || c.Bench {
		t.Errorf("%+v", c)
	}
	if got := len(c.GPIO.Roles()); got != len(pins.Outputs())+len(pins.Inputs()) {
		t.Errorf("the example names %d roles", got)
	}
}

func TestRolesAreTheBoards(t *testing.T) {
	c, err := Parse([]byte(Example()), "/etc/kassa.toml")
	if err != nil {
		t.Fatal(err)
	}
	known := append(pins.Outputs(), pins.Inputs()...)
	for role := range c.GPIO.Roles() {
		if !slices.Contains(known, pins.Role(role)) {
			t.Errorf("the board knows no role %s", role)
		}
	}
}

func TestURIRoundTrip(t *testing.T) {
	for _, u := range []URI{
		{}, {"tcp", "[::1]:7778", "", url.Values{}},
		{"serial", "", "/tmp/a b?c#d%20е", url.Values{"baud": {"9600"}}},
		{"unix", "", "/x", url.Values{}},
	} {
		var got URI
		if err := got.UnmarshalText([]byte(u.String())); err != nil {
			t.Errorf("%s: %v", u, err)
		}
		if d := cmp.Diff(u, got); d != "" {
			t.Errorf("%s: %s", u, d)
		}
	}
	for _, s := range []string{
		"x", "tcp:host:1", "tcp://u:p@h:1", "tcp://h:1/path", "tcp://h:1?x=1", "tcp://:1", "tcp://h:0", "tcp://h:99999",
		"serial://", "serial:///", "serial:///x#y", "unix:///x?y=1", "serial:///%zz", "serial:///x?a=%zz", "serial:///x%00y",
		"serial:///" + strings.Repeat("x", MaxURI),
	} {
		var u URI
		if err := u.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%.80q accepted as %+v", s, u)
		}
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	file := func(text string, mode os.FileMode) string {
		path := filepath.Join(dir, fmt.Sprintf("%x", len(text)*1000+int(mode)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if c, err := LoadCredentials(file("token = \"t0k\"", 0o600)); err != nil || c.Token != "t0k" {
		t.Errorf("%v", err)
	}
	c, err := LoadCredentials(file("login = \"me\"\npassword = \"s3cret\"", 0o400))
	if err != nil || c.Login != "me" || c.Password != "s3cret" {
		t.Errorf("%v", err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c)
	text, err := c.MarshalText()
	if all := fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, text) + log.String(); err != nil || strings.Contains(all, "s3cret") {
		t.Errorf("the secret shows in %s", all)
	}
	for name, c := range map[string]struct {
		path string
		code fault.Code
	}{
		"world":    {file("token = \"s3cret\"", 0o644), fault.PathBad},
		"group":    {file("token = \"s3cret\"", 0o620), fault.PathBad},
		"missing":  {filepath.Join(dir, "none"), fault.PathBad},
		"a dir":    {dir, fault.PathBad},
		"a device": {"/dev/null", fault.PathBad},
		"empty":    {file("", 0o600), fault.ConfigMissing},
		"half":     {file("login = \"s3cret\"", 0o600), fault.ConfigMissing},
		"both":     {file("token = \"s3cret\"\npassword = \"s3cret\"", 0o600), fault.ConfigBad},
		"unknown":  {file("s3cret = \"s3cret\"", 0o600), fault.ConfigBad},
		"broken":   {file("token = s3cret", 0o600), fault.ConfigBad},
		"number":   {file("token = 1", 0o600), fault.ConfigBad},
		"huge":     {file(strings.Repeat("# s3cret", MaxCredentials), 0o600), fault.ConfigBad},
	} {
		_, err := LoadCredentials(c.path)
		if !errors.Is(err, fault.New(c.code)) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error repeats the secret: %v", name, err)
		}
	}
}

// FuzzParse: any text gives a valid configuration or an error of the catalogue.
func FuzzParse(f *testing.F) {
	f.Add(full)
	f.Add(Example())
	f.Add("scanner = [[]]")
	f.Add("[kkt]\naddress='serial:///%'")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text), "/k.toml")
		if err != nil {
			if fault.Of(err).Code == fault.Internal {
				t.Fatalf("not of the catalogue: %v", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		if c.KKT != nil {
			var again URI
			if err := again.UnmarshalText([]byte(c.KKT.Address.String())); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestRolesAndPermissions: who may what is spelt right or refused.
func TestRolesAndPermissions(t *testing.T) {
	c, err := Parse([]byte("[roles]\nsenior = [\"anna@shop\"]\n[permissions.cashier]\nvoid_line = false\n"), "k.toml")
	if err != nil || c.Roles["senior"][0] != "anna@shop" || c.Permissions["cashier"]["void_line"] {
		t.Errorf("%+v %v", c, err)
	}
	for _, text := range []string{"[roles]\nboss = [\"a\"]", "[roles]\nsenior = [\"a\"]\nowner = [\"a\"]", "[roles]\nsenior = [\"\"]",
		"[permissions.owner]\ncorrect = false", "[permissions.cashier]\nfly = true", "[permissions.nobody]\ncorrect = true"} {
		if _, err := Parse([]byte(text), "k.toml"); !errors.Is(err, fault.New(fault.ConfigBad)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A scanner may be a keyboard or speak HID POS; no other device may.
func TestScannersOfTheKernel(t *testing.T) {
	c, err := Parse([]byte("[[scanner]]\naddress = \"evdev:///dev/input/by-id/usb-GUN-event-kbd\"\n[[scanner]]\naddress = \"hidraw:///dev/hidraw0\"\nsuffix = \"lf\"\n"), "/etc/kassa/kassa.toml")
	if err != nil || len(c.Scanners) != 2 || c.Scanners[0].Suffix != "cr" || c.Scanners[1].Suffix != "none" {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, text := range []string{
		"[scanner]\naddress = \"evdev:///dev/input/event3?baud=9600\"\n",
		"[scanner]\naddress = \"hidraw://host\"\n",
		"[display]\naddress = \"evdev:///dev/input/event3\"\n",
		"[kkt]\naddress = \"hidraw:///dev/hidraw0\"\n",
		"[watchdog]\ndevice = \"watchdog0\"\n",
		"[watchdog]\ntimeout = \"1s\"\n",
	} {
		if _, err := Parse([]byte(text), "/etc/kassa/kassa.toml"); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if c, err = Parse([]byte("[watchdog]\n"), "/etc/kassa/kassa.toml"); err != nil || c.Watchdog.Device != DefaultWatchdog || c.Watchdog.Timeout != DefaultWatchdogTimeout {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestPanelOnI2C(t *testing.T) {
	const panel = "[display]\ndriver = \"hd44780\"\naddress = \"i2c:///dev/i2c-1"
	c, err := Parse([]byte(panel+"?address=0x3f\"\ncolumns = 16\nrom = \"cyrillic\"\n"), "/etc/kassa/kassa.toml")
	if err != nil {
		t.Fatal(err)
	}
	if a, err := c.Display.I2CAddress(); a != 0x3F || err != nil {
		t.Errorf("%#x, %v", a, err)
	}
	for _, text := range []string{panel + "?address=0x50\"\n", panel + "?speed=1\"\n", panel + "\"\nrom = \"b00\"\n", panel + "\"\ncolumns = 40\n", panel + "\"\nrows = 3\n",
		"[display]\naddress = \"i2c:///dev/i2c-1\"\n", "[display]\ndriver = \"hd44780\"\naddress = \"serial:///dev/ttyS0\"\n", "[display]\nrom = \"a00\"\naddress = \"serial:///dev/ttyS0\"\n"} {
		if _, err := Parse([]byte(text), "/etc/kassa/kassa.toml"); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// What a file says of a situation is all that is shown of it; what can not be
// shown is refused.
func TestSignals(t *testing.T) {
	c, err := Parse([]byte("[signals]\noffline_after = \"30m\"\n[signals.patterns]\nchime = [80, 60, 80]\n[signals.when.help]\nwhite = \"slow\"\nred = \"off\"\nbeep = \"chime\"\nevery = \"1m\"\n"), "k.toml")
	if err != nil {
		t.Fatal(err)
	}
	want := signal.Show{Lamps: map[signal.Lamp]signal.Light{signal.White: signal.Slow, signal.Red: signal.Off}, Beep: "chime", Every: time.Minute}
	p := c.Signals.Plan()
	if d := cmp.Diff(want, p.Shows[signal.Help]); d != "" || c.Signals.Offline() != 30*time.Minute {
		t.Errorf("%v %s", c.Signals.Offline(), d)
	}
	const ms = time.Millisecond
	if d := cmp.Diff([]signal.Pattern{{Name: "chime", Tones: []signal.Tone{{On: 80 * ms, Off: 60 * ms}, {On: 80 * ms}}}}, p.Patterns); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(signal.Usual().Shows[signal.Ready], p.Shows[signal.Ready]); d != "" {
		t.Error(d)
	}
	if c, err := Parse([]byte("[board]\nprofile = \"raspberry-pi-4\"\n[board.header]\n11 = \"X\""), "k.toml"); err != nil {
		t.Error(err)
	} else if p, err := c.Board.On(board.Profile{}); err != nil || p.Header[11] != "X" || p.Header[13] != "GPIO27" {
		t.Errorf("%+v %v", p, err)
	}
	for name, text := range map[string]string{
		"a board": "[board]\nprofile = \"toaster\"", "a pin": "[board.header]\nx = \"GPIO1\"",
		"a situation": "[signals.when.party]\nred = \"on\"", "a light": "[signals.when.help]\nred = \"disco\"", "a pattern": "[signals.when.help]\nbeep = \"waltz\"",
		"too often": "[signals.when.help]\nbeep = \"call\"\nevery = \"1s\"", "a long tone": "[signals.patterns]\nx = [1001]", "a huge tone": "[signals.patterns]\nx = [9223372036854775807]",
		"a negative tone": "[signals.patterns]\nx = [-60]", "no tones": "[signals.patterns]\nx = []", "a name twice": "[signals.patterns]\nalarm = [60]", "a short silence": "[signals]\noffline_after = \"1s\"",
	} {
		if _, err := Parse([]byte(text), "k.toml"); !errors.Is(err, fault.New(fault.ConfigBad)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

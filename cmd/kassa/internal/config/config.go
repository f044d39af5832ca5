// Package config is the till's one configuration file: which devices hang
// where, where the data is, which cloud it belongs to. It is wiring: a change
// wants a restart. What a shop changes while it sells lives in the journal.
//
// The file is strict TOML. A key that is not known is refused with its line,
// for a misspelt one would otherwise be silently without effect. Nothing in
// it is secret: the cloud's login and token are in a file of their own that
// only the till may read (see Credentials).
//
// Errors are of the catalogue (pos/fault): ConfigBad, ConfigUnknown,
// ConfigMissing, PathBad. Validate tells all problems at once.
//
// A Config is not changed after Load and may be shared.
package config

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
	_ "time/tzdata" // a board's image has no zone files; the till must know its own zone

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
)

// MaxPrefix is the longest prefix of document names, in characters.
const MaxPrefix = 12

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 64 << 10

// Config is the file.
type Config struct {
	Path string `toml:"-"` // of the file, "" for the defaults
	Text []byte `toml:"-"` // it was read from, nil for the defaults
	Old  bool   `toml:"-"` // it is the last good one in place of the file

	Data     string   `toml:"data"`     // directory of the journal and everything else the till keeps
	Language string   `toml:"language"` // of the operator: "ru" or "en"
	Timezone string   `toml:"timezone"` // IANA name, "" the machine's own
	Prefix   string   `toml:"prefix"`   // of document names, this till's alone within the shop: "K1-"
	Bench    bool     `toml:"bench"`    // a fiscal device with a test FN may sell; never in an image
	Console  Console  `toml:"console"`
	Cheques  Cheques  `toml:"cheques"`
	Customer Customer `toml:"customer"`
	Kiosk    *Kiosk   `toml:"kiosk"`
	KKT      *KKT     `toml:"kkt"`
	Shift    Shift    `toml:"shift"`

	// Roles names cashiers by badge (the cloud's login) or id, by role: the cloud
	// knows none. Who is named nowhere keeps the role of the catalogue.
	Roles map[string][]string `toml:"roles"`
	// Permissions are what a role may do or not, other than usual.
	Permissions map[string]map[string]bool `toml:"permissions"`
	Prices      Prices                     `toml:"prices"`
	Journal     Journal                    `toml:"journal"`

	Scanners []Scanner `toml:"-"` // [scanner], or several [[scanner]]

	Display *Display `toml:"display"`
	Scale   *Scale   `toml:"scale"`
	// Printer prints what is no fiscal receipt: copies, reports, labels.
	Printer *Printer `toml:"printer"`
	// Kitchen is where dishes are made that the till sells; nil: nowhere.
	Kitchen *Kitchen `toml:"kitchen"`
	// Terminal moves money by card and by QR; without it people see to it.
	Terminal *Terminal `toml:"terminal"`
	GPIO     *GPIO     `toml:"gpio"`
	Board    Board     `toml:"board"`
	// Signals are how the lamps and the buzzer of GPIO say what.
	Signals Signals `toml:"signals"`

	Watchdog *Watchdog `toml:"watchdog"`
	Update   Update    `toml:"update"`

	Cloud  Cloud  `toml:"cloud"`
	Evotor Evotor `toml:"evotor"`

	Permit       *Permit `toml:"permit"`
	Codes        *Codes  `toml:"codes"`
	Restrictions string  `toml:"restrictions"` // file with age groups, hours and least prices; "" the federal ones
}

// Prices are the shop's habits that a cloud may not know of; what is absent is
// as the catalogue has it.
type Prices struct {
	DropKopecks *bool `toml:"drop_kopecks"` // a cheque paid in cash alone comes to whole roubles
	VATOnTop    *bool `toml:"vat_on_top"`   // the catalogue's prices are without VAT
}

// Console is where the operator's pages and the HTTP API are served.
type Console struct {
	Listen string `toml:"listen"` // host:port; a loopback address unless Public
	Public bool   `toml:"public"` // other machines may connect, over TLS

	TLS         string   `toml:"tls"`         // "auto" (also ""), or "off": other machines are spoken to without encryption
	Lock        Duration `toml:"lock"`        // a browser nobody touches is locked after it; "0s" never
	Names       []string `toml:"names"`       // names and addresses by which others reach the till, beside its own
	Certificate string   `toml:"certificate"` // PEM file of a certificate that somebody else vouches for, with what it was signed by; "" the till's own
	Key         string   `toml:"key"`         // PEM file of its key
}

// DefaultLock is after how long a browser nobody touches asks for the PIN again.
const DefaultLock = Duration(15 * time.Minute)

// PlainHTTP tells whether other machines are spoken to without encryption.
func (c Console) PlainHTTP() bool { return c.TLS == "off" }

// Customer is the second screen, at /customer of the console.
type Customer struct {
	Language string   `toml:"language"` // "ru" or "en"; "" the browser's choice, or Language
	Pictures string   `toml:"pictures"` // folder of JPEG and PNG files shown while nobody buys; "" none
	Each     Duration `toml:"each"`     // a picture stays for; "" is ten seconds
}

// Cheques is where waiters' tablets are served, in the cheques API of iKassa's
// registers.
type Cheques struct {
	Listen string `toml:"listen"` // host:port, as in "127.0.0.1:37015"; a loopback address unless Public; "" nowhere
	Public bool   `toml:"public"` // other machines may connect
	Open   bool   `toml:"open"`   // without a token too, while a cashier is logged in at the till
}

// KKT is the fiscal printer.
type KKT struct {
	Driver   string `toml:"driver"`   // "shtrih-m"; "ikassa": a Belarusian register; or "cloud": none here, the cloud has another till register
	Address  URI    `toml:"address"`  // tcp://host:port or serial:///path?baud=N; of a register http://host:port
	Password int    `toml:"password"` // operator's password in the device, 0..99999999; factory 30
	Protocol string `toml:"protocol"` // "auto", "v1" or "v2"; "" is auto
	Speed    string `toml:"speed"`    // "fixed": the address says it; "auto": the usual ones are tried after that; "" is fixed

	OFDRelay   string `toml:"ofd_relay"`   // "auto": carry its messages to the OFD when it says so; "on", "off"
	OFDAddress string `toml:"ofd_address"` // host:port in place of the device's own setting

	Credentials string `toml:"credentials"` // of a register: path of the file with the PIN
}

// cloudDriver is no device at all.
const cloudDriver = "cloud"

// Cloud tells whether another till's device registers this one's receipts.
func (k *KKT) Cloud() bool { return k.Driver == cloudDriver }

// registerDriver is an iKassa register, which registers Belarusian receipts.
const registerDriver = "ikassa"

// Register tells whether receipts are registered by an iKassa register.
func (k *KKT) Register() bool { return k.Driver == registerDriver }

// Currency is the one the till works in, ISO 4217: what its device registers.
func (c *Config) Currency() string {
	if c.KKT != nil && c.KKT.Register() {
		return tax.BYN
	}
	return tax.RUB
}

// Shift is what the till does about its shift by itself.
type Shift struct {
	Close    Duration `toml:"close"`     // close it at this age when nobody is selling; "" never
	Quiet    Duration `toml:"quiet"`     // nobody is selling when nothing was done for so long; "" is five minutes
	OpenNext bool     `toml:"open_next"` // open the next one right after, when a cashier is logged in
}

// Journal is how long the journal's periods are, and how long closed ones are
// kept.
type Journal struct {
	Period    string `toml:"period"`     // "month", "quarter", "year"; "never": only by hand
	KeepYears int    `toml:"keep_years"` // since a closed period's newest document, 5..30
}

// Over tells whether a period that began at a moment is over at another, by
// the calendar of the till's zone. One that began in the future is: the clock
// was wrong.
func (j Journal) Over(begun, now time.Time) bool {
	const clockSlack = 24 * time.Hour
	begun = begun.In(now.Location())
	switch {
	case j.Period == "never" || begun.IsZero():
		return false
	case begun.After(now.Add(clockSlack)):
		return true
	}
	index := func(t time.Time) int {
		switch j.Period {
		case "month":
			return 12*t.Year() + int(t.Month()) - 1
		case "quarter":
			return 4*t.Year() + (int(t.Month())-1)/3
		}
		return t.Year()
	}
	return index(now) > index(begun)
}

// Duration is a length of time as in "23h30m"; "" is none.
type Duration time.Duration

// UnmarshalText reads a length of time.
func (d *Duration) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return wrongly("%.40q — не промежуток времени вида 23h30m", "%.40q is no length of time such as 23h30m", string(text))
	}
	*d = Duration(v)
	return nil
}

// String gives the length as in the file.
func (d Duration) String() string { return time.Duration(d).String() }

// Scanner is a barcode scanner: serial, a keyboard to the kernel, or HID POS.
type Scanner struct {
	Name    string `toml:"name"`    // shown to people; "" becomes "scanner", "scanner 2"..
	Address URI    `toml:"address"` // serial:///path?baud=N, tcp://host:port, evdev:///path or hidraw:///path
	Suffix  string `toml:"suffix"`  // "cr", "lf", "crlf", "none"; "" is cr; of HID POS it is nothing
}

// Display is the customer's display.
type Display struct {
	Driver   string `toml:"driver"`   // "vfd" (Epson's commands), "cd5220", or "hd44780" (a panel on I2C)
	Address  URI    `toml:"address"`  // serial:///path?baud=N, tcp://host:port or i2c:///path?address=0x27
	ROM      string `toml:"rom"`      // of an hd44780: "a00" (also ""), "a02" or "cyrillic"
	CodePage string `toml:"codepage"` // "cp866" or "cp1251"
	Table    int    `toml:"table"`    // the display's number of that page, 0 for the usual one
	Columns  int    `toml:"columns"`
	Rows     int    `toml:"rows"`
	Idle     string `toml:"idle"` // text between customers, "" a welcome
}

// Scale is the counter's scale.
type Scale struct {
	Driver  string `toml:"driver"`  // "massa-k" (protocol 100) or "cas"
	Address URI    `toml:"address"` // serial:///path?baud=N or tcp://host:port
}

// Printer is a receipt printer that speaks ESC/POS.
type Printer struct {
	Address  URI    `toml:"address"`  // lp:///dev/usb/lp0, serial:///path?baud=N or tcp://host:9100
	Paper    int    `toml:"paper"`    // millimetres, 58 or 80; 0 is 80
	CodePage string `toml:"codepage"` // "cp866" (also ""), "cp1251", "cp437" or "cp1252"
	Table    int    `toml:"table"`    // the printer's number of that page, 0 for Epson's
	DrawQR   bool   `toml:"draw_qr"`  // it has no QR codes of its own
	Blind    bool   `toml:"blind"`    // it never answers: what it has taken counts as printed
	Drawer   bool   `toml:"drawer"`   // the cash drawer is on its connector
}

// ManualTerminal is the driver of a terminal that is connected to nothing.
const ManualTerminal = "manual"

// Terminal is the payment terminal.
type Terminal struct {
	Driver  string `toml:"driver"`  // "manual": the cashier says what it said; "emulator": the bench's
	Address URI    `toml:"address"` // of the emulator: serial:///path?baud=N or tcp://host:port
	QR      bool   `toml:"qr"`      // it shows codes for payments by QR as well
}

// Watchdog is a hardware watchdog that the till feeds itself. Under systemd it
// is systemd's, and the till feeds systemd, which needs no line here.
type Watchdog struct {
	Device  string   `toml:"device"`  // "" is /dev/watchdog0
	Timeout Duration `toml:"timeout"` // "" is 15 s, the most that a Raspberry Pi's can do
}

// HD44780 is the driver of panels on I2C.
const HD44780 = "hd44780"

// I2CAddress is the panel's on its bus, 27h where the address does not say.
func (d *Display) I2CAddress() (uint16, error) {
	text := d.Address.Query.Get("address")
	for key := range d.Address.Query {
		if key != "address" {
			return 0, wrongly("у адреса I2C нет настройки %.40q", "unknown setting %.40q of an I2C address", key)
		}
	}
	if text == "" {
		return 0x27, nil
	}
	n, err := strconv.ParseUint(text, 0, 16)
	if err != nil || (n < 0x20 || n > 0x27) && (n < 0x38 || n > 0x3F) {
		return 0, wrongly("%.40q — не адрес панели: бывают 0x20..0x27 и 0x38..0x3F", "%.40q is no address of a panel: 0x20..0x27 or 0x38..0x3F", text)
	}
	return uint16(n), nil
}

// GPIO is what hangs on the board's lines. A line is named as the kernel
// names it ("GPIO17"), as "pin11" of the header or as "label/offset" of a chip;
// "!GPIO17" is active low.
type GPIO struct {
	Address URI `toml:"address"`  // none for the board's own, unix:///path for a virtual board
	PulseMS int `toml:"pulse_ms"` // of the drawer's coil, 20..500

	Drawer       string `toml:"drawer"`
	DrawerSensor string `toml:"drawer_sensor"`
	Buzzer       string `toml:"buzzer"`
	LEDPower     string `toml:"led_power"`
	LEDNetwork   string `toml:"led_network"`
	LEDPrinter   string `toml:"led_printer"`
	LEDError     string `toml:"led_error"`
	TowerGreen   string `toml:"tower_green"`
	TowerYellow  string `toml:"tower_yellow"`
	TowerRed     string `toml:"tower_red"`
	TowerWhite   string `toml:"tower_white"`
	KeyLock      string `toml:"key_lock"`
	KeySubtotal  string `toml:"key_subtotal"`
	KeyHelp      string `toml:"key_help"`
	CaseOpen     string `toml:"case_open"`
	PowerFail    string `toml:"power_fail"`
}

// Roles gives the line of each role that has one, by the role's key.
func (g *GPIO) Roles() map[string]string {
	all := map[string]string{
		"drawer": g.Drawer, "drawer_sensor": g.DrawerSensor, "buzzer": g.Buzzer,
		"led_power": g.LEDPower, "led_network": g.LEDNetwork, "led_printer": g.LEDPrinter, "led_error": g.LEDError,
		"tower_green": g.TowerGreen, "tower_yellow": g.TowerYellow, "tower_red": g.TowerRed, "tower_white": g.TowerWhite,
		"key_lock": g.KeyLock, "key_subtotal": g.KeySubtotal, "key_help": g.KeyHelp, "case_open": g.CaseOpen, "power_fail": g.PowerFail,
	}
	for role, line := range all {
		if line == "" {
			delete(all, role)
		}
	}
	return all
}

// Pulse is the length of the drawer's pulse.
func (g *GPIO) Pulse() time.Duration { return time.Duration(g.PulseMS) * time.Millisecond }

// Cloud holds the clouds; none is needed to sell.
type Cloud struct {
	MoySklad *MoySklad  `toml:"moysklad"`
	OFD      *OFDReport `toml:"ofd"`
}

// OFDReport is where the operator of fiscal data tells what it has received:
// Yandex OFD's shift report. It is asked for reconciliation and nothing else.
type OFDReport struct {
	URL         string `toml:"url"`         // "" the real one's
	Credentials string `toml:"credentials"` // path of the file with the two keys
}

// MoySklad is the account and the point of sale the till belongs to.
type MoySklad struct {
	URL         string `toml:"url"`         // of the POS API, "" the real one's
	Store       string `toml:"store"`       // retail store's name or id; "": the one chosen by kassa provision
	Credentials string `toml:"credentials"` // path of the file with the secrets; "": kassa provision attaches

	// TakeOver lets the till attach by itself to a store that another device
	// holds, which cuts that one off: for rolling out many tills unattended.
	TakeOver bool `toml:"take_over"`

	Auth         string   `toml:"auth"`         // how the token travels: headers (default), basic, cookie
	Hosts        []string `toml:"hosts"`        // host[:port] to which the service may move, beside its own
	Pretty       bool     `toml:"pretty"`       // indented answers, for those who read along
	Milliseconds bool     `toml:"milliseconds"` // moments with milliseconds
	NoWebhooks   bool     `toml:"no_webhooks"`  // what the till sends sets off no webhooks of the account
}

// Evotor is what the till is called where its documents are read in Evotor's
// format. Whatever is "" it makes up, the same for ever; a program that knows
// a shop by its ids in Evotor's cloud finds them here.
type Evotor struct {
	Store  string `toml:"store"`
	Device string `toml:"device"`
	User   string `toml:"user"`
}

// The defaults of what a file leaves out.
const (
	DefaultListen   = "127.0.0.1:8080"
	DefaultPassword = 30
	DefaultPulseMS  = 150
	DefaultPeriod   = "month"
	DefaultKeep     = 5 // years

	DefaultWatchdog        = "/dev/watchdog0"
	DefaultWatchdogTimeout = Duration(15 * time.Second)
)

// Defaults are the values of an empty file: no devices, no cloud, data in
// "data" beside it.
func Defaults() Config {
	return Config{Data: "data", Language: "ru", Console: Console{Listen: DefaultListen, Lock: DefaultLock},
		Journal: Journal{Period: DefaultPeriod, KeepYears: DefaultKeep}, Update: defaultUpdate()}
}

// Load reads the file at path, resolves relative paths against its directory
// and validates it.
func Load(path string) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fault.New(fault.PathBad, path, err.Error()).With(err)
	}
	text, err := readLimited(abs, MaxSize)
	if err != nil {
		return nil, err
	}
	c, err := Parse(text, abs)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Location is the till's time zone. Validate has checked it.
func (c *Config) Location() (*time.Location, error) {
	if c.Timezone == "" {
		return time.Local, nil
	}
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, Bad(c.Path, "timezone", err).With(err)
	}
	return loc, nil
}

// readLimited reads a whole small file.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.PathBad, path, plain(err)).With(err)
	}
	defer f.Close() // read only
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.New(fault.PathBad, path, plain(err)).With(err)
	}
	if int64(len(text)) > limit {
		return nil, Bad(path, "", tooLong(limit))
	}
	return text, nil
}

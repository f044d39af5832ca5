package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits of the file's values.
const (
	MaxScanners = 8
	MaxName     = 40  // bytes of a device's name
	MaxIdle     = 200 // bytes of the idle text
	maxPassword = 99_999_999
)

// Problems are all that is wrong with a configuration, at least one.
type Problems []*fault.Error

// Error gives one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, e := range p {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.Is and fault.Of find them; the first is the one told
// where there is room for one only.
func (p Problems) Unwrap() []error {
	all := make([]error, len(p))
	for i, e := range p {
		all[i] = e
	}
	return all
}

// Text gives one problem a line in lang.
func (p Problems) Text(lang string) string {
	lines := make([]string, len(p))
	for i, e := range p {
		lines[i] = e.Text(lang)
	}
	return strings.Join(lines, "\n")
}

// check collects problems.
type check struct {
	file  string
	found Problems
}

// bad takes what is wrong in Russian and in English, with the same arguments.
func (k *check) bad(key, ru, en string, args ...any) {
	k.found = append(k.found, Bad(k.file, key, wrongly(ru, en, args...)))
}

func (k *check) missing(key string) {
	k.found = append(k.found, fault.New(fault.ConfigMissing, key))
}

// oneOf demands one of a few words.
func (k *check) oneOf(key, value string, words ...string) {
	if !slices.Contains(words, value) {
		k.bad(key, "%.40q, нужно %s", "%.40q, want %s", value, strings.Join(words, ", "))
	}
}

func (k *check) between(key string, value, low, high int) {
	if value < low || value > high {
		k.bad(key, "%d, нужно от %d до %d", "%d, want %d to %d", value, low, high)
	}
}

// hostPort demands host:port, or nothing.
func (k *check) hostPort(key, value string) {
	host, port, err := net.SplitHostPort(value)
	n, perr := strconv.Atoi(port)
	if value != "" && (err != nil || perr != nil || host == "" || strings.ContainsAny(host, " \t/") || n < 1 || n > 65535) {
		k.bad(key, "%.80q, нужно хост:порт", "%.80q, want host:port", value)
	}
}

// stream demands the address of a byte stream.
func (k *check) stream(key string, u URI) {
	switch u.Scheme {
	case "":
		k.missing(key)
	case "serial":
		if _, err := serialport.ParseMode(u.Query); err != nil {
			k.bad(key, "такой линии не бывает (%s)", "%s", strings.TrimPrefix(err.Error(), "serialport: "))
		}
	case "tcp":
	default:
		k.bad(key, "%s, нужно serial:///путь?baud=9600 или tcp://хост:порт", "%s, want serial:///path?baud=9600 or tcp://host:port", u.Scheme)
	}
}

// Validate tells all that is wrong, as Problems, or nil. It looks at values
// only, never at the machine.
func (c *Config) Validate() error {
	k := &check{file: c.Path}
	if c.Data == "" {
		k.missing("data")
	} else if strings.ContainsRune(c.Data, 0) {
		k.bad("data", "нулевой байт в пути", "a zero byte in the path")
	}
	k.oneOf("language", c.Language, "ru", "en")
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		k.bad("timezone", "%.40q — не часовой пояс вида Europe/Moscow", "%.40q is no time zone such as Europe/Moscow", c.Timezone)
	}
	if utf8.RuneCountInString(c.Prefix) > MaxPrefix || strings.ContainsFunc(c.Prefix, func(r rune) bool { return !unicode.IsPrint(r) }) {
		k.bad("prefix", "больше %d знаков, или среди них непечатный", "more than %d characters, or one that can not be printed", MaxPrefix)
	}
	k.listen("console", c.Console.Listen, c.Console.Public)
	if c.Cheques.Listen != "" {
		k.listen("cheques", c.Cheques.Listen, c.Cheques.Public)
	}
	c.Console.check(k)
	c.Customer.check(k)
	if c.Kiosk != nil {
		c.Kiosk.check(k)
	}
	k.oneOf("journal.period", c.Journal.Period, "month", "quarter", "year", "never")
	k.between("journal.keep_years", c.Journal.KeepYears, minKeep, maxKeep)
	if c.KKT != nil && c.KKT.Cloud() {
		if c.Cloud.MoySklad == nil {
			k.missing("cloud.moysklad")
		}
		if !c.KKT.Address.IsZero() {
			k.bad("kkt.address", "устройство у кассы в облаке", "the cloud's till has the device")
		}
	} else if c.KKT != nil && c.KKT.Register() {
		c.checkRegister(k)
	} else if c.KKT != nil {
		k.oneOf("kkt.driver", c.KKT.Driver, "shtrih-m", registerDriver, cloudDriver)
		k.stream("kkt.address", c.KKT.Address)
		k.between("kkt.password", c.KKT.Password, 0, maxPassword)
		k.oneOf("kkt.protocol", c.KKT.Protocol, "auto", "v1", "v2")
		k.oneOf("kkt.speed", c.KKT.Speed, "fixed", "auto")
		k.oneOf("kkt.ofd_relay", c.KKT.OFDRelay, "auto", "on", "off")
		k.hostPort("kkt.ofd_address", c.KKT.OFDAddress)
		if c.KKT.Speed == "auto" && c.KKT.Address.Scheme == "tcp" {
			k.bad("kkt.speed", "у сети нет скорости, которую можно подобрать", "a network has no speed to look for")
		}
	}
	c.checkPeople(k)
	c.Shift.check(k)
	c.checkScanners(k)
	if c.Display != nil {
		c.Display.check(k)
	}
	if s := c.Scale; s != nil {
		k.oneOf("scale.driver", s.Driver, "massa-k", "cas")
		k.stream("scale.address", s.Address)
	}
	if p := c.Printer; p != nil {
		p.check(k, "printer")
	}
	c.checkKitchen(k)
	if t := c.Terminal; t != nil {
		k.oneOf("terminal.driver", t.Driver, ManualTerminal, "emulator")
		switch {
		case t.Driver != ManualTerminal:
			k.stream("terminal.address", t.Address)
			if !c.Bench {
				k.bad("terminal.driver", "эмулятору место на стенде", "the emulator belongs on the bench")
			}
		case t.QR:
			k.bad("terminal.qr", "терминал без связи с кассой не показывает кодов", "a manual terminal shows no codes")
		}
	}
	if c.GPIO != nil {
		c.GPIO.check(k)
	}
	c.Signals.check(k)
	c.Board.check(k)
	if w := c.Watchdog; w != nil {
		if !strings.HasPrefix(w.Device, "/dev/") {
			k.bad("watchdog.device", "%.80q, нужен путь, например %s", "%.80q, want a path such as %s", w.Device, DefaultWatchdog)
		}
		if t := time.Duration(w.Timeout); t < minWatchdog || t > maxWatchdog {
			k.bad("watchdog.timeout", "%v, нужно от %v до %v", "%v, want %v to %v", t, minWatchdog, maxWatchdog)
		}
	}
	c.Update.check(k)
	if m := c.Cloud.MoySklad; m != nil {
		m.check(k)
	}
	if c.Permit != nil {
		c.Permit.check(k)
	}
	if c.Codes != nil {
		c.Codes.check(k)
	}
	if o := c.Cloud.OFD; o != nil {
		k.service("cloud.ofd", o.URL, o.Credentials)
	}
	for key, id := range map[string]string{"evotor.store": c.Evotor.Store, "evotor.device": c.Evotor.Device} {
		if _, err := uuid.Parse(id); id != "" && (err != nil || len(id) != 36) {
			k.bad(key, "%.80q, нужен идентификатор вида 20170928-3176-40EB-80E2-A11F032E282A", "%.80q, want an id such as 20170928-3176-40EB-80E2-A11F032E282A", id)
		}
	}
	if u := c.Evotor.User; len(u) > MaxName || strings.ContainsFunc(u, func(r rune) bool { return r <= ' ' || r > '~' }) {
		k.bad("evotor.user", "%.80q, нужен идентификатор вида 01-000000000000001", "%.80q, want an id such as 01-000000000000001", u)
	}
	c.checkShared(k)
	if len(k.found) > 0 {
		return k.found
	}
	return nil
}

// Limits of how long a browser nobody touches stays open.
const (
	minLock = time.Minute
	maxLock = 12 * time.Hour
)

// maxNames is how many names a till may have beside its own.
const maxNames = 16

func (c Console) check(k *check) {
	k.oneOf("console.tls", c.TLS, "", "auto", "off")
	k.lasts("console.lock", c.Lock, minLock, maxLock)
	if (c.Certificate == "") != (c.Key == "") {
		k.bad("console.certificate", "сертификат и ключ задают вместе", "certificate and key go together")
	}
	if len(c.Names) > maxNames {
		k.bad("console.names", "имён %d, не больше %d", "%d names, at most %d", len(c.Names), maxNames)
	}
	for _, n := range c.Names {
		if net.ParseIP(n) == nil && !hostName(n) {
			k.bad("console.names", "%.80q — не имя вида till.shop.lan и не адрес", "%.80q is no name such as till.shop.lan and no address", n)
		}
	}
}

// hostName tells whether a name can be one of a machine (RFC 1123, 2.1).
func hostName(name string) bool {
	const longest, longestLabel = 253, 63
	if len(name) > longest {
		return false
	}
	for label := range strings.SplitSeq(strings.ToLower(name), ".") {
		if label == "" || len(label) > longestLabel || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// Limits of how long a picture stays on the customer's screen.
const (
	minPicture = 2 * time.Second
	maxPicture = 10 * time.Minute
)

func (s Customer) check(k *check) {
	if s.Language != "" {
		k.oneOf("customer.language", s.Language, "ru", "en")
	}
	if t := time.Duration(s.Each); t != 0 && (t < minPicture || t > maxPicture) {
		k.bad("customer.each", "%s, нужно от %s до %s", "%s, want %s to %s", t, minPicture, maxPicture)
	}
	if strings.ContainsRune(s.Pictures, 0) {
		k.bad("customer.pictures", "нулевой байт в пути", "a zero byte in the path")
	}
}

// checkRegister looks at a Belarusian register, and that nothing is configured
// beside it that only Russian law knows.
func (c *Config) checkRegister(k *check) {
	switch c.KKT.Address.Scheme {
	case "":
		k.missing("kkt.address")
	case "http":
	default:
		k.bad("kkt.address", "%s, нужен адрес кассового аппарата http://хост:порт, например http://192.168.1.20:37015", "%s, want http://host:port of the register, as in http://192.168.1.20:37015", c.KKT.Address.Scheme)
	}
	if c.KKT.Credentials == "" {
		k.missing("kkt.credentials")
	}
	if c.Cloud.OFD != nil {
		k.bad("cloud.ofd", "белорусский аппарат отчитывается в СККО, спрашивать ОФД не о чем", "a Belarusian register reports to SKKO, there is no OFD to ask")
	}
	if c.Permit != nil {
		k.bad("permit", "в Беларуси нет разрешительного режима: коды принимает аппарат", "Belarus has no permit port: the register takes the codes")
	}
}

// listen demands an address to serve at, of this machine alone unless others
// are let in.
func (k *check) listen(table, address string, public bool) {
	host, port, err := net.SplitHostPort(address)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < 0 || n > 65535 {
		k.bad(table+".listen", "%.80q, нужно хост:порт", "%.80q, want host:port", address)
		return
	}
	ip := net.ParseIP(host)
	if !public && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		k.bad(table+".listen", "%.80q — не адрес этой машины; чтобы пустить другие, задайте %s.public = true", "%.80q is not a loopback address; set %s.public = true to let other machines in", address, table)
	}
}

// Limits of a hardware watchdog's time-out: a disk may rest for a moment, and
// a till that hangs for long loses its shop's day.
const (
	minWatchdog = 5 * time.Second
	maxWatchdog = 5 * time.Minute
)

// Limits of how long closed periods of the journal are kept, in years: the
// law wants receipts for five.
const (
	minKeep = 5
	maxKeep = 30
)

// MaxNamed is how many cashiers a role may have in the file.
const MaxNamed = 100

var roles = []catalog.Role{catalog.RoleCashier, catalog.RoleSenior, catalog.RoleOwner, catalog.RoleTechnician}

// checkPeople looks at roles and permissions: a misspelt one would silently
// let somebody do what he may not.
func (c *Config) checkPeople(k *check) {
	named := map[string]string{}
	for role, who := range c.Roles {
		key := "roles." + role
		if !slices.Contains(roles, catalog.Role(role)) {
			k.bad(key, "нужно cashier, senior, owner или technician", "want cashier, senior, owner or technician")
		}
		if len(who) > MaxNamed {
			k.bad(key, "кассиров %d, не больше %d", "%d cashiers, at most %d", len(who), MaxNamed)
		}
		for _, id := range who {
			if other, twice := named[id]; twice || id == "" {
				k.bad(key, "%.40q уже есть в %s", "%.40q is named in %s already", id, other)
			}
			named[id] = key
		}
	}
	for role, set := range c.Permissions {
		key := "permissions." + role
		if role == string(catalog.RoleOwner) || !slices.Contains(roles, catalog.Role(role)) {
			k.bad(key, "нужно cashier, senior или technician; владельцу можно всё", "want cashier, senior or technician; an owner may do everything")
		}
		for p := range set {
			if !slices.Contains(catalog.Permissions(), catalog.Permission(p)) {
				k.bad(key+"."+p, "нужно одно из %v", "want one of %v", catalog.Permissions())
			}
		}
	}
}

// Limits of what a till does about its shift.
const (
	minClose = time.Hour
	maxClose = 24 * time.Hour // the law's; later is too late
	minQuiet = time.Minute
	maxQuiet = 4 * time.Hour
)

func (s Shift) check(k *check) {
	if s.Close != 0 && (time.Duration(s.Close) < minClose || time.Duration(s.Close) >= maxClose) {
		k.bad("shift.close", "%s, нужно от 1h и меньше 24h", "%s, want 1h to less than 24h", s.Close)
	}
	if s.Quiet != 0 && (time.Duration(s.Quiet) < minQuiet || time.Duration(s.Quiet) > maxQuiet) {
		k.bad("shift.quiet", "%s, нужно от 1m до 4h", "%s, want 1m to 4h", s.Quiet)
	}
	if s.Close == 0 && s.OpenNext {
		k.bad("shift.open_next", "открывать нечего, пока смена не закрывается сама: задайте shift.close", "nothing is opened where nothing is closed: set shift.close")
	}
}

func (c *Config) checkScanners(k *check) {
	if len(c.Scanners) > MaxScanners {
		k.bad("scanner", "сканеров %d, не больше %d", "%d scanners, at most %d", len(c.Scanners), MaxScanners)
	}
	names := map[string]bool{}
	for i, s := range c.Scanners {
		key := "scanner"
		if len(c.Scanners) > 1 {
			key = fmt.Sprintf("scanner[%d]", i+1)
		}
		switch s.Address.Scheme {
		case "evdev", "hidraw": // the device itself says where a code ends
		default:
			k.stream(key+".address", s.Address)
		}
		k.oneOf(key+".suffix", s.Suffix, "cr", "lf", "crlf", "none")
		if len(s.Name) > MaxName {
			k.bad(key+".name", "байт %d, не больше %d", "%d bytes, at most %d", len(s.Name), MaxName)
		}
		if names[s.Name] {
			k.bad(key+".name", "%.40q — имя другого сканера", "%.40q is taken by another scanner", s.Name)
		}
		names[s.Name] = true
	}
}

func (d *Display) check(k *check) {
	k.oneOf("display.driver", d.Driver, "vfd", "cd5220", HD44780)
	if d.Driver == HD44780 {
		d.checkPanel(k)
		return
	}
	k.stream("display.address", d.Address)
	if d.ROM != "" {
		k.bad("display.rom", "есть только у панели с драйвером hd44780", "only a panel of driver hd44780 has one")
	}
	k.oneOf("display.codepage", d.CodePage, "cp866", "cp1251")
	k.between("display.table", d.Table, 0, 255)
	k.between("display.columns", d.Columns, 8, 80)
	k.between("display.rows", d.Rows, 1, 8)
	if d.Driver == "cd5220" && (d.Columns != 20 || d.Rows != 2) {
		k.bad("display.driver", "у cd5220 две строки по 20 знаков", "a cd5220 has 2 rows of 20")
	}
	if len(d.Idle) > MaxIdle {
		k.bad("display.idle", "байт %d, не больше %d", "%d bytes, at most %d", len(d.Idle), MaxIdle)
	}
}

// checkPanel is check for a panel on I2C.
func (d *Display) checkPanel(k *check) {
	if d.Address.Scheme != "i2c" {
		k.bad("display.address", "%s, нужно i2c:///dev/i2c-1?address=0x27", "%s, want i2c:///dev/i2c-1?address=0x27", d.Address.Scheme)
	} else if _, err := d.I2CAddress(); err != nil {
		k.bad("display.address", "не панель: %v", "%v", err)
	}
	k.oneOf("display.rom", d.ROM, "", "a00", "a02", "cyrillic")
	if d.Columns != 16 && d.Columns != 20 || d.Rows != 1 && d.Rows != 2 && d.Rows != 4 {
		k.bad("display.columns", "панелей %dx%d нет: 16 или 20 знаков, 1, 2 или 4 строки", "no panel of %dx%d: 16 or 20 columns, 1, 2 or 4 rows", d.Columns, d.Rows)
	}
	if len(d.Idle) > MaxIdle {
		k.bad("display.idle", "байт %d, не больше %d", "%d bytes, at most %d", len(d.Idle), MaxIdle)
	}
}

func (p *Printer) check(k *check, key string) {
	if p.Address.Scheme != "lp" {
		k.stream(key+".address", p.Address)
	}
	if p.Paper != 0 && p.Paper != 58 && p.Paper != 80 {
		k.bad(key+".paper", "%d, нужно 58 или 80", "%d, want 58 or 80", p.Paper)
	}
	k.oneOf(key+".codepage", p.CodePage, "", "cp866", "cp1251", "cp437", "cp1252")
	k.between(key+".table", p.Table, 0, 255)
}

func (g *GPIO) check(k *check) {
	if g.Address.Scheme != "" && g.Address.Scheme != "unix" {
		k.bad("gpio.address", "%s, нужно unix:///путь или ничего для линий самой платы", "%s, want unix:///path, or none for the board's own lines", g.Address.Scheme)
	}
	k.between("gpio.pulse_ms", g.PulseMS, 20, 500)
	used := map[string]string{}
	roles := g.Roles()
	for _, role := range sortedKeys(roles) {
		line := strings.TrimPrefix(roles[role], "!")
		if line == "" || len(line) > 64 || strings.ContainsAny(line, " \t\r\n") {
			k.bad("gpio."+role, "%.80q — не имя линии", "%.80q is not a line's name", roles[role])
		}
		if other := used[line]; other != "" {
			k.bad("gpio."+role, "%.80q уже занята: gpio.%s", "%.80q is gpio.%s already", line, other)
		}
		used[line] = role
	}
}

func (m *MoySklad) check(k *check) {
	k.address("cloud.moysklad", m.URL)
	if m.Store == "" && m.Credentials != "" {
		k.missing("cloud.moysklad.store")
	}
	if !slices.Contains([]string{"", "headers", "basic", "cookie"}, m.Auth) {
		k.bad("cloud.moysklad.auth", "%.40q, нужно headers, basic или cookie", "%.40q, want headers, basic or cookie", m.Auth)
	}
	for _, h := range m.Hosts {
		if u, err := url.Parse("https://" + h); err != nil || u.Host != h || u.Hostname() == "" {
			k.bad("cloud.moysklad.hosts", "%.80q, нужно хост или хост:порт", "%.80q, want host or host:port", h)
		}
	}
}

// service demands the address of a web service, or nothing, and where its
// secrets are.
func (k *check) service(key, address, credentials string) {
	k.address(key, address)
	if credentials == "" {
		k.missing(key + ".credentials")
	}
}

func (k *check) address(key, address string) {
	if u, err := url.Parse(address); err != nil || address != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		k.bad(key+".url", "%.200q, нужно https://...", "%.200q, want https://...", address)
	} else if u.User != nil {
		k.bad(key+".url", "в адресе не место имени и паролю", "no user name or password in an address")
	} else if host := u.Hostname(); u.Scheme == "http" && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		k.bad(key+".url", "по http другой машине секреты увидит каждый в сети: нужно https", "plain http to another machine would show the secrets to everybody")
	}
}

// checkShared finds two devices on one port.
func (c *Config) checkShared(k *check) {
	used := map[string]string{}
	claim := func(key string, u URI) {
		if u.Scheme != "serial" && u.Scheme != "lp" {
			return
		}
		path := filepath.Clean(u.Path)
		if other := used[path]; other != "" {
			k.bad(key, "%s уже занят: %s", "%s is %s already", path, other)
		}
		used[path] = key
	}
	if c.KKT != nil {
		claim("kkt.address", c.KKT.Address)
	}
	if c.Display != nil {
		claim("display.address", c.Display.Address)
	}
	if c.Scale != nil {
		claim("scale.address", c.Scale.Address)
	}
	if c.Printer != nil {
		claim("printer.address", c.Printer.Address)
	}
	if c.Kitchen != nil {
		for i, s := range c.Kitchen.Stations {
			if s.Printer != nil {
				claim(fmt.Sprintf("kitchen.station[%d].printer.address", i+1), s.Printer.Address)
			}
		}
	}
	if c.Terminal != nil {
		claim("terminal.address", c.Terminal.Address)
	}
	for i, s := range c.Scanners {
		claim(fmt.Sprintf("scanner[%d].address", i+1), s.Address)
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

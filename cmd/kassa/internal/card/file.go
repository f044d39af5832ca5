// Package card takes what a rollout team wrote onto a freshly flashed card: the
// file kassa.toml of its FAT partition, which any PC can edit. At every start,
// before the till and the network, root reads it, and where it has changed
// applies it whole or not at all:
//
//	hostname             the machine's name in the network
//	language, timezone   of the till, in its configuration
//	[wifi]               a network for iwd
//	[cloud]              token and store: the till is attached when it starts
//	[update]             server and channel
//	[ssh] key            whoever may log in for service; none: nobody
//
// What is secret is first made durable on the data partition and then taken out
// of the file, whose old place on the FAT is overwritten (what flash keeps of
// it beneath nobody can reach without taking the card apart). A cut at any point
// ends, at the next start, in all of it applied and the secrets gone, or in
// nothing yet. What is wrong is written beside the file, as kassa.errors.txt in
// both languages, and shown by the till.
package card

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Name is the file's.
const Name = "kassa.toml"

// MaxSize is the most bytes the file may have.
const MaxSize = 64 << 10

// File is what stands in it; everything may be left out.
type File struct {
	Hostname string `toml:"hostname"`
	Language string `toml:"language"`
	Timezone string `toml:"timezone"`
	WiFi     WiFi   `toml:"wifi"`
	Cloud    Cloud  `toml:"cloud"`
	Update   Update `toml:"update"`
	SSH      SSH    `toml:"ssh"`
}

// WiFi is a network with a password (WPA2 or WPA3), or without.
type WiFi struct {
	SSID     string `toml:"ssid"`
	Password string `toml:"password"` // "": that of before, or an open network
	Country  string `toml:"country"`  // ISO 3166, for what may be sent
}

// Cloud is the till's place in MoySklad.
type Cloud struct {
	Token string `toml:"token"` // "": that of before
	Store string `toml:"store"` // the point of sale's id
}

// Update is where releases come from.
type Update struct {
	Server  string `toml:"server"`
	Channel string `toml:"channel"`
}

// SSH lets somebody in.
type SSH struct {
	Key string `toml:"key"` // a line of authorized_keys; "" nobody
}

// secrets are the keys that are taken out of the file.
var secrets = []string{"wifi.password", "cloud.token"}

// decoded is a file's text as UTF-8: editors on Windows save UTF-16 as well.
func decoded(text []byte) ([]byte, error) {
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		rest, is := bytes.CutPrefix(text, []byte(mark))
		if !is {
			continue
		}
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = order.Uint16(rest[2*i:])
		}
		return []byte(string(utf16.Decode(units))), nil
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return nil, config.Wrong("не в кодировке UTF-8: сохраните его как UTF-8", "not in UTF-8: save it as UTF-8")
	}
	return text, nil
}

// Parse reads a file's text and tells all that is wrong with it, as
// config.Problems.
func Parse(text []byte) (*File, error) {
	if len(text) > MaxSize {
		return nil, config.Problems{config.Bad(Name, "", config.Wrong("больше %d байт", "more than %d bytes", MaxSize))}
	}
	plain, err := decoded(text)
	if err != nil {
		return nil, config.Problems{config.Bad(Name, "", err)}
	}
	var f File
	if err := toml.NewDecoder(bytes.NewReader(plain)).DisallowUnknownFields().Decode(&f); err != nil {
		return nil, config.Problems{fault.Of(config.Explain(err, plain, Name))}
	}
	if all := f.check(plain); len(all) > 0 {
		return nil, all
	}
	return &f, nil
}

var (
	hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`) // RFC 1123, 2.1
	country   = regexp.MustCompile(`^[A-Z]{2}$`)
	token     = regexp.MustCompile(`^[!-~]{1,1000}$`)
)

// Limits of IEEE 802.11 and WPA.
const (
	maxSSID     = 32 // bytes
	minPassword = 8
	maxPassword = 63
)

// check tells what is wrong, with the line it stands in.
func (f *File) check(text []byte) (all config.Problems) {
	bad := func(key, ru, en string, args ...any) {
		line := lineOf(text, key)
		all = append(all, config.Bad(Name, key, config.Wrong("строка %d: %v", "line %d: %v", line, config.Wrong(ru, en, args...))))
	}
	if f.Hostname != "" && !hostLabel.MatchString(strings.ToLower(f.Hostname)) {
		bad("hostname", "%.80q: нужны латинские буквы, цифры и «-»", "%.80q: want latin letters, digits and \"-\"", f.Hostname)
	}
	if f.Language != "" && f.Language != "ru" && f.Language != "en" {
		bad("language", "%.40q, нужно ru или en", "%.40q, want ru or en", f.Language)
	}
	if _, err := time.LoadLocation(f.Timezone); err != nil {
		bad("timezone", "%.40q — не часовой пояс вида Europe/Moscow", "%.40q is no time zone such as Europe/Moscow", f.Timezone)
	}
	w := f.WiFi
	if len(w.SSID) > maxSSID || strings.ContainsFunc(w.SSID, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		bad("wifi.ssid", "больше %d байт, или непечатный знак", "more than %d bytes, or a sign that can not be printed", maxSSID)
	}
	if p := w.Password; p != "" && (len(p) < minPassword || len(p) > maxPassword || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r > '~' })) {
		bad("wifi.password", "нужно от %d до %d латинских букв, цифр и знаков", "want %d to %d latin letters, digits and signs", minPassword, maxPassword)
	}
	if w.SSID == "" && w.Password != "" {
		bad("wifi.ssid", "пароль есть, а имени сети нет", "there is a password and no name of a network")
	}
	if w.Country != "" && !country.MatchString(w.Country) {
		bad("wifi.country", "%.40q, нужны две буквы страны, например RU", "%.40q, want a country's two letters such as RU", w.Country)
	}
	if f.Cloud.Token != "" && !token.MatchString(f.Cloud.Token) {
		bad("cloud.token", "это не токен", "that is no token") // what it is nobody repeats
	}
	if f.Cloud.Token != "" && f.Cloud.Store == "" {
		bad("cloud.store", "не названа точка продаж", "the point of sale is not named")
	}
	if f.SSH.Key != "" && !publicKey(f.SSH.Key) {
		bad("ssh.key", "это не строка открытого ключа вида ssh-ed25519 AAAA...", "that is no line of a public key such as ssh-ed25519 AAAA...")
	}
	return all
}

// publicKey tells whether a text is one line of authorized_keys, without
// options: the kind of key, and the key, which names its kind again (RFC 4253,
// 6.6).
func publicKey(line string) bool {
	const longest = 8 << 10
	word := strings.Fields(line)
	if len(word) < 2 || len(line) > longest || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	if !slices.Contains([]string{"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com"}, word[0]) {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(word[1])
	if err != nil || len(key) < 4 {
		return false
	}
	n := binary.BigEndian.Uint32(key)
	return uint64(n) < uint64(len(key)-4) && string(key[4:4+n]) == word[0]
}

// lineOf is the line a key stands in; 0 when it stands in none.
func lineOf(text []byte, key string) int {
	table, n := "", 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if name, is := strings.CutPrefix(line, "["); is {
			table, _, _ = strings.Cut(name, "]")
			table = strings.TrimSpace(table) + "."
			continue
		}
		if name, _, is := strings.Cut(line, "="); is && table+strings.TrimSpace(name) == key {
			return n
		}
	}
	return 0
}

// wish is what of the file the till's configuration is changed by.
func (f *File) wish(secret string) config.Wish {
	w := config.Wish{Set: map[string]string{}}
	for key, value := range map[string]string{"language": f.Language, "timezone": f.Timezone, "update.server": f.Update.Server, "update.channel": f.Update.Channel, "cloud.moysklad.store": f.Cloud.Store} {
		if value != "" {
			w.Set[key] = value
		}
	}
	if f.Cloud.Store != "" {
		w.Set["cloud.moysklad.credentials"] = secret
	}
	return w
}

// network is a Wi-Fi network as iwd reads it (iwd.network(5)): the file's name,
// which spells what is not plain in hexadecimal, and its text; "" when the
// password of before stays.
func (w WiFi) network() (name, text string) {
	plain := w.SSID != "" && !strings.ContainsFunc(w.SSID, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ ", r)
	})
	if name = w.SSID; !plain {
		name = fmt.Sprintf("=%x", w.SSID)
	}
	if w.Password == "" {
		return name, ""
	}
	return name + ".psk", "[Security]\nPassphrase=" + strings.NewReplacer(`\`, `\\`, " ", `\s`).Replace(w.Password) + "\n"
}

package config

import (
	"net/url"
	"regexp"
	"time"

	"github.com/kassa-pos/kassa/offline/update"
)

// Update is where new releases of the till come from. Without a server they
// come from a USB stick, when somebody plugs one in and asks.
type Update struct {
	Server  string   `toml:"server"`  // address of the directory the channels are in
	Channel string   `toml:"channel"` // "stable", "beta", or a release a till is pinned to: "1.5.0"
	Every   Duration `toml:"every"`   // how often it is asked; "0s": only when somebody wants it

	Keys   string `toml:"keys"`   // public keys of whoever may release
	Run    string `toml:"run"`    // where the installer says how far it is
	System string `toml:"system"` // where it says what became of an update
}

// The defaults, which fit an image.
const (
	DefaultChannel     = "stable"
	DefaultUpdateEvery = Duration(24 * time.Hour)

	DefaultUpdateRun    = "/run/kassa"
	DefaultUpdateSystem = "/data/slots"

	minUpdateEvery = 10 * time.Minute
)

var channelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func defaultUpdate() Update {
	return Update{Channel: DefaultChannel, Every: DefaultUpdateEvery, Keys: update.KeysPath, Run: DefaultUpdateRun, System: DefaultUpdateSystem}
}

func (u *Update) check(k *check) {
	if u.Server != "" {
		address, err := url.Parse(u.Server)
		if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" || address.User != nil {
			k.bad("update.server", "%.200q, нужно https://...", "%.200q, want https://...", u.Server)
		}
	}
	if !channelName.MatchString(u.Channel) {
		k.bad("update.channel", "%.80q, нужно имя, например %s", "%.80q, want a name such as %s", u.Channel, DefaultChannel)
	}
	if e := time.Duration(u.Every); e != 0 && e < minUpdateEvery {
		k.bad("update.every", "%v, нужно %v или больше, или 0s", "%v, want %v or more, or 0s", e, minUpdateEvery)
	}
}

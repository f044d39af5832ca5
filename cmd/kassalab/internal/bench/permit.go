package bench

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/permit/permittest"
)

// PermitPath is below which the page's server answers as the marking system
// and as the local module.
const PermitPath = "/permit/"

const permitKeysFile = "permit-keys.toml"

func permitKeys() []byte {
	return []byte("key = " + quote(permittest.Key) + "\nlogin = " + quote(permittest.Login) + "\npassword = " + quote(permittest.Pass) + "\n")
}

// permits is the emulated marking system with the local module.
type permits struct{ system *permittest.System }

// Permit is both services, as a handler below PermitPath.
func (b *Bench) Permit() http.Handler {
	return http.StripPrefix(strings.TrimSuffix(PermitPath, "/"), b.permit.system.Handler())
}

// permitSlow is how late the marking system is when it is slow: later than a
// till waits.
const permitSlow = 3 * time.Second

var permitTexts = map[string][3]string{
	"down":        {"проверка кодов недоступна", "check of codes is down", "the marking system answers 503"},
	"slow":        {"проверка кодов медлит", "check of codes is slow", "it answers after 3 seconds, later than a till waits"},
	"garbage":     {"проверка отвечает мусором", "check answers noise", "it answers what is no JSON"},
	"other":       {"проверка о чужом коде", "check of another code", "it answers about a code nobody asked about"},
	"local-down":  {"локальный модуль недоступен", "local module is down", "the local module answers 503"},
	"local-stale": {"локальный модуль устарел", "local module is stale", "it was synchronised 73 hours ago"},
	"local-busy":  {"локальный модуль не готов", "local module is not ready", "it is being initialised"},
	"no":          {"код нельзя продать", "code may not be sold", "every code is answered so: unknown, forged, invalid, unused, withdrawn, sold, blocked, expired, owner"},
}

func permitFaultNames() []string {
	return []string{"down", "slow", "garbage", "other", "local-down", "local-stale", "local-busy", "no"}
}

func (p permits) faults() []Fault {
	f := p.system.Faults()
	on := map[string]bool{"down": f.Down, "slow": f.Slow > 0, "garbage": f.Garbage, "other": f.Other,
		"local-down": f.LocalDown, "local-stale": f.LocalStale, "local-busy": f.LocalBusy, "no": f.Says != ""}
	var all []Fault
	for _, name := range permitFaultNames() {
		t := permitTexts[name]
		one := Fault{Device: "permit", Name: name, Mend: name + " off", On: on[name], Text: map[string]string{"ru": t[0], "en": t[1]}, Help: t[2]}
		if name == "no" {
			one.Args, one.Default, one.Value = "[REASON]", string(permittest.Blocked), string(f.Says)
		}
		all = append(all, one)
	}
	return all
}

func (p permits) fault(name string, args []string) error {
	f := p.system.Faults()
	on := !slices.Equal(args, []string{"off"})
	if on && len(args) > 0 && name != "no" {
		return wanted(p.faults(), "permit", name, args)
	}
	switch name {
	case "down":
		f.Down = on
	case "slow":
		if f.Slow = 0; on {
			f.Slow = permitSlow
		}
	case "garbage":
		f.Garbage = on
	case "other":
		f.Other = on
	case "local-down":
		f.LocalDown = on
	case "local-stale":
		f.LocalStale = on
	case "local-busy":
		f.LocalBusy = on
	case "no":
		f.Says = ""
		if on {
			f.Says = permittest.Blocked
			if len(args) == 1 {
				f.Says = permittest.Reason(args[0])
			}
			if len(args) > 1 || !slices.Contains(permittest.Reasons(), f.Says) {
				return wanted(p.faults(), "permit", name, args)
			}
		}
	}
	p.system.Break(f)
	return nil
}

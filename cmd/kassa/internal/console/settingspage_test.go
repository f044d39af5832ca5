package console

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
)

var shownDigest = regexp.MustCompile(`name="digest" value="([0-9a-f]{64})"`)

// TestSettingsPage: the form shows what the file says and no secret; what is
// wrong stands at its field with what was typed; a change wants a restart,
// which waits for the cheque; and nobody overwrites what he has not seen.
func TestSettingsPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.toml")
	var settings *consoletest.Settings
	d := newDesk(t, func(o *Options) {
		var err error
		if settings, err = consoletest.NewSettings(o.Till.(*consoletest.Till), path); err != nil {
			t.Fatal(err)
		}
		o.Settings = settings
	})
	text := func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := text()
	cashier := d.signedIn()
	if r := cashier.get("/settings"); strings.Contains(r.body, path) || !strings.Contains(r.body, "меняет владелец") {
		t.Errorf("a cashier: %d", r.status)
	}
	if r := cashier.post("/settings", url.Values{"of": {""}, "prefix": {"X-"}}); r.status != http.StatusOK || text() != before {
		t.Errorf("a cashier: %d", r.status)
	}
	if r := cashier.post("/settings/restart", nil); settings.Restarts() != 0 {
		t.Errorf("a cashier: %d", r.status)
	}
	b := d.browser()
	b.post("/login", url.Values{"pin": {"9876"}})
	for _, s := range mustSections(t) {
		if r := b.get("/settings?of=" + url.QueryEscape(s.Name)); r.status != http.StatusOK || !strings.Contains(r.body, "settings-save") {
			t.Fatalf("%q: %d %s", s.Name, r.status, r.body)
		}
	}
	r := b.get("/settings?of=kkt")
	if !strings.Contains(r.body, "tcp://192.168.137.111:7778") || strings.Contains(r.body, `value="30"`) || !strings.Contains(r.body, "задан; пусто") {
		t.Errorf("%s", r.body)
	}
	digest := shownDigest.FindStringSubmatch(r.body)[1]
	form := func(of string, more ...string) url.Values {
		v := url.Values{"of": {of}, "digest": {digest}, "there": {"yes"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(fieldName(more[i]), more[i+1])
		}
		return v
	}
	for _, bad := range []struct {
		form url.Values
		want string
	}{
		{form("kkt", "kkt.address", "192.168.1.7<b>"), "192.168.1.7&lt;b&gt;"},
		{form("kkt", "kkt.address", ""), fault.New(fault.ConfigMissing, "kkt.address").Text("ru")},
		{form("shift", "shift.close", "25h"), "нужно от 1h и меньше 24h"},
		{form("journal", "journal.keep_years", "x"), "нужно целое число"},
		{form("journal", "journal.period", "day"), "нужно month"},
	} {
		if r := b.post("/settings", bad.form); !strings.Contains(r.body, bad.want) || !strings.Contains(r.body, `id="wrong-`) || text() != before {
			t.Errorf("%v: %s", bad.form, r.body)
		}
	}
	if r := b.post("/settings", form("kkt", "kkt.address", "tcp://10.0.0.9:7778", "kkt.password", "", "bench", "true")); !strings.Contains(r.body, "Сохранено") || !strings.Contains(r.body, `id="restart"`) {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if want := strings.Replace(before, "tcp://192.168.137.111:7778", "tcp://10.0.0.9:7778", 1); text() != want {
		t.Error("something else changed as well")
	}
	if r := b.post("/settings", form("", "prefix", "K2-")); !strings.Contains(r.body, "тем временем изменили") {
		t.Errorf("%s", r.body)
	}
	digest = shownDigest.FindStringSubmatch(b.get("/settings").body)[1]
	gone := form("scale")
	gone.Del("there")
	if r := b.post("/settings", gone); !strings.Contains(r.body, "Сохранено") || strings.Contains(text(), "[scale]") {
		t.Errorf("%s", r.body)
	}
	digest = shownDigest.FindStringSubmatch(b.get("/settings").body)[1]
	if r := b.post("/settings", form("", "prefix", "K1-", "language", "ru")); !strings.Contains(r.body, "Ничего не изменилось") {
		t.Errorf("%s", r.body)
	}
	if r := b.post("/settings/restart", nil); !strings.Contains(r.body, "перезапускается") || settings.Restarts() != 1 {
		t.Errorf("%s", r.body)
	}
	if r := b.get("/settings"); strings.Contains(r.body, `id="restart"`) {
		t.Error("another restart is wanted")
	}
}

func mustSections(t *testing.T) []config.Section {
	t.Helper()
	all, err := config.Sections([]byte(config.Example()), "x")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSettingsHaveNames: one that nobody named would end the page.
func TestSettingsHaveNames(t *testing.T) {
	named := map[string]bool{}
	for _, s := range mustSections(t) {
		named["section."+s.Name] = true
		for _, f := range s.Fields {
			named["set."+f.Key] = true
		}
	}
	for key := range named {
		if _, is := messages[key]; !is {
			t.Errorf("%s has no name", key)
		}
	}
	for _, all := range []map[string]phrase{settingNames, sectionNames} {
		for key := range all {
			if !named[key] {
				t.Errorf("%s is no setting", key)
			}
		}
	}
	if got := unnumbered("scanner[2].name") + unnumbered("kkt") + unnumbered("]["); got != "scanner.namekkt][" {
		t.Error(got)
	}
}

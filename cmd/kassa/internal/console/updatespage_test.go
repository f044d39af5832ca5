package console

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestUpdatesPage: what runs and what could; who may service the till takes it
// there, never during a shift; what is refused says why.
func TestUpdatesPage(t *testing.T) {
	u := consoletest.NewUpdates(moment)
	with := func(o *Options) { o.Updates = u }
	d := newDesk(t, with)
	cashier := d.signedIn()
	clean(t, cashier, "/updates", "1.4.0", "1.3.2", "Доступна версия 1.5.0", "61 МБ", "Быстрее поиск", "прижилось", `id="update-rollback"`)
	for _, what := range []string{"check", "install", "usb", "cancel", "later", "restart", "rollback"} {
		refusal(t, cashier.post("/do/update-"+what, nil), fault.LoginSenior)
	}
	if len(u.Asked()) != 0 {
		t.Fatalf("a cashier asked for %q", u.Asked())
	}
	d.do(till.OpenShift{})
	if body := newest(t, d, cashier); !strings.Contains(body, "Сначала закройте смену") || !strings.Contains(body, `id="update-install" disabled`) || !strings.Contains(body, `id="update-rollback" disabled`) {
		t.Errorf("during a shift:\n%s", body)
	}

	d = newDesk(t, with, func(o *Options) { o.Now = time.Now }) // a chore shows when a frame is old enough to be drawn anew
	owner := d.browser()
	done(t, owner.post("/login", url.Values{"pin": {"9876"}}))
	page := func() string { return newest(t, d, owner) }
	shows := func(wants ...string) {
		t.Helper()
		body := page()
		for _, w := range wants {
			if not, ok := strings.CutPrefix(w, "!"); ok == strings.Contains(body, not) {
				t.Errorf("%q:\n%s", w, body)
			}
		}
	}
	done(t, owner.post("/do/update-check", nil))
	done(t, owner.post("/do/update-install", nil))
	shows("Загружаю", `value="40"`, `id="update-cancel"`, `id="update-install" disabled`)
	done(t, owner.post("/do/update-cancel", nil))
	shows("Обновление отменено", "!update-cancel")
	done(t, owner.post("/do/update-usb", nil))
	u.Set(func(s *updates.Status) {
		s.Phase, s.Percent, s.Available = updates.Installed, 100, nil
		s.Slots.Next, s.Slots.Slots[slots.B] = slots.B, slots.Info{Left: 3, Bootable: true, Version: "1.5.0"}
	})
	shows("заработает после перезапуска", "после перезапуска", `id="update-restart"`, `id="update-later"`)
	done(t, owner.post("/do/update-later", nil))
	shows("как только закроют смену", "Не перезапускать", "!update-later")
	done(t, owner.post("/do/update-cancel", nil))
	f := owner.follow("updates")
	done(t, owner.post("/do/update-rollback", nil))
	for data := ""; !strings.Contains(data, "Служба установки не отвечает"); data = f.next().data {
	}
	done(t, owner.post("/do/update-restart", nil))
	for data := ""; !strings.Contains(data, "Перезапускаю"); data = f.next().data {
	}
	by := d.view().Cashier.Name
	if want := []string{"check", "install  by " + by, "cancel", "install usb by " + by, "later by " + by, "cancel", "rollback by " + by, "restart by " + by}; !slices.Equal(u.Asked(), want) {
		t.Errorf("asked for %q, want %q", u.Asked(), want)
	}

	u.Set(func(s *updates.Status) {
		*s = updates.Status{Version: "1.4.0", Phase: updates.Idle, Last: &updates.Outcome{Trial: updates.Trial{Version: "1.5.0"}, Reason: updates.NotStarted, Ended: moment}}
	})
	shows("обновляется как пакет системы", "Сервер обновлений не задан", "вернулась к прежней версии", updates.NotStarted, "!update-rollback", "!update-usb")
	refusal(t, owner.post("/do/update-usb", nil), fault.UpdateNoSlots)
	none := newDesk(t).signedIn()
	clean(t, none, "/updates", "обновляется как пакет системы")
	if strings.Contains(none.get("/sale").body, `href="/updates"`) {
		t.Error("a page of nothing is offered")
	}
}

// newest is the page of the releases as it is now: a frame of an unchanged
// till may be as old as the frozen clock, so the till changes.
func newest(t *testing.T, d *desk, b *browser) string {
	t.Helper()
	b.post("/do/scan", url.Values{"code": {"no such code"}})
	return b.get("/updates").body
}

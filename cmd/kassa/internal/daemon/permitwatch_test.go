package daemon

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/permit"
	"github.com/kassa-pos/kassa/offline/permit/permittest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestPermitWatch: that nobody checks codes, or only the local module, is a warning
// from when it began, and is gone when somebody answers again.
func TestPermitWatch(t *testing.T) {
	now := time.Now()
	system := &permittest.System{Now: func() time.Time { return now }}
	s := httptest.NewServer(system.Handler())
	defer s.Close()
	client, err := permit.New(permit.Options{Online: []string{s.URL}, Token: permittest.Key, Local: s.URL, Login: permittest.Login, Pass: permittest.Pass, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := &permitWatch{client: client, online: true, local: true, now: func() time.Time { return now }}
	want := func(state int, code fault.Code, since time.Time) {
		t.Helper()
		got := w.warnings()
		if w.state() != state || (len(got) > 0) != (code != "") {
			t.Fatalf("state %d, %+v; want %d %s", w.state(), got, state, code)
		}
		if code != "" && (got[0].Code != code || !got[0].Since.Equal(since)) {
			t.Errorf("%+v, want %s since %s", got[0], code, since)
		}
	}
	w.look(t.Context())
	want(0, "", now)
	system.Break(permittest.Faults{Down: true})
	began := now
	w.look(t.Context())
	want(1, "", now) // a lost answer is no warning yet
	now = now.Add(permitAway)
	want(1, fault.PermitLocal, began)
	system.Break(permittest.Faults{Down: true, LocalStale: true})
	w.look(t.Context())
	now = now.Add(permitAway)
	want(2, fault.PermitDead, began.Add(permitAway))
	w.heard(true, nil) // a check by the module
	want(1, fault.PermitLocal, began)
	w.heard(false, errors.New("down"))
	want(2, fault.PermitLocal, began)
	system.Break(permittest.Faults{})
	w.look(t.Context())
	want(0, "", now)
	if none := (&permitWatch{}); none.state() != -1 || none.warnings() != nil {
		t.Error("nothing is configured and something is wrong with it")
	}
}

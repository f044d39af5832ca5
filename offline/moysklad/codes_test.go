package moysklad

import (
	"testing"

	"github.com/kassa-pos/kassa/offline/outbox"
)

func TestEveryCodeHasTextsAndAClass(t *testing.T) {
	classes := map[outbox.Class]bool{outbox.Retry: true, outbox.Reattach: true, outbox.Person: true, outbox.OurFault: true}
	for code, c := range codes {
		if Text(code, "ru") == "" || Text(code, "en") == "" || !classes[c.class] {
			t.Errorf("%d: %+v", code, c)
		}
	}
	if Text(777, "ru") != "" {
		t.Error("a text for a code that is not there")
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	for _, o := range []Options{{BaseURL: "ftp://x"}, {BaseURL: "cloud"}, {BaseURL: "http://"}, {BaseURL: "http://a b"}, {Auth: "magic"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	if c, err := New(Options{}); err != nil || c.base.String() != DefaultBaseURL {
		t.Error(err)
	}
}

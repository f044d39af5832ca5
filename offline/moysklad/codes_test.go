package moysklad

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/outbox"
)

// testdata/codes.txt lists the codes of the service's description.
func TestEveryDescribedCodeIsKnown(t *testing.T) {
	b, err := os.ReadFile("testdata/codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(b))
	if len(all) != 147 {
		t.Errorf("%d codes in the list", len(all))
	}
	texts := map[string]bool{}
	for _, s := range all {
		code, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := codes[code]
		if !ok || c.ru == c.en {
			t.Errorf("code %d: %+v", code, c)
		}
		texts[c.ru] = true
		e := Error{Status: 412, Code: code}
		if e.Class() != c.class {
			t.Errorf("code %d is a %s", code, e.Class())
		}
	}
	if len(texts) < 130 {
		t.Errorf("only %d texts tell the codes apart", len(texts))
	}
}

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

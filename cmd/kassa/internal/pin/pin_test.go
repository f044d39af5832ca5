package pin

import (
	"errors"
	"strings"
	"testing"
)

func TestHashAndCheck(t *testing.T) {
	h, err := Hash("1234")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(h, "1234") && !strings.Contains(h, "$") {
		t.Fatalf("hash shows the PIN: %s", h)
	}
	for pin, want := range map[string]bool{"1234": true, "1235": false, "": false} {
		if got, err := Check(h, pin); err != nil || got != want {
			t.Errorf("Check(%q) = %v, %v; want %v", pin, got, err, want)
		}
	}
	again, err := Hash("1234")
	if err != nil || again == h {
		t.Errorf("two hashes of one PIN are alike (%v)", err)
	}
}

func TestCheckRefusesForeignHashes(t *testing.T) {
	for _, h := range []string{"", "1234", "argon2id$1$8192$$", "argon2id$0$8192$AAAA$AAAA", "argon2id$1$99999999$AAAA$AAAA", "argon2id$1$8192$!$!"} {
		if ok, err := Check(h, "1234"); ok || !errors.Is(err, ErrHash) {
			t.Errorf("Check(%q) = %v, %v", h, ok, err)
		}
	}
}

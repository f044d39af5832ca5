package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The test's own binary is one that was built with modules.
func TestBill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(lock, []byte("installed systemd 257.9-1~deb13u1\nunpacked busybox-static 1:1.37.0-6+b9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(&out, "1.2.3", lock, self); err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, c := range b.Components {
		have[c.Name] = c.PURL
	}
	if b.Metadata.Component.Version != "1.2.3" || have["systemd"] == "" || !strings.HasPrefix(have["std"], "pkg:golang/std@") ||
		have["busybox-static"] != "pkg:deb/debian/busybox-static@1%3A1.37.0-6%2Bb9?distro=trixie" {
		t.Fatalf("%v", have)
	}
}

func TestBadLock(t *testing.T) {
	for _, text := range []string{"", "installed systemd\n", "a b c d\n"} {
		if all, err := debian(strings.NewReader(text)); err == nil {
			t.Errorf("%q: %v", text, all)
		}
	}
}

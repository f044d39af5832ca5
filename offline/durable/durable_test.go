package durable

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestReplace(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "fact")
	for _, content := range []string{"one", "", "a much longer one"} {
		if err := Replace(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, []byte(content)) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o644 {
		t.Fatalf("%v, %v", st.Mode(), err)
	}
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	for range 2 {
		if err := Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFailedReplaceKeepsTheOldOne: a file that can not be replaced stays.
func TestFailedReplaceKeepsTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fact")
	if err := Replace(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path+newSuffix, 0o700); err != nil { // nothing can be written there
		t.Fatal(err)
	}
	if err := Replace(path, []byte("new"), 0o600); err == nil {
		t.Fatal("replaced")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Fatalf("%q, %v", got, err)
	}
	if err := Replace(filepath.Join(t.TempDir(), "no", "fact"), nil, 0o600); err == nil {
		t.Fatal("a directory that is not there")
	}
}

package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const testLimit = 64 << 20

func build(t *testing.T, arch string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "program")
	cmd := exec.Command("go", "build", "-o", out, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

func TestStaticIsAccepted(t *testing.T) {
	if _, err := check(build(t, "arm64"), elf.EM_AARCH64, testLimit); err != nil {
		t.Error(err)
	}
}

func TestWrongOnesAreRefused(t *testing.T) {
	arm64 := build(t, "arm64")
	for name, c := range map[string]struct {
		file  string
		limit int64
		want  string
	}{
		"other machine": {build(t, "amd64"), testLimit, "not EM_AARCH64"},
		"32 bits":       {build(t, "arm"), testLimit, "not 64-bit"},
		"too large":     {arm64, 1000, "the limit is 1000"},
		"missing":       {arm64 + ".gone", testLimit, "no such file"},
	} {
		if _, err := check(c.file, elf.EM_AARCH64, c.limit); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// The shell is dynamic everywhere a desk or a CI runs.
func TestDynamicIsRefused(t *testing.T) {
	file, err := elf.Open("/bin/sh")
	if err != nil {
		t.Skipf("no shell to look at: %v", err)
	}
	machine := file.Machine
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := check("/bin/sh", machine, testLimit); err == nil {
		t.Error("a dynamic executable passed")
	}
}

package stick

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
)

var (
	own   = uuid.MustParse("019a0000-0000-7000-8000-000000000001")
	other = uuid.MustParse("019a0000-0000-7000-8000-000000000002")
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNewest(t *testing.T) {
	medium := t.TempDir()
	manifest := func(id uuid.UUID, day int) string {
		return fmt.Sprintf(`{"format":"kassa-copy 1","id":"%s","created":"2026-03-%02dT00:00:00Z","first":1,"last":2,"files":[{"name":"a","bytes":1}]}`, id, day)
	}
	write(t, filepath.Join(medium, "holiday", "manifest.json"), "{}")
	if _, err := Newest(medium, own); !errors.Is(err, fault.New(fault.CopyBad)) {
		t.Errorf("nothing: %v", err)
	}
	write(t, filepath.Join(medium, "kassa-old", journal.ManifestName), manifest(other, 1))
	write(t, filepath.Join(medium, "kassa-new", journal.ManifestName), manifest(other, 2))
	write(t, filepath.Join(medium, "kassa-own", journal.ManifestName), manifest(own, 3))
	write(t, filepath.Join(medium, "kassa-half"+journal.PartialSuffix, journal.ManifestName), manifest(other, 4))
	write(t, filepath.Join(medium, "kassa-empty", "x"), "")
	if dir, err := Newest(medium, own); err != nil || filepath.Base(dir) != "kassa-new" {
		t.Errorf("%s %v", dir, err)
	}
	write(t, filepath.Join(medium, "kassa-bad", journal.ManifestName), "{")
	if _, err := Newest(medium, own); !errors.Is(err, fault.New(fault.CopyBad)) {
		t.Errorf("damaged: %v", err)
	}
	if _, err := Newest(filepath.Join(medium, "gone"), own); !errors.Is(err, fault.New(fault.CopyMedium)) {
		t.Errorf("pulled out: %v", err)
	}
	if name := Name(other, time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC)); name != "kassa-000000000002-20260301-020304" {
		t.Error(name)
	}
}

func TestMedium(t *testing.T) {
	root := t.TempDir()
	mounts := func(text string) { write(t, filepath.Join(root, "proc/self/mounts"), text) }
	mounts("/dev/mmcblk0 / ext4 rw 0 0\n")
	if _, err := Medium(root, "/data"); !errors.Is(err, fault.New(fault.CopyNoUSB)) {
		t.Errorf("none: %v", err)
	}
	for _, d := range []string{"sda", "sdb"} {
		write(t, filepath.Join(root, "sys/class/block", d, "removable"), "1\n")
	}
	mounts("/dev/sda /media/a vfat rw 0 0\n")
	if dir, err := Medium(root, "/data"); err != nil || dir != "/media/a" {
		t.Errorf("%s %v", dir, err)
	}
	mounts("/dev/sda /media/a vfat rw 0 0\n/dev/sdb /media/b vfat rw 0 0\n")
	if _, err := Medium(root, "/data"); !errors.Is(err, fault.New(fault.CopyManyUSB)) {
		t.Errorf("two: %v", err)
	}
}

package slots

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAnyStateSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := State{
			Order: rapid.SampledFrom([][]Slot{{A}, {B}, {A, B}, {B, A}}).Draw(t, "order"),
			Left:  map[Slot]int{A: rapid.IntRange(0, MaxAttempts).Draw(t, "a"), B: rapid.IntRange(0, MaxAttempts).Draw(t, "b")},
		}
		b, err := encodeEnv(st, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := decodeEnv(b)
		if err != nil || !cmp.Equal(st, got) {
			t.Fatalf("%v became %v (%v)", st, got, err)
		}
	})
}

func FuzzEnv(f *testing.F) {
	good, err := encodeEnv(Factory(), map[string]string{"x": "y"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[4:200])
	f.Add([]byte("BOOT_ORDER=B B\x00BOOT_A_LEFT=zz\x00\x00"))
	f.Add([]byte("no end"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := make([]byte, EnvSize)
		copy(b[4:], data)
		binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
		st, vars, err := decodeEnv(b)
		if err != nil {
			if !errors.Is(err, ErrBadState) {
				t.Fatal(err)
			}
			return
		}
		if again, err := encodeEnv(st, vars); err == nil {
			if back, _, err := decodeEnv(again); err != nil || !cmp.Equal(st, back) {
				t.Fatalf("%v became %v (%v)", st, back, err)
			}
		}
	})
}

func TestReport(t *testing.T) {
	root := fstest.MapFS{
		cmdline: {Data: []byte("root=PARTUUID=7111c0de-03 ro panic=10 rauc.slot=B quiet\n")},
		installed: {Data: []byte("[slot.rootfs.0]\nbundle.version=1.4.0\nstatus=ok\ninstalled.timestamp=2026-09-01T10:00:00Z\n\n" +
			"[slot.rootfs.1]\nbundle.version=1.5.0\ninstalled.timestamp=2026-11-02T08:30:00Z\n[slot.other.0]\nbundle.version=9\n")},
	}
	disk, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	}()
	m := On(disk)
	if _, err := m.Change(func(State) (State, error) { return State{Order: []Slot{B, A}, Left: map[Slot]int{A: 9, B: 2}}, nil }); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	r, err := Look(root, m, "1.5.0-12", now)
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Booted: B, Next: B, Source: FirstCopy, Written: now, Slots: map[Slot]Info{
		A: {Left: 9, Bootable: true, Version: "1.4.0", Installed: time.Date(2026, 9, 1, 10, 0, 0, 0, time.UTC)},
		B: {Left: 2, Bootable: true, Version: "1.5.0-12", Installed: time.Date(2026, 11, 2, 8, 30, 0, 0, time.UTC)},
	}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Fatal(diff)
	}
	path := filepath.Join(t.TempDir(), "run", "slots.json")
	if _, err := ReadReport(path); !errors.Is(err, ErrNoSlots) {
		t.Fatalf("without a report: %v", err)
	}
	// As root's services do, which keep all else to themselves.
	old := syscall.Umask(0o077)
	err = WriteReport(path, r)
	syscall.Umask(old)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Dir(path), path} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm()&0o044 != 0o044 {
			t.Errorf("%s: %v, %v: the till could not read it", name, st.Mode(), err)
		}
	}
	if back, err := ReadReport(path); err != nil || !cmp.Equal(r, back) {
		t.Fatalf("%v, %v", back, err)
	}
}

func TestBooted(t *testing.T) {
	for line, want := range map[string]error{
		"rauc.slot=A":                 nil,
		"quiet rauc.slot=B":           nil,
		"rauc.slot=C":                 ErrNoSlots,
		"BOOT_IMAGE=/vmlinuz quiet":   ErrNoSlots,
		"rauc.slot=A till.rescue=1 x": nil,
	} {
		s, rescue, err := Booted(fstest.MapFS{cmdline: {Data: []byte(line)}})
		if !errors.Is(err, want) || (err == nil && (!s.Valid() || rescue != strings.Contains(line, "rescue"))) {
			t.Errorf("%q: %s, %t, %v", line, s, rescue, err)
		}
	}
}

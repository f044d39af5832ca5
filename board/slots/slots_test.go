package slots

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// memory is a disk of which a write can be torn: only the first part of it gets
// there, and nothing after it.
type memory struct {
	b      []byte
	budget int // bytes that still reach the disk; negative: no limit
}

var errCut = errors.New("the power went")

func newMemory() *memory { return &memory{b: make([]byte, secondAt+EnvSize), budget: -1} }

func (m *memory) ReadAt(b []byte, off int64) (int, error) {
	n := copy(b, m.b[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) WriteAt(b []byte, off int64) (int, error) {
	n := len(b)
	if m.budget >= 0 {
		n = min(n, m.budget)
		m.budget -= n
	}
	copy(m.b[off:], b[:n])
	if n < len(b) {
		return n, errCut
	}
	return n, nil
}

func (m *memory) Sync() error { return nil }

// boot does what the boot script does, reading the disk in the script's own
// way: decimal counters, the first copy, the second, the defaults.
func boot(t *testing.T, m *memory) (slot Slot, rescue bool) {
	t.Helper()
	vars := map[string]string{"BOOT_ORDER": "A B", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
	for _, at := range []int{firstAt, secondAt} {
		env := m.b[at : at+EnvSize]
		if binary.LittleEndian.Uint32(env) != crc32.ChecksumIEEE(env[4:]) {
			continue
		}
		for v := range strings.SplitSeq(string(env[4:]), "\x00") {
			if name, value, ok := strings.Cut(v, "="); ok {
				vars[name] = value
			}
		}
		break
	}
	left := func(s string) int { // U-Boot's test: what is no decimal number is nothing
		n, err := strconv.Atoi(vars["BOOT_"+s+"_LEFT"])
		if err != nil {
			return 0
		}
		return n
	}
	for s := range strings.FieldsSeq(vars["BOOT_ORDER"]) {
		if n := left(s); n > 0 {
			vars["BOOT_"+s+"_LEFT"] = strconv.FormatInt(int64(n-1), 16)
			slot = Slot(s)
			break
		}
	}
	if slot == "" {
		rescue, slot = true, A
		vars["BOOT_A_LEFT"], vars["BOOT_B_LEFT"] = "3", "3"
		if strings.HasPrefix(vars["BOOT_ORDER"], "B") {
			slot = B
		}
	}
	b := make([]byte, 4, EnvSize)
	for name, value := range vars {
		b = append(b, name+"="+value+"\x00"...)
	}
	b = append(b, make([]byte, EnvSize-len(b))...)
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	copy(m.b[firstAt:], b)
	copy(m.b[secondAt:], b)
	return slot, rescue
}

func set(t *testing.T, m *memory, st State) {
	t.Helper()
	if _, err := On(m).Change(func(State) (State, error) { return st, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestScriptReadsWhatIsWritten(t *testing.T) {
	m := newMemory()
	if st, from, err := On(m).Read(); err != nil || from != Defaults || st.Left[A] != FewAttempts {
		t.Fatalf("an empty disk reads as %v from %s (%v)", st, from, err)
	}
	set(t, m, Factory())
	for i := range MaxAttempts {
		if s, rescue := boot(t, m); s != A || rescue {
			t.Fatalf("boot %d takes %s, rescue %t", i, s, rescue)
		}
	}
	if s, rescue := boot(t, m); s != A || !rescue {
		t.Fatalf("with nothing left the boot takes %s, rescue %t", s, rescue)
	}
	st, from, err := On(m).Read()
	if err != nil || from != FirstCopy || st.Left[A] != FewAttempts {
		t.Fatalf("after the rescue: %v from %s (%v)", st, from, err)
	}
}

func TestNewSlotThatNeverConfirms(t *testing.T) {
	m := newMemory()
	set(t, m, State{Order: []Slot{B, A}, Left: map[Slot]int{A: MaxAttempts, B: FewAttempts}})
	var took []Slot
	for range FewAttempts + 1 {
		s, _ := boot(t, m)
		took = append(took, s)
	}
	if diff := cmp.Diff([]Slot{B, B, B, A}, took); diff != "" {
		t.Fatal(diff)
	}
}

func TestChanges(t *testing.T) {
	both := State{Order: []Slot{B, A}, Left: map[Slot]int{A: 8, B: 2}}
	if got := both.Good(B); got.Left[B] != MaxAttempts || got.Left[A] != 8 || both.Left[B] != 2 {
		t.Errorf("good: %v, and the old one %v", got, both)
	}
	got, err := both.Bad(B)
	if err != nil || got.Bootable(B) || !got.Bootable(A) {
		t.Errorf("bad: %v, %v", got, err)
	}
	if _, err := got.Bad(A); !errors.Is(err, ErrNotBootable) {
		t.Errorf("the last slot may be thrown away: %v", err)
	}
	if _, err := got.First(B); !errors.Is(err, ErrNotBootable) {
		t.Errorf("a slot that was taken out may be started: %v", err)
	}
	if back, err := both.First(A); err != nil || back.Order[0] != A || len(back.Order) != 2 {
		t.Errorf("first: %v, %v", back, err)
	}
}

// TestPowerWrite: wherever the power goes while the state is written, the boot
// script finds the old or the new one, whatever the copies were before.
func TestPowerWrite(t *testing.T) {
	old := State{Order: []Slot{A, B}, Left: map[Slot]int{A: 7, B: 0}}
	next := State{Order: []Slot{B, A}, Left: map[Slot]int{A: 7, B: 3}}
	broken := map[string]func(*memory){
		"both copies good": func(*memory) {},
		"first torn":       func(m *memory) { clear(m.b[firstAt+5 : firstAt+EnvSize]) },
		"second torn":      func(m *memory) { clear(m.b[secondAt+5 : secondAt+EnvSize]) },
		"second old": func(m *memory) { // fw_setenv wrote the first one only
			other := newMemory()
			set(t, other, Factory())
			copy(m.b[secondAt:], other.b[secondAt:secondAt+EnvSize])
		},
	}
	cuts := 0
	for name, damage := range broken {
		for budget := 0; budget <= 3*EnvSize; budget += 61 {
			m := newMemory()
			set(t, m, old)
			damage(m)
			m.budget = budget
			_, err := On(m).Change(func(State) (State, error) { return next, nil })
			if err != nil && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			m.budget = -1
			got, _, rerr := On(m).Read()
			if rerr != nil {
				t.Fatal(rerr)
			}
			if !cmp.Equal(got, next) && (!cmp.Equal(got, old) || err == nil) {
				t.Fatalf("%s, cut after %d bytes (%v): %v", name, budget, err, got)
			}
			if s, rescue := boot(t, m); rescue || s != got.Order[0] {
				t.Fatalf("%s, cut after %d bytes: the script starts %s (rescue %t) with %v", name, budget, s, rescue, got)
			}
			cuts++
		}
	}
	t.Logf("%d cuts, 0 lost", cuts)
}

// TestOtherVariablesAreKept: what somebody else keeps beside the state stays.
func TestOtherVariablesAreKept(t *testing.T) {
	m := newMemory()
	b, err := encodeEnv(Factory(), map[string]string{"serial#": "100000001", "note": "a=b"})
	if err != nil {
		t.Fatal(err)
	}
	copy(m.b[firstAt:], b)
	set(t, m, Factory().Good(B))
	_, vars, _, err := On(m).read()
	if err != nil || vars["serial#"] != "100000001" || vars["note"] != "a=b" {
		t.Fatalf("%v, %v", vars, err)
	}
}

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
	m := newMemory()
	set(t, m, State{Order: []Slot{B, A}, Left: map[Slot]int{A: 9, B: 2}})
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	r, err := Look(root, On(m), "1.5.0-12", now)
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
	if err := WriteReport(path, r); err != nil {
		t.Fatal(err)
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

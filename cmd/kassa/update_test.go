package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/board/slots/slotstest"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	release "github.com/kassa-pos/kassa/offline/update"
	"github.com/kassa-pos/kassa/pos/fault"
)

// slotted is a machine with slots around a rig's till: its disk, root's
// services and a USB stick with a release.
type slotted struct {
	*rig
	disk    *slotstest.Disk
	booted  fstest.MapFS
	keys    string
	stick   string
	restart chan struct{}
}

func newSlotted(t *testing.T) *slotted {
	t.Helper()
	s := &slotted{rig: newRig(t, ""), disk: slotstest.New(), booted: fstest.MapFS{}, restart: make(chan struct{}, 8)}
	s.keys, s.stick = filepath.Join(s.dir, "update.keys"), filepath.Join(s.dir, "stick")
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	public := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	config, err := os.ReadFile(s.config())
	config = append(config, "[update]\nkeys = \"update.keys\"\nrun = \"run\"\nsystem = \"slots\"\n"...)
	err = errors.Join(err, os.WriteFile(s.config(), config, 0o600), os.WriteFile(s.keys, []byte(public+" test\n"), 0o600), os.Mkdir(s.stick, 0o700),
		os.WriteFile(filepath.Join(s.dir, "key"), []byte(base64.StdEncoding.EncodeToString(key.Seed())), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	s.disk.Put(slotstest.FirstAt, map[string]string{"BOOT_ORDER": "A", "BOOT_A_LEFT": "9", "BOOT_B_LEFT": "0"})
	s.on()
	return s
}

// on is a start of the machine: what the boot script and the first service do.
func (s *slotted) on() slots.Slot {
	s.t.Helper()
	slot, rescue := s.disk.Boot()
	if rescue {
		s.t.Fatal("rescue")
	}
	s.booted["proc/cmdline"] = &fstest.MapFile{Data: []byte("rauc.slot=" + string(slot))}
	s.report()
	return slot
}

func (s *slotted) report() {
	s.t.Helper()
	if err := s.machine().Report(filepath.Join(s.dir, "run", "slots.json"), "0.9.0"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *slotted) machine() updates.Machine {
	return updates.Machine{
		Root: s.booted, Disk: func(do func(slots.Disk) error) error { return do(slots.On(s.disk)) }, Now: time.Now,
		Write: func(_ context.Context, _ string, told func(int)) error {
			s.disk.Mark(slots.B, false)
			told(50)
			s.disk.Mark(slots.B, true)
			return nil
		},
		Reboot: func(context.Context) error { s.restart <- struct{}{}; return nil },
	}
}

// installer is the service that a request starts.
func (s *slotted) installer(ctx context.Context) error {
	a := &app{config: s.config()}
	c, err := a.load()
	if err != nil {
		return err
	}
	here, err := daemon.UpdateTill(c.Data, "0.9.0")
	if err != nil {
		return err
	}
	keys, err := release.ReadKeys(c.Update.Keys)
	if err != nil {
		return err
	}
	i := updates.Installer{Paths: daemon.UpdatePaths(c), Machine: s.machine(), Till: here, Keys: keys}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if err := i.Handle(ctx); err != nil {
			return err
		}
	}
}

func (s *slotted) gate() (updates.Verdict, error) {
	a := &app{config: s.config()}
	c, err := a.load()
	if err != nil {
		return updates.Verdict{}, err
	}
	return updates.Gate{Paths: daemon.UpdatePaths(c), Machine: s.machine(), Version: "1.0.0", Ask: asker(s.client), Every: 50 * time.Millisecond, Patience: time.Minute}.Decide(s.t.Context())
}

// TestUpdate: from a stick through installer, restart and gate, at a real till.
func TestUpdate(t *testing.T) {
	s := newSlotted(t)
	s.start("")
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.installer(ctx); err != nil {
			t.Error(err)
		}
	})
	defer work.Wait()
	defer cancel()
	if out := s.run("update"); !strings.Contains(out, "slot A") || !strings.Contains(out, "slot B: empty") {
		t.Errorf("%s", out)
	}
	s.refused(fault.UpdateNoChannel, "update", "check")
	s.refused(fault.UpdateNone, "update", "install", s.stick)
	s.refused(fault.UpdateNoOther, "update", "rollback")
	bundle := filepath.Join(s.stick, "kassa-1.0.0.raucb")
	if err := os.WriteFile(bundle, bytes.Repeat([]byte("system "), 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("update", "seal", bundle, "--key", filepath.Join(s.dir, "key"), "--version", "1.0.0", "--compatible", kind(t), "--notes", `{"ru":"Быстрее"}`)

	// Not while a shift is open.
	s.kassaIn("1111\n", "login")
	s.run("shift", "open")
	s.refused(fault.UpdateShift, "update", "install", s.stick)
	s.refused(fault.UpdateShift, "update", "restart")
	s.run("shift", "close")

	if out := s.run("update", "install", s.stick); !strings.Contains(out, "1.0.0") {
		t.Errorf("%s", out)
	}
	// The restart waits for the end of a shift; a person looks on and changes his mind.
	s.kassaIn("1111\n", "login")
	s.run("shift", "open")
	if out := s.run("update", "restart", "--when-free"); !strings.Contains(out, "as soon as nobody sells") {
		t.Errorf("%s", out)
	}
	get, post := s.ownerPages(t)
	if _, page := get("/updates"); !strings.Contains(page, "The till restarts as soon as the shift is closed") || !strings.Contains(page, "Slot B") {
		t.Errorf("the page of the updates:\n%s", page)
	}
	for _, what := range []string{"cancel", "later"} {
		if status := post("/do/update-"+what, nil); status != http.StatusNoContent {
			t.Errorf("%s: %d", what, status)
		}
	}
	s.run("shift", "close")
	<-s.restart
	s.stop()
	if slot := s.on(); slot != slots.B {
		t.Fatalf("slot %s starts", slot)
	}
	s.start("")
	v, err := s.gate()
	if err != nil || !v.OK || len(v.Checks) != 3 {
		t.Fatalf("%+v, %v", v, err)
	}
	s.report()
	s.await("the update is told to be kept", func() bool {
		out, _, code := s.kassa("", "update")
		return code == 0 && strings.Contains(out, "was kept") && strings.Contains(out, "slot B")
	})
	s.audited("update_install", "update_restart", "update_kept")

	// Back, by hand.
	s.run("update", "rollback")
	<-s.restart
	if slot := s.on(); slot != slots.A {
		t.Errorf("slot %s starts", slot)
	}
}

// kind is what this machine's tills are called in a release.
func kind(t *testing.T) string {
	t.Helper()
	u, err := daemon.UpdateTill(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	return u.Compatible
}

func (s *slotted) kassaIn(in string, args ...string) {
	s.t.Helper()
	if out, errOut, code := s.kassa(in, args...); code != 0 {
		s.t.Fatalf("%v: %s %s", args, out, errOut)
	}
}

// audited: each was written down once, by its own id.
func (s *slotted) audited(types ...string) {
	s.t.Helper()
	out := s.run("journal", "show", "--kind", "audit", "--json")
	var list []struct {
		ID   uuid.UUID `json:"id"`
		Type string    `json:"type"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		s.t.Fatalf("%v: %.300s", err, out)
	}
	for _, want := range types {
		n := 0
		for _, r := range list {
			if r.Type == want {
				n++
			}
		}
		if n != 1 {
			s.t.Errorf("%s: %d times", want, n)
		}
	}
}

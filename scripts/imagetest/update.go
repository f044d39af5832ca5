package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// releaser makes updates: a signer and a key of this run only.
type releaser struct {
	dir         string
	kassa, slot string // what seals a release, the file system it is made of

	server   *httptest.Server
	releases int
}

func newReleaser(dir, kassa, slot string) (*releaser, error) {
	r := &releaser{dir: filepath.Join(dir, "releases"), kassa: kassa, slot: slot}
	if err := os.MkdirAll(filepath.Join(r.dir, "channel"), 0o700); err != nil {
		return nil, err
	}
	public, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	for name, b := range map[string][]byte{"update.keys": public, "release.key": secret.Seed(), "stranger.key": stranger.Seed()} {
		if err := os.WriteFile(r.path(name), []byte(base64.StdEncoding.EncodeToString(b)+"\n"), 0o600); err != nil {
			return nil, err
		}
	}
	for _, who := range []string{"signer", "stranger"} {
		if err := tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN="+who, "-keyout", r.path(who+".pem"), "-out", r.path(who+".crt"),
			"-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=emailProtection"); err != nil {
			return nil, err
		}
	}
	r.server = httptest.NewServer(http.FileServer(http.Dir(r.path("channel"))))
	return r, nil
}

func (r *releaser) path(name string) string { return filepath.Join(r.dir, name) }

// trusted lays the public halves into a slot.
func (r *releaser) trusted(slot partition) error {
	return errors.Join(
		slot.put(r.path("signer.crt"), "/etc/rauc/keyring.pem", 0, 0o644),
		slot.put(r.path("update.keys"), "/etc/kassa/update.keys", 0, 0o644))
}

// release is one on the channel.
type release struct {
	version string
	// change does something to the file system first.
	change []string
	// signer signs the bundle, key the envelope; "": the right one.
	signer, key string
	// spoil changes bytes of the bundle afterwards.
	spoil bool
}

// publish makes a release and puts it on the channel.
func (r *releaser) publish(rel release) (string, error) {
	r.releases++
	rel.version = fmt.Sprintf("1.0.%d", r.releases)
	slot := r.path("slot.ext4")
	if err := sparseCopy(r.slot, slot); err != nil {
		return "", err
	}
	info, err := os.Stat(slot)
	if err != nil {
		return "", err
	}
	whole := partition{slot, 0, info.Size()}
	if err := r.trusted(whole); err != nil {
		return "", err
	}
	if len(rel.change) > 0 {
		if err := whole.debugfs(rel.change...); err != nil {
			return "", err
		}
	}
	bundle := r.path("channel/kassa-" + rel.version + ".raucb")
	for name, value := range map[string]string{
		"VERSION": rel.version, "KASSA": r.kassa, "LEVEL": "1", "SLOT": slot, "OUT": bundle,
		"KASSA_SIGN_CERT": r.path(or(rel.signer, "signer") + ".crt"), "KASSA_SIGN_KEY": r.path(or(rel.signer, "signer") + ".pem"),
		"KASSA_RELEASE_KEY": r.path(or(rel.key, "release") + ".key"),
	} {
		if err := os.Setenv(name, value); err != nil {
			return "", err
		}
	}
	if err := tool("build/bundle"); err != nil {
		return "", err
	}
	if rel.spoil {
		if err := spoil(bundle); err != nil {
			return "", err
		}
	}
	return rel.version, os.Rename(strings.TrimSuffix(bundle, ".raucb")+".json", r.path("channel/stable.json"))
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// spoil changes eight bytes in the middle of a file.
func spoil(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte("spoiled!"), info.Size()/2)
	return err
}

// updateState is what the till tells of updates.
type updateState struct {
	Phase   string
	Percent int
	Failure *struct{ Code, Message, Detail string }
	Slots   struct {
		Booted string
		Slots  map[string]struct {
			Left     int
			Bootable bool
		}
	}
	Last *struct {
		Version, Reason string
		Kept            bool
	}
}

func (u updateState) String() string {
	b, err := json.Marshal(u)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// updates asks inside: updates are nobody's business on the network.
func (s *scene) updates(ctx context.Context) (u updateState, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	answer, err := s.run(ctx, "", "kassa update status --json")
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal([]byte(answer), &u)
}

// bring has the till fetch and install what is on the channel and waits until
// that is done or refused.
func (s *scene) bring(ctx context.Context) (u updateState, err error) {
	_, refused := s.run(ctx, "", "kassa update install --json")
	if u, err = s.updates(ctx); err != nil {
		return u, err
	}
	if refused != nil && u.Phase != "failed" {
		return u, refused
	}
	return u, nil
}

// trial publishes a release, installs it and says where the machine ends up.
type trial struct {
	what    string
	release release
	refused string // with this code, before anything is written
	kept    bool   // else: the old release comes back by itself
}

var trials = []trial{
	{what: "that was tampered with", release: release{spoil: true}, refused: "update.tampered"},
	{what: "good", kept: true},
	{what: "whose kernel is garbage", release: release{change: []string{"rm /boot/vmlinuz", "write /etc/os-release /boot/vmlinuz"}}},
	{what: "whose till does not start", release: release{change: []string{"rm /usr/bin/kassa"}}},
	{what: "without a system", release: release{change: []string{"rm /usr/lib/systemd/systemd"}}},
	{what: "released by a stranger", release: release{key: "stranger"}, refused: "update.unsigned"},
	{what: "signed by a stranger", release: release{signer: "stranger"}, refused: "update.failed"},
}

// update goes through one trial.
func (s *scene) update(ctx context.Context, r *releaser, t trial) error {
	version, err := r.publish(t.release)
	if err != nil {
		return err
	}
	before, err := s.updates(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	u, err := s.bring(ctx)
	if err != nil {
		return fmt.Errorf("an update %s: %w", t.what, err)
	}
	brought := time.Since(began)
	if t.refused != "" {
		after, err := s.updates(ctx)
		if err != nil {
			return err
		}
		if u.Phase != "failed" || u.Failure == nil || u.Failure.Code != t.refused || fmt.Sprint(after.Slots) != fmt.Sprint(before.Slots) {
			return fmt.Errorf("an update %s was not refused with %s: %v, before: %v", t.what, t.refused, u, before)
		}
		s.say("an update %s: refused after %.0f s (%s), the slots are as they were", t.what, brought.Seconds(), u.Failure.Code)
		return nil
	}
	if u.Phase != "installed" {
		return fmt.Errorf("an update %s was not installed: %v", t.what, u)
	}
	began = time.Now()
	if _, err := s.run(ctx, "", "kassa update restart"); err != nil {
		return err
	}
	if err := s.until(ctx, "it is known what became of the update "+t.what, func() (bool, error) {
		var err error
		u, err = s.updates(ctx)
		return err == nil && u.Last != nil && u.Last.Version == version, nil
	}); err != nil {
		return err
	}
	want := before.Slots.Booted
	if t.kept {
		want = map[string]string{"A": "B", "B": "A"}[want]
	}
	if u.Last.Kept != t.kept || u.Slots.Booted != want {
		return fmt.Errorf("an update %s: %v, before: %v", t.what, u, before)
	}
	s.say("an update %s: installed in %.0f s, slot %s runs %.0f s after the restart, kept: %t %s", t.what, brought.Seconds(), u.Slots.Booted, time.Since(began).Seconds(), u.Last.Kept, u.Last.Reason)
	return s.until(ctx, "the till sells", func() (bool, error) {
		_, sells, _ := s.till.ready(ctx)
		return sells, nil
	})
}

// allUpdates goes through all of them on one card.
func (s *scene) allUpdates(ctx context.Context) error {
	if err := s.call(ctx, "POST", "/api/v1/shift/close", nil, nil); err != nil {
		return fmt.Errorf("close the shift: %w", err)
	}
	for _, t := range trials {
		if err := s.update(ctx, s.releaser, t); err != nil {
			return err
		}
	}
	if err := s.sell(ctx); err != nil {
		return fmt.Errorf("a sale after all updates: %w", err)
	}
	s.say("%d updates, each ended as it should", len(trials))
	return s.check(ctx)
}

package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// releaser makes updates: a signer and a key of this run only.
type releaser struct {
	dir         string
	kassa, slot string // what seals a release, the file system it is made of

	server   *httptest.Server
	sent     atomic.Int64 // bytes of bundles that have gone out
	releases int
	newest   string // on the channel
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
	files := http.FileServer(http.Dir(r.path("channel")))
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, ".raucb") {
			w = counted{w, &r.sent}
		}
		files.ServeHTTP(w, q)
	}))
	return r, nil
}

// counted counts what goes out.
type counted struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.sent.Add(int64(n))
	return n, err
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
	// version is the release's; "": the next one.
	version string
	// change does something to the file system first.
	change []string
	// signer signs the bundle, key the envelope; "": the right one.
	signer, key string
	// spoil changes bytes of the bundle afterwards.
	spoil bool
	// lay are texts that are laid into the file system, by path.
	lay map[string]string
}

// publish makes a release and puts it on the channel. Its program is built for
// it: it must know its own version, as a real one does.
func (r *releaser) publish(rel release) (string, error) {
	if rel.version == "" {
		r.releases++
		rel.version = fmt.Sprintf("1.0.%d", r.releases)
	}
	slot := r.path("slot.ext4")
	if err := sparseCopy(r.slot, slot); err != nil {
		return "", err
	}
	info, err := os.Stat(slot)
	if err != nil {
		return "", err
	}
	whole := partition{slot, 0, info.Size()}
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+rel.version, "-o", r.path("kassa"), "./cmd/kassa")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build release %s: %w: %s", rel.version, err, out)
	}
	if err := errors.Join(
		r.trusted(whole),
		whole.debugfs("rm /usr/bin/kassa"), whole.put(r.path("kassa"), "/usr/bin/kassa", 0, 0o755),
		whole.debugfs("rm /usr/share/kassa/version"), whole.text(r.path("text"), rel.version+"\n", "/usr/share/kassa/version", 0, 0o644),
	); err != nil {
		return "", err
	}
	for to, text := range rel.lay {
		if err := errors.Join(whole.debugfs("mkdir "+filepath.Dir(to)), whole.text(r.path("text"), text, to, 0, 0o644)); err != nil {
			return "", err
		}
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
	r.newest = rel.version
	return rel.version, os.Rename(strings.TrimSuffix(bundle, ".raucb")+".json", r.path("channel/stable.json"))
}

// size is a release's bundle's, in bytes.
func (r *releaser) size(version string) (int64, error) {
	info, err := os.Stat(r.path("channel/kassa-" + version + ".raucb"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
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

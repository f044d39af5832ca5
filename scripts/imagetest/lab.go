package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const labLimit = time.Minute

// lab is the virtual bench: it runs on this host and is never cut.
type lab struct {
	cmd   *exec.Cmd
	dir   string
	Bench string
	Cloud string
	KKT   struct{ TCP string }
	PIN   string
	Codes []string
}

func startLab(program, dir string) (*lab, error) {
	l := &lab{dir: dir, cmd: exec.Command(program, "run", "--dir", dir, "--kkt-link", "tcp")}
	log, err := os.Create(dir + ".log")
	if err != nil {
		return nil, err
	}
	l.cmd.Stderr = log
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if err := errors.Join(l.cmd.Start(), log.Close()); err != nil { // the child has its own
		return nil, err
	}
	ready := make(chan error, 1)
	go func() { ready <- json.NewDecoder(out).Decode(l) }()
	select {
	case err = <-ready:
	case <-time.After(labLimit):
		err = errors.New("not ready")
	}
	if err != nil {
		l.stop()
		return nil, fmt.Errorf("the bench: %w; see %s.log", err, dir)
	}
	return l, nil
}

func (l *lab) stop() {
	_ = l.cmd.Process.Signal(os.Interrupt)
	_ = l.cmd.Wait() // how it ended is in its log
}

// inside is an address of this host as the machine knows it.
func inside(address string) (string, error) {
	_, port, err := net.SplitHostPort(address)
	return net.JoinHostPort("10.0.2.2", port), err
}

// secret is the login of the bench's cloud, which is none.
func (l *lab) secret() (string, error) {
	b, err := os.ReadFile(filepath.Join(l.dir, "credentials.toml"))
	return string(b), err
}

// config is the till's configuration: the KKT and the cloud are on this host,
// the scanner is the machine's keyboard.
func (l *lab) config(updates string) (string, error) {
	kkt, err := inside(l.KKT.TCP)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(filepath.Join(l.dir, "bench.toml"))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(b), "\nstore = ")
	store, _, _ := strings.Cut(rest, "\n")
	return fmt.Sprintf(`data = "/var/lib/kassa"
language = "ru"
timezone = "Europe/Moscow"
bench = true

[console]
listen = "0.0.0.0:8080"
public = true
tls = "off"

[kkt]
driver = "shtrih-m"
address = "tcp://%s"

[scanner]
name = "counter"
address = "evdev:///dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_scanner-event-kbd"

[cloud.moysklad]
url = %q
store = %s
credentials = "/var/lib/kassa/moysklad.secret"

[update]
server = %q
every = "0s"
`, kkt, l.Cloud, store, updates), nil
}

// cloudPort is the cloud's, on this host.
func (l *lab) cloudPort() (string, error) {
	u, err := url.Parse(l.Cloud)
	if err != nil {
		return "", err
	}
	return u.Port(), nil
}

// ask reads something of the bench's control API.
func (l *lab) ask(ctx context.Context, path string, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Bench+"api/v1/"+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// receipts are the numbers of all sales the FN has.
func (l *lab) receipts(ctx context.Context) ([]int, error) {
	var all []struct {
		FD, OpType int
		Type       string
	}
	if err := l.ask(ctx, "kkt/documents", &all); err != nil {
		return nil, err
	}
	var fds []int
	for _, d := range all {
		if d.Type == "receipt" && d.OpType == 1 {
			fds = append(fds, d.FD)
		}
	}
	slices.Sort(fds)
	return fds, nil
}

// received tells whether the cloud has a document of a kind.
func (l *lab) received(ctx context.Context, kind string) (bool, error) {
	var s struct {
		Cloud struct{ Latest []struct{ Kind string } }
	}
	err := l.ask(ctx, "state", &s)
	for _, d := range s.Cloud.Latest {
		if d.Kind == kind {
			return true, err
		}
	}
	return false, err
}

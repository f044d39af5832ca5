package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits of a machine. Emulation on a busy machine is thirty times slower than
// a board.
const (
	bootLimit = 10 * time.Minute // from power on to whatever is waited for
	lookEvery = 250 * time.Millisecond
	qmpLimit  = 20 * time.Second
	goneLimit = 20 * time.Second
	runLimit  = 30 * time.Minute      // of a command inside: an update is one
	sshLost   = 255                   // what ssh ends with when the other side is gone
	keyPause  = 40 * time.Millisecond // between two keys, as a scanner has it
)

// machine is a board with a card in it, as QEMU's virt: the same kernel, root
// and boot script as on a Raspberry Pi, behind another boot loader.
type machine struct {
	dir, firmware string
	card          *card
	http, ssh     int // ports of this host
	cmd           *exec.Cmd
	ended         chan struct{}
	on            time.Time
	starts        int
}

// freePort is one nobody listens on just now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func newMachine(dir, firmware string, c *card) (*machine, error) {
	m := &machine{dir: dir, firmware: firmware, card: c}
	var err error
	if m.http, err = freePort(); err != nil {
		return nil, err
	}
	m.ssh, err = freePort()
	return m, err
}

func (m *machine) path(name string) string { return filepath.Join(m.dir, name) }

// start turns the power on.
func (m *machine) start() error {
	if err := m.card.erase(); err != nil {
		return err
	}
	if err := os.Remove(m.path("qmp")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	m.starts++
	said, err := os.Create(m.path("qemu.log"))
	if err != nil {
		return err
	}
	forward := fmt.Sprintf("user,id=net,hostfwd=tcp:127.0.0.1:%d-:8080,hostfwd=tcp:127.0.0.1:%d-:22", m.http, m.ssh)
	args := append([]string{
		"-M", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", "1024", "-nodefaults", "-display", "none",
		"-bios", m.firmware, "-serial", "file:" + m.serial(), "-qmp", "unix:" + m.path("qmp") + ",server=on,wait=off",
		"-netdev", forward, "-device", "virtio-net-device,netdev=net", "-device", "i6300esb",
		"-device", "qemu-xhci", "-device", "usb-kbd,serial=scanner",
	}, m.card.options()...)
	m.cmd = exec.Command("qemu-system-aarch64", args...)
	m.cmd.Stdout, m.cmd.Stderr = said, said
	m.on = time.Now()
	if err := errors.Join(m.cmd.Start(), said.Close()); err != nil { // the child has its own
		return fmt.Errorf("start QEMU: %w", err)
	}
	m.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}(m.cmd, m.ended)
	return nil
}

// serial is the file with the console of this start.
func (m *machine) serial() string { return m.path(fmt.Sprintf("serial-%d.log", m.starts)) }

// kill pulls the plug: QEMU is gone, and what becomes of the card is the
// card's to say.
func (m *machine) kill() error {
	if m.cmd == nil {
		return nil
	}
	if err := m.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-m.ended:
		m.cmd = nil
		return nil
	case <-time.After(goneLimit):
		return errors.New("QEMU does not die")
	}
}

// printed waits until the console of this start has text and returns when that
// was seen.
func (m *machine) printed(ctx context.Context, text string) (time.Duration, error) {
	err := m.until(ctx, "the console says "+text, func() (bool, error) {
		b, err := os.ReadFile(m.serial())
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return bytes.Contains(b, []byte(text)), err
	})
	return time.Since(m.on), err
}

// until asks again and again until it is so, the machine is gone or the time is
// over.
func (m *machine) until(ctx context.Context, what string, so func() (bool, error)) error {
	return m.within(ctx, bootLimit, what, so)
}

func (m *machine) within(ctx context.Context, limit time.Duration, what string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if yes, err := so(); err != nil || yes {
			return err
		}
		select {
		case <-tick.C:
		case <-m.ended:
			b, _ := os.ReadFile(m.path("qemu.log"))
			return fmt.Errorf("QEMU has ended before %s: %s", what, b)
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %v: %w", what, limit, ctx.Err())
		}
	}
}

// qmp gives QEMU commands, in order.
func (m *machine) qmp(commands ...map[string]any) (err error) {
	conn, err := net.DialTimeout("unix", m.path("qmp"), qmpLimit)
	if err != nil {
		return fmt.Errorf("QMP: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in, out := json.NewDecoder(conn), json.NewEncoder(conn)
	var hello struct{ QMP json.RawMessage }
	if err := errors.Join(conn.SetDeadline(time.Now().Add(qmpLimit)), in.Decode(&hello)); err != nil {
		return fmt.Errorf("QMP: %w", err)
	}
	for _, c := range append([]map[string]any{{"execute": "qmp_capabilities"}}, commands...) {
		if err := errors.Join(conn.SetDeadline(time.Now().Add(qmpLimit)), out.Encode(c)); err != nil {
			return fmt.Errorf("QMP: %w", err)
		}
		for {
			var answer struct {
				Return json.RawMessage
				Error  *struct{ Desc string }
			}
			if err := in.Decode(&answer); err != nil {
				return fmt.Errorf("QMP: %w", err)
			}
			if answer.Error != nil {
				return fmt.Errorf("QMP: %v: %s", c["execute"], answer.Error.Desc)
			}
			if answer.Return != nil { // else an event
				break
			}
		}
		time.Sleep(keyPause)
	}
	return nil
}

// typed types a code and Enter on the machine's USB keyboard, which is what
// most scanners are.
func (m *machine) typed(code string) error {
	var keys []map[string]any
	for _, r := range code {
		if !strings.ContainsRune("0123456789", r) {
			return fmt.Errorf("scan %q: %q is no digit", code, r)
		}
		keys = append(keys, press(string(r)))
	}
	return m.qmp(append(keys, press("ret"))...)
}

func press(key string) map[string]any {
	return map[string]any{"execute": "send-key", "arguments": map[string]any{
		"keys": []any{map[string]any{"type": "qcode", "data": key}}, "hold-time": keyPause.Milliseconds() / 2,
	}}
}

// run runs a command inside, as root, with a text on its standard input.
func (m *machine) run(ctx context.Context, stdin string, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "ssh", append(m.sshOptions(), "root@127.0.0.1", strings.Join(command, " "))...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &said
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s%s", strings.Join(command, " "), err, out.String(), said.String())
	}
	return out.String(), nil
}

// last runs a command that may end the machine's connections, and itself.
func (m *machine) last(ctx context.Context, command ...string) error {
	_, err := m.run(ctx, "", command...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == sshLost {
		return nil
	}
	return err
}

func (m *machine) sshOptions() []string {
	return []string{
		"-i", m.path("key"), "-p", strconv.Itoa(m.ssh), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60", "-o", "ServerAliveInterval=30", "-o", "BatchMode=yes",
	}
}

// letIn waits until SSH answers.
func (m *machine) letIn(ctx context.Context) error {
	return m.until(ctx, "SSH answers", func() (bool, error) {
		_, err := m.run(ctx, "", "true")
		return err == nil, nil
	})
}

// tunnel makes a port of this host's loopback one of the machine's. The till
// speaks plain HTTP to nobody but its own machine.
func (m *machine) tunnel(ctx context.Context, port string) (stop func(), err error) {
	cmd := exec.CommandContext(ctx, "ssh", append(m.sshOptions(), "-N", "-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:"+port+":127.0.0.1:"+port, "root@127.0.0.1")...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }, nil
}

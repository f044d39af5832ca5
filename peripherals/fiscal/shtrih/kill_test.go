package shtrih_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// What makes this test binary an emulated device of its own process: where its
// state is, and at which moment it kills itself ("executed FF45").
const (
	deviceEnv = "KASSA_TEST_DEVICE"
	dieEnv    = "KASSA_TEST_DEVICE_DIES"
)

// beDevice serves the device at path on a free port, whose address it prints,
// until it is killed or its standard input ends.
func beDevice(path, die string) {
	d, err := shtrihtest.Open(shtrihtest.Options{StatePath: path, Now: func() time.Time { return noon },
		Hook: func(stage shtrihtest.Stage, cmd uint16) {
			if die == fmt.Sprintf("%s %X", stage, cmd) {
				if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
					panic(err)
				}
				select {} // the signal is on its way
			}
		}})
	if err != nil {
		panic(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() { // ends with the parent, whatever became of that
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	fmt.Println(ln.Addr())
	if err := errors.Join(d.ListenAndServe(ctx, ln), d.Close()); err != nil {
		panic(err)
	}
}

// socket is a device in a process of its own, that is started again whenever
// it is found dead: switched on again by somebody.
type socket struct {
	t    *testing.T
	path string

	mu   sync.Mutex
	die  string // for the next process
	addr string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	in   io.Closer
}

func newSocket(t *testing.T) *socket {
	s := &socket{t: t, path: filepath.Join(t.TempDir(), "kkt")}
	t.Cleanup(s.off)
	return s
}

// on starts the process if none runs.
func (s *socket) on() error {
	if s.done != nil {
		select {
		case <-s.done:
		default:
			return nil
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), deviceEnv+"="+s.path, dieEnv+"="+s.die)
	s.die = ""
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if s.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	s.addr, s.cmd, s.done = strings.TrimSpace(line), cmd, make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		_ = cmd.Wait() // killed
	}(s.done)
	return err
}

// kill is a power cut, and waits for it. It returns when nothing runs.
func (s *socket) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may be dead by now
	<-s.done
}

func (s *socket) off() {
	s.kill()
	if s.in != nil {
		_ = s.in.Close() // of a process that has ended
	}
}

// Open implements link.Opener.
func (s *socket) Open(ctx context.Context) (link.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.on(); err != nil {
		return nil, err
	}
	return link.TCP{Addr: s.addr}.Open(ctx)
}

func (s *socket) String() string { return "a process" }

// dead reads what a device that runs no more has left.
func (s *socket) dead(t *testing.T) *shtrihtest.Device {
	s.kill()
	return device(t, shtrihtest.Options{StatePath: s.path})
}

// days registers so many days' operations as a till does, and compares with
// what is on the device's disk in the end.
func (s *socket) days(t *testing.T, open link.Opener, n int, o shtrih.Options) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p := printer(t, open, o)
	want := effect{}
	var ops []kkt.Operation
	for range n {
		ops = append(ops, onceOps(t)...)
	}
	for _, op := range ops {
		if err := trust(ctx, p, op); err != nil {
			t.Fatal(op.Kind, ": ", err)
		}
		want = want.and(op)
	}
	d := s.dead(t)
	if got := effectOf(d); got != want {
		t.Errorf("the disk has %+v, want %+v", got, want)
	}
	if err := sameReceipts(ops, d.Documents()); err != nil {
		t.Error(err)
	}
}

// trust registers op with nothing but the driver's word to go by.
func trust(ctx context.Context, p *shtrih.Printer, op kkt.Operation) error {
	for ctx.Err() == nil {
		mark, err := p.Mark(ctx)
		if err != nil {
			continue
		}
		if err = p.Prepare(ctx, mark, op); err == nil {
			if _, err = p.Commit(ctx, mark, op); err == nil {
				return nil
			}
		}
		found, err := p.Find(ctx, mark, op)
		for err != nil && ctx.Err() == nil {
			found, err = p.Find(ctx, mark, op)
		}
		switch found.Kind {
		case kkt.Registered:
			return nil
		case kkt.Foreign:
			return errors.New(found.Why)
		}
	}
	return context.Cause(ctx)
}

// TestKilledDevice: SIGKILL is the device's power cut, before and after each
// command that registers something. Its disk alone must tell the truth.
func TestKilledDevice(t *testing.T) {
	for i, code := range []string{"FF45", "50", "E0", "41", "FF38", "51", "FF46", "8D"} {
		for _, stage := range []shtrihtest.Stage{shtrihtest.Received, shtrihtest.Executed} {
			if os.Getenv("KASSA_LONG") == "" && i > 1 {
				continue
			}
			die := fmt.Sprintf("%s %s", stage, code)
			t.Run(die, func(t *testing.T) {
				t.Parallel()
				s := newSocket(t)
				s.die = die
				s.days(t, s, 1, shtrih.Options{Protocol: []shtrih.Protocol{shtrih.V1, shtrih.V2}[i%2]})
			})
		}
	}
}

// hunted is a socket whose process is killed after a random number of writes
// to it, at a random moment then, again and again.
type hunted struct {
	*socket
	killing sync.WaitGroup

	mu    sync.Mutex
	r     *rand.Rand
	left  int // writes until the next kill
	kills int
}

func (h *hunted) Open(ctx context.Context) (link.Conn, error) {
	conn, err := h.socket.Open(ctx)
	return &huntedConn{Conn: conn, h: h}, err
}

type huntedConn struct {
	link.Conn
	h *hunted
}

func (c *huntedConn) Write(b []byte) (int, error) {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	if c.h.left--; c.h.left == 0 {
		const most = 600 // writes: more than any operation takes, so that it goes on
		c.h.left, c.h.kills = 1+c.h.r.IntN(most), c.h.kills+1
		moment := time.Duration(c.h.r.IntN(3000)) * time.Microsecond
		c.h.killing.Go(func() {
			<-time.After(moment)
			c.h.kill()
		})
	}
	return c.Conn.Write(b)
}

// TestDeviceKilledAnyTime does it at random moments, in the middle of writing
// too.
func TestDeviceKilledAnyTime(t *testing.T) {
	runs := 1
	if os.Getenv("KASSA_LONG") != "" {
		runs = 40
	}
	for n := range runs {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			h := &hunted{socket: newSocket(t), r: rand.New(rand.NewPCG(1, uint64(n))), left: 100}
			t.Cleanup(h.killing.Wait)
			h.days(t, h, 3, shtrih.Options{})
			if t.Logf("killed %d times", h.kills); h.kills == 0 {
				t.Error("never killed")
			}
		})
	}
}

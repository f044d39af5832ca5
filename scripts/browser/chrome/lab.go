package chrome

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	startTimeout = 90 * time.Second // of a bench or a till on a loaded machine
	stopTimeout  = 15 * time.Second
	askEvery     = 200 * time.Millisecond
)

// Lab is the virtual bench with a till on it, as built.
type Lab struct {
	Dir   string
	Ready Ready

	kassa, kassalab string // binaries
	lab, till       *exec.Cmd
	logs            *os.File
}

// Ready is the bench's ready line.
type Ready struct {
	Config  string   `json:"config"`
	Bench   string   `json:"bench"`
	Console string   `json:"console"`
	PIN     string   `json:"pin"`
	Senior  string   `json:"senior"` // PIN of one who may approve
	Codes   []string `json:"codes"`
}

// StartLab builds both programs into bin, starts the bench in dir and a till
// on it, and waits until the till can sell: catalogue loaded, printer ready.
func StartLab(bin, dir string, flags ...string) (*Lab, error) {
	l := &Lab{Dir: dir}
	var err error
	if l.kassa, err = Build("./cmd/kassa", bin); err != nil {
		return nil, err
	}
	if l.kassalab, err = Build("./cmd/kassalab", bin); err != nil {
		return nil, err
	}
	if l.logs, err = os.Create(filepath.Join(dir, "lab.log")); err != nil {
		return nil, err
	}
	l.lab = exec.Command(l.kassalab, append([]string{"run", "--dir", dir}, flags...)...)
	l.lab.Stderr = l.logs
	out, err := l.lab.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := l.lab.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &l.Ready)
	}
	if err == nil {
		err = l.StartTill()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the bench: %w", err), l.Close())
	}
	return l, nil
}

// StartTill runs the till and waits until it can sell.
func (l *Lab) StartTill() error {
	l.till = exec.Command(l.kassa, "run", "--config", l.Ready.Config)
	l.till.Stdout, l.till.Stderr = l.logs, l.logs
	if err := l.till.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		out, err := exec.CommandContext(ctx, l.kassa, "status", "--json", "--config", l.Ready.Config).Output()
		var status struct {
			Catalog int64 `json:"catalog_generation"`
			KKT     struct {
				Ready bool `json:"ready"`
			} `json:"kkt"`
		}
		if err == nil && json.Unmarshal(out, &status) == nil && status.Catalog > 0 && status.KKT.Ready {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the till can not sell after %v; its last status: %s", startTimeout, out)
		}
	}
}

// KillTill ends the till as a power cut would.
func (l *Lab) KillTill() error {
	if err := l.till.Process.Kill(); err != nil {
		return err
	}
	l.till.Wait() // says "killed"
	l.till = nil
	return nil
}

// Kassalab runs a command of the bench, "scan" or "fault".
func (l *Lab) Kassalab(verb string, args ...string) error {
	out, err := exec.Command(l.kassalab, append([]string{verb, "--dir", l.Dir}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kassalab %s %v: %w: %s", verb, args, err, out)
	}
	return nil
}

// Kassa runs a command of the till.
func (l *Lab) Kassa(args ...string) error {
	out, err := exec.Command(l.kassa, append(args, "--config", l.Ready.Config)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kassa %v: %w: %s", args, err, out)
	}
	return nil
}

// Close ends both programs.
func (l *Lab) Close() error {
	err := errors.Join(stop(l.till), stop(l.lab))
	if l.logs != nil {
		err = errors.Join(err, l.logs.Close())
	}
	return err
}

func stop(cmd *exec.Cmd) error {
	if cmd == nil || cmd.Process == nil {
		return nil
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	kill := time.AfterFunc(stopTimeout, func() { cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	return nil
}

// Log is what both programs have written so far.
func (l *Lab) Log() string {
	b, err := os.ReadFile(l.logs.Name())
	if err != nil {
		return err.Error()
	}
	return string(b)
}

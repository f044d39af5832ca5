package chrome

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Root is the repository's top folder, found from the current one.
func Root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		b, readErr := os.ReadFile(filepath.Join(dir, "go.mod"))
		if readErr == nil && strings.HasPrefix(string(b), "module github.com/kassa-pos/kassa\n") {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("not inside the repository")
		}
		dir = up
	}
	return "", err
}

// Build compiles a command of the repository into a folder and gives its path.
func Build(pkg, into string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(into, filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// Fake is the console over a till in memory.
type Fake struct {
	URL string
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// StartFake runs a built consoletest/serve.
func StartFake(binary string, args ...string) (*Fake, error) {
	f := &Fake{cmd: exec.Command(binary, args...)}
	f.cmd.Stderr = os.Stderr
	var err error
	if f.in, err = f.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f.out = bufio.NewScanner(out)
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	if !f.out.Scan() {
		return nil, fmt.Errorf("%s printed no address", binary)
	}
	f.URL = f.out.Text()
	return f, nil
}

// Tell gives the fake a command and waits until it has done it.
func (f *Fake) Tell(command string) error {
	if _, err := fmt.Fprintln(f.in, command); err != nil {
		return err
	}
	if !f.out.Scan() {
		return fmt.Errorf("the fake ended at %q", command)
	}
	return nil
}

// Close ends the fake.
func (f *Fake) Close() error {
	if err := f.in.Close(); err != nil {
		return err
	}
	return f.cmd.Wait()
}

// Restart runs the fake again after Close; it forgets everything.
func (f *Fake) Restart(binary string, args ...string) error {
	again, err := StartFake(binary, args...)
	if err != nil {
		return err
	}
	*f = *again
	return nil
}

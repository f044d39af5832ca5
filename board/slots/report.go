package slots

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Where things are on an image.
const (
	ReportPath = "/run/kassa/slots.json"   // written by root at every change, read by the till
	cmdline    = "proc/cmdline"            // what the boot script said
	installed  = "data/rauc/central.raucs" // RAUC's own record of what it wrote where
	maxFile    = 64 << 10                  // of any of them, in bytes
	slotArg    = "rauc.slot="              // on the kernel's command line
	rescueArg  = "till.rescue=1"           // nothing had attempts left
	group      = "slot.rootfs."            // of RAUC's record: rootfs.0 is A, rootfs.1 is B
	reportMode = fs.FileMode(0o644)        // nothing in it is secret
)

// ErrNoSlots: this machine was not started by the boot script; it is a desk, or
// a Debian of the shop's own, which gets its updates as a package.
var ErrNoSlots = errors.New("this machine has no system slots")

// Report is what the till and its pages tell.
type Report struct {
	Booted  Slot          `json:"booted"`
	Rescue  bool          `json:"rescue,omitempty"` // started although no slot had attempts left
	Next    Slot          `json:"next"`             // what the next start takes
	Source  Source        `json:"source"`           // where the state was read from
	Slots   map[Slot]Info `json:"slots"`
	Written time.Time     `json:"written"`
}

// Info is one slot.
type Info struct {
	Left      int       `json:"left"`     // attempts
	Bootable  bool      `json:"bootable"` // the boot script would take it
	Version   string    `json:"version,omitempty"`
	Installed time.Time `json:"installed,omitzero"`
}

// Booted reads off the kernel's command line which slot runs and whether it is
// a rescue. root is "/" but for tests. ErrNoSlots when the boot script did not
// start this machine.
func Booted(root fs.FS) (s Slot, rescue bool, err error) {
	b, err := readFile(root, cmdline)
	if err != nil {
		return "", false, err
	}
	for arg := range strings.FieldsSeq(string(b)) {
		if name, ok := strings.CutPrefix(arg, slotArg); ok {
			s = Slot(name)
		}
		rescue = rescue || arg == rescueArg
	}
	if !s.Valid() {
		return "", false, ErrNoSlots
	}
	return s, rescue, nil
}

// Look makes the report of the machine whose file system is root and whose
// state is on d. running is the version of the program that asks.
func Look(root fs.FS, d Disk, running string, now time.Time) (Report, error) {
	booted, rescue, err := Booted(root)
	if err != nil {
		return Report{}, err
	}
	st, from, err := d.Read()
	if err != nil {
		return Report{}, err
	}
	r := Report{Booted: booted, Rescue: rescue, Source: from, Slots: map[Slot]Info{}, Written: now.UTC()}
	r.Next, _ = st.Next()
	known, err := record(root)
	if err != nil {
		return Report{}, err
	}
	for _, s := range []Slot{A, B} {
		info := known[s]
		info.Left, info.Bootable = st.Left[s], st.Bootable(s)
		if s == booted {
			info.Version = running
		}
		r.Slots[s] = info
	}
	return r, nil
}

// record reads what RAUC wrote down of the slots: an ini file with a group for
// each. A card that never had an update has none.
func record(root fs.FS) (map[Slot]Info, error) {
	b, err := readFile(root, installed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known := map[Slot]Info{}
	var at Slot
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if name, ok := strings.CutPrefix(line, "["); ok {
			switch strings.TrimSuffix(name, "]") {
			case group + "0":
				at = A
			case group + "1":
				at = B
			default:
				at = ""
			}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || at == "" {
			continue
		}
		info := known[at]
		switch strings.TrimSpace(key) {
		case "bundle.version":
			info.Version = strings.TrimSpace(value)
		case "installed.timestamp":
			if t, err := time.Parse(time.RFC3339, strings.TrimSpace(value)); err == nil {
				info.Installed = t
			}
		}
		known[at] = info
	}
	return known, nil
}

// WriteReport puts r where the till reads it, at once or not at all.
func WriteReport(path string, r Report) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("report the slots: %w", err)
	}
	// The till is not root and has to look in, whatever the umask says.
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("report the slots: %w", err)
	}
	part := path + ".new"
	if err := os.WriteFile(part, append(b, '\n'), reportMode); err != nil {
		return fmt.Errorf("report the slots: %w", err)
	}
	if err := os.Chmod(part, reportMode); err != nil {
		return fmt.Errorf("report the slots: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("report the slots: %w", err)
	}
	return nil
}

// ReadReport reads what WriteReport wrote. ErrNoSlots when there is none.
func ReadReport(path string) (Report, error) {
	b, err := readFile(os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, ErrNoSlots
	}
	if err != nil {
		return Report{}, err
	}
	var r Report
	if err := json.Unmarshal(b, &r); err != nil {
		return Report{}, fmt.Errorf("read the slots' report: %w", err)
	}
	if !r.Booted.Valid() {
		return Report{}, fmt.Errorf("read the slots' report: booted from %q", r.Booted)
	}
	return r, nil
}

func readFile(root fs.FS, name string) (b []byte, err error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxFile)
	}
	return b, nil
}

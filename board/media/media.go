// Package media finds the USB sticks and memory cards that are plugged in and
// mounted: what a person means by "the stick".
//
// The kernel says in /proc/mounts what is mounted where, and in /sys/block of
// every disk whether it is removable. USB disks that say they are not
// (removable is 0 on most SSDs) count as well: they hang on a USB port. A disk
// the machine itself lives on never counts, however it is attached.
//
// The functions may be called concurrently.
package media

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// MaxMounts bounds how many lines of /proc/mounts are looked at.
const MaxMounts = 4096

// Medium is a mounted file system on a removable disk.
type Medium struct {
	Device string // /dev/sda1
	Dir    string // where it is mounted
	Type   string // vfat, exfat, ext4
}

// Mounted lists the media that can be written to, by directory. root is "/"
// but for tests; lived are directories of the machine itself, beside "/": the
// disks they are on are left out.
func Mounted(root string, lived ...string) ([]Medium, error) {
	mounts, err := readMounts(root)
	if err != nil {
		return nil, err
	}
	var own []string // disks
	for _, dir := range append(lived, "/", "/boot", "/boot/firmware") {
		if m := holding(mounts, dir); m != nil {
			if d, err := diskOf(root, m.Device); err == nil {
				own = append(own, d.name)
			}
		}
	}
	var list []Medium
	for _, m := range mounts {
		d, err := diskOf(root, m.Device)
		if errors.Is(err, fs.ErrNotExist) {
			continue // proc, tmpfs, a network
		}
		if err != nil {
			return nil, err
		}
		known := slices.ContainsFunc(list, func(k Medium) bool { return k.Device == m.Device })
		if m.readOnly || known || !d.removable || slices.Contains(own, d.name) {
			continue
		}
		list = append(list, m.Medium)
	}
	slices.SortFunc(list, func(a, b Medium) int { return strings.Compare(a.Dir, b.Dir) })
	return list, nil
}

type mount struct {
	Medium
	readOnly bool
}

// readMounts reads the mounts; a later one hides an earlier on the same
// directory.
func readMounts(root string) (list []mount, err error) {
	b, err := os.ReadFile(filepath.Join(root, "proc/self/mounts"))
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	s := bufio.NewScanner(bytes.NewReader(b))
	for n := 0; s.Scan() && n < MaxMounts; n++ {
		fields := strings.Fields(s.Text())
		if len(fields) < 4 {
			continue
		}
		m := mount{Medium{unescape(fields[0]), unescape(fields[1]), fields[2]}, slices.Contains(strings.Split(fields[3], ","), "ro")}
		list = slices.DeleteFunc(list, func(o mount) bool { return o.Dir == m.Dir })
		list = append(list, m)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	return list, nil
}

// unescape undoes \040 and the like, as the kernel writes blanks.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// holding is the mount a directory is on.
func holding(mounts []mount, dir string) (best *mount) {
	for i := range mounts {
		m := &mounts[i]
		within := m.Dir == "/" || dir == m.Dir || strings.HasPrefix(dir, m.Dir+"/")
		if within && (best == nil || len(m.Dir) > len(best.Dir)) {
			best = m
		}
	}
	return best
}

type disk struct {
	name      string
	removable bool
}

// diskOf finds the disk of a device: fs.ErrNotExist when it is none.
func diskOf(root, device string) (d disk, err error) {
	if !strings.HasPrefix(device, "/dev/") {
		return d, fs.ErrNotExist
	}
	if real, err := filepath.EvalSymlinks(filepath.Join(root, device)); err == nil { // /dev/disk/by-uuid/..
		device = real
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(root, "sys/class/block", filepath.Base(device)))
	if err != nil {
		return d, fmt.Errorf("media: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "partition")); err == nil {
		dir = filepath.Dir(dir)
	}
	flag, err := os.ReadFile(filepath.Join(dir, "removable"))
	if err != nil {
		return d, fmt.Errorf("media: %w", err)
	}
	return disk{filepath.Base(dir), strings.TrimSpace(string(flag)) == "1" || strings.Contains(dir, "/usb")}, nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

const tillUser = 973 // see build/package/usr/lib/sysusers.d

// partition is a piece of a card with an ext4 in it, which is changed while no
// machine runs: debugfs works on a copy of it.
type partition struct {
	disk       string
	at, length int64 // bytes
}

const mib = 1 << 20

// As build/layout has them.
func dataPartition(disk string) partition { return partition{disk, 4166 * mib, 256 * mib} }
func slotA(disk string) partition         { return partition{disk, 68 * mib, 768 * mib} }

// put lays a file of this machine down; there must be none of that name.
func (p partition) put(from, to string, owner, mode int) error {
	return p.debugfs(
		fmt.Sprintf("write %s %s", from, to),
		fmt.Sprintf("sif %s mode 0100%o", to, mode), fmt.Sprintf("sif %s uid %d", to, owner), fmt.Sprintf("sif %s gid %d", to, owner))
}

// text is put for a text, by way of a file.
func (p partition) text(by, text, to string, owner, mode int) error {
	if err := os.WriteFile(by, []byte(text), 0o600); err != nil {
		return err
	}
	return p.put(by, to, owner, mode)
}

func (p partition) debugfs(commands ...string) (err error) {
	disk, err := os.OpenFile(p.disk, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, disk.Close()) }()
	if info, err := disk.Stat(); err == nil && p.at == 0 && info.Size() == p.length {
		return debugfs(p.disk, commands)
	}
	name := p.disk + ".part"
	part, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, io.NewSectionReader(disk, p.at, p.length))
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := debugfs(name, commands); err != nil {
		return err
	}
	part, err = os.Open(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.NewOffsetWriter(disk, p.at), part)
	return errors.Join(err, part.Close(), os.Remove(name))
}

// debugfs changes the file system that a file holds.
func debugfs(name string, commands []string) error {
	cmd := exec.Command("debugfs", "-w", "-f", "-", name)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "not found") || strings.Contains(string(out), "rror") {
		return fmt.Errorf("debugfs %q: %w: %s", commands, err, out)
	}
	return nil
}

// Package slotstest is a till's disk in memory, with a model of the boot script
// that reads and writes it in the script's own way, and of what RAUC does to
// it. Its power can be cut at any byte.
package slotstest

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/board/slots"
)

// Where the two copies are, as the boot script knows it.
const (
	FirstAt  = 0x100000
	SecondAt = 0x104000
)

// ErrCut is a write's that the power went in.
var ErrCut = errors.New("the power went")

// Disk is the gap before the first partition, and all before it.
type Disk struct {
	B    []byte
	Left int // bytes that still reach the disk; negative: no limit
}

// New is a disk of zeros: no state at all.
func New() *Disk { return &Disk{B: make([]byte, SecondAt+slots.EnvSize), Left: -1} }

// ReadAt implements slots.File.
func (d *Disk) ReadAt(b []byte, off int64) (int, error) {
	n := copy(b, d.B[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements slots.File. Only what is left of the power gets there.
func (d *Disk) WriteAt(b []byte, off int64) (int, error) {
	n := len(b)
	if d.Left >= 0 {
		n = min(n, d.Left)
		d.Left -= n
	}
	copy(d.B[off:], b[:n])
	if n < len(b) {
		return n, ErrCut
	}
	return n, nil
}

// Sync implements slots.File.
func (d *Disk) Sync() error { return nil }

// Boot does what the boot script does: takes a slot, spends one of its
// attempts, and writes both copies.
func (d *Disk) Boot() (slot slots.Slot, rescue bool) {
	vars := d.Vars()
	left := func(s string) int { // U-Boot's test: what is no decimal number is nothing
		n, err := strconv.Atoi(vars["BOOT_"+s+"_LEFT"])
		if err != nil {
			return 0
		}
		return n
	}
	for s := range strings.FieldsSeq(vars["BOOT_ORDER"]) {
		if n := left(s); n > 0 {
			vars["BOOT_"+s+"_LEFT"] = strconv.FormatInt(int64(n-1), 16)
			slot = slots.Slot(s)
			break
		}
	}
	if slot == "" {
		rescue, slot = true, slots.A
		vars["BOOT_A_LEFT"], vars["BOOT_B_LEFT"] = "3", "3"
		if strings.HasPrefix(vars["BOOT_ORDER"], "B") {
			slot = slots.B
		}
	}
	d.Put(FirstAt, vars)
	d.Put(SecondAt, vars)
	return slot, rescue
}

// Mark does what RAUC does by fw_setenv around an installation into s: before
// it writes, the slot is taken out; afterwards it is the first, with three
// attempts. Only the first copy is written.
func (d *Disk) Mark(s slots.Slot, written bool) {
	vars := d.Vars()
	order, left := string(s.Other()), "0"
	if written {
		order, left = string(s)+" "+order, "3"
	}
	vars["BOOT_ORDER"], vars["BOOT_"+string(s)+"_LEFT"] = order, left
	d.Put(FirstAt, vars)
}

// Vars reads the first copy whose sum holds, over the script's defaults.
func (d *Disk) Vars() map[string]string {
	vars := map[string]string{"BOOT_ORDER": "A B", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
	for _, at := range []int{FirstAt, SecondAt} {
		env := d.B[at : at+slots.EnvSize]
		if binary.LittleEndian.Uint32(env) != crc32.ChecksumIEEE(env[4:]) {
			continue
		}
		for v := range strings.SplitSeq(string(env[4:]), "\x00") {
			if name, value, ok := strings.Cut(v, "="); ok {
				vars[name] = value
			}
		}
		break
	}
	return vars
}

// Put writes one copy.
func (d *Disk) Put(at int, vars map[string]string) {
	b := make([]byte, 4, slots.EnvSize)
	for name, value := range vars {
		b = append(b, name+"="+value+"\x00"...)
	}
	b = append(b, make([]byte, slots.EnvSize-len(b))...)
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	copy(d.B[at:], b)
}

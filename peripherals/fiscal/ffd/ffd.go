// Package ffd reads the tags of the fiscal data format (FFD 1.05 to 1.2) in
// which every FN keeps its documents, whoever made the device round it: the
// Federal Tax Service's order ЕД-7-20/662@ with its annexes names the tags.
//
// A document is a run of tags: number and length, two bytes each with the
// lowest first, then the value. Texts are cp866. Sums and counts leave out
// their highest zero bytes; quantities begin with a byte that says how many
// digits stand after the point; times are local times, counted as if they were
// UTC. A structured tag holds a run of tags itself.
//
// Everything here is pure and may be called from any goroutine.
package ffd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of what is read: beyond them bytes are no document.
const (
	MaxTags  = 16384 // in all
	maxDepth = 8
)

// ErrBroken: the bytes are no run of tags.
var ErrBroken = errors.New("ffd: broken tags")

// Name is the Russian name of a tag, "" when it is not known.
func Name(id uint16) string { return tags[id].name }

// Describe reads a run of tags for a person. What it could read comes with the
// error, if any.
func Describe(b []byte) ([]kkt.Tag, error) {
	left := MaxTags
	return describe(b, 0, &left)
}

func describe(b []byte, depth int, left *int) ([]kkt.Tag, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested more than %d deep", ErrBroken, maxDepth)
	}
	var all []kkt.Tag
	for len(b) > 0 {
		if *left--; *left < 0 {
			return all, fmt.Errorf("%w: more than %d", ErrBroken, MaxTags)
		}
		if len(b) < 4 {
			return all, ErrBroken
		}
		id, n := uint16(b[0])|uint16(b[1])<<8, int(b[2])|int(b[3])<<8
		if len(b) < 4+n {
			return all, fmt.Errorf("%w: tag %d of %d bytes, %d are there", ErrBroken, id, n, len(b)-4)
		}
		tag, err := describeOne(id, b[4:4+n], depth, left)
		if err != nil {
			return all, err
		}
		all, b = append(all, tag), b[4+n:]
	}
	return all, nil
}

func describeOne(id uint16, value []byte, depth int, left *int) (kkt.Tag, error) {
	known := tags[id]
	tag := kkt.Tag{ID: id, Name: known.name}
	if known.kind != group {
		tag.Value = format(known, value)
		return tag, nil
	}
	var err error
	tag.Tags, err = describe(value, depth+1, left)
	return tag, err
}

// kind says how a value is written.
type kind int

const (
	raw   kind = iota // bytes nobody reads
	words             // cp866
	count             // an integer
	sum               // kopecks
	parts             // an integer after the number of its decimals
	moment
	day
	sign    // fiscal sign: two bytes, then four with the highest first
	flags   // bits
	group   // tags
	goods   // binary product code
	marking // a marking code with its crypto tail
)

// info is one entry of the dictionary. values names numbers, or bits by their
// place.
type info struct {
	name   string
	kind   kind
	values map[uint64]string
}

// format writes a value as a person reads it. Bytes that do not fit their kind
// come in hexadecimal.
func format(t info, value []byte) string {
	const maxNumber = 8
	switch t.kind {
	case words:
		return strings.TrimSpace(text.CP866.Printable(text.CP866.DecodeZ(value)))
	case marking: // what follows the serial number is a secret of its owner
		head, _, _ := strings.Cut(string(value), "\x1d")
		return text.CP866.Printable(text.Cut(head, 38))
	case sign:
		if len(value) == 6 {
			return fmt.Sprintf("%010d", uint32(value[2])<<24|uint32(value[3])<<16|uint32(value[4])<<8|uint32(value[5]))
		}
	case parts:
		if len(value) >= 1 && len(value) <= 1+maxNumber && value[0] <= 18 {
			return point(integer(value[1:]), int(value[0]))
		}
	case count, sum, moment, day, flags:
		if len(value) <= maxNumber {
			return number(t, integer(value))
		}
	}
	return strings.ToUpper(hex.EncodeToString(value))
}

func number(t info, v uint64) string {
	const maxMoney = 1 << 53
	switch {
	case t.kind == sum && v < maxMoney:
		return money.Amount(v).String()
	case t.kind == moment && v < 1<<33:
		return time.Unix(int64(v), 0).UTC().Format("02.01.2006 15:04")
	case t.kind == day && v < 1<<33:
		return time.Unix(int64(v), 0).UTC().Format("02.01.2006")
	case t.kind == flags:
		return bits(t.values, v)
	}
	if name, ok := t.values[v]; ok {
		return name
	}
	return strconv.FormatUint(v, 10)
}

// bits names the bits that are set.
func bits(names map[uint64]string, v uint64) string {
	var set []string
	for i := range uint64(64) {
		if v&(1<<i) == 0 {
			continue
		}
		if name, ok := names[i]; ok {
			set = append(set, name)
		} else {
			set = append(set, fmt.Sprintf("бит %d", i))
		}
	}
	if len(set) == 0 {
		return "нет"
	}
	return strings.Join(set, ", ")
}

func integer(b []byte) (v uint64) {
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// point puts the decimal point into v.
func point(v uint64, decimals int) string {
	s := strconv.FormatUint(v, 10)
	if decimals == 0 {
		return s
	}
	if pad := decimals + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	return s[:len(s)-decimals] + "." + s[len(s)-decimals:]
}

package input

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// ErrDropped: the kernel has lost events of the device.
var ErrDropped = errors.New("input: the kernel lost events of the device")

// eventSize is that of struct input_event: two words of time, type, code, value.
const eventSize = 24

// Types, codes and values of events.
const (
	evSyn       = 0x00
	evKey       = 0x01
	synDropped  = 3
	keyReleased = 0
	keyPressed  = 1 // 2 is a repetition

	keyEnter      = 28
	keyTab        = 15
	keyKPEnter    = 96
	keyLeftCtrl   = 29
	keyRightCtrl  = 97
	keyLeftShift  = 42
	keyRightShift = 54
	keyLeftAlt    = 56
	keyRightAlt   = 100
	keyCapsLock   = 58
	keyNumLock    = 69
	keyScrollLock = 70
	keyLeftMeta   = 125
	keyRightMeta  = 126
	keyF8         = 66
)

const (
	gs      = 0x1D
	unknown = utf8.RuneError // of a key that has no character
)

// plain and shifted are the US layout by scancode.
var plain, shifted = layout(), layoutShifted()

func rows(digits, top, home, bottom string) map[uint16]byte {
	m := map[uint16]byte{57: ' '}
	for first, row := range map[uint16]string{2: digits, 16: top, 30: home, 44: bottom} {
		for i := range len(row) {
			m[first+uint16(i)] = row[i]
		}
	}
	return m
}

func layout() map[uint16]byte {
	m := rows("1234567890-=", "qwertyuiop[]", "asdfghjkl;'`", "zxcvbnm,./") // 41 is the grave accent
	m[43] = '\\'
	return m
}

func layoutShifted() map[uint16]byte {
	m := rows("!@#$%^&*()_+", "QWERTYUIOP{}", `ASDFGHJKL:"~`, "ZXCVBNM<>?")
	m[43] = '|'
	return m
}

// keypad is the block of digits, the same with any shift and any lock: no
// scanner means Home by it.
var keypad = map[uint16]byte{
	71: '7', 72: '8', 73: '9', 75: '4', 76: '5', 77: '6', 79: '1', 80: '2', 81: '3', 82: '0',
	83: '.', 55: '*', 74: '-', 78: '+', 98: '/',
}

// maxAlt is the largest character that Alt and the keypad make.
const maxAlt = 0x10FFFF

// keyboard turns a scanner's key events into its bytes.
type keyboard struct {
	down map[uint16]bool // modifiers
	caps bool
	alt  int // the number being typed with Alt; -1: none
}

func newKeyboard() *keyboard { return &keyboard{down: map[uint16]bool{}, alt: -1} }

// decode appends the bytes that whole events stand for; what is left of an
// event is returned. The only error is ErrDropped.
func (k *keyboard) decode(out, events []byte) (_, rest []byte, err error) {
	for ; len(events) >= eventSize; events = events[eventSize:] {
		kind := binary.NativeEndian.Uint16(events[16:])
		code := binary.NativeEndian.Uint16(events[18:])
		value := int32(binary.NativeEndian.Uint32(events[20:]))
		switch {
		case kind == evSyn && code == synDropped:
			return out, nil, ErrDropped
		case kind == evKey:
			out = k.key(out, code, value)
		}
	}
	return out, events, nil
}

func (k *keyboard) either(a, b uint16) bool { return k.down[a] || k.down[b] }

// key takes one change of one key.
func (k *keyboard) key(out []byte, code uint16, value int32) []byte {
	switch code {
	case keyLeftShift, keyRightShift, keyLeftCtrl, keyRightCtrl, keyLeftAlt, keyRightAlt:
		k.down[code] = value != keyReleased
		if alt := k.either(keyLeftAlt, keyRightAlt); !alt && k.alt >= 0 {
			out = utf8.AppendRune(out, rune(k.alt))
			k.alt = -1
		}
		return out
	}
	if value != keyPressed {
		return out
	}
	switch code {
	case keyEnter, keyKPEnter:
		return append(out, '\r')
	case keyTab:
		return append(out, '\t')
	case keyF8:
		return append(out, gs)
	case keyCapsLock:
		k.caps = !k.caps
		return out
	case keyNumLock, keyScrollLock, keyLeftMeta, keyRightMeta:
		return out
	}
	return k.character(out, code)
}

func (k *keyboard) character(out []byte, code uint16) []byte {
	if c, ok := keypad[code]; ok {
		if k.either(keyLeftAlt, keyRightAlt) && c >= '0' && c <= '9' {
			k.alt = min(max(k.alt, 0)*10+int(c-'0'), maxAlt)
			return out
		}
		return append(out, c)
	}
	c, ok := plain[code]
	if !ok {
		return utf8.AppendRune(out, unknown)
	}
	shift := k.either(keyLeftShift, keyRightShift)
	if letter := c >= 'a' && c <= 'z'; letter && k.caps {
		shift = !shift
	}
	if shift {
		c = shifted[code]
	}
	if k.either(keyLeftCtrl, keyRightCtrl) {
		return control(out, c)
	}
	return append(out, c)
}

// control is a character with Ctrl: Ctrl-] is GS.
func control(out []byte, c byte) []byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	if c < '@' || c > '_' {
		return utf8.AppendRune(out, unknown)
	}
	return append(out, c-'@')
}

package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"hash/crc32"
)

// KeyBytes is the size of a record's key.
const KeyBytes = 32

// Key encrypts one record.
type Key = [KeyBytes]byte

const (
	slotBytes = 64
	slotForm  = 1

	offState   = 0
	offForm    = 1
	offNumber  = 4
	offWrapped = 12
	offCRC     = 60

	wrappedBytes = offCRC - offWrapped // the key and GCM's tag
)

// state is what a slot holds in one copy.
type state byte

const (
	blank  state = 0
	held   state = 'K'
	erased state = 'E'
	bad    state = '?' // torn, damaged or unreadable; never stored
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// slot is a decoded slot.
type slot struct {
	state   state
	wrapped [wrappedBytes]byte
}

// encodeSlot makes the bytes of a slot.
func encodeSlot(number uint64, s slot) (b [slotBytes]byte) {
	b[offState], b[offForm] = byte(s.state), slotForm
	binary.BigEndian.PutUint64(b[offNumber:], number)
	copy(b[offWrapped:], s.wrapped[:])
	binary.BigEndian.PutUint32(b[offCRC:], crc32.Checksum(b[:offCRC], castagnoli))
	return b
}

// decodeSlot reads slot number from its bytes; anything that is not exactly
// what encodeSlot makes is bad.
func decodeSlot(number uint64, b []byte) slot {
	if len(b) != slotBytes {
		return slot{state: bad}
	}
	if isZero(b) {
		return slot{}
	}
	s := slot{state: state(b[offState])}
	copy(s.wrapped[:], b[offWrapped:offCRC])
	again := encodeSlot(number, s)
	if string(again[:]) != string(b) {
		return slot{state: bad}
	}
	if s.state == held || (s.state == erased && isZero(s.wrapped[:])) {
		return s
	}
	return slot{state: bad}
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// merge decides what a slot is from its two copies. Erased in one of them is
// erased: the other was about to be.
func merge(a, b slot) slot {
	switch {
	case a.state == erased || b.state == erased:
		return slot{state: erased}
	case a.state == held:
		return a
	case b.state == held:
		return b
	case a.state == blank && b.state == blank:
		return slot{}
	}
	return slot{state: bad}
}

// wrapper wraps keys with the master key.
type wrapper struct{ aead cipher.AEAD }

func newWrapper(master Key) wrapper {
	block, err := aes.NewCipher(master[:])
	if err != nil {
		panic("vault: " + err.Error()) // only for a wrong size
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("vault: " + err.Error())
	}
	return wrapper{aead}
}

// nonce is a slot's own: no number is used twice.
func nonce(number uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4, 12), number)
}

func (w wrapper) wrap(number uint64, key Key) (s slot) {
	s.state = held
	w.aead.Seal(s.wrapped[:0], nonce(number), key[:], nil)
	return s
}

func (w wrapper) unwrap(number uint64, s slot) (key Key, ok bool) {
	plain, err := w.aead.Open(nil, nonce(number), s.wrapped[:], nil)
	return Key(append(plain, key[len(plain):]...)), err == nil
}

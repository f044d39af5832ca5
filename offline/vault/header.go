package vault

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
)

// Format is the version of the files this program reads and writes. Every later
// one keeps the first line's magic, version and CRC, so that a program knows
// what it can not read.
const Format = 1

const (
	headBytes   = tape.Sector
	keysMagic   = "kassa-keys "
	masterMagic = "kassa-master "
	crcLabel    = " crc="
)

// NewerError: the files were written by a newer program. Nothing was changed.
type NewerError struct {
	Found, Known int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("vault: format %d, this program reads up to %d", e.Found, e.Known)
}

var errHeader = errors.New("vault: not a valid header")

// header begins a file of keys.
type header struct {
	id    uuid.UUID
	first uint64 // number of the slot behind the header
	check string // hex: proves the master key
}

func (h header) proves(master Key) bool {
	return hmac.Equal([]byte(h.check), []byte(checkOf(h.id, master)))
}

func checkOf(id uuid.UUID, master Key) string {
	m := hmac.New(sha256.New, master[:])
	m.Write([]byte(keysMagic + id.String()))
	return hex.EncodeToString(m.Sum(nil))
}

func (h header) bytes() []byte {
	b := seal(fmt.Appendf(nil, "%s%d id=%s first=%020d check=%s", keysMagic, Format, h.id, h.first, h.check))
	return append(b, bytes.Repeat([]byte{'\n'}, headBytes-len(b))...)
}

// seal ends a line with its CRC.
func seal(line []byte) []byte {
	return fmt.Appendf(line, "%s%08x\n", crcLabel, crc32.Checksum(line, castagnoli))
}

// unseal checks a line's magic, version and CRC and returns its fields.
func unseal(b []byte, magic string) (fields []string, err error) {
	line, _, _ := strings.Cut(string(b), "\n")
	rest, ok := strings.CutPrefix(line, magic)
	if !ok {
		return nil, errHeader
	}
	body, crc, ok := strings.Cut(line, crcLabel)
	if !ok || crc != fmt.Sprintf("%08x", crc32.Checksum([]byte(body), castagnoli)) {
		return nil, errHeader
	}
	fields = strings.Fields(strings.TrimSuffix(rest, crcLabel+crc))
	if len(fields) == 0 {
		return nil, errHeader
	}
	version, err := strconv.Atoi(fields[0])
	switch {
	case err != nil || version < 1:
		return nil, errHeader
	case version > Format:
		return nil, &NewerError{version, Format}
	}
	return fields[1:], nil
}

func parseHeader(b []byte) (h header, err error) {
	fields, err := unseal(b, keysMagic)
	if err != nil {
		return h, err
	}
	if len(fields) != 3 {
		return h, errHeader
	}
	id, ok1 := strings.CutPrefix(fields[0], "id=")
	first, ok2 := strings.CutPrefix(fields[1], "first=")
	check, ok3 := strings.CutPrefix(fields[2], "check=")
	h.check = check
	var err1, err2 error
	h.id, err1 = uuid.Parse(id)
	h.first, err2 = strconv.ParseUint(first, 10, 64)
	if !ok1 || !ok2 || !ok3 || err1 != nil || err2 != nil || h.first == 0 || h.first > MaxSlots ||
		!bytes.Equal(h.bytes(), b) {
		return header{}, errHeader
	}
	return h, nil
}

func masterBytes(k Key) []byte { return seal(fmt.Appendf(nil, "%s%d key=%x", masterMagic, Format, k)) }

func parseMaster(b []byte) (k Key, err error) {
	fields, err := unseal(b, masterMagic)
	if err != nil {
		return k, err
	}
	if len(fields) != 1 {
		return k, errHeader
	}
	text, ok := strings.CutPrefix(fields[0], "key=")
	n, err := hex.Decode(k[:], []byte(text)[:min(len(text), 2*KeyBytes)])
	if !ok || err != nil || n != KeyBytes || !bytes.Equal(masterBytes(k), b) {
		return Key{}, errHeader
	}
	return k, nil
}

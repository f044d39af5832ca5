// Package pin hashes and checks cashiers' PINs with argon2id.
//
// A PIN has few digits, so the hash is made slow and memory-hard (8 MiB, what
// a 512 MB board can spare) and the till locks the login after a few wrong
// tries. The stored form carries its parameters, so they can be raised later
// without breaking older hashes.
package pin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	passes  = 1
	memory  = 8 << 10 // KiB
	lanes   = 1
	saltLen = 16
	keyLen  = 32

	maxPasses = 16
	maxMemory = 64 << 10 // KiB: a hostile hash may not eat the board's memory
)

// ErrHash: the stored hash is not one of ours.
var ErrHash = errors.New("pin: not a hash of this package")

// Hash makes a salted hash of a PIN, "argon2id$passes$KiB$salt$key".
func Hash(pin string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key := argon2.IDKey([]byte(pin), salt, passes, memory, lanes, keyLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("argon2id$%d$%d$%s$%s", passes, memory, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// Check tells whether pin is the one hash was made of.
func Check(hash, pin string) (bool, error) {
	var p, m uint32
	parts := strings.Split(hash, "$")
	if len(parts) != 5 || parts[0] != "argon2id" {
		return false, ErrHash
	}
	if _, err := fmt.Sscanf(parts[1]+" "+parts[2], "%d %d", &p, &m); err != nil || p < 1 || p > maxPasses || m < 8 || m > maxMemory {
		return false, ErrHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[3])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[4])
	if err1 != nil || err2 != nil || len(key) != keyLen {
		return false, ErrHash
	}
	got := argon2.IDKey([]byte(pin), salt, p, m, lanes, keyLen)
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}

package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// padTo hides the length of a contact: what is sealed is filled up with
// spaces, which mean nothing in JSON.
const padTo = 64

// Sealed is a private part as it is stored. Slot 0: there was no key to be
// had, the private part was not kept.
type Sealed struct {
	Slot  uint64 `json:"slot"`
	Nonce []byte `json:"nonce,omitempty"`
	Text  []byte `json:"text,omitempty"` // AES-256-GCM
}

// ErrAltered: the text is not what was sealed with this key for this identity.
var ErrAltered = errors.New("vault: the sealed text was altered or belongs elsewhere")

// Seal encrypts JSON. identity is what the text belongs to and is not stored.
func Seal(slot uint64, key Key, identity, plain []byte) (Sealed, error) {
	aead, err := gcm(key)
	if err != nil {
		return Sealed{}, err
	}
	s := Sealed{Slot: slot, Nonce: make([]byte, aead.NonceSize())}
	if _, err := rand.Read(s.Nonce); err != nil {
		return Sealed{}, fmt.Errorf("vault: random: %w", err)
	}
	padded := bytes.Repeat([]byte{' '}, (len(plain)+padTo-1)/padTo*padTo)
	copy(padded, plain)
	s.Text = aead.Seal(nil, s.Nonce, padded, identity)
	return s, nil
}

// Open decrypts what Seal made, or fails with ErrAltered.
func (s Sealed) Open(key Key, identity []byte) ([]byte, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	if len(s.Nonce) != aead.NonceSize() {
		return nil, ErrAltered
	}
	plain, err := aead.Open(nil, s.Nonce, s.Text, identity)
	if err != nil {
		return nil, ErrAltered
	}
	return bytes.TrimRight(plain, " "), nil
}

func gcm(key Key) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return cipher.NewGCM(block)
}

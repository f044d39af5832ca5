package update

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// payloadType names what is signed: a signature for something else is none.
const payloadType = "application/vnd.kassa.update.v1+json"

// MaxEnvelope is the longest envelope that is read, in bytes.
const MaxEnvelope = 64 << 10

// maxSignatures bounds how many signatures of an envelope are tried.
const maxSignatures = 8

// Errors of an envelope. Nothing in it is used before its signature is good.
var (
	ErrUnsigned = errors.New("the update is not signed by a key this till knows")
	ErrEnvelope = errors.New("this is not a description of an update")
)

// envelope is DSSE, version 1: https://github.com/secure-systems-lab/dsse,
// envelope.md and protocol.md.
type envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     string      `json:"payload"` // base64
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid,omitempty"` // a hint, never trusted
	Sig   string `json:"sig"`             // base64
}

// pae is DSSE's pre-authentication encoding: what is signed.
func pae(body []byte) []byte {
	b := []byte("DSSEv1 ")
	b = strconv.AppendInt(b, int64(len(payloadType)), 10)
	b = append(b, ' ')
	b = append(b, payloadType...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, ' ')
	return append(b, body...)
}

// Sign makes the envelope of m. The key is the releaser's: it never comes near
// a till.
func Sign(m Manifest, key ed25519.PrivateKey) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{
		PayloadType: payloadType,
		Payload:     base64.StdEncoding.EncodeToString(body),
		Signatures:  []signature{{Sig: base64.StdEncoding.EncodeToString(ed25519.Sign(key, pae(body)))}},
	})
}

// Open reads an envelope that one of keys has signed. ErrEnvelope, ErrUnsigned.
func Open(b []byte, keys []ed25519.PublicKey) (Manifest, error) {
	if len(b) > MaxEnvelope {
		return Manifest{}, fmt.Errorf("%w: longer than %d bytes", ErrEnvelope, MaxEnvelope)
	}
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	if e.PayloadType != payloadType {
		return Manifest{}, fmt.Errorf("%w: it holds %q", ErrEnvelope, e.PayloadType)
	}
	body, err := base64.StdEncoding.DecodeString(e.Payload)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	if !signed(body, e.Signatures, keys) {
		return Manifest{}, ErrUnsigned
	}
	var m Manifest
	if err := json.Unmarshal(body, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	if err := m.check(); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

func signed(body []byte, signatures []signature, keys []ed25519.PublicKey) bool {
	text := pae(body)
	for _, s := range signatures[:min(len(signatures), maxSignatures)] {
		sig, err := base64.StdEncoding.DecodeString(s.Sig)
		if err != nil {
			continue
		}
		for _, key := range keys {
			if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, text, sig) {
				return true
			}
		}
	}
	return false
}

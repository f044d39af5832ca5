package update

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// KeysPath is where an image keeps the releaser's public keys.
const KeysPath = "/etc/kassa/update.keys"

const (
	maxKeys    = 16
	maxKeyFile = 16 << 10
)

// ReadKeys reads the public keys whose releases this till takes: one a line,
// base64 of the 32 bytes, with a name after it; # begins a remark.
func ReadKeys(path string) (keys []ed25519.PublicKey, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the keys of updates: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the keys of updates: %w", err)
	}
	return ParseKeys(b)
}

// ParseKeys reads such a file's content.
func ParseKeys(b []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		text, _, _ := strings.Cut(sc.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(fields[0])
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("%.20q is no key", fields[0])
		}
		if len(keys) == maxKeys {
			return nil, fmt.Errorf("more than %d keys", maxKeys)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

package i2cbus

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestNames(t *testing.T) {
	for _, path := range []string{"", "/dev/i2c-", "/dev/i2c-x", "/dev/i2c--1", "/dev/i2c-256", "1"} {
		if _, err := (Opener{path}).Open(t.Context()); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", path, err)
		}
	}
	if _, err := (Opener{"/dev/i2c-255"}).Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a bus that is not there: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Opener{"/dev/i2c-1"}).Open(gone); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What is no bus says so at the first transfer, and odd transfers are refused.
func TestTransfers(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bus{f: f}
	for _, c := range []struct {
		addr uint16
		w, r []byte
	}{{0, []byte{1}, nil}, {0x80, []byte{1}, nil}, {0x27, []byte{1}, []byte{0}}} {
		if err := b.Tx(c.addr, c.w, c.r); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := b.Tx(0x27, []byte{1}, nil); err == nil {
		t.Error("a file took a transfer")
	}
	if err := b.SetSpeed(0); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

package boardtest

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"github.com/kassa-pos/kassa/board/i2cbus"
)

// echo is a device at 42h that gives back what it was told last.
type echo struct{ last []byte }

func (e *echo) String() string                  { return "echo" }
func (e *echo) SetSpeed(physic.Frequency) error { return nil }
func (e *echo) Tx(addr uint16, w, r []byte) error {
	if addr != 0x42 {
		return errors.New("nobody")
	}
	if len(w) > 0 {
		e.last = bytes.Clone(w)
	}
	copy(r, e.last)
	return nil
}

var _ i2c.Bus = (*echo)(nil)

// TestI2C: the virtual bus carries writes and reads, tells who does not answer,
// refuses what is too long, and comes back after it was pulled or hung.
func TestI2C(t *testing.T) {
	path := filepath.Join(t.TempDir(), "i2c")
	far, err := ListenI2C(path, &echo{})
	if err != nil {
		t.Fatal(err)
	}
	o := i2cbus.Opener{Path: path}
	bus, err := o.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if err := errors.Join(bus.Tx(0x42, []byte("abc"), nil), bus.Tx(0x42, nil, got)); err != nil || string(got) != "abc" {
		t.Errorf("%q %v", got, err)
	}
	if err := bus.Tx(0x43, []byte("abc"), nil); err == nil {
		t.Error("nobody acknowledged, and it passed")
	}
	if err := bus.Tx(0x42, make([]byte, i2cbus.MaxTransfer+1), nil); !errors.Is(err, i2cbus.ErrUnsupported) {
		t.Errorf("too long: %v", err)
	}
	far.Hang(true)
	if err := bus.Tx(0x42, []byte("x"), nil); err == nil {
		t.Error("a hung bus answered")
	}
	far.Hang(false)
	far.Unplug(true)
	if err := bus.Tx(0x42, []byte("x"), nil); err == nil {
		t.Error("a bus that is gone answered")
	}
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
	far.Unplug(false)
	if bus, err = o.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(bus.Tx(0x42, []byte("again"), nil), bus.Close()); err != nil {
		t.Error(err)
	}
	if err := far.Close(); err != nil {
		t.Error(err)
	}
	if _, err := o.Open(t.Context()); err == nil {
		t.Error("a bus that is switched off was opened")
	}
}

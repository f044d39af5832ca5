package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Ready is what a running bench tells whoever wants to use it: the line
// printed at start, kept in the directory for the other commands.
type Ready struct {
	Config  string   `json:"config"`  // a till's configuration that points here
	Bench   string   `json:"bench"`   // URL of the page and the control API
	Cloud   string   `json:"cloud"`   // URL of the fake MoySklad
	KKT     Ways     `json:"kkt"`     // the emulated KKT
	Scanner string   `json:"scanner"` // serial port
	Display string   `json:"display"` // serial port
	PIN     string   `json:"pin"`     // of the demo shop's first cashier
	Codes   []string `json:"codes"`   // a dozen barcodes to scan

	OFD     string `json:"ofd"`     // host:port of the fake operator of fiscal data
	GPIO    string `json:"gpio"`    // the virtual board's unix socket
	Console string `json:"console"` // URL where the till's console will be
	Version string `json:"version"`
	Senior  string `json:"senior"` // PIN of a senior, "" when the shop has none

	Register string `json:"register,omitempty"` // URL of the virtual register of a Belarusian shop
	Terminal string `json:"terminal,omitempty"` // host:port of the payment terminal, where there is one
	Printer  string `json:"printer,omitempty"`  // host:port of the receipt printer, where there is one
}

// Ways are the two ways to reach the KKT.
type Ways struct {
	TCP string `json:"tcp"` // host:port; "" when it is not on the network
	PTY string `json:"pty"` // serial port; "" when it has none
}

// WriteReady keeps the line for ReadReady.
func (h *Home) WriteReady(r Ready) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return h.Write(readyFile, append(text, '\n'))
}

// Forget takes back the line of last time: a bench that starts is not ready.
func (h *Home) Forget() error {
	if err := os.Remove(h.Path(readyFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget last start: %w", err)
	}
	return nil
}

// ReadReady reads what the bench on dir has told last. Whether it still runs
// is Running's to say.
func ReadReady(dir string) (Ready, error) {
	text, err := os.ReadFile(filepath.Join(dir, readyFile))
	if err != nil {
		return Ready{}, fmt.Errorf("find the bench: %w", err)
	}
	var r Ready
	if err := json.Unmarshal(text, &r); err != nil {
		return Ready{}, fmt.Errorf("find the bench: %s: %w", filepath.Join(dir, readyFile), err)
	}
	return r, nil
}

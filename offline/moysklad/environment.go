package moysklad

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Environment is what a till runs on, as the store's page in the cloud shows
// it. Empty fields are not told.
type Environment struct {
	Device  string
	OS      string
	Vendor  string // of the software
	Name    string // of the software
	Version string // of the software
	Printer Printer
}

// Printer is the fiscal device. Without a name the service would take nothing
// of it, so nothing is sent.
type Printer struct {
	Vendor, Name, Serial string
	Format               string // of fiscal data: 1.05, 1.2
	Driver               string
	DriverVersion        string
	MemoryFormat         string    // the storage's own format
	ValidUntil           time.Time // the storage's last day
	Firmware             string
	TaxSystems           string // names by commas
	Clock                time.Time
}

// registering is what an approval tells of the device: what it is, and not how
// it is set up or doing.
func (p Printer) registering() Printer {
	p.ValidUntil, p.TaxSystems, p.Clock = time.Time{}, "", time.Time{}
	return p
}

// State is how a till is doing.
type State struct {
	Environment Environment
	Message     string    // of the exchange; empty when all is well
	LastAttempt time.Time // of the exchange; zero: there was none, and nothing is told of it
	FNCode      string    // what is wrong with the fiscal storage; empty: nothing
	FNMessage   string
	Unsent      int64     // documents the operator of fiscal data has not got
	FirstUnsent time.Time // the oldest of them
	HaveFN      bool      // the three above are known
}

type outEnvironment struct {
	Device   string       `json:"device,omitempty"`
	OS       string       `json:"os,omitempty"`
	Software *outSoftware `json:"software,omitempty"`
	Printer  *outPrinter  `json:"chequePrinter,omitempty"`
}

type outSoftware struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor,omitempty"`
	Version string `json:"version,omitempty"`
}

type outPrinter struct {
	Vendor   string     `json:"vendor,omitempty"`
	Name     string     `json:"name"`
	Serial   string     `json:"serial,omitempty"`
	Format   string     `json:"fiscalDataVersion,omitempty"`
	Driver   *outDriver `json:"driver,omitempty"`
	Memory   *outMemory `json:"fiscalMemory,omitempty"`
	Firmware string     `json:"firmwareVersion,omitempty"`
	Taxes    string     `json:"taxSystem,omitempty"`
	Clock    string     `json:"frDate,omitempty"`
}

type outDriver struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type outMemory struct {
	Format string `json:"fiscalDataVersion,omitempty"`
	Until  string `json:"fiscalValidityDate,omitempty"`
}

// environment leaves out every object whose name is not known: the service
// makes of half an object an empty one.
func (e Encoder) environment(v Environment) *outEnvironment {
	o := &outEnvironment{Device: v.Device, OS: v.OS}
	if v.Name != "" {
		o.Software = &outSoftware{Name: v.Name, Vendor: v.Vendor, Version: v.Version}
	}
	if p := v.Printer; p.Name != "" {
		o.Printer = &outPrinter{Vendor: p.Vendor, Name: p.Name, Serial: p.Serial, Format: p.Format, Firmware: p.Firmware, Taxes: p.TaxSystems, Clock: e.moment(p.Clock)}
		if p.Driver != "" {
			o.Printer.Driver = &outDriver{Name: p.Driver, Version: p.DriverVersion}
		}
		if p.MemoryFormat != "" || !p.ValidUntil.IsZero() {
			o.Printer.Memory = &outMemory{Format: p.MemoryFormat, Until: e.moment(p.ValidUntil)}
		}
	}
	if *o == (outEnvironment{}) {
		return nil
	}
	return o
}

// moment writes a time; "" for none.
func (e Encoder) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return e.at(t)
}

type outState struct {
	Environment *outEnvironment `json:"environment,omitempty"`
	State       struct {
		Sync   *outSync   `json:"sync,omitempty"`
		Memory *outHealth `json:"fiscalMemory,omitempty"`
	} `json:"state"`
}

type outSync struct {
	Message string `json:"message,omitempty"`
	Last    string `json:"lastAttemptMoment"`
}

type outHealth struct {
	Error  *outFNError `json:"error,omitempty"`
	Unsent int64       `json:"notSendDocCount"`
	First  string      `json:"notSendFirstDocMoment,omitempty"`
}

type outFNError struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// EncodeState makes the body of a report of state.
func (e Encoder) EncodeState(s State) ([]byte, error) {
	o := outState{Environment: e.environment(s.Environment)}
	if !s.LastAttempt.IsZero() {
		o.State.Sync = &outSync{Message: s.Message, Last: e.at(s.LastAttempt)}
	}
	if s.HaveFN {
		o.State.Memory = &outHealth{Unsent: s.Unsent, First: e.moment(s.FirstUnsent)}
		if s.FNCode != "" {
			o.State.Memory.Error = &outFNError{Code: s.FNCode, Message: s.FNMessage}
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return b, nil
}

// SendState tells the cloud how the till is doing. Repeating it does no harm.
func (c *Client) SendState(ctx context.Context, s State) error {
	body, err := c.encoder.EncodeState(s)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, nil, http.MethodPost, pathState, "", body)
	return failure(err)
}

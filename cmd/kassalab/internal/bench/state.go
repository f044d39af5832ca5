package bench

import (
	"html/template"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa/ikassatest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/money"
)

// State is what the bench shows at one moment.
type State struct {
	KKT     KKT     `json:"kkt"`
	Scanner Scanner `json:"scanner"`
	Display Display `json:"display"`
	Scale   Scale   `json:"scale"`
	GPIO    GPIO    `json:"gpio"`
	Cloud   Cloud   `json:"cloud"`
	OFD     OFD     `json:"ofd"`

	Register *Register `json:"register,omitempty"` // of a Belarusian shop
	Terminal *Terminal `json:"terminal,omitempty"` // of a bench with one
	Printer  *Printer  `json:"printer,omitempty"`  // of a bench with one
	Faults   []Fault   `json:"faults"`
}

// KKT is the emulated fiscal printer as the page shows it.
type KKT struct {
	Plugged      bool   `json:"plugged"`
	TCP          string `json:"tcp"`
	PTY          string `json:"pty"`
	Serial       string `json:"serial"`
	FN           string `json:"fn"`
	Mode         int    `json:"mode"`     // the protocol's mode number
	SubMode      int    `json:"sub_mode"` // 0: paper present
	Shift        string `json:"shift"`    // closed, open, expired
	ShiftNumber  int    `json:"shift_number"`
	LastFD       uint32 `json:"last_fd"`
	Unsent       int    `json:"unsent"` // documents the OFD has not taken
	Paper        bool   `json:"paper"`
	LidOpen      bool   `json:"lid_open"`
	Documents    int    `json:"documents"`     // in the FN's archive
	DrawerPulses int    `json:"drawer_pulses"` // on the KKT's drawer connector
	Printed      int64  `json:"printed"`       // bytes ever
	// Tape is the end of the paper as text, at most TapeShown lines.
	Tape []string `json:"tape"`
	// Slips are the latest pieces of paper, newest last, at most SlipsShown.
	Slips []shtrihtest.Slip `json:"slips"`
}

// SlipsShown is how many pieces of paper the page shows.
const SlipsShown = 10

// Columns is how many characters fit on a line of the paper.
const Columns = kktColumns

// TapeShown is how much paper the page shows.
const TapeShown = 240

// Scanner is the serial barcode scanner.
type Scanner struct {
	Plugged bool   `json:"plugged"`
	Port    string `json:"port"`
	Sent    []Sent `json:"sent"` // newest first
}

// Display is the 2x20 customer display.
type Display struct {
	Plugged bool     `json:"plugged"`
	Port    string   `json:"port"`
	Lines   []string `json:"lines"`   // two of twenty characters; of an LCD four
	Unknown int      `json:"unknown"` // bytes and commands it could not make sense of

	Picture template.HTML `json:"-"` // of an LCD, drawn as SVG
}

// GPIO is what hangs on the virtual board.
type GPIO struct {
	Socket       string          `json:"socket"`
	Clients      int             `json:"clients"`
	DrawerOpen   bool            `json:"drawer_open"`
	DrawerOpened int             `json:"drawer_opened"` // times
	Kicks        []Pulse         `json:"kicks"`         // of the drawer's coil
	Buzzing      bool            `json:"buzzing"`
	Beeps        []Pulse         `json:"beeps"`
	LEDs         map[string]bool `json:"leds"`
	Tower        map[string]bool `json:"tower"` // the light tower's lamps
	Inputs       map[string]bool `json:"inputs"`
}

// Pulse is a line that was high for a while.
type Pulse struct {
	At           time.Time `json:"at"`
	Milliseconds int64     `json:"ms"`
}

// OFD is the fake operator of fiscal data.
type OFD struct {
	Address   string    `json:"address"` // host:port
	Up        bool      `json:"up"`
	Documents int       `json:"documents"` // that it has
	Notices   int       `json:"notices"`   // of sold marked goods, as the marking system
	Repeated  int       `json:"repeated"`  // of them came more than once
	Refused   int       `json:"refused"`   // messages that were wrong
	Latest    time.Time `json:"latest,omitzero"`
	// Last are the latest documents, newest first, at most OFDShown.
	Last []OFDDocument `json:"last"`
}

// OFDShown is how many of the operator's documents the page shows.
const OFDShown = 12

// OFDDocument is a document the operator has.
type OFDDocument struct {
	FD    uint32    `json:"fd"`
	Form  int       `json:"form"` // of the FFD
	Times int       `json:"times"`
	At    time.Time `json:"at"`
}

// Register is the virtual Belarusian register.
type Register struct {
	ikassatest.State
	URL    string                `json:"url"`
	Up     bool                  `json:"up"`
	Latest []ikassatest.Document `json:"latest"` // newest first, at most RegisterShown
}

// RegisterShown is how many of the register's documents the page shows.
const RegisterShown = 20

// Cloud is the fake MoySklad.
type Cloud struct {
	Up       bool            `json:"up"`
	URL      string          `json:"url"`
	Received int             `json:"received"` // documents in all
	Latest   []CloudDocument `json:"latest"`   // newest first, at most CloudShown
}

// CloudShown is how many of the cloud's documents the page shows.
const CloudShown = 40

// CloudDocument is a document the cloud has.
type CloudDocument struct {
	Kind  string       `json:"kind"` // retaildemand, openshift...
	ID    string       `json:"id"`   // the till's syncid
	Name  string       `json:"name"`
	Sum   money.Amount `json:"sum"`
	Times int          `json:"times"` // received; one is right
	At    time.Time    `json:"at"`
}

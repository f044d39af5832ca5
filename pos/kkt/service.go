package kkt

import (
	"time"

	"github.com/kassa-pos/kassa/pos/tax"
)

// Facts is what a technician asks of a device: it changes in weeks, not in
// seconds, and takes many commands to read.
type Facts struct {
	Identity
	User    string `json:"user,omitempty"`    // tag 1048
	Address string `json:"address,omitempty"` // 1009
	Place   string `json:"place,omitempty"`   // 1187
	OFD     OFD    `json:"ofd"`

	FNPhase     int       `json:"fn_phase"`
	FNVersion   string    `json:"fn_version,omitempty"`
	FNExpires   time.Time `json:"fn_expires,omitzero"`  // a date
	FNDocuments int64     `json:"fn_documents"`         // free places for five-year documents; -1: not told
	FNBuffer    int64     `json:"fn_buffer"`            // free KiB for documents the OFD has not got; -1: not told
	Registered  time.Time `json:"registered,omitzero"`  // the last registration
	Reasons     int64     `json:"reasons,omitzero"`     // of the last re-registration, tag 1205
	Exchange    Exchange  `json:"exchange"`             // with the OFD
	Notices     Notices   `json:"notices"`              // of sold marked goods
	Replaces    bool      `json:"replaces_vat"`         // the firmware would turn 20 % into 22 %
	ByHost      bool      `json:"exchange_by_host"`     // the till carries the device's traffic
	Battery     int       `json:"battery_mv,omitempty"` // millivolts
	Supply      int       `json:"supply_mv,omitempty"`  // millivolts
	Clock       time.Time `json:"clock"`
}

// OFD is the operator of fiscal data as the device is set up.
type OFD struct {
	Name string `json:"name,omitempty"`
	INN  string `json:"inn,omitempty"`
	Host string `json:"host,omitempty"`
	Port int    `json:"port,omitempty"`
}

// Exchange is how the device's talk with its OFD goes.
type Exchange struct {
	State   int       `json:"state"` // bits: 0 connected, 1 has messages, 2 waits for a ticket, 3 command from the OFD, 4 settings changed, 5 waits for an answer
	Unsent  int       `json:"unsent"`
	FirstFD uint32    `json:"first_fd,omitempty"` // the oldest that is not confirmed
	Since   time.Time `json:"since,omitzero"`
}

// Route says who carries a device's messages and where they go. Addresses are
// host:port, "" where the device has none.
type Route struct {
	ByHost bool   `json:"by_host"` // the device waits for the till to carry them
	Told   bool   `json:"told"`    // the device has a setting that says so
	OFD    string `json:"ofd,omitempty"`
	Marks  string `json:"marks,omitempty"` // the marking system
	Keys   string `json:"keys,omitempty"`  // keys to check marks with
}

// Notices is the queue of notices about sold marked goods (FFD 1.2).
type Notices struct {
	Supported bool      `json:"supported"`
	State     int       `json:"state,omitempty"`
	Queued    int       `json:"queued,omitempty"`
	First     int64     `json:"first,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	Fill      int       `json:"fill_percent,omitempty"`
}

// FNDocument is a document as the FN's archive holds it.
type FNDocument struct {
	FN     string     `json:"fn"`
	FD     uint32     `json:"fd"`
	Form   int        `json:"form"` // FFD: 1 registration, 2 shift opened, 3 receipt, 4 BSO, 5 shift closed, 6 FN closed, 11 re-registration, 21 state of settlements, 31 and 41 corrections
	Time   time.Time  `json:"time"`
	Sign   uint32     `json:"sign"`
	OpType int        `json:"op_type,omitempty"` // tag 1054: 1 sale, 2 return of sale, 3 buy, 4 return of buy
	Total  int64      `json:"total,omitempty"`   // kopecks
	System tax.System `json:"tax_system,omitempty"`
	Shift  int64      `json:"shift,omitempty"`
	Ticket *Ticket    `json:"ticket,omitempty"` // the OFD's; nil: it has not confirmed yet
	Paid   *Paid      `json:"paid,omitempty"`   // of a receipt, where the device gives its tags
	Tags   []Tag      `json:"tags,omitempty"`   // as stored, where the device gives them
}

// Paid is how a stored receipt was paid, in kopecks.
type Paid struct {
	Cash      int64 `json:"cash,omitempty"`      // tag 1031
	Electron  int64 `json:"electron,omitempty"`  // tag 1081
	Prepaid   int64 `json:"prepaid,omitempty"`   // tag 1215
	Credit    int64 `json:"credit,omitempty"`    // tag 1216
	Provision int64 `json:"provision,omitempty"` // tag 1217
}

// Forms of fiscal documents (FFD).
const (
	formRegistration   = 1
	formReceipt        = 3
	formBSO            = 4
	formFNClosed       = 6
	formReregistration = 11
	formCorrection     = 31
	formCorrectionBSO  = 41
)

// Technical tells whether it is about the device itself: a technician makes
// such documents beside the till.
func (d *FNDocument) Technical() bool {
	return d.Form == formRegistration || d.Form == formReregistration || d.Form == formFNClosed
}

// Receipt tells whether it is about money: a receipt, a BSO or a correction of
// either.
func (d *FNDocument) Receipt() bool {
	return d.Form == formReceipt || d.Form == formBSO || d.Form == formCorrection || d.Form == formCorrectionBSO
}

// Ticket is the OFD's confirmation of one document.
type Ticket struct {
	Time time.Time `json:"time"`
	Sign string    `json:"sign"` // hexadecimal
}

// Tag is one field of a stored document.
type Tag struct {
	ID    uint16 `json:"id"`
	Name  string `json:"name,omitempty"`  // Russian, as FFD calls it; empty when unknown
	Value string `json:"value,omitempty"` // as a person reads it
	Tags  []Tag  `json:"tags,omitempty"`  // of a structured tag
}

// SettingRef names one setting of a device: a table, a row of it and a field,
// by the names the device itself gives them, in any letter case. Where names
// repeat themselves "#17" names number 17.
type SettingRef struct {
	Table string `json:"table"`
	Row   int    `json:"row"` // from 1
	Field string `json:"field"`
}

// Setting is one setting as it is.
type Setting struct {
	SettingRef
	TableNo int    `json:"table_no"`
	FieldNo int    `json:"field_no"`
	Text    bool   `json:"text"` // a string, else a number
	Min     uint64 `json:"min,omitempty"`
	Max     uint64 `json:"max,omitempty"`
	Size    int    `json:"size"` // bytes
	Value   string `json:"value"`
}

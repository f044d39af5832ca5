package shtrihtest

import (
	"hash/crc32"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Forms of fiscal documents.
const (
	formRegistration = 1
	formOpenShift    = 2
	formReceipt      = 3
	formCloseShift   = 5
	formState        = 21
	formCorrection   = 31
)

// What FF01h calls the document that is open in the FN.
const (
	openShiftDoc  = 0x02
	receiptDoc    = 0x04
	closeShiftDoc = 0x08
	closeFNDoc    = 0x10
	correctionDoc = 0x14
	stateDoc      = 0x17
)

// Document is one document of the FN's archive.
type Document struct {
	FD         uint32       `json:"fd"`
	Form       int          `json:"form"`             // of the FFD: 1, 2, 3, 5, 21, 31
	Type       string       `json:"type"`             // registration, open_shift, receipt, close_shift, state_report, correction
	OpType     int          `json:"optype,omitempty"` // tag 1054: 1 sale, 2 sale return, 3 buy, 4 buy return
	Total      money.Amount `json:"total"`            // kopecks
	Time       time.Time    `json:"time"`
	Shift      int          `json:"shift"`
	Receipt    int          `json:"receipt,omitempty"` // number within the shift
	Sign       uint32       `json:"sign"`
	Cashier    string       `json:"cashier,omitempty"` // 1021
	CashierINN string       `json:"cashier_inn,omitempty"`
	Operator   int          `json:"operator,omitempty"` // row of the password that was used
	Contact    string       `json:"contact,omitempty"`  // 1008
	Buyer      string       `json:"buyer,omitempty"`    // 1227
	Paperless  bool         `json:"paperless,omitempty"`
	Rounding   money.Amount `json:"rounding,omitempty"` // kopecks dropped from the total
	Items      []Item       `json:"items,omitempty"`
	Payments   []Payment    `json:"payments,omitempty"`
	VAT        []VATSum     `json:"vat,omitempty"`
	Tags       []tag        `json:"tags,omitempty"` // of the document, as the host sent them
	Change     money.Amount `json:"change,omitempty"`
	TaxSystem  int          `json:"tax_system,omitempty"` // 1055
	Requisite  string       `json:"requisite,omitempty"`  // 1192
	Correction *Correction  `json:"correction,omitempty"`
	// Unsent and UnsentSince are of reports: what the OFD had not got then.
	Unsent      int       `json:"unsent,omitempty"`
	UnsentSince time.Time `json:"unsent_since,omitzero"`

	Sent bool   `json:"sent"` // the OFD has it
	TLV  []byte `json:"tlv"`  // as FF3Ah gives it
}

// Correction is the ground of a correction receipt.
type Correction struct {
	ByOrder bool      `json:"by_order"`         // 1173
	Text    string    `json:"text,omitempty"`   // 1177, FFD 1.05
	Date    time.Time `json:"date"`             // 1178
	Number  string    `json:"number,omitempty"` // 1179
}

// Item is one line of a receipt.
type Item struct {
	Name   string       `json:"name"`
	Qty    qty.Milli    `json:"qty"`   // thousandths
	Price  money.Amount `json:"price"` // kopecks
	Total  money.Amount `json:"total"`
	VAT    string       `json:"vat"` // rate, "22" or "20/120"
	VATSum money.Amount `json:"vat_sum"`
	Method int          `json:"method"`         // 1214
	Kind   int          `json:"kind"`           // 1212
	Unit   int          `json:"unit,omitempty"` // 2108
	Mark   *Mark        `json:"mark,omitempty"`
	Tags   []tag        `json:"tags,omitempty"`
}

// VATSum is the VAT of one rate; of 0 % and of none it is the turnover.
type VATSum struct {
	Rate string       `json:"rate"`
	Sum  money.Amount `json:"sum"`
}

// Payment is one way a receipt was paid.
type Payment struct {
	Slot int          `json:"slot"` // as FF45h counts: 1 cash, 2..13 electronic, 14 advance, 15 credit, 16 provision
	Sum  money.Amount `json:"sum"`  // without change
}

// Documents lists the FN's archive, oldest first.
func (d *Device) Documents() []Document {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := append([]Document(nil), d.docs...)
	for i := range all {
		all[i].Sent = all[i].FD <= d.s.SentFD
	}
	return all
}

func (d *Device) unsent() int { return int(d.s.LastFD - d.s.SentFD) }

// mayRegister tells whether the FN takes a document now. d.mu is held.
func (d *Device) mayRegister() byte {
	if d.now().Truncate(time.Minute).Before(d.s.LastTime) {
		return errTime
	}
	if d.offTimer() {
		return errTimer
	}
	const waits = 30 * 24 * time.Hour
	if d.unsent() > 0 && d.now().Sub(d.first().Time) > waits {
		return errNotSent
	}
	return 0
}

// register gives doc its number, time and sign and puts it into the archive.
// d.mu is held.
func (d *Device) register(doc *Document) {
	doc.FD = d.s.LastFD + 1
	doc.Time = d.now().Truncate(time.Minute)
	doc.Shift = d.s.Shift
	d.takeTags(doc)
	body := d.encode(doc)
	doc.Sign = crc32.ChecksumIEEE(body)
	doc.TLV = appendTLV(body, 1077, append([]byte{0x31, 0x04}, bigEndian(doc.Sign)...))
	d.docs = append(d.docs, *doc)
	d.s.LastFD, d.s.LastTime = doc.FD, doc.Time
	d.s.FNDoc, d.s.Tags, d.s.Receipt = 0, nil, nil
	d.s.DocNo++
}

// takeTags fills what is told of a document from the tags sent.
func (d *Device) takeTags(doc *Document) {
	if doc.Cashier == "" && doc.Operator > 0 && !d.s.Automatic {
		doc.Cashier = d.setting(2, doc.Operator, 2)
	}
	for _, t := range d.s.Tags {
		switch said := t.words(); t.Tag {
		case 1008:
			doc.Contact = said
		case 1021:
			doc.Cashier = said
		case 1192:
			doc.Requisite = said
		case 1203:
			doc.CashierINN = said
		case 1227:
			doc.Buyer = said
		case 1256:
			if inner, ok := parseTLV(t.Value); ok && find(inner, 1227) != nil {
				doc.Buyer = find(inner, 1227).words()
			}
		}
	}
	doc.Tags = d.s.Tags
}

func bigEndian(v uint32) []byte { return []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)} }

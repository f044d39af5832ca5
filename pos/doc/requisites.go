package doc

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/money"
)

// People is what in a document identifies people: it is stored apart from the
// document and can be erased without touching any sum.
type People struct {
	Contact string `json:"contact,omitempty"` // tag 1008: +79991234567 or an e-mail address
	Buyer   *Buyer `json:"buyer,omitempty"`
	Person  string `json:"person,omitempty"` // who brought or took cash

	Customer string `json:"customer,omitempty"` // name of the known customer who bought
}

// Buyer is an organisation or entrepreneur that buys (tags 1227 and 1228, in
// FFD 1.2 within 1256).
type Buyer struct {
	Name    string `json:"name"`
	INN     string `json:"inn,omitempty"`
	Address string `json:"address,omitempty"` // tag 1254
}

// Ground is the ground of a CORRECTION.
type Ground struct {
	Of      Type      `json:"of"`                // what should have been registered: SELL, PAYBACK, BUY, BUYBACK
	ByOrder bool      `json:"by_order,omitzero"` // tag 1173: on a tax office's order, else on one's own
	Date    time.Time `json:"date"`              // tag 1178: of the settlement that is corrected
	Number  string    `json:"number,omitempty"`  // tag 1179: of the order
	Sign    string    `json:"sign,omitempty"`    // tag 1192: fiscal sign of the wrong receipt
	Reason  string    `json:"reason"`            // for the books
}

// Agent is who really sells, when the shop is an agent (FFD tags 1222, 1223).
type Agent struct {
	Type      int      `json:"type"` // tag 1222, one bit: 1 bank paying agent, 2 its subagent, 4 paying agent, 8 its subagent, 16 attorney, 32 commissioner, 64 other agent
	Operation string   `json:"operation,omitempty"`
	Phones    []string `json:"phones,omitempty"` // of the paying agent, tag 1073
}

// Supplier is whose goods an agent sells (tags 1224, 1225, 1226, 1171).
type Supplier struct {
	Name   string   `json:"name,omitempty"`
	INN    string   `json:"inn"`
	Phones []string `json:"phones,omitempty"`
}

// Permit is the answer of the permit port that allowed a marked unit into the
// cheque (tag 1260).
type Permit struct {
	FOIV   string `json:"foiv"`   // 1262, such as 030
	Date   string `json:"date"`   // 1263, DD.MM.YYYY
	Number string `json:"number"` // 1264
	Value  string `json:"value"`  // 1265, such as UUID=..&Time=..
}

// MarkCheck is the check of one marking code by the device (FFD 1.2).
type MarkCheck struct {
	Line     uuid.UUID `json:"line,omitzero"`
	Local    int       `json:"local"`              // tag 2004: result of the FN's own check
	Reason   int       `json:"reason,omitzero"`    // why the FN did not check
	Type     int       `json:"type,omitzero"`      // tag 2100: of the code
	FN       int       `json:"fn,omitzero"`        // what became of the question to the marking system; 255: no answer in time
	Result   int       `json:"result"`             // tag 2106: bits 0 checked, 1 genuine, 2 status asked, 3 status right, 4 offline
	Accepted bool      `json:"accepted,omitempty"` // went on the receipt
}

// Good tells whether the check proved everything: what prints as [M+].
func (m MarkCheck) Good() bool { return m.Result&0x0F == 0x0F && m.Result&0x10 == 0 }

// Bad tells whether the check proved that something is wrong: [M-].
func (m MarkCheck) Bad() bool {
	return (m.Result&0x01 != 0 && m.Result&0x02 == 0) || (m.Result&0x04 != 0 && m.Result&0x08 == 0)
}

// OtherReceipt is a receipt that is not in this till's journal, as its QR code
// tells it.
type OtherReceipt struct {
	FN   string       `json:"fn"` // 16 digits
	FD   uint32       `json:"fd"`
	Sign uint32       `json:"sign"`
	Time time.Time    `json:"time"` // the shop's wall clock
	Sum  money.Amount `json:"sum"`
}

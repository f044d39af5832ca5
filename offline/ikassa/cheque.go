package ikassa

// Types of a cheque.
const (
	Postponed = "Postponed" // parked
	Order     = "Order"     // of a table
)

// Currencies.
const (
	BYN = "BYN"
	RUB = "RUB"
)

// Cheque is a stored cheque as a register gives it.
type Cheque struct {
	Info     Info    `json:"info"`
	Currency string  `json:"currency"`
	Discount *Change `json:"chequeDiscount,omitempty"`
	Increase *Change `json:"chequeIncrease,omitempty"`
	SubTotal Sum     `json:"subTotal"` // of the items' totals
	Total    Sum     `json:"total"`

	Items    []Item    `json:"items"`
	Payments []Payment `json:"payments"`
}

// Info says which cheque it is.
type Info struct {
	UUID   string `json:"uuid"` // any text
	Name   string `json:"name,omitempty"`
	Type   string `json:"chequeType,omitempty"` // Postponed, Order
	Table  *Int   `json:"table,omitempty"`      // of an order
	Place  *Int   `json:"place,omitempty"`
	Note   string `json:"note,omitempty"`
	Number Text   `json:"number,omitempty"` // that people call it by
}

// Change is a discount or an increase: a percent, or a sum.
type Change struct {
	Percent bool `json:"isPercent"`
	Value   Sum  `json:"value"`         // hundredths of a percent, or kopecks
	Sum     *Sum `json:"sum,omitempty"` // what it came to; not in requests
}

// Item is a position of a stored cheque.
type Item struct {
	Name     string    `json:"name,omitempty"`
	Code     *Code     `json:"code,omitempty"`
	Price    Sum       `json:"price"` // of one unit
	Quantity Quantity  `json:"quantity"`
	Discount *Change   `json:"discount,omitempty"`
	Increase *Change   `json:"increase,omitempty"`
	Tax      *Tax      `json:"tax,omitempty"` // inside the total
	Section  *Section  `json:"section,omitempty"`
	Markings []Marking `json:"markings,omitempty"`
	Sum      Sum       `json:"sum"`   // price times quantity
	Total    Sum       `json:"total"` // after discount and increase
}

// Tax is the VAT inside an item's total.
type Tax struct {
	Rate  Text `json:"rate"` // percent: "10"
	Value Sum  `json:"value"`
}

// Section is a department of the shop.
type Section struct {
	Code Int    `json:"code"`
	Name string `json:"name,omitempty"`
}

// Marking is a code of one unit: one of its fields is set.
type Marking struct {
	SI  string `json:"si,omitempty"`  // means of identification: the code of a DataMatrix
	UKZ string `json:"ukz,omitempty"` // unified control mark
}

// Payment is a part of what was paid.
type Payment struct {
	Type string `json:"type"` // "Cash"
	Sum  Sum    `json:"sum"`
}

// Response is every operation's answer; which fields it has beside the four of
// Base depends on the operation. Their order is the guide's.
type Response struct {
	DateTime string    `json:"dateTime,omitempty"` // RFC 3339 with offset
	Detail   string    `json:"messageDetail"`
	Title    string    `json:"messageTitle"`
	Number   Text      `json:"numberCheck,omitempty"`       // of the document
	Register Text      `json:"registerNumberSKO,omitempty"` // of the means of control
	Result   Result    `json:"resultCode"`
	RRN      *Text     `json:"rrn,omitempty"`
	Type     Operation `json:"type"`
	UID      string    `json:"uid,omitempty"` // the document's fiscal identifier
	Token    string    `json:"token,omitempty"`

	Cheques  []Cheque  `json:"cheques,omitzero"` // empty is written, nil is not
	Total    *Sum      `json:"total,omitempty"`
	Change   *Sum      `json:"change,omitempty"`
	Printed  *bool     `json:"isPrintSuccess,omitempty"`
	Sum      *Sum      `json:"sum,omitempty"`
	UUID     string    `json:"uuid,omitempty"`
	Payments []Payment `json:"payments,omitzero"`
}

// Success makes the four fields that every answer has.
func Success(op Operation, detail string) Response {
	return Response{Detail: detail, Title: TitleOK, Result: OK, Type: op}
}

// Failure makes the answer of an operation that was not done. An empty detail
// is the code's own sentence.
func Failure(op Operation, code Result, detail string) Response {
	if detail == "" {
		detail = code.Text("ru")
	}
	return Response{Detail: detail, Title: TitleError, Result: code, Type: op}
}

package ikassa

// UUIDs is the body of GET_CHEQUES; without ids all cheques are meant.
type UUIDs struct {
	UUIDs []Text `json:"uuids,omitzero"`
}

// ChequeRequest is a cheque to store.
type ChequeRequest struct {
	Info      Info          `json:"info"`
	Currency  string        `json:"currency,omitempty"`
	Discount  *Change       `json:"chequeDiscount,omitempty"`
	Increase  *Change       `json:"chequeIncrease,omitempty"`
	TaxNumber Text          `json:"tpTaxNumber,omitempty"` // the buyer's
	Edit      bool          `json:"isEdit,omitempty"`      // instead of one that is stored
	Prefix    []Print       `json:"prefix,omitempty"`      // printed before the cheque
	Suffix    []Print       `json:"suffix,omitempty"`      // and after it
	Items     []ItemRequest `json:"items"`
}

// ItemRequest is a position of a cheque to store.
type ItemRequest struct {
	Price    Sum       `json:"price"`
	Name     string    `json:"name,omitempty"`
	Quantity Quantity  `json:"quantity"`
	Code     *Code     `json:"code,omitempty"`
	Discount *Change   `json:"discount,omitempty"`
	Increase *Change   `json:"increase,omitempty"`
	Section  *Section  `json:"section,omitempty"`
	Markings []Marking `json:"markings,omitempty"`
	TaxRate  string    `json:"taxRate,omitempty"` // "tax10"
}

// Print is a line that is printed outside the cheque: one of its fields is set.
type Print struct {
	Text   *PrintText `json:"Text,omitempty"`
	QRCode *PrintQR   `json:"QrCode,omitempty"`
}

// PrintText is a line of text.
type PrintText struct {
	Text string `json:"text"`
}

// PrintQR is a picture of a QR code.
type PrintQR struct {
	QRCode string `json:"qrCode"` // base 64
}

// Sale is the body of SALE. Discount and increase stand in pairs of fields
// here, and codes are texts.
type Sale struct {
	Cashier     string     `json:"cashier"`
	Items       []SaleItem `json:"itemList"`
	Cash        *Sum       `json:"cash,omitempty"`
	Cashless    *Sum       `json:"cashless,omitempty"`
	Certificate *Sum       `json:"certificate,omitempty"`
	Oplati      *Sum       `json:"oplati,omitempty"`

	PercentIncrease bool  `json:"isPercentIncrease,omitempty"`
	Increase        *Sum  `json:"chequeIncrease,omitempty"`
	PercentDiscount bool  `json:"isPercentDiscount,omitempty"`
	Discount        *Sum  `json:"chequeDiscount,omitempty"`
	TaxNumber       Text  `json:"tpTaxNumber,omitempty"`
	Print           *bool `json:"printCheque,omitempty"`

	Prefix    []Print `json:"prefix,omitempty"`
	Suffix    []Print `json:"suffix,omitempty"`
	Operation Text    `json:"operationId,omitempty"` // the caller's: a repetition has the same
}

// SaleItem is a position of SALE.
type SaleItem struct {
	Name            string    `json:"nameTitle,omitempty"`
	Code            Text      `json:"codeNumber,omitempty"`
	CodeType        Text      `json:"typeCode,omitempty"`
	Markings        []Marking `json:"markings,omitempty"`
	Price           Sum       `json:"price"`
	Quantity        Quantity  `json:"amount"`
	PercentDiscount bool      `json:"isPercentDiscount,omitempty"`
	Discount        *Sum      `json:"discount,omitempty"`
	PercentIncrease bool      `json:"isPercentIncrease,omitempty"`
	Increase        *Sum      `json:"increase,omitempty"`
	Section         *Section  `json:"section,omitempty"`
}

// Deposit is the body of DEPOSIT: cash that is put into the drawer.
type Deposit struct {
	Cashier   string  `json:"cashier"`
	Sum       Sum     `json:"sum"`
	Prefix    []Print `json:"prefix,omitempty"`
	Suffix    []Print `json:"suffix,omitempty"`
	Operation Text    `json:"operationId,omitempty"`
}

// Auth is the body of AUTH.
type Auth struct {
	PIN      string `json:"pin"`
	Remember bool   `json:"rememberPin"`
	Token    bool   `json:"returnToken"`
}

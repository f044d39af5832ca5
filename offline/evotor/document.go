package evotor

import (
	"github.com/kassa-pos/kassa/pos/doc"
)

// Media is the media type of everything the API answers.
const Media = "application/vnd.evotor.v2+json"

// MaxPage is how many items one page has at most.
const MaxPage = 1000

// Types are the document types of the format.
func Types() []doc.Type {
	return []doc.Type{doc.OpenSession, doc.PosOpenSession, doc.CloseSession, doc.CashIncome, doc.CashOutcome, doc.Inventory, doc.Accept,
		doc.Revaluation, doc.WriteOff, doc.Return, doc.OpenTare, doc.Sell, doc.Payback, doc.Buy, doc.Buyback, doc.XReport, doc.ZReport}
}

// Document is one document.
type Document struct {
	Type           string         `json:"type"`
	ID             string         `json:"id"`
	Extras         map[string]any `json:"extras"` // of apps; a till has none
	Number         int64          `json:"number"` // of this till, running
	CloseDate      Time           `json:"close_date"`
	TimeZoneOffset int64          `json:"time_zone_offset"` // of the till from UTC, milliseconds
	SessionID      string         `json:"session_id"`       // the till's shift
	SessionNumber  int64          `json:"session_number"`
	CloseUserID    string         `json:"close_user_id"`
	DeviceID       string         `json:"device_id"`
	StoreID        string         `json:"store_id"`
	UserID         string         `json:"user_id"`
	Version        string         `json:"version"` // "V2"
	Body           any            `json:"body"`
}

// Receipt is the body of SELL, PAYBACK, BUY and BUYBACK.
type Receipt struct {
	Positions       []Position    `json:"positions"`
	DocDiscounts    []Discount    `json:"doc_discounts"`
	Payments        []Payment     `json:"payments"`
	PrintGroups     []PrintGroup  `json:"print_groups"`
	PosPrintResults []PrintResult `json:"pos_print_results"`
	Sum             Roubles       `json:"sum"`        // before discounts
	ResultSum       Roubles       `json:"result_sum"` // after all discounts
	CustomerEmail   *string       `json:"customer_email"`
	CustomerPhone   *string       `json:"customer_phone"` // digits
}

// Undone is the body of PAYBACK and BUYBACK: what it gives back is null when
// there was no receipt.
type Undone struct {
	Receipt
	BaseDocumentID     *string `json:"base_document_id"`
	BaseDocumentNumber *int64  `json:"base_document_number"`
}

// Position is one line of a receipt.
type Position struct {
	ID                     int       `json:"id"`   // 1, 2.. within the document
	UUID                   string    `json:"uuid"` // a line given back repeats the one that was sold
	ProductID              *string   `json:"product_id"`
	Code                   *string   `json:"code"`
	BarCode                *string   `json:"bar_code"`
	ProductType            string    `json:"product_type"`
	ProductName            string    `json:"product_name"`
	MeasureName            string    `json:"measure_name"`
	MeasurePrecision       int       `json:"measure_precision"`
	Quantity               Quantity  `json:"quantity"` // positive, also of what is given back
	InitialQuantity        Quantity  `json:"initial_quantity"`
	Price                  Roubles   `json:"price"` // of a unit, before discounts
	CostPrice              Roubles   `json:"cost_price"`
	Sum                    Roubles   `json:"sum"`
	ResultPrice            Roubles   `json:"result_price"` // of a unit, as printed
	ResultSum              Roubles   `json:"result_sum"`
	Tax                    Tax       `json:"tax"`
	PositionDiscount       *Discount `json:"position_discount"`
	DocDistributedDiscount *Discount `json:"doc_distributed_discount"`
	PrintGroupID           string    `json:"print_group_id"`
	ExtraKeys              []string  `json:"extra_keys"`
	SubPositions           []string  `json:"sub_positions"`
	SplittedPositions      *string   `json:"splitted_positions"` // null: a till splits before it sells
	AttributesChoices      *string   `json:"attributes_choices"`
	SettlementMethod       Method    `json:"settlement_method"`
	Mark                   *string   `json:"mark"`
	AlcoholByVolume        Quantity  `json:"alcohol_by_volume"`
	AlcoholProductKindCode int       `json:"alcohol_product_kind_code"`
	TareVolume             Quantity  `json:"tare_volume"`
}

// Tax is the VAT contained in a line.
type Tax struct {
	Type      string  `json:"type"`
	Sum       Roubles `json:"sum"`        // before discounts
	ResultSum Roubles `json:"result_sum"` // after
}

// Discount is what made a line, or the whole document, cheaper.
type Discount struct {
	DiscountType    string   `json:"discount_type"` // SUM
	DiscountSum     Roubles  `json:"discount_sum"`
	DiscountPercent Percent  `json:"discount_percent"`
	DiscountPrice   *Roubles `json:"discount_price"` // of a unit after it; null of a share in the document's
	Coupon          *string  `json:"coupon"`
}

// Method is how a line is settled, FFD tag 1214.
type Method struct {
	Type   string   `json:"type"`
	Amount *Roubles `json:"amount"`
}

// Payment is one payment.
type Payment struct {
	ID       string  `json:"id"`
	ParentID *string `json:"parent_id"`
	Sum      Roubles `json:"sum"` // kept, without change
	Type     string  `json:"type"`
	Parts    []Part  `json:"parts"`
	App      *string `json:"app_payment"`
	AppInfo  *string `json:"app_info"`
}

// Part is what of a payment falls on a print group.
type Part struct {
	PrintGroupID string  `json:"print_group_id"`
	PartSum      Roubles `json:"part_sum"`
	Change       Roubles `json:"change"`
}

// PrintGroup is one fiscal receipt.
type PrintGroup struct {
	ID             string  `json:"id"`
	Type           string  `json:"type"` // CASH_RECEIPT
	OrgName        *string `json:"org_name"`
	OrgINN         *string `json:"org_inn"`
	OrgAddress     *string `json:"org_address"`
	TaxationSystem *string `json:"taxation_system"`
}

// PrintResult is what the fiscal device said of a receipt.
type PrintResult struct {
	PrintGroupID string  `json:"print_group_id"`
	CheckSum     Roubles `json:"check_sum"`
	Counters
	Date string `json:"receipt_date"` // DDMMYYYY, the device's time
	Time string `json:"receipt_time"` // HHMM
	Fiscal
	FiscalDocumentNumber int64 `json:"fiscal_document_number"`
}

// Counters are the fiscal device's.
type Counters struct {
	ReceiptNumber  int64 `json:"receipt_number"`  // within its shift
	DocumentNumber int64 `json:"document_number"` // FD within the FN
	SessionNumber  int64 `json:"session_number"`  // its shift, not the till's
}

// Fiscal is where a document was registered.
type Fiscal struct {
	FNSerialNumber      string  `json:"fn_serial_number"`
	KKTSerialNumber     string  `json:"kkt_serial_number"`
	KKTRegNumber        string  `json:"kkt_reg_number"`
	FNRegNumber         *string `json:"fn_reg_number"` // the old name of kkt_reg_number: null
	FiscalSignDocNumber string  `json:"fiscal_sign_doc_number"`
}

// PosOpenSession is the body of POS_OPEN_SESSION.
type PosOpenSession struct {
	Counters
	*Registered
}

// Registered are the fiscal fields of a document that is not a receipt.
type Registered struct {
	Fiscal
	FiscalDocumentNumber string `json:"fiscal_document_number"`
}

// CloseSession is the body of CLOSE_SESSION.
type CloseSession struct {
	Revenue Roubles `json:"revenue"` // sales less returns
	Total   Roubles `json:"total"`   // cash in the drawer
}

// Cash is the body of CASH_INCOME and CASH_OUTCOME.
type Cash struct {
	Counters
	Date string `json:"receipt_date"` // DDMMYYYY
	*Registered
	Sum         Roubles `json:"sum"`
	Description string  `json:"description"`
	Contributor *string `json:"contributor,omitempty"` // of CASH_INCOME
	Receiver    *string `json:"receiver,omitempty"`    // of CASH_OUTCOME
	CategoryID  int     `json:"payment_category_id,omitempty"`
	Category    string  `json:"payment_category_name,omitempty"`
}

// Report is the body of X_REPORT.
type Report struct {
	Counters
	Total    Roubles `json:"total"`    // of sales
	Proceeds Roubles `json:"proceeds"` // sales less returns
	Cash     Roubles `json:"cash"`     // in the drawer
}

// ZReport is the body of Z_REPORT.
type ZReport struct {
	Report
	Date string `json:"receipt_date"` // DDMMYYYY
	*Registered
	Revenue         Roubles  `json:"revenue"`
	CashInSum       Roubles  `json:"cash_in_sum"`
	CashOutSum      Roubles  `json:"cash_out_sum"`
	CashInQuantity  int64    `json:"cash_in_quantity"`
	CashOutQuantity int64    `json:"cash_out_quantity"`
	SalesResults    Roubles  `json:"session_sales_results"`
	BuysResults     Roubles  `json:"session_purchases_results"`
	QuantitySales   Count    `json:"quantity_sales"`
	QuantityBuys    Count    `json:"quantity_purchases"`
	Sales           Turnover `json:"sales"`
	SalesBack       Turnover `json:"sales_back"`
	Buys            Turnover `json:"purchases"`
	BuysBack        Turnover `json:"purchases_back"`
}

// Count counts receipts of one kind and those that undid them.
type Count struct {
	Quantity     int64 `json:"quantity"`
	Reversal     int64 `json:"reversal"`
	Back         int64 `json:"back"`
	ReversalBack int64 `json:"reversal_back"`
}

// Turnover sums receipts of one kind; the format spells it summ.
type Turnover struct {
	Sum      Roubles   `json:"summ"`
	Reversal Roubles   `json:"reversal"`
	Sections []Section `json:"sections"`
}

// Section is the turnover of one kind of payment.
type Section struct {
	Number int     `json:"number"`
	Name   string  `json:"name"`
	Value  Roubles `json:"value"`
}

// Stock is the body of the stock documents; which fields it has follows from
// its type.
type Stock struct {
	Positions         []StockPosition `json:"positions"`
	Sum               *Roubles        `json:"sum,omitempty"`
	SupplierID        *string         `json:"supplier_id,omitempty"`
	Description       string          `json:"description,omitempty"`
	CompleteInventory *bool           `json:"complete_inventory,omitempty"` // true: what is not listed is gone
	BaseID            *string         `json:"base_document_id,omitempty"`
	BaseNumber        *int64          `json:"base_document_number,omitempty"`
}

// StockPosition is one line of a stock document.
type StockPosition struct {
	ID              int      `json:"id"`
	UUID            string   `json:"uuid"`
	ProductID       string   `json:"product_id"`
	ProductType     string   `json:"product_type"`
	ProductName     string   `json:"product_name"`
	MeasureName     string   `json:"measure_name"`
	Code            string   `json:"code"`
	BarCode         *string  `json:"bar_code,omitempty"`
	Quantity        Quantity `json:"quantity"`
	InitialQuantity Quantity `json:"initial_quantity"`
	Price           any      `json:"price"` // Roubles; of REVALUATION a Revalued
	CostPrice       Roubles  `json:"cost_price"`
	Sum             Roubles  `json:"sum"`
	Mark            *string  `json:"mark,omitempty"`
	ExtraKeys       []string `json:"extra_keys"`
}

// Revalued are a unit's prices in a REVALUATION.
type Revalued struct {
	Before Roubles `json:"before"`
	After  Roubles `json:"after"`
	Accept Roubles `json:"accept"` // bought for
}

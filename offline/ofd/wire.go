package ofd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of a report.
const (
	MaxPage   = 1000    // shifts asked for at a time
	MaxAnswer = 8 << 20 // bytes
	maxNumber = 32      // characters
)

// ErrSum: not a sum of money.
var ErrSum = errors.New("ofd: bad sum")

// Query is a request. Several lists narrow together.
type Query struct {
	From          string   `json:"date_from"` // "2006-01-02 15:04:05" or a day, which begins at 00:00:00
	To            string   `json:"date_to"`   // included; a day ends at 23:59:59
	Limit         int      `json:"limit,omitempty"`
	Offset        int      `json:"offset,omitempty"`
	Companies     []string `json:"company_ids,omitempty"`
	RetailPoints  []string `json:"retail_point_ids,omitempty"`
	Cashboxes     []string `json:"cashbox_ids,omitempty"`
	DocumentTypes []string `json:"document_types,omitempty"`
	Operations    []string `json:"operation_types,omitempty"`
	Taxation      []string `json:"taxation_types,omitempty"`
	Shift         int64    `json:"shifts,omitempty"` // one number, whatever the name says
	Orders        []string `json:"orders,omitempty"` // "-open" is descending
}

// The values of the lists.
var (
	DocumentTypes = []string{"fiscalReport", "fiscalReportCorrection", "openShift", "closeShift", "receipt", "receiptCorrection",
		"bso", "bsoCorrection", "currentStateReport", "closeArchive"}
	Operations = []string{"income", "income_return", "outcome", "outcome_return"}
	Taxation   = []string{"osn", "usn_income", "usn_income_wo_expenditure", "esn_agricultural", "psn"}
	Orders     = []string{"open", "close", "shift", "rn", "fn", "income", "income_return", "outcome", "outcome_return"}
)

// Report is an answer: a page of shifts, and how many there are in all.
type Report struct {
	Data  []Shift `json:"data"`
	Total *int64  `json:"total,omitempty"`
}

// Shift is one shift of one fiscal storage.
type Shift struct {
	RN    string `json:"rn,omitempty"` // registration number of the device
	FN    string `json:"fn,omitempty"`
	Shift int64  `json:"shift,omitempty"`
	Open  Moment `json:"open,omitempty"`
	Close Moment `json:"close,omitempty"` // "": still open, or not told

	Income        *Block `json:"income,omitempty"`
	IncomeReturn  *Block `json:"income_return,omitempty"`
	Outcome       *Block `json:"outcome,omitempty"`
	OutcomeReturn *Block `json:"outcome_return,omitempty"`
}

// Blocks are the operations of a shift, in the order of Operations.
func (s *Shift) Blocks() [4]**Block {
	return [4]**Block{&s.Income, &s.IncomeReturn, &s.Outcome, &s.OutcomeReturn}
}

// Moment is a time without a zone, "2006-01-02 15:04:05".
type Moment string

// MomentForm is how a Moment is written.
const MomentForm = "2006-01-02 15:04:05"

// At gives the moment in the zone it is assumed to be in.
func (m Moment) At(zone *time.Location) (time.Time, error) {
	return time.ParseInLocation(MomentForm, string(m), zone)
}

// Block is one operation: how it was paid, and in all.
type Block struct {
	Cash      Figure // cash
	Ecash     Figure // without cash
	Prepaid   Figure // an advance was set off
	Credit    Figure // to be paid later
	Provision Figure // something else in return
	Total     Figure
}

// Figure is a sum and a count of receipts; nil is not told.
type Figure struct {
	Sum   *money.Amount
	Count *int64
}

// figures names a block's figures as the answer does.
func (b *Block) figures() map[string]*Figure {
	return map[string]*Figure{"cashTotal": &b.Cash, "ecashTotal": &b.Ecash, "prepaid": &b.Prepaid, "credit": &b.Credit,
		"provision": &b.Provision, "total": &b.Total}
}

// MarshalJSON writes {"cashTotal_sum": 140.00, "cashTotal_count": 2, ...}.
func (b Block) MarshalJSON() ([]byte, error) {
	out := map[string]json.RawMessage{}
	for name, f := range b.figures() {
		if f.Sum != nil {
			out[name+"_sum"] = json.RawMessage(decimal(*f.Sum))
		}
		if f.Count != nil {
			out[name+"_count"] = fmt.Appendf(nil, "%d", *f.Count)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what is there of a block.
func (b *Block) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*b = Block{}
	for name, f := range b.figures() {
		if v, ok := told(raw[name+"_sum"]); ok {
			sum, err := parseSum(v)
			if err != nil {
				return fmt.Errorf("%s_sum: %w", name, err)
			}
			f.Sum = &sum
		}
		if v, ok := told(raw[name+"_count"]); ok {
			if err := json.Unmarshal(v, &f.Count); err != nil {
				return fmt.Errorf("%s_count: %w", name, err)
			}
		}
	}
	return nil
}

func told(raw json.RawMessage) (json.RawMessage, bool) {
	return raw, len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// decimal writes roubles as a number.
func decimal(a money.Amount) string {
	sign := ""
	if a < 0 {
		sign, a = "-", -a
	}
	return fmt.Sprintf("%s%d.%02d", sign, a/money.Rouble, a%money.Rouble)
}

// parseSum reads a number of roubles by its digits: 140, 140.0, 140.55, 1e2,
// 1.4055E+2. What is no whole number of kopecks is refused.
func parseSum(raw []byte) (money.Amount, error) {
	s := string(raw)
	bad := fmt.Errorf("%w: %.40q", ErrSum, s)
	mantissa, exp, _ := strings.Cut(strings.ToLower(s), "e")
	shift := 0
	if exp != "" {
		if _, err := fmt.Sscanf(exp, "%d", &shift); err != nil || shift < -maxNumber || shift > maxNumber {
			return 0, bad
		}
	}
	negative := strings.HasPrefix(mantissa, "-")
	whole, part, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	digits := whole + part
	kopecks := len(whole) + shift + 2 // so many digits are in front of the kopecks' end
	if len(s) > maxNumber || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, bad
	}
	for kopecks < len(digits) { // what is behind must be nothing
		if digits[len(digits)-1] != '0' {
			return 0, bad
		}
		digits = digits[:len(digits)-1]
		if digits == "" {
			return 0, nil
		}
	}
	digits += strings.Repeat("0", max(0, kopecks-len(digits)))
	var n money.Amount
	for _, d := range strings.TrimLeft(digits, "0") {
		if n = n*10 + money.Amount(d-'0'); n > maxSum {
			return 0, bad
		}
	}
	if negative {
		n = -n
	}
	return n, nil
}

// maxSum is what a shift's sums are below: a thousand receipts of the largest
// sum.
const maxSum = 1000 * money.Max

// Package tax holds VAT rates and tax systems as the fiscal law names them.
//
// Rates are dated data: the 22 % rate exists from 2026-01-01, 20 % belongs to
// sales made before it (and to their returns for ever), 5 and 7 % are the
// reduced rates of the simplified tax system. A stored document keeps the
// rate it was sold with; nothing here ever maps one rate to another.
//
// Numbers are those of FFD tags 1199 (rate) and 1055 (tax system). Belarus has
// rates and no such numbers (belarus.go).
package tax

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Rate names a VAT rate. The zero value is not a rate.
type Rate string

// The rates. The calculated ones ("of") are for prepayments and advances.
const (
	VAT22   Rate = "22"
	VAT20   Rate = "20"
	VAT10   Rate = "10"
	VAT7    Rate = "7"
	VAT5    Rate = "5"
	VAT0    Rate = "0"
	None    Rate = "none"
	VAT22of Rate = "22/122"
	VAT20of Rate = "20/120"
	VAT10of Rate = "10/110"
	VAT7of  Rate = "7/107"
	VAT5of  Rate = "5/105"
)

// Info describes a rate.
type Info struct {
	Rate    Rate
	Percent int64 // whole percents included in the price: percent/(100+percent)
	FFD     int   // code of tag 1199
	From    time.Time
	Until   time.Time // first moment a new sale may no longer use it; zero: open
}

var moscow = time.FixedZone("MSK", 3*3600)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, moscow) }

// table is the law's list; order is the order screens show.
var table = []Info{
	{Rate: VAT22, Percent: 22, FFD: 11, From: day(2026, 1, 1)},
	{Rate: VAT20, Percent: 20, FFD: 1, From: day(2019, 1, 1), Until: day(2026, 1, 1)},
	{Rate: VAT10, Percent: 10, FFD: 2},
	{Rate: VAT7, Percent: 7, FFD: 8, From: day(2025, 1, 1)},
	{Rate: VAT5, Percent: 5, FFD: 7, From: day(2025, 1, 1)},
	{Rate: VAT0, Percent: 0, FFD: 5},
	{Rate: None, Percent: 0, FFD: 6},
	{Rate: VAT22of, Percent: 22, FFD: 12, From: day(2026, 1, 1)},
	{Rate: VAT20of, Percent: 20, FFD: 3, From: day(2019, 1, 1), Until: day(2026, 1, 1)},
	{Rate: VAT10of, Percent: 10, FFD: 4},
	{Rate: VAT7of, Percent: 7, FFD: 10, From: day(2025, 1, 1)},
	{Rate: VAT5of, Percent: 5, FFD: 9, From: day(2025, 1, 1)},
}

// ErrUnknown: not a rate or tax system of this table.
var ErrUnknown = errors.New("tax: unknown")

// Lookup describes a rate of any country, or returns ErrUnknown.
func Lookup(r Rate) (Info, error) {
	for _, i := range table {
		if i.Rate == r {
			return i, nil
		}
	}
	if r == VAT25 {
		return Info{Rate: VAT25, Percent: 25}, nil
	}
	return Info{}, fmt.Errorf("%w rate %.20q", ErrUnknown, string(r))
}

// Rates lists the rates of tag 1199.
func Rates() []Info { return append([]Info(nil), table...) }

// ByFFD finds a rate by its code in tag 1199.
func ByFFD(code int) (Rate, error) {
	for _, i := range table {
		if i.FFD == code {
			return i.Rate, nil
		}
	}
	return "", fmt.Errorf("%w rate code %d", ErrUnknown, code)
}

// ByPercent finds the ordinary rate of so many percent, as clouds name rates.
func ByPercent(percent int64) (Rate, error) {
	for _, i := range table {
		if i.Percent == percent && i.FFD != 6 {
			return i.Rate, nil
		}
	}
	if percent == 25 {
		return VAT25, nil
	}
	return "", fmt.Errorf("%w rate of %d percent", ErrUnknown, percent)
}

// ValidOn tells whether a new sale made in Russia at t may use the rate.
func (i Info) ValidOn(t time.Time) bool {
	return i.FFD != 0 && (i.From.IsZero() || !t.Before(i.From)) && (i.Until.IsZero() || t.Before(i.Until))
}

// On gives the rate that stood in r's place at t: 22 % was 20 % before 2026.
// Corrections of old settlements need it. A rate without a forerunner is
// given back as it is.
func On(r Rate, t time.Time) Rate {
	before := map[Rate]Rate{VAT22: VAT20, VAT22of: VAT20of}
	if info, err := Lookup(r); err == nil && !info.ValidOn(t) {
		if old, ok := before[r]; ok {
			return old
		}
	}
	return r
}

// Included returns the VAT contained in a line's total: total*p/(100+p)
// rounded half up to a kopeck, line by line, as the fiscal device does it when it
// computes VAT per operation. The VAT of a receipt is the sum over its lines.
func (i Info) Included(total money.Amount) (money.Amount, error) {
	return total.MulDiv(i.Percent, 100+i.Percent)
}

// System is a tax system, FFD tag 1055: exactly one bit.
type System uint8

// The tax systems. UTII (8) ended in 2021 and is refused.
const (
	General          System = 1
	SimplifiedIncome System = 2
	SimplifiedProfit System = 4 // income minus expenses
	UTII             System = 8
	Agricultural     System = 16
	Patent           System = 32
)

var systems = map[System]string{
	General: "GENERAL_TAX_SYSTEM", SimplifiedIncome: "SIMPLIFIED_TAX_SYSTEM_INCOME",
	SimplifiedProfit: "SIMPLIFIED_TAX_SYSTEM_INCOME_OUTCOME", UTII: "PRESUMPTIVE_TAX_SYSTEM",
	Agricultural: "UNIFIED_AGRICULTURAL_TAX", Patent: "PATENT_BASED",
}

// String gives the name clouds use, GENERAL_TAX_SYSTEM and so on.
func (s System) String() string {
	if n, ok := systems[s]; ok {
		return n
	}
	return fmt.Sprintf("TAX_SYSTEM_%d", uint8(s))
}

// MarshalJSON writes the number of tag 1055. It is spelt out because a list of
// bytes would otherwise become base64.
func (s System) MarshalJSON() ([]byte, error) { return strconv.AppendUint(nil, uint64(s), 10), nil }

// UnmarshalJSON reads the number of tag 1055.
func (s *System) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseUint(string(b), 10, 8)
	if err != nil {
		return fmt.Errorf("%w system %.20q", ErrUnknown, b)
	}
	*s = System(n)
	return nil
}

// Printed is the name on a Russian receipt: "ОСН", "УСН доход" and so on.
func (s System) Printed() string {
	switch s {
	case General:
		return "ОСН"
	case SimplifiedIncome:
		return "УСН доход"
	case SimplifiedProfit:
		return "УСН доход-расход"
	case UTII:
		return "ЕНВД"
	case Agricultural:
		return "ЕСХН"
	case Patent:
		return "Патент"
	}
	return s.String()
}

// ParseSystem reads the name clouds use.
func ParseSystem(name string) (System, error) {
	for s, n := range systems {
		if n == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%w system %.40q", ErrUnknown, name)
}

package shtrih

import (
	"fmt"

	"github.com/kassa-pos/kassa/pos/tax"
)

// vatRate is how FF46h names a rate: a bit mask, from row 11 on C0h plus the
// row of the device's table of rates.
type vatRate struct {
	mask byte
	row  byte
}

var vatRates = map[tax.Rate]vatRate{
	tax.VAT20:   {0x01, 1},
	tax.VAT10:   {0x02, 2},
	tax.VAT0:    {0x04, 3},
	tax.None:    {0x08, 4},
	tax.VAT20of: {0x10, 5},
	tax.VAT10of: {0x20, 6},
	tax.VAT5:    {0x81, 7},
	tax.VAT7:    {0x82, 8},
	tax.VAT5of:  {0x84, 9},
	tax.VAT7of:  {0x90, 10},
	tax.VAT22:   {0xC0 + 11, 11},
	tax.VAT22of: {0xC0 + 12, 12},
}

func vatMask(r tax.Rate) (byte, error) {
	v, ok := vatRates[r]
	if !ok {
		return 0, fmt.Errorf("shtrih: VAT rate %q has no code", r)
	}
	return v.mask, nil
}

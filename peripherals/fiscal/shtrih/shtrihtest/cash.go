package shtrihtest

import (
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
)

// drawerRegister is the money register of the cash in the drawer.
const drawerRegister = 241

func (d *Device) cashIn(in *call) ([]byte, byte)  { return d.moveCash(in, "ВНЕСЕНИЕ", 1) }
func (d *Device) cashOut(in *call) ([]byte, byte) { return d.moveCash(in, "ВЫПЛАТА", -1) }

// moveCash is 50h and 51h: they print a slip and leave nothing in the FN.
func (d *Device) moveCash(in *call, name string, sign money.Amount) ([]byte, byte) {
	sum := money.Amount(in.u(5))
	switch {
	case d.s.Receipt != nil:
		return nil, errMode
	case d.s.FNDoc != 0:
		return nil, errOperation
	case sum > maxSum:
		return nil, errParams
	case d.s.Cash+sign*sum < 0:
		return nil, errNoCash
	}
	d.s.Cash += sign * sum
	d.s.DocNo++
	if sign > 0 {
		d.s.CashIn.add(sum)
	} else {
		d.s.CashOut.add(sum)
	}
	d.print(d.slip(name, []string{text.Row("СУММА", roubles(sum), d.o.Columns)}, nil))
	return le(nil, uint64(d.number()), 2), 0
}

// number is the running number of printed documents, as the device tells it.
func (d *Device) number() uint16 {
	if d.o.NoNumbers {
		return 0
	}
	return d.s.DocNo
}

// moneyRegister is 1Ah. The drawer is the only register this device has.
func (d *Device) moneyRegister(in *call) ([]byte, byte) {
	switch n := in.u(len(in.b)); {
	case d.o.NoRegisters:
		return nil, errUnsupported
	case n != drawerRegister:
		return nil, errParams
	}
	return le(nil, uint64(d.s.Cash), 6), 0
}

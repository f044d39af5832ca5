package shtrih

import (
	"context"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/tax"
)

// formats are the values of the field that holds the format's version.
var formats = map[uint64]string{0: "1.0", 1: "1.0", 2: "1.05", 3: "1.1", 4: "1.2"}

// formatVersion reads the version of the fiscal data format, "" when the
// device does not say.
func (p *Printer) formatVersion(ctx context.Context) (string, error) {
	for _, place := range []struct {
		table string
		usual byte
	}{{"регион", 17}, {"служебн", 29}} {
		t, ok, err := p.findTable(ctx, place.table)
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		n, _, ok, err := p.findField(ctx, t, place.usual, "ффд", "формат фд")
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		v, err := p.readNumber(ctx, t, 1, n)
		return formats[v], err
	}
	return "", nil
}

// serialText reads the serial number with its leading zeros, "" when the
// device keeps it elsewhere.
func (p *Printer) serialText(ctx context.Context) (string, error) {
	t, ok, err := p.findTable(ctx, "fiscal storage", "фискальный накопитель")
	if err != nil || !ok {
		return "", err
	}
	n, f, ok, err := p.findField(ctx, t, 1, "заводской", "серийный", "serial")
	if err != nil || !ok || !f.text {
		return "", err
	}
	data, err := p.readField(ctx, t, 1, n)
	return strings.TrimSpace(text.CP1251.DecodeZ(data)), err
}

// vatReplaceOff is the value that stops the firmware from turning VAT 20 %
// into 22 %.
const vatReplaceOff = 2

// vatReplace finds that setting; ok is false on firmware without it.
func (p *Printer) vatReplace(ctx context.Context) (t table, n byte, f field, ok bool, err error) {
	if t, ok, err = p.findTable(ctx, "регион"); err != nil || !ok {
		return t, 0, f, false, err
	}
	n, f, ok, err = p.findField(ctx, t, 71, "автозамен", "авто замен", "замена ставки", "замена ндс")
	return t, n, f, ok, err
}

// forbidReplacing tells the firmware to leave rates as they are sent. What it
// refuses is logged: receipts it would harm are refused one by one.
func (p *Printer) forbidReplacing(ctx context.Context) error {
	t, n, f, ok, err := p.vatReplace(ctx)
	if err != nil || !ok {
		return err
	}
	v, err := p.readNumber(ctx, t, 1, n)
	if err != nil || v == vatReplaceOff {
		return err
	}
	if err := p.writeNumber(ctx, t, 1, n, f, vatReplaceOff); err != nil {
		p.log.Warn("the device keeps replacing VAT rates", "err", err)
		return nil
	}
	p.log.Info("replacing of VAT rates switched off")
	return nil
}

// checkRates refuses a receipt whose rates the device would not register as
// they are stored.
func (p *Printer) checkRates(ctx context.Context, r *doc.Receipt) error {
	seen := map[tax.Rate]bool{}
	for i := range r.Lines {
		rate := r.Lines[i].Rate
		if seen[rate] {
			continue
		}
		seen[rate] = true
		if _, err := vatMask(rate); err != nil {
			return refuse(ourError(cmdItem, codeBadParams, err.Error()))
		}
		if err := p.checkRate(ctx, rate); err != nil {
			return err
		}
	}
	return nil
}

func (p *Printer) checkRate(ctx context.Context, rate tax.Rate) error {
	if rate == tax.VAT20 || rate == tax.VAT20of {
		t, n, _, ok, err := p.vatReplace(ctx)
		if err != nil {
			return err
		}
		if ok {
			v, err := p.readNumber(ctx, t, 1, n)
			if err != nil {
				return err
			}
			if v != vatReplaceOff {
				return refuse(ourError(cmdItem, codeBadSetting, "ККТ заменит ставку НДС 20% на 22%: выключите автозамену ставки в её настройках"))
			}
		}
	}
	info, err := tax.Lookup(rate)
	if err != nil {
		return refuse(ourError(cmdItem, codeBadParams, err.Error()))
	}
	if info.Percent == 0 || strings.Contains(string(rate), "/") {
		return nil
	}
	return p.checkRow(ctx, rate, uint64(info.Percent)*100)
}

// checkRow compares a rate with the row of the device's own table that its
// code stands for, where there is such a table and row.
func (p *Printer) checkRow(ctx context.Context, rate tax.Rate, want uint64) error {
	row := vatRates[rate].row
	got, told, err := p.rowPercent(ctx, row)
	if err != nil || !told || got == want {
		return err
	}
	return refuse(ourError(cmdItem, codeBadSetting,
		fmt.Sprintf("в таблице налогов ККТ строка %d содержит %d,%02d%% вместо %s%%", row, got/100, got%100, rate)))
}

// rowPercent reads a row of the device's table of rates, in 1/100 %.
func (p *Printer) rowPercent(ctx context.Context, row byte) (percent uint64, told bool, err error) {
	t, ok, err := p.findTable(ctx, "налоговые ставки", "ставки налог")
	if err != nil || !ok || int(row) > t.rows {
		return 0, false, err
	}
	f, err := p.fieldInfo(ctx, t, 1)
	if err != nil || f.text || f.size != 2 {
		return 0, false, err
	}
	percent, err = p.readNumber(ctx, t, uint16(row), 1)
	return percent, err == nil, err
}

// ourError is a refusal the driver itself pronounces before the device can do
// harm.
func ourError(cmd command, code byte, text string) *fiscal.DeviceError {
	return &fiscal.DeviceError{Command: cmd.String(), Code: code, Text: text, Class: fiscal.UserAction}
}

package shtrih

import (
	"context"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// Values of the setting "do not print a document".
const (
	printAll = 0
	skipOne  = 1 // goes back to printAll by itself after a document
)

// paperless makes the next document go without paper, or takes back what an
// earlier one left behind. A device that prints nothing at all (2) is left as
// it is. The setting is read once a connection, and again after a document
// that should have used it up.
func (p *Printer) paperless(ctx context.Context, want bool) error {
	if p.prints && !want {
		return nil
	}
	t, ok, err := p.findTable(ctx, "регион")
	if err != nil {
		return err
	}
	var n byte
	var f field
	if ok {
		if n, f, ok, err = p.findField(ctx, t, 7, "не печатать"); err != nil {
			return err
		}
	}
	if !ok {
		if want {
			return refuse(ourError(cmdWriteTable, codeUnsupported, "ККТ не умеет регистрировать чек без печати"))
		}
		p.prints = true
		return nil
	}
	v, err := p.readNumber(ctx, t, 1, n)
	if err != nil {
		return err
	}
	p.prints = !want
	switch {
	case want && v == printAll:
		return p.writeNumber(ctx, t, 1, n, f, skipOne)
	case !want && v == skipOne:
		return p.writeNumber(ctx, t, 1, n, f, printAll)
	}
	return nil
}

// checkSender refuses an electronic receipt while the device does not know
// from whom it comes (tag 1117, which it adds by itself).
func (p *Printer) checkSender(ctx context.Context) error {
	t, ok, err := p.findTable(ctx, "fiscal storage", "фискальный накопитель")
	if err != nil || !ok {
		return err
	}
	n, f, ok, err := p.findField(ctx, t, 15, "e-mail", "email", "отправител")
	if err != nil || !ok || !f.text {
		return err
	}
	data, err := p.readField(ctx, t, 1, n)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text.CP1251.DecodeZ(data)) == "" {
		return refuse(ourError(cmdReadTable, codeBadSetting, "в настройках ККТ не указана почта отправителя чеков (тег 1117)"))
	}
	return nil
}

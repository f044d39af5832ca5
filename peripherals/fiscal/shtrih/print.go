package shtrih

import (
	"context"
	"fmt"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
)

// Limits of what is printed beside documents.
const (
	maxPrint      = 500 // lines of paper in one call
	maxFeed       = 255 // lines
	usualColumns  = 40  // where a model does not tell its width
	fewestColumns = 12
	mostColumns   = 100
	lineBytes     = 40 // a line is sent in as many at least
	printFont     = 1
	onReceipt     = 2 // flag: the receipt's paper
)

// Copy implements fiscal.Service.
func (p *Printer) Copy(ctx context.Context) error {
	return p.onPaper(ctx, func(ctx context.Context) error {
		_, err := p.call(ctx, cmdCopy, nil)
		return err
	})
}

// Feed implements fiscal.Service.
func (p *Printer) Feed(ctx context.Context, lines int) error {
	if lines < 1 || lines > maxFeed {
		return fmt.Errorf("%w: %d lines, 1 to %d are fed", fiscal.ErrLimit, lines, maxFeed)
	}
	return p.onPaper(ctx, func(ctx context.Context) error {
		_, err := p.call(ctx, cmdFeed, []byte{onReceipt, byte(lines)})
		return err
	})
}

// Cut implements fiscal.Service.
func (p *Printer) Cut(ctx context.Context, full bool) error {
	return p.onPaper(ctx, func(ctx context.Context) error {
		how := byte(1)
		if full {
			how = 0
		}
		_, err := p.call(ctx, cmdCut, []byte{how})
		return err
	})
}

// Print implements fiscal.Service. A line that fits goes as it is; a longer one
// is wrapped.
func (p *Printer) Print(ctx context.Context, lines []string) error {
	if len(lines) > maxPrint {
		return fmt.Errorf("%w: %d lines, %d are printed", fiscal.ErrLimit, len(lines), maxPrint)
	}
	return p.onPaper(ctx, func(ctx context.Context) error {
		columns, err := p.width(ctx)
		if err != nil {
			return err
		}
		var paper []string
		for _, l := range lines {
			paper = append(paper, fitted(l, columns)...)
		}
		if len(paper) > maxPrint {
			return fmt.Errorf("%w: %d lines of paper, %d are printed", fiscal.ErrLimit, len(paper), maxPrint)
		}
		for _, l := range paper {
			if err := p.printLine(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// Barcode implements fiscal.Service: C2h takes twelve digits and adds the
// thirteenth itself.
func (p *Printer) Barcode(ctx context.Context, ean string) error {
	n, err := strconv.ParseUint(ean, 10, 64)
	if err != nil || len(ean) != eanDigits || ean[eanDigits-1] != eanCheck(ean) {
		return fmt.Errorf("%w: %.20q is no EAN-13", fiscal.ErrBadValue, ean)
	}
	return p.onPaper(ctx, func(ctx context.Context) error {
		_, err := p.call(ctx, cmdBarcode, pack().u(n/10, 5).b)
		return err
	})
}

const eanDigits = 13

// eanCheck is the check digit of an EAN-13 (GS1 General Specifications 7.9).
func eanCheck(ean string) byte {
	sum := 0
	for i := range eanDigits - 1 {
		sum += int(ean[i]-'0') * (1 + 2*(i%2))
	}
	return byte('0' + (10-sum%10)%10)
}

// onPaper does something that is no document: not while one is open, for it
// would go into it, and to its end on paper.
func (p *Printer) onPaper(ctx context.Context, do func(context.Context) error) error {
	ctx, end := p.begin(ctx)
	defer end()
	if err := p.settle(ctx); err != nil {
		return err
	}
	st, err := p.shortStatus(ctx)
	if err != nil {
		return err
	}
	if st.mode == modeDocument {
		return refuse(deviceError(cmdShortStatus.String(), codeMode, ""))
	}
	if err := do(ctx); err != nil {
		return err
	}
	return p.settle(ctx)
}

// fitted replaces what can not be printed and breaks what is too long.
func fitted(line string, columns int) []string {
	line = text.CP1251.Printable(line)
	if text.Width(line) <= columns {
		return []string{line}
	}
	return text.Wrap(line, columns)
}

// printLine prints in the usual font, or as the model does.
func (p *Printer) printLine(ctx context.Context, line string) error {
	b := text.CP1251.Encode(line)
	if pad := lineBytes - len(b); pad > 0 {
		b = append(b, make([]byte, pad)...)
	}
	_, err := p.call(ctx, cmdPrintFont, append([]byte{onReceipt, printFont}, b...))
	if refusedWith(err, codeUnsupported) {
		_, err = p.call(ctx, cmdPrintLine, append([]byte{onReceipt}, b...))
	}
	return err
}

// width tells how many characters fit on a line.
func (p *Printer) width(ctx context.Context) (int, error) {
	if p.columns > 0 {
		return p.columns, nil
	}
	data, err := p.optional(ctx, cmdFont, []byte{printFont})
	if err != nil {
		return 0, err
	}
	u := unpacker{b: data}
	dots, char := int(u.u(2)), int(u.byte())
	p.columns = usualColumns
	if !u.short && char > 0 && dots/char >= fewestColumns && dots/char <= mostColumns {
		p.columns = dots / char
	}
	return p.columns, nil
}

package shtrihtest

import (
	"fmt"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// begin opens an FN document for its tags to come. d.mu is held.
func (d *Device) begin(doc byte) byte {
	if d.s.FNDoc != 0 {
		return errOperation
	}
	d.s.FNDoc, d.s.Tags = doc, nil
	return 0
}

func (d *Device) beginOpen(*call) ([]byte, byte) {
	if d.mode() != modeClosed {
		return nil, errMode
	}
	return nil, d.begin(openShiftDoc)
}

func (d *Device) beginClose(*call) ([]byte, byte) {
	if m := d.mode(); m != modeOpen && m != modeExpired {
		return nil, errMode
	}
	return nil, d.begin(closeShiftDoc)
}

func (d *Device) openShift(in *call) ([]byte, byte) {
	if d.mode() != modeClosed {
		return nil, errMode
	}
	if d.s.FNDoc != 0 && d.s.FNDoc != openShiftDoc {
		return nil, errOperation
	}
	if e := d.mayRegister(); e != 0 {
		return nil, e
	}
	d.s.ShiftOpen, d.s.Shift, d.s.OpenedAt = true, d.s.Shift+1, d.now()
	d.s.Receipts, d.s.Sales, d.s.Returns = 0, 0, 0
	d.s.CashIn, d.s.CashOut = turnover{}, turnover{}
	doc := Document{Form: formOpenShift, Type: "open_shift", Operator: int(in.operator)}
	d.issue("ОТЧЕТ ОБ ОТКРЫТИИ СМЕНЫ", &doc, func(*Document) []string { return nil })
	return nil, 0
}

func (d *Device) zReport(in *call) ([]byte, byte) {
	if m := d.mode(); m != modeOpen && m != modeExpired {
		return nil, errMode
	}
	if d.s.FNDoc != 0 && d.s.FNDoc != closeShiftDoc {
		return nil, errOperation
	}
	if e := d.mayRegister(); e != 0 {
		return nil, e
	}
	doc := Document{Form: formCloseShift, Type: "close_shift", Operator: int(in.operator)}
	d.countBacklog(&doc)
	d.issue("ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ", &doc, func(*Document) []string { return d.totals() })
	d.s.ShiftOpen = false
	return nil, 0
}

// countBacklog notes what the OFD has not got.
func (d *Device) countBacklog(doc *Document) {
	if doc.Unsent = d.unsent(); doc.Unsent > 0 {
		doc.UnsentSince = d.first().Time
	}
}

func (d *Device) xReport(in *call) ([]byte, byte) {
	if d.s.Receipt != nil {
		return nil, errMode
	}
	d.s.DocNo++
	d.print(d.slip("СУТОЧНЫЙ ОТЧЕТ БЕЗ ГАШЕНИЯ", d.totals(), nil))
	return nil, 0
}

func (d *Device) totals() []string {
	row := func(name, value string) string { return text.Row(name, value, d.o.Columns) }
	return []string{
		row("СМЕНА", strconv.Itoa(d.s.Shift)),
		row("ЧЕКОВ", strconv.Itoa(d.s.Receipts)),
		row("ПРИХОД", roubles(d.s.Sales)),
		row("ВОЗВРАТ ПРИХОДА", roubles(d.s.Returns)),
		row("НАЛИЧНЫХ В КАССЕ", roubles(d.s.Cash)),
		row("НЕ ПЕРЕДАНО В ОФД", strconv.Itoa(d.unsent())),
	}
}

// slip lays out a document: a heading that says what this device is, the body,
// and for fiscal documents FN, FD and sign.
func (d *Device) slip(title string, body []string, doc *Document) []string {
	w := d.o.Columns
	row := func(name, value string) string { return text.Row(name, value, w) }
	lines := []string{
		d.head(),
		bold(text.Center(d.setting(18, 1, 7), w)),
		row("ИНН "+d.s.INN, d.now().Format("02.01.06 15:04")),
		bold(text.Center(title, w)),
	}
	if doc != nil && doc.Cashier != "" {
		lines = append(lines, row("КАССИР", doc.Cashier))
	}
	lines = append(lines, body...)
	if doc != nil {
		lines = append(lines, row("СМЕНА "+strconv.Itoa(doc.Shift), "ЗН "+d.s.Serial), "РН ККТ "+d.s.RNM, row("ФН "+d.s.FN, fmt.Sprintf("ФД %d", doc.FD)),
			fmt.Sprintf("ФП %010d", doc.Sign))
	}
	if doc != nil && doc.isReceipt() {
		lines = append(lines, d.qr(doc))
	}
	return append(lines, d.end())
}

// head is the first line of every slip.
func (d *Device) head() string { return styled(Void, text.Center(heading, d.o.Columns)) }

// end is the last line of a slip: the cutter's work, or a rule where it is off
// or broken.
func (d *Device) end() string {
	if d.value(1, 1, cutterField)[0] == 0 || d.s.Health.Cutter {
		return rule(d.o.Columns)
	}
	return styled(Cut, "")
}

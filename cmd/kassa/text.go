package main

import (
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

func shiftLine(s *till.ShiftView) string {
	if s == nil {
		return "closed"
	}
	line := fmt.Sprintf("%d, open since %s, %d receipts, %s", s.Number, s.OpenedAt.Format("02.01 15:04"), s.Totals.Sales.Count, s.Totals.Revenue)
	if s.Expired {
		line += ", older than 24 hours"
	}
	return line
}

func chequeLine(c till.ChequeView, parked int) string {
	line := "empty"
	if len(c.Lines) > 0 {
		line = fmt.Sprintf("%d lines, %s", len(c.Lines), c.Total)
	}
	if parked > 0 {
		line += fmt.Sprintf("; %d parked", parked)
	}
	return line
}

func kktLine(k till.KKTView) string {
	if !k.Ready {
		return "not ready: " + string(k.Code)
	}
	line := fmt.Sprintf("%s %s, a Belarusian register", k.Identity.Model, k.Identity.RegNumber)
	if !k.Identity.SKKO {
		line = kktNumbers(k)
	}
	if k.Code != "" {
		line += ", " + string(k.Code)
	}
	return line
}

func kktNumbers(k till.KKTView) string {
	return fmt.Sprintf("%s, serial %s, FN %s, last FD %d, shift %s", k.Identity.Model, k.Identity.Serial, k.Identity.FN, k.Status.LastFD, k.Status.Shift)
}

// measured is a quantity of a line with its unit.
func measured(l *doc.Line, q qty.Milli) string {
	unit := l.Unit
	if unit == "" && l.UnitCode == kilogram {
		unit = "кг"
	}
	return strings.TrimRight(q.String()+" "+unit, " ")
}

// kilogram is the code of the unit of weighed goods, FFD tag 2108.
const kilogram = 11

// chequeText shows a cheque the way a receipt does.
func chequeText(c till.ChequeView) string {
	var b strings.Builder
	for i, l := range c.Lines {
		fmt.Fprintf(&b, "%3d. %s\n     %s x %s = %s", i+1, l.Name, measured(&l, l.Qty), l.Price, l.Total)
		if l.Discount != 0 {
			fmt.Fprintf(&b, " (-%s)", l.Discount)
		}
		if l.WantsMark() {
			b.WriteString(", scan its marking code")
		}
		b.WriteByte('\n')
	}
	for _, r := range c.Reasons {
		fmt.Fprintf(&b, "  %-30.30s %12s\n", r.Name, (-r.Sum).String())
	}
	for _, p := range c.Repriced {
		fmt.Fprintf(&b, "! %s: was %s, is %s now\n", p.Name, p.OldTotal, p.Total)
	}
	if c.Customer != nil {
		fmt.Fprintf(&b, "Customer %s\n", c.Customer.ID)
	}
	if len(c.Coupons) > 0 {
		fmt.Fprintf(&b, "Coupons %s\n", strings.Join(c.Coupons, ", "))
	}
	if c.Discount != 0 {
		fmt.Fprintf(&b, "%-32s %12s\n", "Discount", c.Discount)
	}
	fmt.Fprintf(&b, "%-32s %12s\n", "TOTAL", c.Total)
	if c.CashTotal != 0 {
		fmt.Fprintf(&b, "%-32s %12s\n", "in cash", c.CashTotal)
	}
	b.WriteString(recalcText(c.Recalc))
	return b.String()
}

// recalcText says whose prices a cheque has where a cloud calculates them.
func recalcText(r *cheque.Recalc) string {
	switch {
	case r == nil:
		return ""
	case !r.Online:
		return ownPrices(r.Why)
	}
	text := cloudPrices
	if r.Spent > 0 {
		text += fmt.Sprintf(", %d points spent", r.Spent)
	}
	if r.Earned > 0 {
		text += fmt.Sprintf(", %d points earned", r.Earned)
	}
	if r.Balance != nil && *r.Balance > 0 {
		text += fmt.Sprintf(", %d points before", *r.Balance)
	}
	return text + "\n"
}

const cloudPrices = "Prices calculated by the cloud"

func ownPrices(why string) string {
	return "Prices are the till's own: " + fault.Text(fault.Code(why), "en") + "\n"
}

// documentLine is a document in a list.
func documentLine(d *doc.Document) string {
	line := fmt.Sprintf("%s  %-16s %s", d.Time.Format("2006-01-02 15:04:05"), d.Type, d.Name)
	switch {
	case d.Receipt != nil:
		line += fmt.Sprintf("  %s", d.Receipt.Total)
	case d.Cash != nil:
		line += fmt.Sprintf("  %s", d.Cash.Sum)
	case d.Shift != nil:
		line += fmt.Sprintf("  shift %d, revenue %s", d.ShiftNumber, d.Shift.Revenue)
	}
	if d.Fiscal != nil && d.Fiscal.SKKO {
		line += fmt.Sprintf("  register %s cheque %d", d.Fiscal.FN, d.Fiscal.FD)
	} else if d.Fiscal != nil {
		line += fmt.Sprintf("  FN %s FD %d FP %d", d.Fiscal.FN, d.Fiscal.FD, d.Fiscal.Sign)
	}
	return line
}

// documentText is a document as a person reads it.
func documentText(d *doc.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (number %d)\n%s", d.Type, d.Name, d.Number, d.Time.Format("02.01.2006 15:04:05"))
	if d.ClockBad {
		b.WriteString(" (the clock was wrong)")
	}
	if d.ShiftNumber > 0 {
		fmt.Fprintf(&b, ", shift %d", d.ShiftNumber)
	}
	if who := d.Cashier.Title(); who != "" {
		fmt.Fprintf(&b, ", %s", who)
	}
	b.WriteByte('\n')
	switch {
	case d.Receipt != nil:
		receiptText(&b, d.Receipt)
	case d.Cash != nil:
		fmt.Fprintf(&b, "%s %s\n", d.Cash.Sum, d.Cash.Description)
	case d.Shift != nil:
		totalsText(&b, d.Shift)
	case d.Stock != nil:
		stockText(&b, d.Stock)
	}
	if d.Fiscal != nil {
		fiscalText(&b, d.Fiscal)
	}
	return b.String()
}

func receiptText(b *strings.Builder, r *doc.Receipt) {
	if r.Remote != nil {
		fmt.Fprintf(b, "registered for another till: %s %s\n", r.Remote.Kind, r.Remote.Name)
	}
	switch {
	case r.Recalc == nil:
	case r.Recalc.Online:
		b.WriteString(cloudPrices + "\n")
	default:
		b.WriteString(ownPrices(r.Recalc.Why))
	}
	if g := r.Correction; g != nil {
		fmt.Fprintf(b, "corrects a %s of %s: %s", g.Of, g.Date.Format("02.01.2006"), g.Reason)
		if g.ByOrder {
			fmt.Fprintf(b, ", on order %s", g.Number)
		}
		if g.Sign != "" {
			fmt.Fprintf(b, ", FP %s", g.Sign)
		}
		b.WriteByte('\n')
	}
	if r.BaseNo > 0 {
		fmt.Fprintf(b, "of receipt %d\n", r.BaseNo)
	}
	if r.Groups > 1 {
		fmt.Fprintf(b, "receipt %d of %d of one cheque\n", r.Group, r.Groups)
	}
	for i, l := range r.Lines {
		fmt.Fprintf(b, "%3d. %s\n     %s x %s = %s, VAT %s %s\n", i+1, l.Name, measured(&l, l.Qty), l.Price, l.Total, l.Rate, l.VAT)
		for _, why := range l.Discounts {
			fmt.Fprintf(b, "     -%s %s\n", why.Sum, why.Name)
		}
		if l.Mark != "" {
			b.WriteString("     marked unit\n") // never the code itself
		}
	}
	fmt.Fprintf(b, "TOTAL %s", r.Total)
	if r.Discount != 0 {
		fmt.Fprintf(b, " (discount %s)", r.Discount)
	}
	if r.Rounding != 0 {
		fmt.Fprintf(b, " (%s dropped)", r.Rounding)
	}
	b.WriteByte('\n')
	for _, v := range r.VAT {
		fmt.Fprintf(b, "  VAT %s: %s of %s\n", v.Rate, v.VAT, v.Total)
	}
	for _, p := range r.Payments {
		fmt.Fprintf(b, "  %s %s", p.Type, p.Sum)
		if p.Tendered != 0 {
			fmt.Fprintf(b, " (tendered %s, change %s)", p.Tendered, p.Change)
		}
		b.WriteByte('\n')
		slipText(b, p.Slip)
	}
	if r.Electronic {
		b.WriteString("sent to the customer, not printed\n")
	}
}

// slipText prints what a payment terminal said of a payment.
func slipText(b *strings.Builder, s *doc.Slip) {
	if s == nil {
		return
	}
	fmt.Fprintf(b, "    %s %s", s.Kind, s.Sum)
	for _, field := range []struct{ name, text string }{{"", s.PAN}, {"", s.System}, {"RRN", s.RRN}, {"code", s.AuthCode}, {"TID", s.Terminal}, {"MID", s.Merchant}, {"QR", s.QRID}, {"No", s.Number}} {
		if field.text != "" {
			fmt.Fprintf(b, "  %s", strings.TrimSpace(field.name+" "+field.text))
		}
	}
	if !s.Time.IsZero() {
		fmt.Fprintf(b, "  %s", s.Time.Format("02.01.2006 15:04:05"))
	}
	if s.ByHand {
		b.WriteString("  (by a person's word)")
	}
	b.WriteByte('\n')
}

func totalsText(b *strings.Builder, s *doc.Shift) {
	line := func(what string, t doc.Turnover) {
		fmt.Fprintf(b, "%-12s %5d %14s  cash %s, card %s, discounts %s\n", what, t.Count, t.Total, t.Cash, t.Electron, t.Discount)
		for _, v := range t.VAT {
			fmt.Fprintf(b, "  VAT %s: %s of %s\n", v.Rate, v.VAT, v.Total)
		}
	}
	fmt.Fprintf(b, "open since %s\n", s.OpenedAt.Format("02.01.2006 15:04:05"))
	line("sales", s.Sales)
	line("returns", s.Returns)
	if s.Buys.Count > 0 {
		line("bought", s.Buys)
		line("given back", s.BuysBack)
	}
	if c := s.Corrections; c.Count > 0 {
		fmt.Fprintf(b, "%-12s %5d %14s\n", "corrections", c.Count, c.Sum)
	}
	if c := s.Remote; c.Count > 0 {
		fmt.Fprintf(b, "%-12s %5d %14s\n", "other tills", c.Count, c.Sum)
	}
	fmt.Fprintf(b, "%-12s %5d %14s\n%-12s %5d %14s\n", "cash in", s.CashIn.Count, s.CashIn.Sum, "cash out", s.CashOut.Count, s.CashOut.Sum)
	fmt.Fprintf(b, "%-12s %20s\n%-12s %20s\n", "drawer", s.Drawer, "REVENUE", s.Revenue)
}

func stockText(b *strings.Builder, s *doc.Stock) {
	if s.Supplier != "" {
		fmt.Fprintf(b, "supplier %s\n", s.Supplier)
	}
	for i, p := range s.Positions {
		fmt.Fprintf(b, "%3d. %s\n     %s %s, before %s, price %s\n", i+1, p.Name, p.Qty, p.Unit, p.Before, p.Price)
	}
	fmt.Fprintf(b, "TOTAL %s\n", s.Sum)
	if s.Comment != "" {
		fmt.Fprintf(b, "%s\n", s.Comment)
	}
}

func fiscalText(b *strings.Builder, f *doc.Fiscal) {
	if f.SKKO {
		fmt.Fprintf(b, "register %s  cheque %d  UID %s  %s", f.FN, f.FD, f.UID, f.Time.Format("02.01.2006 15:04"))
		if f.ByHand {
			b.WriteString("  (read off its paper by a person)")
		}
		b.WriteByte('\n')
		return
	}
	fmt.Fprintf(b, "FN %s  FD %d  FP %010d  KKT shift %d", f.FN, f.FD, f.Sign, f.Shift)
	if f.Receipt > 0 {
		fmt.Fprintf(b, " receipt %d", f.Receipt)
	}
	fmt.Fprintf(b, "  %s", f.Time.Format("02.01.2006 15:04"))
	if f.Recovered {
		b.WriteString("  (read back from the FN)")
	}
	b.WriteByte('\n')
	for _, m := range f.Marks {
		switch {
		case m.Good():
			b.WriteString("  mark checked: [M+]\n")
		case m.Bad():
			b.WriteString("  mark checked: [M-]\n")
		default:
			b.WriteString("  mark not checked: [M]\n")
		}
	}
}

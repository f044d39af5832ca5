package main

import (
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/doc"
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
	line := fmt.Sprintf("%s, serial %s, FN %s, last FD %d, shift %s", k.Identity.Model, k.Identity.Serial, k.Identity.FN, k.Status.LastFD, k.Status.Shift)
	if k.Code != "" {
		line += ", " + string(k.Code)
	}
	return line
}

// chequeText shows a cheque the way a receipt does.
func chequeText(c till.ChequeView) string {
	var b strings.Builder
	for i, l := range c.Lines {
		fmt.Fprintf(&b, "%3d. %s\n     %s x %s = %s", i+1, l.Name, l.Qty, l.Price, l.Total)
		if l.Discount != 0 {
			fmt.Fprintf(&b, " (-%s)", l.Discount)
		}
		b.WriteByte('\n')
	}
	if c.Discount != 0 {
		fmt.Fprintf(&b, "%-20s %12s\n", "Discount", c.Discount)
	}
	fmt.Fprintf(&b, "%-20s %12s\n", "TOTAL", c.Total)
	return b.String()
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
	if d.Fiscal != nil {
		line += fmt.Sprintf("  FN %s FD %d FP %d", d.Fiscal.FN, d.Fiscal.FD, d.Fiscal.Sign)
	}
	return line
}

// documentText is a document as a person reads it.
func documentText(d *doc.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (number %d)\n%s, shift %d, %s\n", d.Type, d.Name, d.Number, d.Time.Format("02.01.2006 15:04:05"), d.ShiftNumber, d.Cashier.Title())
	if r := d.Receipt; r != nil {
		for i, l := range r.Lines {
			fmt.Fprintf(&b, "%3d. %s\n     %s x %s = %s, VAT %s %s\n", i+1, l.Name, l.Qty, l.Price, l.Total, l.Rate, l.VAT)
			for _, why := range l.Discounts {
				fmt.Fprintf(&b, "     -%s %s\n", why.Sum, why.Name)
			}
		}
		fmt.Fprintf(&b, "TOTAL %s (discount %s)\n", r.Total, r.Discount)
		for _, v := range r.VAT {
			fmt.Fprintf(&b, "  VAT %s: %s of %s\n", v.Rate, v.VAT, v.Total)
		}
		for _, p := range r.Payments {
			fmt.Fprintf(&b, "  %s %s (tendered %s, change %s)\n", p.Type, p.Sum, p.Tendered, p.Change)
		}
	}
	if c := d.Cash; c != nil {
		fmt.Fprintf(&b, "%s %s\n", c.Sum, c.Description)
	}
	if s := d.Shift; s != nil {
		fmt.Fprintf(&b, "sales %d, %s (cash %s, card %s); returns %d, %s; drawer %s; revenue %s\n", s.Sales.Count, s.Sales.Total,
			s.Sales.Cash, s.Sales.Electron, s.Returns.Count, s.Returns.Total, s.Drawer, s.Revenue)
	}
	if f := d.Fiscal; f != nil {
		fmt.Fprintf(&b, "FN %s  FD %d  FP %d  KKT shift %d receipt %d  %s", f.FN, f.FD, f.Sign, f.Shift, f.Receipt, f.Time.Format("02.01.2006 15:04"))
		if f.Recovered {
			b.WriteString("  (read back from the FN)")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

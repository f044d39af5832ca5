package main

import (
	"cmp"
	"net/url"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
)

func (a *app) reportCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "report", Short: "What was sold: by hours, days, goods, ways to pay or cashiers"}
	cmd.AddCommand(a.salesReportCmd())
	return cmd
}

func (a *app) salesReportCmd() *cobra.Command {
	q := url.Values{}
	var by, span, from, to, shift, lang string
	var table, bom bool
	cmd := &cobra.Command{Use: "sales", Short: "Sales of a period, returns taken off", Args: usageArgs(cobra.NoArgs),
		Long: `The rows add up to the total, and those of a closed shift to the revenue of its
Z report. With --csv the answer is a table as RFC 4180 has it; --bom makes Excel
read its Cyrillic.`}
	f := cmd.Flags()
	f.StringVar(&by, "by", "hour", "a row for each: hour, day, goods, payment, cashier")
	f.StringVar(&span, "span", "today", "today, yesterday, week or month")
	f.StringVar(&from, "from", "", "first day, 2026-11-01, instead of the span's")
	f.StringVar(&to, "to", "", "last day")
	f.StringVar(&shift, "shift", "", "one shift, by its number, instead of days")
	f.BoolVar(&table, "csv", false, "print a table for a spreadsheet")
	f.BoolVar(&bom, "bom", false, "of --csv: begin with a byte order mark")
	f.StringVar(&lang, "lang", "", "of --csv: ru parts columns with ; and kopecks with a comma, en is , and . (else the till's)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for name, v := range map[string]string{"by": by, "span": span, "from": from, "to": to, "shift": shift, "language": lang} {
			if v != "" {
				q.Set(name, v)
			}
		}
		if !table {
			return a.call(cmd, "GET", "/api/v1/reports/sales?"+q.Encode(), nil, decoded(a.showSales))
		}
		q.Set("format", "csv")
		if bom {
			q.Set("bom", "1")
		}
		c, err := a.client()
		if err != nil {
			return err
		}
		return c.Receive(cmd.Context(), "/api/v1/reports/sales?"+q.Encode(), a.out)
	}
	return cmd
}

const nameWidth = 40 // of a row's name, in characters

func (a *app) showSales(r reports.SalesReport) error {
	if err := a.printf("%-*s %8s %14s %8s %14s %14s\n", nameWidth, reports.Word(string(r.By), "en"), "sales", "sold", "returns", "returned", "revenue"); err != nil {
		return err
	}
	line := func(name string, f *reports.Figure) error {
		if utf8.RuneCountInString(name) > nameWidth {
			name = string([]rune(name)[:nameWidth-1]) + "…"
		}
		return a.printf("%-*s %8d %14s %8d %14s %14s\n", nameWidth, name, f.Sales, f.Sold, f.Returns, f.Returned, f.Sum)
	}
	for i := range r.Rows {
		if err := line(reports.Title(r.By, &r.Rows[i], cmp.Or(a.language, "en")), &r.Rows[i].Figure); err != nil {
			return err
		}
	}
	return line(reports.Word("total", cmp.Or(a.language, "en")), &r.Total)
}

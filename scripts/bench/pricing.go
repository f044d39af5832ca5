package main

import (
	"context"
	"fmt"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/pricing"
)

const (
	repricedLines = 1000
	repricedRules = 50
)

// pricing measures pricing a large cheque anew, as every scan does.
func (b *bench) pricing(ctx context.Context) error {
	rules, _ := pricing.Compile(pricing.Config{PriceType: priceType, Strategy: pricing.BySum, Discounts: discounts(repricedRules)})
	cart := &cheque.Cheque{Lines: chequeLines(repricedLines)}
	var taken samples
	for range b.reprices {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := taken.timed(func() error {
			priced, err := rules.Price(cart, pricing.How{Now: now})
			if err == nil && priced.Discount == 0 {
				err = fmt.Errorf("no rule applied")
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("price %d lines: %w", repricedLines, err)
		}
	}
	b.lines.print(figure{name: "reprice_1000_lines_50_discounts_p50", value: millis(taken.percentile(50)), unit: "ms",
		budget: atMost(2), note: taken.count()})
	b.lines.print(figure{name: "reprice_1000_lines_50_discounts_p99", value: millis(taken.percentile(99)), unit: "ms",
		note: taken.count()})
	return nil
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/till"
)

func (a *app) promotionsCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "promotions", Short: "List the promotions that work at this till", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/promotions", nil, decoded(func(answer struct {
			Promotions []till.PromotionView `json:"promotions"`
		}) error {
			for _, p := range answer.Promotions {
				from := "catalogue"
				if p.Own {
					from = "file"
				}
				if err := a.printf("%-16s %-14s %-10s %s\n", p.ID, p.Give.Kind, from, p.Name); err != nil {
					return err
				}
			}
			return nil
		}))
	}}
	dry := false
	load := &cobra.Command{Use: "load FILE", Short: "Replace this till's own promotions by those of a file (- is stdin)",
		Long: "The file is JSON, {\"promotions\": [..]}; \"kassa promotions example\" prints one of\nevery kind. Percents are thousandths (5 % is 5000), sums kopecks. All of the\nfile is good or nothing of it is taken. Promotions that come with the catalogue\nstay; one of the same id in the file goes before it.",
		Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			return a.loadPromotions(cmd, args[0], dry)
		}}
	load.Flags().BoolVar(&dry, "dry-run", false, "only look for faults; no till has to run")
	remove := &cobra.Command{Use: "clear", Short: "Take this till's own promotions away", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		in := json.RawMessage(`{"promotions": []}`)
		return a.call(cmd, "PUT", "/api/v1/promotions", in, decoded(func(struct{}) error { return a.printf("cleared\n") }))
	}}
	example := &cobra.Command{Use: "example", Short: "Print a file with a promotion of every kind", Args: usageArgs(cobra.NoArgs), RunE: func(*cobra.Command, []string) error {
		_, err := a.out.Write(pricing.Example)
		return err
	}}
	cmd.AddCommand(load, remove, example)
	return cmd
}

// loadPromotions reads a file and gives it to the till. Its faults are told
// here, each with its line.
func (a *app) loadPromotions(cmd *cobra.Command, path string, dry bool) error {
	data, err := a.readFile(path, pricing.MaxFile)
	if err != nil {
		return err
	}
	all, faults := pricing.ReadFile(data)
	for _, f := range faults {
		if err := a.printf("%s: %s\n", path, f); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return errProblems
	}
	if dry {
		return a.printf("%d promotions are good\n", len(all))
	}
	return a.call(cmd, "PUT", "/api/v1/promotions", json.RawMessage(data), decoded(func(answer struct {
		Promotions int `json:"promotions"`
	}) error {
		return a.printf("%d promotions work from now on\n", answer.Promotions)
	}))
}

// readFile reads a small file, or stdin for "-".
func (a *app) readFile(path string, limit int64) (data []byte, err error) {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer f.Close()
		in = f
	}
	data, err = io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func newKKT(o *options) *cobra.Command {
	documents := &cobra.Command{
		Use:   "documents",
		Short: "What the KKT's fiscal storage has registered, oldest first",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.list(cmd, "/api/v1/kkt/documents") },
	}
	paper := &cobra.Command{
		Use:   "paper",
		Short: "The paper tape as printed",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.lines(cmd, "/api/v1/kkt/paper") },
	}
	state := &cobra.Command{
		Use:   "state",
		Short: "Mode, shift, counters, paper, lid and drawer of the KKT",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/kkt/state") },
	}
	return group("kkt", "Look into the emulated KKT", documents, paper, state)
}

// show prints a JSON object of the bench.
func (o *options) show(cmd *cobra.Command, path string) error {
	v, err := o.get(cmd, path)
	if err != nil {
		return err
	}
	return o.print(v)
}

// list prints a JSON array of the bench.
func (o *options) list(cmd *cobra.Command, path string) error {
	v, err := o.get(cmd, path)
	if err != nil {
		return err
	}
	return o.printList(v)
}

// lines prints the text of an object that has lines.
func (o *options) lines(cmd *cobra.Command, path string) error {
	v, err := o.get(cmd, path)
	if err != nil {
		return err
	}
	var text struct {
		Lines []string `json:"lines"`
	}
	if err := json.Unmarshal(v, &text); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return o.printLines(v, text.Lines)
}

func (o *options) get(cmd *cobra.Command, path string) (json.RawMessage, error) {
	b, err := o.bench()
	if err != nil {
		return nil, err
	}
	return b.Get(cmd.Context(), path)
}

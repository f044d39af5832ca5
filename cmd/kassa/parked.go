package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// parkedCmds are what a person does with documents the cloud did not take.
func (a *app) parkedCmds() []*cobra.Command {
	again := &cobra.Command{Use: "retry [DOCUMENT]", Short: "Send a parked document, by its id, on its way again; without one all of them", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := map[string]string{}
			if len(args) > 0 {
				in["document"] = args[0]
			}
			return a.call(cmd, "POST", "/api/v1/sync/retry", in, decoded(a.showSync))
		}}
	var reason string
	done := &cobra.Command{Use: "done DOCUMENT --reason TEXT", Short: "End a parked document, by its id, that a person has seen to: it is never sent again, what waits for it goes on", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, "POST", "/api/v1/sync/done", map[string]string{"document": args[0], "reason": reason}, decoded(a.showSync))
		}}
	done.Flags().StringVar(&reason, "reason", "", "how it was seen to, for the books")
	export := &cobra.Command{Use: "export DOCUMENT FILE", Short: "Write a document that waits, by its id, into a file as it would be sent", Args: usageArgs(cobra.ExactArgs(2)),
		Long: "The file holds the request byte for byte and the cloud's words. It may tell of people: it is its owner's only.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			answer, err := c.Call(cmd.Context(), "GET", "/api/v1/sync/parked/"+args[0], nil)
			if err != nil {
				return err
			}
			if err := writeNew(args[1], answer); err != nil {
				return err
			}
			return a.printf("%s\n", args[1])
		}}
	return []*cobra.Command{again, done, export}
}

// writeNew writes a new file that only its owner may read, durably.
func writeNew(path string, data json.RawMessage) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	var b bytes.Buffer
	if err = json.Indent(&b, data, "", "  "); err == nil {
		b.WriteByte('\n')
		_, err = f.Write(b.Bytes())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
	"github.com/kassa-pos/kassa/cmd/kassalab/internal/face"
)

const runHelp = `Start the bench and keep it running until SIGINT or SIGTERM.

When everything is up, one JSON line is printed:

  config    the till's configuration, pointing at this bench
  bench     URL of the bench's page and control API (/api/v1/openapi.yaml)
  cloud     URL of the fake MoySklad POS API
  kkt       {"tcp": host:port, "pty": serial port}, as far as --kkt-link has it
  scanner   serial port            display   serial port
  gpio      unix socket            console   URL of the till's console
  ofd       host:port of the fake operator of fiscal data
  register  URL of the virtual register of a Belarusian shop
  pin       a cashier's PIN        senior    the PIN of one who may approve
  codes     a dozen barcodes

All of it stays the same over restarts on the same directory, and so does the
state of the KKT, the cloud and the drawer. Faults are gone after a restart,
but for those of the KKT's own body (no paper, lid open). Logs go to standard
error.`

func newRun(o *options) *cobra.Command {
	opts := bench.Options{Version: version}
	c := &cobra.Command{
		Use:   "run",
		Short: "Start the bench",
		Long:  runHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.needDir(); err != nil {
				return err
			}
			if err := opts.KKT.Check(); err != nil {
				return &usageError{err.Error()}
			}
			opts.Dir = o.dir
			opts.Log = slog.New(slog.NewTextHandler(o.errs, nil))
			return o.run(cmd.Context(), opts)
		},
	}
	c.Flags().Int64Var(&opts.Seed, "seed", 0, "which demo shop, at the first start on a directory; 0: the one of last time, at first 1")
	c.Flags().StringVar(&opts.Listen, "listen", "127.0.0.1:0", "address of the page; port 0 is the one of last time")
	c.Flags().BoolVar(&opts.Belarus, "belarus", false, "at the first start on a directory: a shop in Belarus, in BYN, with a virtual register instead of the KKT")
	c.Flags().BoolVar(&opts.LCD, "lcd", false, "with an LCD panel of 20x4 on I2C as the customer display, in place of the VFD")
	c.Flags().BoolVar(&opts.Printer, "printer", false, "with a receipt printer for what is no fiscal receipt")
	c.Flags().BoolVar(&opts.Terminal, "terminal", false, "with a payment terminal, which takes cards and shows codes")
	c.Flags().StringVar(&opts.KKT.Protocol, "kkt-protocol", "auto", "what the KKT speaks: v1, v2, or auto, where the first byte it hears decides")
	c.Flags().StringVar(&opts.KKT.Link, "kkt-link", "both", "what the KKT hangs on: tcp, pty, or both at the same time")
	return c
}

// run is a bench's life.
func (o *options) run(ctx context.Context, opts bench.Options) (err error) {
	b, err := bench.Open(opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	page, err := face.Serve(b, opts.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.Close()) }()
	ready, err := b.Announce()
	if err != nil {
		return err
	}
	line, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.out, "%s\n", line); err != nil {
		return fmt.Errorf("print ready line: %w", err)
	}
	opts.Log.Info("bench is ready", "page", ready.Bench, "config", ready.Config)
	err = b.Wait(ctx)
	opts.Log.Info("bench ends")
	return err
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
)

// app is what the commands share.
type app struct {
	in       io.Reader
	out      io.Writer
	config   string // path of the configuration file; "": the embedded defaults
	json     bool
	language string // of the till, once its configuration is read
	dataDir  string // overrides the configuration's, for journals of other tills
}

const help = `Kassa: an offline-first point of sale.

"kassa run" is the till; the other commands talk to it over the unix socket
kassa.sock in its data directory.

Configuration: --config FILE, else $KASSA_CONFIG, else embedded defaults.
Sums on the command line are roubles ("500" or "500.00"); in JSON they are
integer kopecks, and quantities integer thousandths.

Exit codes:
  0  done
  1  the till refused; stderr has the reason and its code in brackets
  2  the command is wrong
  3  the till is not running
  4  a check (journal verify, doctor, config check) found problems
  5  no answer came: what was asked may have happened, look at "kassa status"

The JSON of every command is that of the HTTP API, whose OpenAPI 3.1 document
a running till serves at /api/v1/openapi.yaml.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{Use: "kassa", Short: "An offline-first point of sale", Long: help, SilenceErrors: true, SilenceUsage: true}
	root.PersistentFlags().StringVar(&a.config, "config", os.Getenv("KASSA_CONFIG"), "configuration file")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON value instead of text")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", errUsage, err) })
	root.SetOut(a.out)
	root.AddCommand(a.runCmd(), a.statusCmd(), a.loginCmd(), a.approveCmd(), a.logoutCmd(), a.attendCmd(), a.shiftCmd(), a.scanCmd(), a.chequeCmd(), a.payCmd(), a.cashCmd(), a.returnCmd(), a.exchangeCmd(), a.takeBackCmd(), a.buyCmd(), a.drawerCmd(), a.correctCmd(), a.retryCmd(), a.abandonCmd(), a.acceptFNCmd(),
		a.documentsCmd(), a.catalogCmd(), a.promotionsCmd(), a.syncCmd(), a.makeCmd(), a.journalCmd(), a.kktCmd(), a.reconcileCmd(), a.reportCmd(), a.logCmd(), a.tokenCmd(), a.doctorCmd(), a.configCmd(), a.versionCmd())
	root.AddCommand(a.claimCmds()...)
	root.AddCommand(a.answerCmd(), a.scaleCmd(), a.printCmd(), a.kitchenCmd(), a.labelsCmd("labels CODE..."), a.terminalCmd(), a.badgeCmd(), a.findCmd(), a.customersCmd(), a.stockCmd(), a.evotorCmd(), a.provisionCmd(), a.updateCmd(), a.tlsCmd(), a.supportCmd())
	root.AddCommand(a.userCmd(), a.restartCmd(), a.cardCmd())
	return root
}

func (a *app) load() (*config.Config, error) {
	if a.config == "" {
		c := config.Defaults()
		return &c, nil
	}
	c, err := config.Load(a.config)
	if err == nil {
		a.language = c.Language
	}
	return c, err
}

func (a *app) client() (*client.Client, error) {
	c, err := a.load()
	if err != nil {
		good, none := config.LoadGood(a.config, nil) // with which the till runs
		if none != nil {
			return nil, err
		}
		c, a.language = good, good.Language
	}
	return client.New(c.Data), nil
}

// call makes a request and prints the answer: as it is with --json, else as
// text through show.
func (a *app) call(cmd *cobra.Command, method, path string, in any, show func(json.RawMessage) error) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	answer, err := c.Call(cmd.Context(), method, path, in)
	if err != nil {
		return err
	}
	return a.print(answer, show)
}

func (a *app) print(answer json.RawMessage, show func(json.RawMessage) error) error {
	if !a.json {
		return show(answer)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, answer, "", "  "); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	pretty.WriteByte('\n')
	_, err := pretty.WriteTo(a.out)
	return err
}

// printf writes to stdout; a closed pipe ends the command quietly elsewhere.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprint(a.out, printable(fmt.Sprintf(format, args...)))
	return err
}

// printable takes out of a text what would move the cursor or worse: names come
// from catalogues, codes and other tills' copies.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return '\ufffd'
		}
		return r
	}, s)
}

// decoded makes a show function of one that wants a decoded answer.
func decoded[T any](show func(T) error) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		return show(v)
	}
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/selftest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// selfTest is how a self-test was asked for.
type selfTest struct {
	wanted, yes, anyway bool
	barcode             string
	loops, only         []string
}

func (t *selfTest) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&t.wanted, "selftest", false, "try the devices of this machine, with a person watching: lines, ports, scanners, display, drawer, disk")
	f.BoolVar(&t.yes, "yes", false, "of --selftest: ask nobody; what only eyes can see is told as unseen")
	f.BoolVar(&t.anyway, "anyway", false, "of --selftest: also while a shift is open")
	f.StringVar(&t.barcode, "barcode", "", "of --selftest: the code that is printed on the label to scan")
	f.StringSliceVar(&t.only, "only", nil, "of --selftest: some of its rows, by name: "+strings.Join(selftest.Rows(), ", "))
	f.StringArrayVar(&t.loops, "loop", nil, "of --selftest: OUTPUT=INPUT, two roles that a wire joins, as in led_error=key_lock; may be repeated")
}

// selfTest tries the machine. A running till has the devices: then only what is
// not its own is tried.
func (a *app) selfTest(cmd *cobra.Command, t selfTest) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	o := daemon.SelfTest(cfg)
	if o.Loops, err = loopsOf(t.loops); err != nil {
		return err
	}
	for _, row := range t.only {
		if !slices.Contains(selftest.Rows(), row) {
			return fmt.Errorf("%w: --only %.40q: want some of %s", errUsage, row, strings.Join(selftest.Rows(), ", "))
		}
	}
	o.Barcode, o.Only = t.barcode, t.only
	var st status
	answer, err := client.New(cfg.Data).Call(cmd.Context(), "GET", "/api/v1/status", nil)
	switch {
	case errors.Is(err, client.ErrNotRunning):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(answer, &st); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if st.Shift != nil && !t.anyway {
			return fault.New(fault.TestSelling)
		}
		o.InUse = true
		if o.KKT != nil {
			o.KKT = func(context.Context) (selftest.KKT, error) { return a.kktOfTheTill(cmd) }
		}
	}
	o.Alone = t.yes
	o.Person = &human{in: bufio.NewReader(io.LimitReader(a.in, maxWords)), out: os.Stderr, yes: selftest.Title(cfg.Language, "y_n")}
	report := selftest.Run(cmd.Context(), o)
	b, err := json.Marshal(report)
	if err != nil {
		return err
	}
	if err := a.print(b, func(json.RawMessage) error { return a.reportTable(cfg.Language, report) }); err != nil {
		return err
	}
	if !report.OK {
		return errProblems
	}
	return nil
}

// kktOfTheTill asks the running till how its fiscal device is.
func (a *app) kktOfTheTill(cmd *cobra.Command) (k selftest.KKT, err error) {
	answer, err := a.atKKT(cmd, "GET", "/api/v1/kkt", nil, nil)
	if err != nil {
		return k, errors.New(a.words(err))
	}
	var s api.KKTState
	if err := json.Unmarshal(answer, &s); err != nil {
		return k, fmt.Errorf("answer: %w", err)
	}
	k.State = fmt.Sprintf("%s, serial %s, FN %s", s.Model, s.Serial, s.FN)
	for _, w := range s.Warnings {
		if w.Severity != fault.Info {
			k.Wrong = append(k.Wrong, w.Text)
		}
	}
	return k, nil
}

// loopsOf reads OUTPUT=INPUT.
func loopsOf(texts []string) (all []selftest.Loop, err error) {
	for _, text := range texts {
		out, in, ok := strings.Cut(text, "=")
		l := selftest.Loop{Out: pins.Role(out), In: pins.Role(in)}
		if !ok || !slices.Contains(pins.Outputs(), l.Out) || !slices.Contains(pins.Inputs(), l.In) {
			return nil, fmt.Errorf("%w: --loop %.60q: want an output's and an input's role, as in led_error=key_lock", errUsage, text)
		}
		all = append(all, l)
	}
	return all, nil
}

// reportTable is a line a row, ten in all, and what came of them.
func (a *app) reportTable(language string, report selftest.Report) error {
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	for _, row := range report.Rows {
		said := ""
		for _, f := range row.Findings {
			if f.Verdict == row.Verdict {
				said = f.What + ": " + f.State
				break
			}
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", row.Title, selftest.Title(language, "verdict."+string(row.Verdict)), printable(cut(said))); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	word := "all_well"
	if !report.OK {
		word = "not_well"
	}
	return a.printf("%s\n", selftest.Title(language, word))
}

// widest is how much of a finding a line of the table shows, in characters.
const widest = 80

func cut(text string) string {
	if utf8.RuneCountInString(text) <= widest {
		return text
	}
	return string([]rune(text)[:widest-1]) + "…"
}

// maxWords bounds what is read of a person, in bytes.
const maxWords = 4096

// human is who answers on the terminal, or in a file. What is said goes beside
// the report, so that a program can read that.
type human struct {
	in  *bufio.Reader
	out io.Writer
	yes string // the words after a question
}

func (h *human) Tell(text string) { fmt.Fprintln(h.out, printable(text)) }

// Ask implements selftest.Person; no more input is nobody.
func (h *human) Ask(ctx context.Context, question string) selftest.Answer {
	for ctx.Err() == nil {
		fmt.Fprintf(h.out, "%s %s ", printable(question), h.yes)
		line, err := h.in.ReadString('\n')
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes", "д", "да":
			return selftest.Yes
		case "n", "no", "н", "нет":
			return selftest.No
		}
		if err != nil {
			break
		}
	}
	return selftest.None
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// kktCmd is a technician's hand on the fiscal device: through the running till,
// between its operations, or on the device itself when no till runs. Nothing
// here registers anything.
func (a *app) kktCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "kkt", Short: "Look after the fiscal device (KKT): state, documents of its FN, clock, settings",
		Long: "Through the running till, between its operations: a sale always goes first.\nWhen no till runs the device named in the configuration is asked itself.\nNothing here registers anything."}
	var value string
	set := &cobra.Command{Use: "set TABLE ROW FIELD --value VALUE", Short: "Change one setting, named as the device names it", Args: usageArgs(cobra.ExactArgs(3)),
		RunE: func(cmd *cobra.Command, args []string) error { return a.kktSet(cmd, args, value) }}
	set.Flags().StringVar(&value, "value", "", "what to write")
	var sync bool
	clock := &cobra.Command{Use: "clock", Short: "Show the device's clock; with --set give it the till's time", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.kktClock(cmd, sync) }}
	clock.Flags().BoolVar(&sync, "set", false, "set it; the shift must be closed")
	cmd.AddCommand(
		&cobra.Command{Use: "status", Short: "Everything there is to know of the device and its FN, in words", Args: usageArgs(cobra.NoArgs), RunE: a.kktStatus},
		&cobra.Command{Use: "find FD", Short: "Show a document as the FN's archive holds it, tag by tag", Args: usageArgs(cobra.ExactArgs(1)), RunE: a.kktFind},
		clock,
		&cobra.Command{Use: "tables [NAME]", Short: "List the settings of one table, or of all; passwords are left out", Args: usageArgs(cobra.MaximumNArgs(1)), RunE: a.kktTables},
		set,
		a.kktPaper("copy", "Print the last receipt again, as a copy"),
		a.kktPaper("cut", "Cut the paper"),
		a.kktPaper("test", "Print letters and a barcode to scan, no fiscal document"),
		&cobra.Command{Use: "print LINE...", Short: "Print lines that are no fiscal document", Args: usageArgs(cobra.MinimumNArgs(1)), RunE: a.kktPrint},
		a.kktX(), a.kktFN(), a.registersCmd())
	return cmd
}

// atKKT asks the running till, or does it on the device when none runs.
func (a *app) atKKT(cmd *cobra.Command, method, path string, in any, direct func(*daemon.Technician) (any, error)) (json.RawMessage, error) {
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	answer, err := client.New(cfg.Data).Call(cmd.Context(), method, path, in)
	if !errors.Is(err, client.ErrNotRunning) || direct == nil {
		return answer, err
	}
	t, closeIt, err := daemon.NewTechnician(cfg)
	if err != nil {
		return nil, err
	}
	v, err := direct(t)
	if err := errors.Join(err, closeIt()); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func (a *app) kktStatus(cmd *cobra.Command, _ []string) error {
	answer, err := a.atKKT(cmd, "GET", "/api/v1/kkt", nil, func(t *daemon.Technician) (any, error) { return t.State(cmd.Context()) })
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(s api.KKTState) error {
		w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
		lines := kktWords(&s)
		for _, x := range s.Warnings {
			lines = append(lines, [2]string{strings.ToUpper(string(x.Severity)), x.Text + " [" + string(x.Code) + "]"})
		}
		for _, l := range lines {
			if _, err := fmt.Fprintf(w, "%s\t%s\n", l[0], l[1]); err != nil {
				return err
			}
		}
		return w.Flush()
	}))
}

// kktWords says everything of a device, a line a fact.
func kktWords(s *api.KKTState) [][2]string {
	var systems []string
	for _, t := range s.TaxSystems {
		systems = append(systems, t.String())
	}
	lines := [][2]string{
		{"device", fmt.Sprintf("%s, serial %s, firmware %s, protocol %s", s.Model, s.Serial, s.Firmware, s.Protocol)},
		{"registered", fmt.Sprintf("%s, INN %s, number %s, FFD %s, %s", s.User, s.INN, s.RegNumber, s.FFD, strings.Join(systems, ", "))},
		{"", registeredFor(s)},
		{"place", strings.Trim(s.Address+"; "+s.Place, "; ")},
		{"mode", fmt.Sprintf("%d, sub-mode %d: shift %s, number %d", s.Status.Mode, s.Status.SubMode, s.Status.Shift, s.Status.ShiftNumber)},
		{"paper", paperWords(&s.Status)},
		{"clock", clockWords(s)},
		{"FN", fmt.Sprintf("%s %s, phase %d, last FD %d%s", s.FN, s.FNVersion, s.FNPhase, s.Status.LastFD, map[bool]string{true: ", A TEST FN", false: ""}[s.TestFN])},
		{"FN lasts", fnLasts(s)},
		{"OFD", ofdWords(s)},
	}
	if s.Notices.Supported {
		lines = append(lines, [2]string{"marking", fmt.Sprintf("%d notices wait, %d %% full", s.Notices.Queued, s.Notices.Fill)})
	}
	if s.Battery > 0 || s.Supply > 0 {
		lines = append(lines, [2]string{"power", fmt.Sprintf("battery %d.%02d V, supply %d.%02d V", s.Battery/1000, s.Battery%1000/10, s.Supply/1000, s.Supply%1000/10)})
	}
	return lines
}

func registeredFor(s *api.KKTState) string {
	words := []string{"on " + day(s.Registered)}
	for _, x := range []struct {
		is   bool
		word string
	}{{s.Automatic, "works without a cashier"}, {s.Marking, "marked goods"}, {s.ByHost, "its messages are carried by the till"}, {s.Replaces, "TURNS VAT 20 % INTO 22 %"}} {
		if x.is {
			words = append(words, x.word)
		}
	}
	return strings.Join(words, ", ")
}

func paperWords(s *kkt.Status) string {
	words := []string{"there"}
	if !s.Paper {
		words[0] = "MISSING"
	}
	for _, x := range []struct {
		is   bool
		word string
	}{{s.LidOpen, "LID OPEN"}, {s.Printing, "printing"}, {s.DocumentOpen, "a document is open"}, {s.DrawerOpen, "drawer open"}} {
		if x.is {
			words = append(words, x.word)
		}
	}
	return strings.Join(words, ", ")
}

func clockWords(s *api.KKTState) string {
	if s.Clock.IsZero() {
		return "not told"
	}
	return fmt.Sprintf("%s, off by %s", s.Clock.Format("02.01.2006 15:04:05"), (time.Duration(s.Drift) * time.Millisecond).Round(time.Second))
}

func fnLasts(s *api.KKTState) string {
	words := "until " + day(s.FNExpires)
	if s.FNDocuments >= 0 {
		words += fmt.Sprintf(", room for %d documents", s.FNDocuments)
	}
	if s.FNBuffer >= 0 {
		words += fmt.Sprintf(", %d KiB for what the OFD has not got", s.FNBuffer)
	}
	return words
}

func ofdWords(s *api.KKTState) string {
	to := s.OFD.Name
	if s.OFD.Host != "" {
		to = strings.TrimSpace(fmt.Sprintf("%s %s:%d", to, s.OFD.Host, s.OFD.Port))
	}
	if s.Exchange.Unsent == 0 {
		return to + ": everything is confirmed"
	}
	return fmt.Sprintf("%s: %d documents wait, the first is FD %d of %s", to, s.Exchange.Unsent, s.Exchange.FirstFD, s.Exchange.Since.Format("02.01.2006 15:04"))
}

func day(t time.Time) string {
	if t.IsZero() {
		return "not told"
	}
	return t.Format("02.01.2006")
}

func (a *app) kktFind(cmd *cobra.Command, args []string) error {
	fd, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil || fd == 0 {
		return fmt.Errorf("%w: FD is a number from 1", errUsage)
	}
	answer, err := a.atKKT(cmd, "GET", "/api/v1/kkt/documents/"+args[0], nil, func(t *daemon.Technician) (any, error) {
		return t.Document(cmd.Context(), uint32(fd))
	})
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(d kkt.FNDocument) error {
		ticket := "the OFD has not confirmed it"
		if d.Ticket != nil {
			ticket = "confirmed by the OFD " + d.Ticket.Time.Format("02.01.2006 15:04")
		}
		if err := a.printf("FN %s FD %d FP %d\n%s, %s\n", d.FN, d.FD, d.Sign, formWords(&d), ticket); err != nil {
			return err
		}
		return a.tags(d.Tags, "  ")
	}))
}

// formWords names a document's form and what it says of itself.
func formWords(d *kkt.FNDocument) string {
	name := map[int]string{1: "registration", 2: "shift opened", 3: "receipt", 4: "strict-form receipt", 5: "shift closed", 6: "FN closed",
		11: "registration changed", 21: "state of settlements", 31: "correction", 41: "strict-form correction"}[d.Form]
	if name == "" {
		name = "form " + strconv.Itoa(d.Form)
	}
	if op := map[int]string{1: "sale", 2: "return of a sale", 3: "purchase", 4: "return of a purchase"}[d.OpType]; op != "" {
		name += fmt.Sprintf(" (%s), %s", op, money.Amount(d.Total))
	}
	return name + ", " + d.Time.Format("02.01.2006 15:04")
}

func (a *app) tags(tags []kkt.Tag, indent string) error {
	for _, t := range tags {
		if err := a.printf("%s%d %s: %s\n", indent, t.ID, t.Name, t.Value); err != nil {
			return err
		}
		if err := a.tags(t.Tags, indent+"    "); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) kktClock(cmd *cobra.Command, set bool) error {
	if set {
		_, err := a.atKKT(cmd, "POST", "/api/v1/kkt/clock", nil, func(t *daemon.Technician) (any, error) { return nil, t.SetClock(cmd.Context()) })
		if err != nil {
			return err
		}
	}
	answer, err := a.atKKT(cmd, "GET", "/api/v1/kkt", nil, func(t *daemon.Technician) (any, error) { return t.State(cmd.Context()) })
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(s api.KKTState) error { return a.printf("%s\n", clockWords(&s)) }))
}

func (a *app) kktTables(cmd *cobra.Command, args []string) error {
	name := strings.Join(args, "")
	answer, err := a.atKKT(cmd, "GET", "/api/v1/kkt/settings?"+url.Values{"table": {name}}.Encode(), nil, func(t *daemon.Technician) (any, error) {
		list, err := t.Settings(cmd.Context(), name)
		return map[string]any{"settings": list}, err
	})
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(p struct {
		Settings []kkt.Setting `json:"settings"`
	}) error {
		table := ""
		w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
		for _, s := range p.Settings {
			if s.Table != table {
				table = s.Table
				if _, err := fmt.Fprintf(w, "%d. %s\n", s.TableNo, table); err != nil {
					return err
				}
			}
			if _, err := fmt.Fprintf(w, "  row %d\t%d. %s\t%s\n", s.Row, s.FieldNo, s.Field, s.Value); err != nil {
				return err
			}
		}
		return w.Flush()
	}))
}

func (a *app) kktSet(cmd *cobra.Command, args []string, value string) error {
	row, err := strconv.Atoi(args[1])
	if err != nil || row < 1 || !cmd.Flags().Changed("value") {
		return fmt.Errorf("%w: set TABLE ROW FIELD --value VALUE, rows count from 1", errUsage)
	}
	ref := kkt.SettingRef{Table: args[0], Row: row, Field: args[2]}
	in := map[string]any{"table": ref.Table, "row": ref.Row, "field": ref.Field, "value": value}
	return a.kktDone(cmd, "PUT", "/api/v1/kkt/settings", in, "set", func(t *daemon.Technician) error { return t.Set(cmd.Context(), ref, value) })
}

func (a *app) kktPaper(what, short string) *cobra.Command {
	return &cobra.Command{Use: what, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.kktDone(cmd, "POST", "/api/v1/kkt/"+what, nil, "done", func(t *daemon.Technician) error {
			switch what {
			case "copy":
				return t.Copy(cmd.Context())
			case "test":
				return t.Test(cmd.Context())
			}
			return t.Cut(cmd.Context())
		})
	}}
}

func (a *app) kktPrint(cmd *cobra.Command, args []string) error {
	return a.kktDone(cmd, "POST", "/api/v1/kkt/print", map[string]any{"lines": args}, "printed", func(t *daemon.Technician) error {
		return t.Print(cmd.Context(), args)
	})
}

// kktDone runs a command that answers with nothing but that it is done.
func (a *app) kktDone(cmd *cobra.Command, method, path string, in any, done string, direct func(*daemon.Technician) error) error {
	_, err := a.atKKT(cmd, method, path, in, func(t *daemon.Technician) (any, error) { return nil, direct(t) })
	if err != nil {
		return err
	}
	return a.print(json.RawMessage(`{"ok":true}`), func(json.RawMessage) error { return a.printf("%s\n", done) })
}

// kktX is the till's X report: it makes a document, so it needs the till.
func (a *app) kktX() *cobra.Command {
	return &cobra.Command{Use: "x", Short: "Print an X report (the same as: kassa shift x)", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "POST", "/api/v1/shift/x", nil, decoded(func(s status) error { return a.printf("shift %s\n", shiftLine(s.Shift)) }))
	}}
}

// stepWords say what is to be done in each step of changing the FN.
var stepWords = map[string]string{
	till.StepShift:    "close the shift, on the till and on the device",
	till.StepUnsent:   "wait until the OFD has every document",
	till.StepArchive:  "close the old FN's archive, with the service tool of the device's maker",
	till.StepRegister: "put the new FN in and register it",
	till.StepAccept:   "a senior confirms it: kassa accept-fn FN; keep the old FN for five years",
}

func stepState(s till.FNStep) string {
	switch {
	case s.Done:
		return "done"
	case s.Unknown:
		return "unknown"
	}
	return "to do"
}

// kktFN guides through changing the fiscal storage.
func (a *app) kktFN() *cobra.Command {
	return &cobra.Command{Use: "fn", Short: "Where changing the fiscal storage (FN) stands, step by step", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/status", nil, decoded(func(s status) error {
			for _, step := range s.KKT.Steps {
				if err := a.printf("%-8s %s\n", stepState(step), stepWords[step.Name]); err != nil {
					return err
				}
			}
			return nil
		}))
	}}
}

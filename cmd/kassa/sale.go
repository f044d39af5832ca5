package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

type scanAnswer struct {
	Results []struct {
		Code  string          `json:"code"`
		OK    bool            `json:"ok"`
		Error *client.Refusal `json:"error"`
	} `json:"results"`
	Cheque till.ChequeView `json:"cheque"`
	Stock  *till.StockView `json:"stock"`
}

// printScan shows an answer that may hold refusals: they decide the exit code
// in both forms.
func (a *app) printScan(answer json.RawMessage, show func(scanAnswer) error) error {
	var s scanAnswer
	if err := json.Unmarshal(answer, &s); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := a.print(answer, func(json.RawMessage) error { return show(s) }); err != nil {
		return err
	}
	var refused error
	for _, r := range s.Results {
		if r.Error != nil {
			refused = errors.Join(refused, r.Error)
		}
	}
	return refused
}

func (a *app) showScan(s scanAnswer) error {
	if s.Stock != nil && !s.Stock.Paused {
		return a.printf("%s", countText(s.Stock))
	}
	return a.printf("%s", chequeText(s.Cheque))
}

type chequeAnswer struct {
	Cheque  till.ChequeView   `json:"cheque"`
	Paying  *till.ChequeView  `json:"paying"`
	Parked  []till.ParkedView `json:"parked"`
	Notices []struct {
		Text string `json:"text"`
	} `json:"notices"`
}

func (a *app) chequeCmd() *cobra.Command {
	why := false
	cmd := &cobra.Command{Use: "cheque", Short: "Show the open cheque", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		if why {
			return a.explain(cmd)
		}
		return a.call(cmd, "GET", "/api/v1/cheque", nil, decoded(a.showCheque))
	}}
	void := &cobra.Command{Use: "void", Short: "Throw the open cheque away", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "POST", "/api/v1/cheque/void", nil, decoded(func(status) error { return a.printf("voided\n") }))
	}}
	park := &cobra.Command{Use: "park [NAME]", Short: "Set the open cheque aside", Args: usageArgs(cobra.MaximumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		in := map[string]string{"name": strings.Join(args, " ")}
		return a.call(cmd, "POST", "/api/v1/cheque/park", in, decoded(func(status) error { return a.printf("parked\n") }))
	}}
	recall := &cobra.Command{Use: "recall NAME|NUMBER|ID", Short: "Take a parked cheque back, by its name, its number in the list or its id", Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		id, err := a.parked(cmd, args[0])
		if err != nil {
			return err
		}
		in := map[string]string{"id": id}
		return a.call(cmd, "POST", "/api/v1/cheque/recall", in, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
	}}
	parked := &cobra.Command{Use: "parked", Short: "List the parked cheques", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/cheque", nil, decoded(func(c chequeAnswer) error { return a.showParked(c.Parked) }))
	}}
	remove := &cobra.Command{Use: "remove LINE", Short: "Take a line out of the open cheque, by its number from 1", Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		return a.removeLine(cmd, args[0])
	}}
	cmd.Flags().BoolVar(&why, "explain", false, "tell how each price came about")
	cmd.AddCommand(void, park, recall, parked, remove, a.noteCmd())
	cmd.AddCommand(a.termCmds()...)
	return cmd
}

// removeLine takes out the nth line.
func (a *app) removeLine(cmd *cobra.Command, nth string) error {
	path, err := a.linePath(cmd, nth)
	if err != nil {
		return err
	}
	return a.call(cmd, "DELETE", path, nil, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
}

// parked finds a parked cheque by name, number in the list or id.
func (a *app) parked(cmd *cobra.Command, what string) (string, error) {
	c, err := a.client()
	if err != nil {
		return "", err
	}
	answer, err := c.Call(cmd.Context(), "GET", "/api/v1/cheque", nil)
	if err != nil {
		return "", err
	}
	var now chequeAnswer
	if err := json.Unmarshal(answer, &now); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	return parkedOf(now.Parked, what)
}

// parkedOf finds a parked cheque by its id, else by its name, else by its number
// in the list. A name that two of them have is no answer.
func parkedOf(all []till.ParkedView, what string) (string, error) {
	id, named := "", 0
	for i, p := range all {
		switch {
		case p.ID.String() == what:
			return what, nil
		case p.Name == what:
			id, named = p.ID.String(), named+1
		case strconv.Itoa(i+1) == what && named == 0:
			id = p.ID.String()
		}
	}
	switch {
	case named > 1:
		return "", fault.New(fault.ParkedMany, what)
	case id == "":
		return "", fault.New(fault.ParkedNone)
	}
	return id, nil
}

func (a *app) showCheque(c chequeAnswer) error {
	if c.Paying != nil {
		if err := a.printf("being paid:\n%s\n", chequeText(*c.Paying)); err != nil {
			return err
		}
	}
	if err := a.printf("%s", chequeText(c.Cheque)); err != nil {
		return err
	}
	for _, n := range c.Notices {
		if err := a.printf("! %s\n", n.Text); err != nil {
			return err
		}
	}
	return a.showParked(c.Parked)
}

func (a *app) showParked(all []till.ParkedView) error {
	for i, p := range all {
		if err := a.printf("parked %d  %s, %d lines, %s  %s%s\n", i+1, p.Name, p.Lines, p.Total, p.ID, tabletText(p.Tablet)); err != nil {
			return err
		}
	}
	return nil
}

// tabletText is what a program said of a cheque it has put aside.
func tabletText(t *till.TabletView) string {
	if t == nil {
		return ""
	}
	s := "  from a tablet"
	if t.Table != nil {
		s += fmt.Sprintf(", table %d", *t.Table)
	}
	if t.Place != nil {
		s += fmt.Sprintf(", place %d", *t.Place)
	}
	for _, more := range []string{t.Number, t.Note} {
		if more != "" {
			s += ", " + more
		}
	}
	return s
}

func (a *app) abandonCmd() *cobra.Command {
	var done bool
	var number uint32
	var register string
	c := &cobra.Command{Use: "abandon REASON", Short: "A senior's decision, after looking at the KKT: the document in doubt was not registered", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := map[string]any{"reason": args[0], "done": done, "number": number, "register": register}
			return a.call(cmd, "POST", "/api/v1/abandon", in, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
		}}
	c.Flags().BoolVar(&done, "done", false, "it did happen: cash, or a receipt on the paper of a register that can not be asked")
	c.Flags().Uint32Var(&number, "number", 0, "of that receipt on the paper")
	c.Flags().StringVar(&register, "register", "", "the register's number in SKKO, where the till does not know it")
	return c
}

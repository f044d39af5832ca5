package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

// stockTypes are the documents as people type them.
var stockTypes = map[string]doc.Type{"inventory": doc.Inventory, "accept": doc.Accept, "return": doc.Return, "write-off": doc.WriteOff,
	"open-tare": doc.OpenTare, "revaluation": doc.Revaluation}

type stockAnswer struct {
	Stock *struct {
		Type     doc.Type  `json:"type"`
		Begun    time.Time `json:"begun"`
		Paused   bool      `json:"paused"`
		Supplier string    `json:"supplier"`
		Comment  string    `json:"comment"`
		Complete bool      `json:"complete"`
		Base     int64     `json:"base_number"`
		Lines    []struct {
			ID     uuid.UUID    `json:"id"`
			Code   string       `json:"code"`
			Name   string       `json:"name"`
			Unit   string       `json:"unit"`
			Qty    qty.Milli    `json:"qty"`
			Before qty.Milli    `json:"before"`
			Price  money.Amount `json:"price"`
			Old    money.Amount `json:"old_price"`
			Cost   money.Amount `json:"cost"`
		} `json:"lines"`
	} `json:"stock"`
}

func (s stockAnswer) text() string {
	if s.Stock == nil {
		return "no stock document is begun\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s since %s", s.Stock.Type, s.Stock.Begun.Format("02.01.2006 15:04"))
	for _, add := range []struct {
		is   bool
		text string
	}{{s.Stock.Complete, "complete"}, {s.Stock.Supplier != "", "supplier " + s.Stock.Supplier}, {s.Stock.Base != 0, "of document " + strconv.FormatInt(s.Stock.Base, 10)},
		{s.Stock.Comment != "", s.Stock.Comment}, {s.Stock.Paused, "PAUSED: the scanner belongs to the cheque"}} {
		if add.is {
			b.WriteString(", " + add.text)
		}
	}
	b.WriteByte('\n')
	for i, l := range s.Stock.Lines {
		fmt.Fprintf(&b, "%3d. %s\n     ", i+1, l.Name)
		switch s.Stock.Type {
		case doc.Inventory:
			fmt.Fprintf(&b, "%s %s, should be %s\n", l.Qty, l.Unit, l.Before)
		case doc.Revaluation:
			fmt.Fprintf(&b, "%s -> %s\n", l.Old, l.Price)
		default:
			fmt.Fprintf(&b, "%s %s, price %s, cost %s\n", l.Qty, l.Unit, l.Price, l.Cost)
		}
	}
	return b.String()
}

// countText tells what the last scan has done to the document.
func countText(s *till.StockView) string {
	text := fmt.Sprintf("%s: %d lines, %s units\n", s.Type, s.Lines, s.Units)
	if c := s.Touched; c != nil {
		text = fmt.Sprintf("%s: %s %s\n", c.Name, c.Qty, c.Unit) + text
	}
	return text
}

// stockCmd makes stock documents: begin one, scan, correct, finish.
func (a *app) stockCmd() *cobra.Command {
	shown := decoded(func(s stockAnswer) error { return a.printf("%s", s.text()) })
	post := func(use, short, path string, body func(args []string) (map[string]any, error), args cobra.PositionalArgs) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: usageArgs(args), RunE: func(cmd *cobra.Command, args []string) error {
			in, err := body(args)
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", path, in, shown)
		}}
	}
	nothing := func([]string) (map[string]any, error) { return nil, nil }
	cmd := &cobra.Command{Use: "stock", Short: "The stock document that is being filled by scanning", Args: usageArgs(cobra.NoArgs),
		Long: "Begin a document, scan what it is about (\"5*code\" for five), correct lines, finish.\nWhile it is not paused the scanner belongs to it.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.call(cmd, "GET", "/api/v1/stock", nil, shown) }}
	cmd.AddCommand(
		a.stockBegin(shown), a.stockDescribe(shown),
		post("pause", "Give the scanner back to the cheque", "/api/v1/stock/pause", nothing, cobra.NoArgs),
		post("resume", "Go on scanning into the document", "/api/v1/stock/resume", nothing, cobra.NoArgs),
		a.stockLine("quantity LINE N", "Correct how many there are", "quantity", shown),
		a.stockLine("price LINE SUM", "Set the price; of a revaluation the new one", "price", shown),
		a.stockLine("cost LINE SUM", "Set what one unit was bought for", "cost", shown),
		a.stockRemove(shown),
		&cobra.Command{Use: "cancel", Short: "Throw the document away", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "DELETE", "/api/v1/stock", nil, shown)
		}},
		&cobra.Command{Use: "finish", Short: "Make the document", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", "/api/v1/stock/finish", map[string]any{"id": id}, decoded(func(made struct {
				Document doc.Document `json:"document"`
			}) error {
				return a.printf("%s", documentText(&made.Document))
			}))
		}})
	return cmd
}

// headFlags are what a document says beside its goods.
func headFlags(cmd *cobra.Command) func() map[string]any {
	supplier := cmd.Flags().String("supplier", "", "who the goods came from, or went back to")
	comment := cmd.Flags().String("comment", "", "for the books")
	complete := cmd.Flags().Bool("complete", false, "an inventory of everything: what is not scanned is not there")
	base := cmd.Flags().Int64("base", 0, "a revaluation of what the ACCEPT of this number brought")
	return func() map[string]any {
		return map[string]any{"supplier": *supplier, "comment": *comment, "complete": *complete, "base_number": *base}
	}
}

func (a *app) stockBegin(shown func(json.RawMessage) error) *cobra.Command {
	names := make([]string, 0, len(stockTypes))
	for n := range stockTypes {
		names = append(names, n)
	}
	slices.Sort(names)
	cmd := &cobra.Command{Use: "begin " + strings.Join(names, "|"), Short: "Begin a document", Args: usageArgs(cobra.ExactArgs(1))}
	head := headFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		typ, known := stockTypes[args[0]]
		if !known {
			return fmt.Errorf("%w: %s is none of %s", errUsage, args[0], strings.Join(names, ", "))
		}
		in := head()
		in["type"] = typ
		return a.call(cmd, "POST", "/api/v1/stock", in, shown)
	}
	return cmd
}

func (a *app) stockDescribe(shown func(json.RawMessage) error) *cobra.Command {
	cmd := &cobra.Command{Use: "describe", Short: "Change what the document says beside its goods", Args: usageArgs(cobra.NoArgs)}
	head := headFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "POST", "/api/v1/stock/describe", head(), shown)
	}
	return cmd
}

// stockLine corrects one thing of a line.
func (a *app) stockLine(use, short, what string, shown func(json.RawMessage) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.ExactArgs(2)), RunE: func(cmd *cobra.Command, args []string) error {
		path, err := a.stockPath(cmd, args[0])
		if err != nil {
			return err
		}
		return a.call(cmd, "POST", path, map[string]string{what: args[1]}, shown)
	}}
}

func (a *app) stockRemove(shown func(json.RawMessage) error) *cobra.Command {
	return &cobra.Command{Use: "remove LINE", Short: "Take a line off the document", Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		path, err := a.stockPath(cmd, args[0])
		if err != nil {
			return err
		}
		return a.call(cmd, "DELETE", path, nil, shown)
	}}
}

// stockPath is the API's path of a line, by its number.
func (a *app) stockPath(cmd *cobra.Command, number string) (string, error) {
	c, err := a.client()
	if err != nil {
		return "", err
	}
	answer, err := c.Call(cmd.Context(), "GET", "/api/v1/stock", nil)
	if err != nil {
		return "", err
	}
	var now stockAnswer
	if err := json.Unmarshal(answer, &now); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	if now.Stock == nil {
		return "", fault.New(fault.StockNone)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(now.Stock.Lines) {
		return "", fault.New(fault.ChequeNoLine)
	}
	return "/api/v1/stock/lines/" + now.Stock.Lines[n-1].ID.String(), nil
}

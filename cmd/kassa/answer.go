package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/fault"
)

type questionsAnswer struct {
	Questions []struct {
		ID      uuid.UUID `json:"id"`
		Text    string    `json:"text"`
		Choices []struct {
			ID   string `json:"id"`
			Text string `json:"text"`
			Hint string `json:"hint"`
		} `json:"choices"`
	} `json:"questions"`
	Checks []struct {
		Name  string `json:"name"`
		Unit  string `json:"unit"`
		Scale bool   `json:"scale"`
	} `json:"checks"`
}

// answerCmd shows what the till asks, or answers the oldest question.
func (a *app) answerCmd() *cobra.Command {
	return &cobra.Command{Use: "answer [N|CHOICE]", Short: "Show what the till asks, or answer its oldest question by the choice's number or id", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.call(cmd, "GET", "/api/v1/questions", nil, decoded(func(q questionsAnswer) error { return a.printf("%s", questionsText(q)) }))
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			raw, err := c.Call(cmd.Context(), "GET", "/api/v1/questions", nil)
			if err != nil {
				return err
			}
			var now questionsAnswer
			if err := decoded(func(q questionsAnswer) error { now = q; return nil })(raw); err != nil {
				return err
			}
			if len(now.Questions) == 0 {
				return fault.New(fault.QuestionNone)
			}
			q, choice := now.Questions[0], args[0]
			if n, err := strconv.Atoi(choice); err == nil && n >= 1 && n <= len(q.Choices) {
				choice = q.Choices[n-1].ID
			}
			in := map[string]any{"question": q.ID, "choice": choice}
			return a.call(cmd, "POST", "/api/v1/answer", in, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
		}}
}

// questionsText is what the till asks, with numbers to answer by.
func questionsText(q questionsAnswer) string {
	var b strings.Builder
	for i, q := range q.Questions {
		if i > 0 {
			b.WriteString("then:\n")
		}
		fmt.Fprintln(&b, q.Text)
		for k, c := range q.Choices {
			fmt.Fprintf(&b, "%3d. %s", k+1, c.Text)
			if c.Hint != "" {
				fmt.Fprintf(&b, " (%s)", c.Hint)
			}
			b.WriteByte('\n')
		}
	}
	for _, c := range q.Checks {
		doing := "checking"
		if c.Scale {
			doing = "weighing"
		}
		fmt.Fprintf(&b, "%s %s  %s\n", doing, c.Name, c.Unit)
	}
	return b.String()
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxPINLine bounds what is read of stdin for a PIN.
const maxPINLine = 256

func (a *app) loginCmd() *cobra.Command {
	return &cobra.Command{Use: "login", Short: "Log a cashier in; the PIN is asked, or read from stdin", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pin, err := a.readLine("PIN: ", "PIN", maxPINLine, true)
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", "/api/v1/login", map[string]string{"pin": pin}, decoded(func(s status) error {
				if s.Cashier == nil {
					return a.printf("logged in\n")
				}
				return a.printf("%s\n", s.Cashier.Title())
			}))
		}}
}

func (a *app) approveCmd() *cobra.Command {
	return &cobra.Command{Use: "approve", Short: "Let the cashier's next command through that needs a senior; the senior's PIN is asked, or read from stdin", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pin, err := a.readLine("PIN: ", "PIN", maxPINLine, true)
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", "/api/v1/approve", map[string]string{"pin": pin}, decoded(func(s status) error {
				if s.Approval == nil {
					return a.printf("approved\n")
				}
				return a.printf("approved by %s until %s\n", s.Approval.By, s.Approval.Until.Format("15:04:05"))
			}))
		}}
}

func (a *app) logoutCmd() *cobra.Command {
	return &cobra.Command{Use: "logout", Short: "Log the cashier out", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/logout", nil, decoded(func(status) error { return a.printf("logged out\n") }))
		}}
}

func (a *app) attendCmd() *cobra.Command {
	var done bool
	cmd := &cobra.Command{Use: "attend", Short: "Call the attendant to the till, or say that he has come", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().BoolVar(&done, "done", false, "he has come")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		method, said := "POST", "called\n"
		if done {
			method, said = "DELETE", "answered\n"
		}
		return a.call(cmd, method, "/api/v1/help", nil, decoded(func(status) error { return a.printf("%s", said) }))
	}
	return cmd
}

// readLine reads what must not be an argument: from a terminal, without echo
// when it is secret, else one line of stdin.
func (a *app) readLine(prompt, what string, limit int64, secret bool) (string, error) {
	if f, ok := a.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(os.Stderr, prompt)
		if secret {
			b, err := term.ReadPassword(int(f.Fd()))
			fmt.Fprintln(os.Stderr)
			return string(b), err
		}
	}
	line, err := bufio.NewReader(io.LimitReader(a.in, limit)).ReadString('\n')
	if err != nil && (err != io.EOF || line == "") {
		return "", fmt.Errorf("%w: no %s on stdin", errUsage, what)
	}
	return strings.TrimSpace(line), nil
}

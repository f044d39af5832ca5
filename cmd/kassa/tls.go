package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
)

const tlsHelp = `The certificate with which the till's pages and its API speak to other machines,
when the configuration lets them in ([console] public = true). It is made by a
certificate authority of this device's own, which may vouch for nothing but
local names and addresses. Install its certificate in the browsers of the shop
(kassa tls ca FILE, or http://ADDRESS/ca.crt) and compare the fingerprint. The
certificate of the pages is made anew by itself, in time and for new addresses.`

func (a *app) tlsCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "tls", Short: "How other machines reach the till's pages: certificate, fingerprint, addresses", Long: tlsHelp, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/tls", nil, decoded(a.showTLS))
	}}
	var in struct {
		Authority bool `json:"authority,omitempty"`
	}
	renew := &cobra.Command{Use: "renew", Short: "Make the certificate anew now", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "POST", "/api/v1/tls/renew", in, decoded(a.showTLS))
	}}
	renew.Flags().BoolVar(&in.Authority, "authority", false, "the authority too: every browser has to install it again")
	ca := &cobra.Command{Use: "ca [FILE]", Short: "Write the authority's certificate, for browsers to install, to a file or to stdout", Args: usageArgs(cobra.MaximumNArgs(1)), RunE: a.exportAuthority}
	cmd.AddCommand(renew, ca)
	return cmd
}

func (a *app) exportAuthority(cmd *cobra.Command, args []string) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	answer, err := c.Call(cmd.Context(), "GET", "/api/v1/tls", nil)
	if err != nil {
		return err
	}
	var t api.TLS
	if err := json.Unmarshal(answer, &t); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if t.PEM == "" {
		return fault.New(fault.TLSNone)
	}
	if len(args) == 0 {
		return a.printf("%s", t.PEM)
	}
	const everybody = 0o644 // it is no secret
	if err := os.WriteFile(args[0], []byte(t.PEM), everybody); err != nil {
		return fault.New(fault.PathBad, args[0], err.Error()).With(err)
	}
	return a.printf("%s\n%s\n", args[0], t.Fingerprint)
}

func (a *app) showTLS(t api.TLS) error {
	var b strings.Builder
	switch {
	case t.Plain:
		b.WriteString("other machines can connect, and nothing is encrypted\n")
	case !t.On:
		b.WriteString("only this machine can connect: there is nothing to encrypt\n")
	}
	for _, u := range t.URLs {
		fmt.Fprintln(&b, u)
	}
	if t.Problem != "" {
		fmt.Fprintf(&b, "problem: %s\n", t.Problem)
	}
	if t.Fingerprint != "" {
		fmt.Fprintf(&b, "authority: %s\nSHA-256: %s\n", t.Authority, t.Fingerprint)
	}
	if t.Own {
		b.WriteString("the certificate is from the configured files\n")
	}
	if !t.To.IsZero() {
		fmt.Fprintf(&b, "certificate: %s to %s, for %s\n", t.From.Local().Format("02.01.2006"), t.To.Local().Format("02.01.2006"), strings.Join(t.Names, ", "))
	}
	if len(t.LeftOut) > 0 {
		fmt.Fprintf(&b, "not for %s: the authority does not vouch for that; kassa tls renew --authority makes one that does\n", strings.Join(t.LeftOut, ", "))
	}
	return a.printf("%s", b.String())
}

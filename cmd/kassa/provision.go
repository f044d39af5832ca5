package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/pos/fault"
)

// maxAnswers bounds what is read of stdin in a conversation.
const maxAnswers = 4 << 10

const provisionHelp = `Attach the till to its point of sale in MoySklad.

Asked are the login and the password (not shown), then the store where there are
several; without a terminal they are read from stdin, a line each. Nothing of
that is kept: the cloud gives the till a token, which is stored in the data
directory for its owner only.

A store that another device holds is taken from it only when that is confirmed,
or with --take-over. A running till takes the new token at once and keeps what
it has to send.`

func (a *app) provisionCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "provision", Short: "Attach the till to its cloud", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var p provisioning
	moysklad := &cobra.Command{Use: "moysklad", Short: "Attach the till to its point of sale in MoySklad", Long: provisionHelp, Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.provision(cmd, p) }}
	moysklad.Flags().StringVar(&p.store, "store", "", "id or name of the store; without it the only one, or one of the list")
	moysklad.Flags().BoolVar(&p.takeOver, "take-over", false, "though another device holds the store")
	moysklad.Flags().BoolVar(&p.list, "list", false, "only list the stores")
	cmd.AddCommand(moysklad)
	return cmd
}

type provisioning struct {
	store          string
	takeOver, list bool
}

func (a *app) provision(cmd *cobra.Command, p provisioning) error {
	talk := newTalk(a.in)
	login, err := talk.ask("Login: ", "login", false)
	if err != nil {
		return err
	}
	password, err := talk.ask("Password: ", "password", true)
	if err != nil {
		return err
	}
	stores, err := a.cloudStores(cmd, login, password)
	if err != nil {
		return err
	}
	if p.list {
		return a.showStores(stores)
	}
	st, err := talk.choose(a, stores, p.store)
	if err != nil {
		return err
	}
	if st.Attached && !st.Own && !p.takeOver && talk.terminal {
		yes, err := talk.ask(fmt.Sprintf("Another device is attached to %q and will be cut off. Go on? (yes/no) ", printable(st.Name)), "yes", false)
		if err != nil {
			return err
		}
		p.takeOver = strings.EqualFold(yes, "yes") || strings.EqualFold(yes, "да")
	}
	in := api.CloudAttach{Login: login, Password: password, Store: st.ID, TakeOver: p.takeOver}
	answer, err := a.atCloud(cmd, "/api/v1/cloud/provision", in, func(d *daemon.Provision) (any, error) { return d.Attach(cmd.Context(), in) })
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(s api.CloudStore) error { return a.printf("attached to %s (%s)\n", s.Name, s.ID) }))
}

func (a *app) cloudStores(cmd *cobra.Command, login, password string) ([]api.CloudStore, error) {
	answer, err := a.atCloud(cmd, "/api/v1/cloud/stores", map[string]string{"login": login, "password": password}, func(d *daemon.Provision) (any, error) {
		all, err := d.Stores(cmd.Context(), login, password)
		return map[string]any{"stores": all}, err
	})
	if err != nil {
		return nil, err
	}
	var out struct {
		Stores []api.CloudStore `json:"stores"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return out.Stores, nil
}

// atCloud asks the running till, or does it without one.
func (a *app) atCloud(cmd *cobra.Command, path string, in any, direct func(*daemon.Provision) (any, error)) (json.RawMessage, error) {
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	answer, err := client.New(cfg.Data).Call(cmd.Context(), "POST", path, in)
	if !errors.Is(err, client.ErrNotRunning) {
		return answer, err
	}
	v, err := direct(daemon.NewProvision(cfg, slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func (a *app) showStores(stores []api.CloudStore) error {
	if a.json {
		b, err := json.Marshal(map[string]any{"stores": stores})
		if err != nil {
			return fmt.Errorf("stores: %w", err)
		}
		return a.print(b, nil)
	}
	for i, s := range stores {
		note := ""
		switch {
		case s.Own:
			note = "  (this till)"
		case s.Attached:
			note = "  (another device is attached)"
		}
		if err := a.printf("%d  %s  %s  %s%s\n", i+1, s.ID, s.Name, s.Organization, note); err != nil {
			return err
		}
	}
	return nil
}

// talk is a conversation: with a person at a terminal, or with a program that
// gives its answers on stdin, a line each.
type talk struct {
	in       *bufio.Reader
	terminal bool
	fd       int
}

func newTalk(in io.Reader) *talk {
	t := &talk{in: bufio.NewReader(io.LimitReader(in, maxAnswers))}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.terminal, t.fd = true, int(f.Fd())
	}
	return t
}

// ask reads one answer, without echo when it is secret.
func (t *talk) ask(prompt, what string, secret bool) (string, error) {
	if t.terminal {
		fmt.Fprint(os.Stderr, prompt)
	}
	if t.terminal && secret {
		b, err := term.ReadPassword(t.fd)
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	line, err := t.in.ReadString('\n')
	if err != nil && (err != io.EOF || line == "") {
		return "", fmt.Errorf("%w: no %s on stdin", errUsage, what)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// choose takes the store that was named, the only one, or asks for its number.
func (t *talk) choose(a *app, stores []api.CloudStore, wanted string) (api.CloudStore, error) {
	for _, s := range stores {
		if s.ID == wanted || strings.EqualFold(s.Name, wanted) || wanted == "" && len(stores) == 1 {
			return s, nil
		}
	}
	switch {
	case wanted != "":
		return api.CloudStore{}, fault.New(fault.NotFound, wanted)
	case len(stores) == 0:
		return api.CloudStore{}, fault.New(fault.CloudStores, "0")
	case t.terminal:
		if err := a.showStores(stores); err != nil {
			return api.CloudStore{}, err
		}
	}
	text, err := t.ask("Store, by its number: ", "store", false)
	if err != nil {
		return api.CloudStore{}, fault.New(fault.CloudStores, strconv.Itoa(len(stores)))
	}
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 1 && n <= len(stores) {
		return stores[n-1], nil
	}
	if text = strings.TrimSpace(text); text == "" {
		return api.CloudStore{}, fault.New(fault.CloudStores, strconv.Itoa(len(stores)))
	}
	return t.choose(a, stores, text)
}

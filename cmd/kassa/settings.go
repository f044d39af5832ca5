package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/fault"
)

const setHelp = `Change settings in the configuration file, as in

  kassa config set kkt.address=tcp://192.168.1.5:7778 shift.close=23h

What would come out is checked first, as by "kassa config check"; comments and
whatever is not changed stay, and the file before is kept beside it. At a running
till whoever is logged in needs the permission "settings"; "kassa restart" then
puts the change to use. A secret is asked for when its value is left out, as in
"kassa config set kkt.password", and is never an argument.`

func (a *app) listConfig() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "Every setting with its value and where that comes from", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if a.config == "" {
				return fault.New(fault.ConfigNone)
			}
			text, err := config.Read(a.config)
			if err != nil {
				return err
			}
			sections, err := config.Sections(text, a.config)
			if err != nil {
				return err
			}
			b, err := json.Marshal(api.SettingsState{Path: a.config, Digest: config.Digest(text), Sections: sections})
			if err != nil {
				return err
			}
			return a.print(b, func(json.RawMessage) error { return a.printSections(sections) })
		}}
}

func (a *app) printSections(sections []config.Section) error {
	for _, s := range sections {
		if s.Optional && !s.There {
			if err := a.printf("# [%s] is not there\n", s.Name); err != nil {
				return err
			}
			continue
		}
		for _, f := range s.Fields {
			value := f.Value
			if f.Kind == config.KindSecret {
				value = "not set"
				if f.Set {
					value = "set"
				}
			}
			if err := a.printf("%s = %q  (%s)\n", f.Key, value, f.Source); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) setConfig() *cobra.Command {
	dry := false
	cmd := &cobra.Command{Use: "set KEY=VALUE...", Short: "Change settings in the configuration file", Long: setHelp, Args: usageArgs(cobra.MinimumNArgs(1))}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only check")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		w := api.SettingsWish{Wish: config.Wish{Set: map[string]string{}}, DryRun: dry}
		for _, arg := range args {
			key, value, said := strings.Cut(arg, "=")
			if secret := strings.HasSuffix(key, ".password"); secret == said {
				return fmt.Errorf("%w: %s: a secret is asked for, anything else is KEY=VALUE", errUsage, key)
			}
			if !said {
				var err error
				if value, err = a.readLine(key+": ", key, maxPINLine, true); err != nil {
					return err
				}
			}
			w.Set[key] = value
		}
		return a.changeConfig(cmd, w)
	}
	return cmd
}

func (a *app) unsetConfig() *cobra.Command {
	dry := false
	cmd := &cobra.Command{Use: "unset KEY...", Short: "Give settings their defaults, or take tables such as kkt out of the configuration file", Args: usageArgs(cobra.MinimumNArgs(1))}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only check")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		text, err := config.Read(a.config)
		if err != nil {
			return err
		}
		sections, err := config.Sections(text, a.config)
		if err != nil {
			return err
		}
		w := api.SettingsWish{Wish: config.Wish{Set: map[string]string{}}, DryRun: dry}
		for _, key := range args {
			table := false
			for _, s := range sections {
				table = table || s.Name == key
			}
			if table {
				w.Drop = append(w.Drop, key)
			} else {
				w.Set[key] = ""
			}
		}
		return a.changeConfig(cmd, w)
	}
	return cmd
}

// changeConfig has a running till change its file, or changes it itself.
func (a *app) changeConfig(cmd *cobra.Command, w api.SettingsWish) error {
	if a.config == "" {
		return fault.New(fault.ConfigNone)
	}
	c, err := a.client()
	var answer json.RawMessage
	if err == nil {
		answer, err = c.Call(cmd.Context(), "POST", "/api/v1/settings", w)
	}
	if errors.Is(err, client.ErrNotRunning) || c == nil { // a file that does not do is mended here
		answer, err = a.changeFile(w)
	}
	if err != nil {
		return err
	}
	var done api.SettingsDone
	if err := json.Unmarshal(answer, &done); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	err = a.print(answer, func(json.RawMessage) error { return a.printDone(done) })
	if err == nil && !done.OK {
		return errProblems
	}
	return err
}

func (a *app) changeFile(w api.SettingsWish) (json.RawMessage, error) {
	edits, err := config.Change(a.config, w.Digest, w.Wish, w.DryRun)
	done := api.SettingsDone{OK: err == nil, Changed: []string{}, Problems: []api.FieldProblem{}}
	for _, p := range config.ProblemsOf(err) {
		switch p.Code {
		case fault.ConfigBad, fault.ConfigMissing, fault.ConfigUnknown:
			done.Problems = append(done.Problems, api.FieldProblem{Key: config.KeyOf(p), Code: p.Code, Message: p.Text(a.language)})
		default:
			return nil, err
		}
	}
	for _, e := range edits {
		done.Changed = append(done.Changed, e.Key)
	}
	return json.Marshal(done)
}

func (a *app) printDone(done api.SettingsDone) error {
	for _, p := range done.Problems {
		if err := a.printf("%s [%s]\n", p.Message, p.Code); err != nil {
			return err
		}
	}
	if !done.OK {
		return nil
	}
	for _, key := range done.Changed {
		if err := a.printf("changed %s\n", key); err != nil {
			return err
		}
	}
	if done.Restart {
		return a.printf("kassa restart puts it to use\n")
	}
	return a.printf("done\n")
}

func (a *app) restartCmd() *cobra.Command {
	return &cobra.Command{Use: "restart", Short: "Start the till again with its configuration as it is now, unless a cheque is open", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/restart", nil, func(json.RawMessage) error { return a.printf("starting again\n") })
		}}
}

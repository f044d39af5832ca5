package main

import (
	"encoding/json"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/card"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/fault"
)

// cardCmd is the file that a rollout team writes onto a flashed card.
func (a *app) cardCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "card", Short: "The settings of a flashed card: kassa.toml on its FAT partition"}
	template := &cobra.Command{Use: "template", Short: "Print the file, everything explained and nothing set", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.printf("%s", card.Template()) }}
	check := &cobra.Command{Use: "check FILE", Short: "Tell everything that is wrong with such a file", Args: usageArgs(cobra.ExactArgs(1)), RunE: a.checkCard}
	c := card.Card{Now: time.Now, SetHostname: func(name string) error { return syscall.Sethostname([]byte(name)) }}
	apply := &cobra.Command{Use: "apply", Short: "Do what the card's file says; root does at every start", Hidden: true, Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			c.Writable = func(yes bool) error { return remount(c.FAT, yes) }
			_, err := c.Apply()
			return err
		}}
	apply.Flags().StringVar(&c.FAT, "fat", "/boot/firmware", "where the FAT partition is mounted")
	apply.Flags().StringVar(&c.Data, "data", "/data", "the data partition")
	apply.Flags().StringVar(&c.Run, "run", config.DefaultUpdateRun, "where to leave what became of it")
	cmd.AddCommand(template, check, apply)
	return cmd
}

// remount makes a mounted file system writable, or read-only.
func remount(dir string, writable bool) error {
	flags := uintptr(syscall.MS_REMOUNT | syscall.MS_RDONLY)
	if writable {
		flags = syscall.MS_REMOUNT
	}
	return os.NewSyscallError("mount", syscall.Mount("", dir, "", flags, ""))
}

func (a *app) checkCard(_ *cobra.Command, args []string) error {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return fault.New(fault.PathBad, args[0], err.Error()).With(err)
	}
	problems := []problem{}
	_, err = card.Parse(text)
	var all config.Problems
	if errors.As(err, &all) {
		for _, one := range all {
			problems = append(problems, problemOf(one))
		}
	}
	b, err := json.Marshal(map[string]any{"ok": len(problems) == 0, "problems": problems})
	if err != nil {
		return err
	}
	err = a.print(b, func(json.RawMessage) error {
		for _, p := range problems {
			if err := a.printf("%s [%s]\n", p.Text, p.Code); err != nil {
				return err
			}
		}
		if len(problems) == 0 {
			return a.printf("ok\n")
		}
		return nil
	})
	if err == nil && len(problems) > 0 {
		return errProblems
	}
	return err
}

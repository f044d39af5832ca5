package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/offline/durable"
	"github.com/kassa-pos/kassa/offline/journal"
	release "github.com/kassa-pos/kassa/offline/update"
)

// The commands of root's services. The till is not root: it asks, they do.

// slotsCmd is one of them, with the machine's configuration.
func (a *app) slotsCmd(name, short string, do func(ctx context.Context, c *config.Config) error) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Hidden: true, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		c, err := a.load()
		if err != nil {
			return err
		}
		return do(cmd.Context(), c)
	}}
}

// noSlots: on a machine without slots these services have nothing to do.
func noSlots(err error) error {
	if errors.Is(err, slots.ErrNoSlots) {
		return nil
	}
	return err
}

func reportPath(c *config.Config) string {
	return filepath.Join(c.Update.Run, filepath.Base(slots.ReportPath))
}

func (a *app) reportSlots(_ context.Context, c *config.Config) error {
	return noSlots(updates.Here().Report(reportPath(c), versionText()))
}

func (a *app) applyUpdate(ctx context.Context, c *config.Config) error {
	keys, err := release.ReadKeys(c.Update.Keys)
	if err != nil {
		return err
	}
	till, err := daemon.UpdateTill(c.Data, versionText())
	if err != nil {
		return err
	}
	here := updates.Here()
	err = updates.Installer{Paths: daemon.UpdatePaths(c), Machine: here, Till: till, Keys: keys}.Handle(ctx)
	return errors.Join(err, noSlots(here.Report(reportPath(c), versionText())))
}

func (a *app) passGate(ctx context.Context, c *config.Config) error {
	till, err := a.client()
	if err != nil {
		return err
	}
	here := updates.Here()
	v, err := updates.Gate{Paths: daemon.UpdatePaths(c), Machine: here, Version: versionText(), Ask: asker(till)}.Decide(ctx)
	if errors.Is(err, slots.ErrNoSlots) {
		return nil
	}
	if !v.OK {
		err = errors.Join(errNotSelling, err)
	}
	return errors.Join(err, here.Report(reportPath(c), versionText()))
}

// sealCmd describes and signs a release. It is the releaser's, and only here so
// that both sides of the signature are one program.
func (a *app) sealCmd() *cobra.Command {
	var m release.Manifest
	var key, notes string
	cmd := &cobra.Command{Use: "seal BUNDLE", Short: "Describe a bundle and sign it, with a releaser's key", Hidden: true, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			secret, err := readKey(key)
			if err != nil {
				return err
			}
			if notes != "" {
				if err := json.Unmarshal([]byte(notes), &m.Notes); err != nil {
					return fmt.Errorf("notes: %w", err)
				}
			}
			if err := describe(args[0], &m); err != nil {
				return err
			}
			sealed, err := release.Sign(m, secret)
			if err != nil {
				return err
			}
			path := strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".json"
			if err := durable.Replace(path, sealed, 0o644); err != nil {
				return err
			}
			return a.printf("%s: release %s for %s, %d MB\n", path, m.Version, m.Compatible, m.Size>>20)
		}}
	cmd.Flags().StringVar(&key, "key", "", "file with the private key: base64 of the 32 bytes of its seed")
	cmd.Flags().StringVar(&m.Version, "version", versionText(), "of the release")
	cmd.Flags().StringVar(&m.Compatible, "compatible", "kassa-arm64", "which tills it is for")
	cmd.Flags().StringVar(&m.Channel, "channel", config.DefaultChannel, "where it will be found")
	cmd.Flags().StringVar(&notes, "notes", "", `what is new: {"ru": "..", "en": ".."}`)
	return cmd
}

// describe fills what the bundle itself and this program say.
func describe(path string, m *release.Manifest) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if m.Size, err = io.Copy(sum, f); err != nil {
		return err
	}
	m.Bundle, m.SHA256, m.Released = filepath.Base(path), hex.EncodeToString(sum.Sum(nil)), time.Now().UTC().Truncate(time.Second)
	m.Reads = map[string]int{}
	for _, form := range journal.Forms() {
		m.Reads[form.Name] = form.Reads
	}
	return nil
}

func readKey(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the releaser's key: %w", err)
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("the releaser's key is not base64 of 32 bytes")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const mebi = 1 << 20

// size builds the till for a board and weighs it.
func (b *bench) size(ctx context.Context) error {
	binary := filepath.Join(b.dir, "kassa-arm64")
	if err := b.build(ctx, binary, "GOARCH=arm64"); err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	b.lines.print(figure{name: "binary_arm64_stripped", value: float64(info.Size()) / mebi, unit: "MB", budget: atMost(30), note: "n=1"})
	return nil
}

// build builds the till as it is shipped.
func (b *bench) build(ctx context.Context, binary string, env ...string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/kassa")
	build.Dir = b.tree
	build.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux"), env...)
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the till: %w\n%s", err, text)
	}
	return nil
}

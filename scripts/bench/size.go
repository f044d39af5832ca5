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
	binary := filepath.Join(b.dir, "kassa")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/kassa")
	build.Dir = b.tree
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build for arm64: %w\n%s", err, text)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	b.lines.print(figure{name: "binary_arm64_stripped", value: float64(info.Size()) / mebi, unit: "MB", budget: atMost(30), note: "n=1"})
	return os.Remove(binary)
}

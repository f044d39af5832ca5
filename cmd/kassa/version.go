package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker: git describe.
var version string

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Tell the version", Args: usageArgs(cobra.NoArgs), RunE: func(*cobra.Command, []string) error {
		v := map[string]string{"version": versionText(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH}
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return a.print(b, func(json.RawMessage) error {
			return a.printf("kassa %s (%s, %s/%s)\n", v["version"], v["go"], v["os"], v["arch"])
		})
	}}
}

// Command sbom prints the bill of materials of an image as CycloneDX 1.5 JSON:
// the Go modules a binary says it is made of, and the Debian packages of the
// image's lock file, whose lines are HOW NAME VERSION.
//
//	sbom -version V -packages FILE BINARY
package main

import (
	"bufio"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
)

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
}

type bill struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components []component `json:"components"`
}

func main() {
	version := flag.String("version", "", "of the image")
	packages := flag.String("packages", "", "lock file with the Debian packages")
	flag.Parse()
	if err := run(os.Stdout, *version, *packages, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, version, packages, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	b := bill{Format: "CycloneDX", Spec: "1.5", Version: 1}
	b.Metadata.Component = component{Type: "firmware", Name: "kassa", Version: version}
	b.Components = append(b.Components, component{Type: "application", Name: info.Main.Path, Version: version},
		component{Type: "library", Name: "std", Version: info.GoVersion, PURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		b.Components = append(b.Components, component{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path + "@" + m.Version})
	}
	f, err := os.Open(packages)
	if err != nil {
		return err
	}
	defer f.Close()
	debs, err := debian(f)
	if err != nil {
		return err
	}
	b.Components = append(b.Components, debs...)
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(b)
}

// debian reads a lock file.
func debian(r io.Reader) (all []component, err error) {
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		f := strings.Fields(sc.Text())
		if len(f) != 3 {
			return nil, fmt.Errorf("packages, line %d: %d words, want 3", n, len(f))
		}
		all = append(all, component{Type: "library", Name: f[1], Version: f[2], PURL: "pkg:deb/debian/" + url.PathEscape(f[1]) + "@" + url.QueryEscape(f[2]) + "?distro=trixie"})
	}
	if len(all) == 0 && sc.Err() == nil {
		return nil, errors.New("packages: none")
	}
	return all, sc.Err()
}

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var (
	sample    = regexp.MustCompile(`^([a-z_]+)(\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? (\S+)$`)
	described = regexp.MustCompile(`^# (HELP|TYPE) ([a-z_]+) (.+)$`)
)

// measured reads the till's metrics as a scraper does: each family has a HELP
// and a TYPE before its samples, no sample is there twice, every value is a
// number, and no secret of the till is among them. It returns the counters.
func (r *rig) measured(ctx context.Context) map[string]float64 {
	r.t.Helper()
	res, err := r.ask(ctx, "GET", "/metrics", "")
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if cerr := res.Body.Close(); err != nil || cerr != nil {
		r.t.Fatal(err, cerr)
	}
	token, err := os.ReadFile(filepath.Join(r.dir, "data", "api.token"))
	if err != nil {
		r.t.Fatal(err)
	}
	if strings.Contains(string(text), strings.TrimSpace(string(token))) {
		r.t.Error("the metrics show the token")
	}
	help, kind := map[string]bool{}, map[string]string{}
	seen, counters := map[string]bool{}, map[string]float64{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if m := described.FindStringSubmatch(line); m != nil {
			if m[1] == "HELP" {
				help[m[2]] = true
			} else if kind[m[2]] = m[3]; m[3] != "gauge" && m[3] != "counter" {
				r.t.Errorf("%q", line)
			}
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			r.t.Errorf("no metric: %q", line)
			continue
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil || !help[m[1]] || kind[m[1]] == "" || seen[m[1]+m[2]] {
			r.t.Errorf("%q: %v, described %t, a %s, twice %t", line, err, help[m[1]], kind[m[1]], seen[m[1]+m[2]])
		}
		seen[m[1]+m[2]] = true
		if kind[m[1]] == "counter" {
			counters[m[1]+m[2]] = value
		}
	}
	if len(seen) < 20 || len(counters) == 0 {
		r.t.Errorf("%d metrics, %d of them count", len(seen), len(counters))
	}
	return counters
}

// counted: what counts has not gone down, and something has gone up.
func (r *rig) counted(before, after map[string]float64) {
	r.t.Helper()
	more := false
	for name, was := range before {
		if after[name] < was {
			r.t.Errorf("%s went from %v to %v", name, was, after[name])
		}
		more = more || after[name] > was
	}
	if !more {
		r.t.Error("nothing was counted")
	}
}

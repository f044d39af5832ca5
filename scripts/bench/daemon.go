package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	askEvery   = 5 * time.Millisecond // while the till starts
	startLimit = time.Minute
	starts     = 5 // of the whole till
	asked      = 50
)

// daemon starts the whole till on the large stores, with no device and no
// cloud, until it answers; then it looks for goods and tells its memory.
func (b *bench) daemon(ctx context.Context) error {
	binary := filepath.Join(b.dir, "kassa")
	if err := b.build(ctx, binary); err != nil {
		return err
	}
	config, err := b.writeConfig()
	if err != nil {
		return err
	}
	var ready, seen samples
	var anon int64
	for range starts {
		if err := forget(b.tillDir()); err != nil {
			return err
		}
		r, err := b.startTill(ctx, binary, config)
		if err != nil {
			return err
		}
		ready, seen, anon = append(ready, r.ready), append(seen, r.seen...), max(anon, r.anon)
	}
	b.lines.print(figure{name: "till_ready_" + b.large(), value: millis(ready.percentile(99)), unit: "ms", budget: atMost(1000),
		note: ready.count() + ", the slowest, cold files, from exec to the first answer"})
	b.lines.print(figure{name: "till_anon_" + b.large(), value: float64(anon) / mebi, unit: "MB", budget: atMost(64),
		note: ready.count() + ", the highest, the whole process after some searches and scans"})
	b.lines.print(figure{name: "scan_to_stream_" + b.of() + "_p50", value: millis(seen.percentile(50)), unit: "ms", note: seen.count()})
	b.lines.print(figure{name: "scan_to_stream_" + b.of() + "_p99", value: millis(seen.percentile(99)), unit: "ms", budget: atMost(5),
		note: seen.count() + ", from the call with the code to the priced line on the event stream"})
	return b.reading(ctx, binary, config)
}

func (b *bench) writeConfig() (string, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	listen := free.Addr().String()
	if err := free.Close(); err != nil {
		return "", err
	}
	config := filepath.Join(b.dir, "kassa.toml")
	return config, os.WriteFile(config, fmt.Appendf(nil, "data = %q\ntimezone = \"Europe/Moscow\"\n[console]\nlisten = %q\n", b.tillDir(), listen), 0o600)
}

// life is what one run of the till showed.
type life struct {
	ready time.Duration
	seen  samples // scan to stream
	anon  int64   // bytes
}

// startTill runs the till until it has answered, and ends it.
func (b *bench) startTill(ctx context.Context, binary, config string) (r life, err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var said bytes.Buffer
	run := exec.CommandContext(ctx, binary, "run", "--config", config)
	run.Stderr = &said
	start := time.Now()
	if err := run.Start(); err != nil {
		return r, err
	}
	defer func() {
		stopErr := errors.Join(run.Process.Signal(syscall.SIGTERM), run.Wait())
		if err = errors.Join(err, stopErr); err != nil {
			err = fmt.Errorf("the till: %w\n%s", err, said.String())
		}
	}()
	client := b.socket()
	defer client.CloseIdleConnections()
	if err := waitReady(ctx, client); err != nil {
		return r, err
	}
	r.ready = time.Since(start)
	for n := range asked {
		find := exec.CommandContext(ctx, binary, "catalog", "find", searchText(n), "--json", "--config", config)
		if out, err := find.CombinedOutput(); err != nil {
			return r, fmt.Errorf("catalog find: %w: %s", err, out)
		}
	}
	if r.seen, err = b.scanToStream(ctx, client); err != nil {
		return r, fmt.Errorf("scans: %w", err)
	}
	r.anon, err = anonOf(strconv.Itoa(run.Process.Pid))
	return r, err
}

// waitReady asks over the till's socket until it is past its start.
func waitReady(ctx context.Context, client *http.Client) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		phase, err := phase(ctx, client)
		if err == nil && phase != "" && phase != "starting" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: phase %q, %w", phase, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

func phase(ctx context.Context, client *http.Client) (phase string, err error) {
	var status struct {
		Phase string `json:"phase"`
	}
	err = ask(ctx, client, "/api/v1/status", &status)
	return status.Phase, err
}

// ask reads an answer of the till.
func ask(ctx context.Context, client *http.Client, path string, out any) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://till"+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	return json.NewDecoder(resp.Body).Decode(out)
}

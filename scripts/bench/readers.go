package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Programs that read documents while the till sells.
const (
	readers      = 50
	readerRounds = 4  // with readers, and as many without, in turn
	readerNice   = 10 // they run on other machines, really
)

// reading measures scans on a quiet till and on one whose documents fifty
// programs read as fast as they may, page by page, in turn.
func (b *bench) reading(ctx context.Context, binary, config string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*startLimit)
	defer cancel()
	run := exec.CommandContext(ctx, binary, "run", "--config", config)
	var said strings.Builder
	run.Stderr = &said
	if err := run.Start(); err != nil {
		return err
	}
	err := b.readingOf(ctx)
	if err = errors.Join(err, run.Process.Signal(syscall.SIGTERM), run.Wait()); err != nil {
		return fmt.Errorf("readers: %w\n%s", err, said.String())
	}
	return nil
}

func (b *bench) readingOf(ctx context.Context) error {
	client := b.socket()
	defer client.CloseIdleConnections()
	if err := waitReady(ctx, client); err != nil {
		return err
	}
	var where struct {
		Console string `json:"console"`
	}
	if err := ask(ctx, client, "/api/v1/status", &where); err != nil {
		return err
	}
	tokens := make([]string, readers)
	for n := range tokens {
		var made struct {
			Token string `json:"token"`
		}
		if err := postFor(ctx, client, "/api/v1/tokens", map[string]any{"name": "reader " + strconv.Itoa(n), "scopes": []string{"documents"}}, &made); err != nil {
			return err
		}
		tokens[n] = made.Token
	}
	if _, err := b.scanToStream(ctx, client); err != nil { // warm
		return err
	}
	var quiet, busy samples
	read := int64(0)
	for range readerRounds {
		took, err := b.scanToStream(ctx, client)
		if err != nil {
			return err
		}
		quiet = append(quiet, took...)
		took, n, err := b.whileReading(ctx, client, where.Console, tokens)
		if err != nil {
			return err
		}
		busy, read = append(busy, took...), read+n
	}
	q, l := quiet.percentile(99), busy.percentile(99)
	b.lines.print(figure{name: "scan_to_stream_alone_p99", value: millis(q), unit: "ms", note: quiet.count() + ", in turn with the next"})
	b.lines.print(figure{name: fmt.Sprintf("scan_to_stream_%d_readers_p99", readers), value: millis(l), unit: "ms", ratio: float64(l) / float64(q), budget: ratioAtMost(1.2),
		note: fmt.Sprintf("%s, while they read %d documents", busy.count(), read)})
	return nil
}

// whileReading scans while the readers, in a process of their own, read. It
// tells how many documents they got.
func (b *bench) whileReading(ctx context.Context, client *http.Client, address string, tokens []string) (took samples, read int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	load := exec.CommandContext(ctx, self, append([]string{"readers", b.dir, address}, tokens...)...)
	load.Stderr = os.Stderr
	stop, err := load.StdinPipe()
	if err != nil {
		return nil, 0, err
	}
	said, err := load.StdoutPipe()
	if err == nil {
		err = load.Start()
	}
	if err != nil {
		return nil, 0, err
	}
	first := make([]byte, 1)
	if _, err = io.ReadFull(said, first); err == nil { // they are at it
		took, err = b.scanToStream(ctx, client)
	}
	err = errors.Join(err, stop.Close())
	var r result
	err = errors.Join(err, json.NewDecoder(said).Decode(&r), load.Wait())
	return took, int64(r.Records), err
}

// reader is the other side of whileReading: it reads until its input ends.
func (r *result) reader(ctx context.Context, _ string, args []string) error {
	if len(args) < 2 {
		return errors.New("want an address and tokens")
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, readerNice); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	var documents atomic.Int64
	begun := sync.OnceFunc(func() { fmt.Println() })
	failed := make(chan error, len(args))
	for _, token := range args[1:] {
		all.Go(func() {
			for ctx.Err() == nil {
				n, err := readPage(ctx, strings.TrimSuffix(args[0], "/"), token, begun)
				documents.Add(n)
				if err != nil && ctx.Err() == nil {
					failed <- err
					return
				}
			}
		})
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	cancel()
	all.Wait()
	r.Records = uint64(documents.Load())
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// readPage reads the till's newest thousand documents over the network; told to
// come again later, it does.
func readPage(ctx context.Context, address, token string, begun func()) (documents int64, err error) {
	get := func(path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		return http.DefaultClient.Do(req)
	}
	stores, err := get("/stores")
	if err != nil {
		return 0, err
	}
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	err = json.NewDecoder(stores.Body).Decode(&list)
	if err = errors.Join(err, stores.Body.Close()); err != nil {
		return 0, err
	}
	if stores.StatusCode == http.StatusTooManyRequests || len(list.Items) == 0 {
		return 0, rest(ctx)
	}
	page, err := get("/stores/" + list.Items[0].ID + "/documents")
	if err != nil {
		return 0, err
	}
	begun()
	body, err := io.ReadAll(page.Body)
	documents = int64(strings.Count(string(body), `"number":`)) // of half a page, too
	if err = errors.Join(err, page.Body.Close()); err != nil {
		return documents, err
	}
	switch page.StatusCode {
	case http.StatusOK:
		return documents, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return 0, rest(ctx)
	}
	return 0, fmt.Errorf("documents: %s %.200s", page.Status, body)
}

// rest is what a refused reader does.
func rest(ctx context.Context) error {
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What people look at while the screens are measured.
const (
	tappedLines = 200
	taps        = 400
	pixelScans  = 210 // the first ten are not counted
	pixelsLimit = 3 * time.Minute
)

// openPages are looked at all the time, each with its stream.
var openPages = []string{"sale", "sale", "customer", "documents", "shift"}

// chromiums are what Chromium is called.
var chromiums = []string{"chromium", "chromium-browser", "google-chrome"}

// screens measures the pages of the whole till on the large stores: what the
// sale's page weighs, a tap on a long cheque until its patch is at the browser,
// the memory with five pages open and, in Chromium, a scan until its pixels.
func (b *bench) screens(ctx context.Context) error {
	binary := filepath.Join(b.dir, "kassa")
	if _, err := os.Stat(binary); err != nil {
		if err := b.build(ctx, binary); err != nil {
			return err
		}
	}
	config, err := b.writeConfig()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*startLimit)
	defer cancel()
	run := exec.CommandContext(ctx, binary, "run", "--config", config)
	var said strings.Builder
	run.Stderr = &said
	if err := run.Start(); err != nil {
		return err
	}
	err = b.screensOf(ctx, run.Process.Pid)
	if err = errors.Join(err, run.Process.Signal(syscall.SIGTERM), run.Wait()); err != nil {
		return fmt.Errorf("%w\n%s", err, said.String())
	}
	return nil
}

func (b *bench) screensOf(ctx context.Context, pid int) error {
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
	c, err := newCashier(ctx, where.Console)
	if err != nil {
		return err
	}
	defer c.CloseIdleConnections()
	size, files, err := c.firstLoad(ctx)
	if err != nil {
		return fmt.Errorf("first load: %w", err)
	}
	b.lines.print(figure{name: "sale_screen_first_load", value: float64(size) / 1000, unit: "KB", budget: atMost(150),
		note: fmt.Sprintf("page, %d files and the stream's first screen, as they travel", files)})
	took, anon, err := b.tapping(ctx, client, c, pid)
	if err != nil {
		return fmt.Errorf("taps: %w", err)
	}
	b.lines.print(figure{name: fmt.Sprintf("tap_to_patch_%d_lines_%s_p50", tappedLines, b.of()), value: millis(took.percentile(50)), unit: "ms", note: took.count()})
	b.lines.print(figure{name: fmt.Sprintf("tap_to_patch_%d_lines_%s_p99", tappedLines, b.of()), value: millis(took.percentile(99)), unit: "ms", budget: atMost(50),
		note: took.count() + ", one more of a line, from the tap to its patch on the page's stream"})
	b.lines.print(figure{name: fmt.Sprintf("till_anon_%d_pages_%s", len(openPages), b.of()), value: float64(anon) / mebi, unit: "MB", budget: atMost(64), note: "the highest, while the cheque is tapped on"})
	if err := post(ctx, client, "/api/v1/cheque/void", nil); err != nil {
		return err
	}
	return b.pixels(ctx, where.Console)
}

// cashier is a browser without a screen, logged in.
type cashier struct {
	*http.Client
	at string
}

func newCashier(ctx context.Context, at string) (*cashier, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &cashier{&http.Client{Jar: jar, Transport: &http.Transport{DisableCompression: true, MaxConnsPerHost: 0}}, strings.TrimSuffix(at, "/")}
	_, err = c.do(ctx, "login", url.Values{"pin": {cashierPIN}})
	return c, err
}

// do posts a form and gives the answer's headers.
func (c *cashier) do(ctx context.Context, path string, form url.Values) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.at+"/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusNoContent {
		return nil, fmt.Errorf("%s: %s %s", path, res.Status, text)
	}
	return res.Header, nil
}

// get reads an address as a browser does: what travels, and the text.
func (c *cashier) get(ctx context.Context, path string) (travels int, text []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at+path, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := c.Do(req)
	if err != nil {
		return 0, nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return 0, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, nil, fmt.Errorf("%s: %s", path, res.Status)
	}
	if res.Header.Get("Content-Encoding") != "gzip" {
		return len(body), body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	text, err = io.ReadAll(z)
	return len(body), text, err
}

var assets = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`)

// firstLoad is how many bytes the sale's page takes with all it loads.
func (c *cashier) firstLoad(ctx context.Context) (size, files int, err error) {
	size, page, err := c.get(ctx, "/sale")
	if err != nil {
		return 0, 0, err
	}
	for _, m := range assets.FindAllSubmatch(page, -1) {
		n, _, err := c.get(ctx, string(m[1]))
		if err != nil {
			return 0, 0, err
		}
		size, files = size+n, files+1
	}
	s, err := c.follow(ctx, "sale")
	if err != nil {
		return 0, 0, err
	}
	defer s.stop()
	_, data, err := s.next()
	if err != nil {
		return 0, 0, err
	}
	return size + len(data), files, nil
}

// tapping scans a long cheque and taps on its lines, with all pages open.
func (b *bench) tapping(ctx context.Context, client *http.Client, c *cashier, pid int) (took samples, anon int64, err error) {
	for from := 0; from < tappedLines; from += 100 {
		codes := make([]string, 0, 100)
		for n := from; n < from+100; n++ {
			codes = append(codes, barcode(n*7919%b.items))
		}
		if err := post(ctx, client, "/api/v1/scan", map[string]any{"codes": codes}); err != nil {
			return nil, 0, err
		}
	}
	var page *stream
	for n, name := range openPages {
		if _, _, err := c.get(ctx, "/"+name); err != nil {
			return nil, 0, err
		}
		s, err := c.follow(ctx, name)
		if err != nil {
			return nil, 0, err
		}
		defer s.stop()
		if n == 0 {
			page = s
			continue
		}
		go s.drain() // ends with stop
	}
	lines, state, err := page.cheque()
	if err != nil {
		return nil, 0, err
	}
	for n := range taps {
		line := lines[n*37%len(lines)]
		form := url.Values{"line": {line}, "by": {"1"}, "boot": {state["boot"]}, "cheque": {state["cheque"]}, "rev": {state["rev"]}}
		start := time.Now()
		posted := make(chan error, 1)
		go func() {
			h, err := c.do(ctx, "do/qty", form)
			if err == nil {
				state["cheque"], state["rev"] = h.Get("Kassa-Cheque"), h.Get("Kassa-Revision")
			}
			posted <- err
		}()
		if err := page.changed(line); err != nil {
			return nil, 0, errors.Join(err, <-posted)
		}
		took = append(took, time.Since(start))
		if err := <-posted; err != nil {
			return nil, 0, err
		}
		now, err := anonOf(strconv.Itoa(pid))
		if err != nil {
			return nil, 0, err
		}
		anon = max(anon, now)
	}
	return took, anon, nil
}

// pixels measures in Chromium, where there is one.
func (b *bench) pixels(ctx context.Context, console string) error {
	found := os.Getenv("CHROMIUM") != ""
	for _, name := range chromiums {
		if _, err := exec.LookPath(name); err == nil {
			found = true
		}
	}
	if !found {
		b.lines.skip("scan_to_pixels: no Chromium here; scripts/setup browser installs it")
		return nil
	}
	tool := filepath.Join(b.dir, "pixels")
	build := exec.CommandContext(ctx, "go", "build", "-o", tool, "./pixels")
	build.Dir = filepath.Join(b.tree, "scripts", "browser")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build pixels: %w\n%s", err, text)
	}
	ctx, cancel := context.WithTimeout(ctx, pixelsLimit)
	defer cancel()
	in := []string{cashierPIN}
	for n := range pixelScans {
		in = append(in, barcode(n*104729%b.items))
	}
	run := exec.CommandContext(ctx, tool, console, filepath.Join(b.tillDir(), "kassa.sock"))
	run.Stdin, run.Stderr = strings.NewReader(strings.Join(in, "\n")+"\n"), os.Stderr
	out, err := run.Output()
	if err != nil {
		return fmt.Errorf("pixels: %w", err)
	}
	var took map[string]samples
	if err := json.Unmarshal(out, &took); err != nil {
		return err
	}
	for _, screen := range []string{"console", "customer"} {
		s := took[screen]
		b.lines.print(figure{name: "scan_to_pixels_" + screen + "_p50", value: millis(s.percentile(50)), unit: "ms", note: s.count()})
		b.lines.print(figure{name: "scan_to_pixels_" + screen + "_p99", value: millis(s.percentile(99)), unit: "ms", budget: atMost(50),
			note: s.count() + ", from the call with the code to Chromium's frame with the line, both screens at once"})
	}
	return nil
}

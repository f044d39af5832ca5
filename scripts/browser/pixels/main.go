// Command pixels measures, on a running till, from a scan to the frame in
// Chromium that shows its line, on the console and on the customer's screen at
// once:
//
//	pixels CONSOLE SOCKET <input
//
// CONSOLE is the console's address, SOCKET the till's unix socket. The first
// line of the input is a PIN, each of the others a barcode. It prints one JSON
// object: nanoseconds of every scan by screen.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

const (
	warm   = 10 // scans before those that count: the first ones compile scripts
	cheque = 20 // lines, then the next one
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pixels:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	if len(os.Args) != 3 {
		return errors.New("usage: pixels CONSOLE SOCKET <input")
	}
	in := bufio.NewScanner(os.Stdin)
	if !in.Scan() {
		return errors.New("no PIN")
	}
	pin := in.Text()
	b, err := chrome.Start()
	if err != nil {
		return err
	}
	defer b.Close()
	screens := map[string]*chrome.Tab{}
	for name, open := range map[string]func(*chrome.Tab) error{"console": func(t *chrome.Tab) error { return login(t, pin) }, "customer": customer} {
		t, err := b.Tab(1280, 800)
		if err != nil {
			return err
		}
		defer t.Close()
		if err := open(t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := t.WatchLines(); err != nil {
			return err
		}
		screens[name] = t
	}
	took := map[string][]time.Duration{"console": {}, "customer": {}}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", os.Args[2])
	}}}
	defer client.CloseIdleConnections()
	frame := 0
	shown := func(then func(name string, at time.Time)) error {
		for name, t := range screens {
			at, err := t.Frame(frame)
			if err != nil {
				return fmt.Errorf("%s: change %d: %w", name, frame+1, err)
			}
			then(name, at)
		}
		frame++
		return nil
	}
	for n := 0; in.Scan(); n++ {
		began := time.Now()
		if err := post(client, "scan", map[string][]string{"codes": {in.Text()}}); err != nil {
			return err
		}
		if err := shown(func(name string, at time.Time) {
			if n >= warm {
				took[name] = append(took[name], at.Sub(began))
			}
		}); err != nil {
			return err
		}
		if n%cheque < cheque-1 {
			continue
		}
		if err := errors.Join(post(client, "cheque/void", struct{}{}), shown(func(string, time.Time) {})); err != nil {
			return err
		}
	}
	return errors.Join(in.Err(), json.NewEncoder(os.Stdout).Encode(took))
}

func login(t *chrome.Tab, pin string) error {
	if err := t.Open(os.Args[1] + "login"); err != nil {
		return err
	}
	if err := t.Until("document.activeElement?.id === 'pin'"); err != nil {
		return err
	}
	if err := t.Keys(pin + kb.Enter); err != nil {
		return err
	}
	return t.Until("location.pathname === '/sale' && document.readyState === 'complete' && document.querySelector('#state')?.dataset.boot")
}

func customer(t *chrome.Tab) error {
	if err := t.Open(os.Args[1] + "customer"); err != nil {
		return err
	}
	return t.Until("document.readyState === 'complete' && document.querySelector('#r-customer')?.children.length")
}

func post(client *http.Client, path string, in any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	res, err := client.Post("http://till/api/v1/"+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

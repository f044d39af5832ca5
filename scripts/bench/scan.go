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
	"path/filepath"
	"strings"
	"time"
)

// Scans of the whole till: each opens with an empty cheque.
const (
	scans     = 500
	scanLimit = 5 * time.Second
)

// socket is a client of the till's unix socket.
func (b *bench) socket() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(b.tillDir(), "kassa.sock"))
	}}}
}

// scanToStream measures from the call that hands in a code to the line, with
// its price, on the stream that screens are drawn from.
func (b *bench) scanToStream(ctx context.Context, client *http.Client) (took samples, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://till/api/v1/events", nil)
	if err != nil {
		return nil, err
	}
	stream, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stream.Body.Close()) }()
	views := bufio.NewScanner(stream.Body)
	views.Buffer(nil, 16<<20)
	for n := range scans {
		code := barcode(n * 7919 % b.items)
		start := time.Now()
		posted := make(chan error, 1)
		go func() { posted <- post(ctx, client, "/api/v1/scan", map[string]any{"codes": []string{code}}) }()
		if err := lineWith(views, code); err != nil {
			return nil, errors.Join(err, <-posted)
		}
		took = append(took, time.Since(start))
		if err := <-posted; err != nil {
			return nil, err
		}
		if n%20 == 19 { // a cheque of twenty lines, then the next
			if err := post(ctx, client, "/api/v1/cheque/void", nil); err != nil {
				return nil, err
			}
		}
	}
	return took, nil
}

// lineWith reads views until the cheque has a priced line of the code.
func lineWith(views *bufio.Scanner, code string) error {
	for views.Scan() {
		data, ok := strings.CutPrefix(views.Text(), "data: ")
		if !ok || !strings.Contains(data, code) {
			continue
		}
		var v struct {
			Cheque struct {
				Lines []struct {
					Barcode string `json:"barcode"`
					Total   int64  `json:"total"`
				} `json:"lines"`
			} `json:"cheque"`
		}
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			return err
		}
		for _, l := range v.Cheque.Lines {
			if l.Barcode == code && l.Total > 0 {
				return nil
			}
		}
	}
	return errors.Join(errors.New("the stream ended without the line"), views.Err())
}

func post(ctx context.Context, client *http.Client, path string, in any) error {
	return postFor(ctx, client, path, in, nil)
}

// postFor is post with its answer.
func postFor(ctx context.Context, client *http.Client, path string, in, out any) (err error) {
	ctx, cancel := context.WithTimeout(ctx, scanLimit)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://till"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

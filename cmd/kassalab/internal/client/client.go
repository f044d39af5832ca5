// Package client asks a running bench over its HTTP interface. The bench is
// found through its directory. Every call is bounded; a Client may be used
// concurrently.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
)

const (
	callTimeout = 20 * time.Second // longer than the bench may take for a slow scan
	maxAnswer   = 256 << 20        // bytes: the documents of a long test
)

// ErrNotRunning: no bench runs on the directory.
var ErrNotRunning = errors.New("no bench is running")

// Refused is a request that the bench says can never work as it stands.
type Refused struct{ Text string }

func (e *Refused) Error() string { return e.Text }

// Client talks to one bench.
type Client struct {
	base string
	http *http.Client
}

// Open finds the bench that runs on dir.
func Open(dir string) (*Client, error) {
	running, err := home.Running(dir)
	if err != nil {
		return nil, err
	}
	if !running {
		return nil, fmt.Errorf("%w on %s (start it: kassalab run --dir %s)", ErrNotRunning, dir, dir)
	}
	ready, err := home.ReadReady(dir)
	if err != nil {
		return nil, fmt.Errorf("%w yet on %s, it is starting: %w", ErrNotRunning, dir, err)
	}
	return &Client{base: strings.TrimSuffix(ready.Bench, "/"), http: &http.Client{Timeout: callTimeout}}, nil
}

// Get reads a resource.
func (c *Client) Get(ctx context.Context, path string) (json.RawMessage, error) {
	return c.do(ctx, http.MethodGet, path, nil)
}

// Post asks for an action.
func (c *Client) Post(ctx context.Context, path string, body any) (json.RawMessage, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("ask the bench: %w", err)
	}
	return c.do(ctx, http.MethodPost, path, text)
}

func (c *Client) do(ctx context.Context, method, path string, body []byte) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask the bench: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the bench: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("ask the bench: %w", err)
	}
	if resp.StatusCode < 300 {
		return text, nil
	}
	return nil, refusal(resp.StatusCode, text)
}

// refusal turns an error answer into its words.
func refusal(status int, text []byte) error {
	var e struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &e) != nil || e.Error.Message == "" {
		return fmt.Errorf("the bench answers %d: %.200s", status, text)
	}
	if status == http.StatusBadRequest {
		return &Refused{e.Error.Message}
	}
	return errors.New(e.Error.Message)
}

// Package client talks to a running till over its unix socket: the command
// line is made of it.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/kassa-pos/kassa/board/unixsock"
	"github.com/kassa-pos/kassa/pos/fault"
)

// SocketName is the socket's name inside the data directory.
const SocketName = "kassa.sock"

// maxAnswer bounds what is read of one answer.
const maxAnswer = 256 << 20

// Client calls one till.
type Client struct {
	http *http.Client
}

// New makes a client of the till that keeps its data in dir. Nothing is
// opened before the first call.
func New(dir string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := unixsock.Dial(ctx, filepath.Join(dir, SocketName))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
		}
		return c, nil
	}
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 5 * time.Minute}}
}

// Patient is the client without a limit to how long an answer may take, for
// what reads or copies the whole journal.
func (c *Client) Patient() *Client { return &Client{&http.Client{Transport: c.http.Transport}} }

// Refusal is an error the till answered with.
type Refusal struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Detail  string     `json:"detail,omitempty"`
}

func (r *Refusal) Error() string {
	s := fmt.Sprintf("%s [%s]", r.Message, r.Code)
	if r.Detail != "" {
		s += ": " + r.Detail
	}
	return s
}

// ErrUnknown: the call was sent and no answer came. What it asked for may have
// happened; look at the status before asking again.
var ErrUnknown = errors.New("no answer: what was asked may have happened, look at the status")

// ErrNotRunning: nobody listens on the till's socket.
var ErrNotRunning = errors.New("the till is not running")

// Call sends in (nil: no body) and returns the answer's JSON. An answer that
// carries an error is returned with a *Refusal.
func (c *Client) Call(ctx context.Context, method, path string, in any) (json.RawMessage, error) {
	var body io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://till"+path, body)
	if err != nil {
		return nil, err
	}
	return c.ask(req)
}

// Send is Call with a body of any length that is read as it goes.
func (c *Client) Send(ctx context.Context, method, path string, body io.Reader) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://till"+path, body)
	if err != nil {
		return nil, err
	}
	return c.ask(req)
}

// Receive writes the answer, of any length, to a writer.
func (c *Client) Receive(ctx context.Context, path string, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://till"+path, http.NoBody)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	switch {
	case errors.Is(err, ErrNotRunning):
		return ErrNotRunning
	case err != nil:
		return fmt.Errorf("the till does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		_, err := answerOf(res.Body)
		return err
	}
	_, err = io.Copy(to, res.Body)
	return err
}

func (c *Client) ask(req *http.Request) (json.RawMessage, error) {
	res, err := c.http.Do(req)
	switch {
	case errors.Is(err, ErrNotRunning):
		return nil, ErrNotRunning
	case err != nil && req.Method == http.MethodGet:
		return nil, fmt.Errorf("the till does not answer: %w", err)
	case err != nil:
		return nil, fmt.Errorf("%w (%w)", ErrUnknown, err)
	}
	defer res.Body.Close()
	return answerOf(res.Body)
}

func answerOf(body io.Reader) (json.RawMessage, error) {
	answer, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	var problem struct {
		Error *Refusal `json:"error"`
	}
	if err := json.Unmarshal(answer, &problem); err != nil {
		return nil, fmt.Errorf("the till's answer is not JSON: %w", err)
	}
	if problem.Error != nil {
		return answer, problem.Error
	}
	return answer, nil
}

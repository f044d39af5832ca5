package moysklad

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answer is a successful answer: its body is empty or JSON.
type answer struct {
	status int
	body   []byte
}

// call does one HTTP request under its own deadline. Every error it returns
// is an *Error.
func (c *Client) call(ctx context.Context, auth func(*http.Request), method, path, query string, body []byte) (answer, error) {
	if len(body) > MaxBody {
		return answer{}, &Error{Status: http.StatusRequestEntityTooLarge, Code: 1044, Words: fmt.Sprintf("request of %d bytes", len(body))}
	}
	if err := c.limiter.acquire(ctx); err != nil {
		return answer{}, &Error{Err: err}
	}
	defer c.limiter.release()
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	u := c.address()
	u.Path, u.RawPath, u.RawQuery = u.Path+path, "", query
	resp, err := c.send(ctx, auth, method, &u, path, body)
	if err != nil {
		return answer{}, err
	}
	return c.read(resp)
}

// send does a request where the service is, following it when it has moved.
func (c *Client) send(ctx context.Context, auth func(*http.Request), method string, at *url.URL, path string, body []byte) (*http.Response, error) {
	for moves := 0; ; moves++ {
		req, err := c.request(ctx, auth, method, at, body)
		if err != nil {
			return nil, &Error{Err: err}
		}
		began := c.o.Now()
		resp, err := c.http.Do(req)
		if err != nil {
			return nil, &Error{Err: err}
		}
		c.log.DebugContext(ctx, "cloud call", "dev", Destination, "method", method, "path", path, "status", resp.StatusCode, "took", c.o.Now().Sub(began))
		c.hear(ctx, resp.Header)
		if resp.StatusCode != http.StatusMovedPermanently && resp.StatusCode != http.StatusPermanentRedirect || resp.Header.Get("Location") == "" || moves == maxMoves {
			if moves > 0 && resp.StatusCode < http.StatusMultipleChoices {
				c.remember(ctx, at, path)
			}
			return resp, nil
		}
		to, err := c.moved(at, resp)
		if cerr := resp.Body.Close(); err == nil && cerr != nil {
			err = garbage(cerr)
		}
		if err != nil {
			return nil, err
		}
		at = to
	}
}

// accepted is the one value of Accept that the service takes.
const accepted = "application/json;charset=utf-8"

func (c *Client) request(ctx context.Context, auth func(*http.Request), method string, at *url.URL, body []byte) (*http.Request, error) {
	var rd io.Reader
	if body != nil {
		rd = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), rd)
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Accept", accepted)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, on := range map[string]bool{"Lognex-Pretty-Print-JSON": c.o.Pretty, "X-Lognex-Format-Millisecond": c.o.Milliseconds, "X-Lognex-WebHook-Disable": c.o.NoWebhooks} {
		if on {
			req.Header.Set(name, "true")
		}
	}
	if auth == nil {
		auth = c.authorize
	}
	auth(req)
	return req, nil
}

// read takes the whole answer, bounded, and sorts it.
func (c *Client) read(resp *http.Response) (answer, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	wait := c.limiter.observe(resp.Header, resp.StatusCode == http.StatusTooManyRequests)
	ok := resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusCreated || resp.StatusCode == http.StatusNoContent
	switch {
	case err != nil:
		return answer{}, &Error{Status: resp.StatusCode, Garbage: ok, Err: fmt.Errorf("read answer: %w", err)}
	case len(body) > MaxAnswer:
		return answer{}, garbage(fmt.Errorf("answer above %d bytes", MaxAnswer))
	case ok:
		body = bytes.TrimSpace(body)
		if len(body) > 0 && body[0] != '{' && body[0] != '[' {
			return answer{}, garbage(fmt.Errorf("answer %d is not JSON: %.60q", resp.StatusCode, body))
		}
		return answer{status: resp.StatusCode, body: body}, nil
	}
	return answer{}, refusal(resp.StatusCode, resp.Header, body, wait)
}

// get reads one object.
func (c *Client) get(ctx context.Context, path string, into any) error {
	a, err := c.call(ctx, nil, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	return decode(a.body, into)
}

// decode reads one JSON value that must be whole.
func decode(body []byte, into any) error {
	if len(body) == 0 {
		return garbage(errors.New("empty answer"))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return garbage(err)
	}
	return nil
}

// refusal turns an answer that is not a success into an Error.
func refusal(status int, h http.Header, body []byte, wait time.Duration) *Error {
	e := &Error{Status: status, Wait: wait}
	var got struct {
		Errors []struct {
			Error     text   `json:"error"`
			Code      number `json:"code"`
			Parameter text   `json:"parameter"`
		} `json:"errors"`
	}
	switch err := json.Unmarshal(body, &got); {
	case err == nil && len(got.Errors) > 0:
		first := got.Errors[0]
		if code, _, err := first.Code.scaled(0); err == nil {
			e.Code = int(code)
		}
		e.Words, e.Parameter = string(first.Error), string(first.Parameter)
	case status >= 300 && status < 400, status == http.StatusNotFound && !looksJSON(body):
		// A redirect or a foreign 404 page: a hotspot, a proxy, a wrong
		// address. The service itself explains its 404 in JSON.
		e.Garbage = true
		e.Err = fmt.Errorf("answer %d from something that is not the service", status)
	}
	if w := h.Get("X-Lognex-Auth-Message"); e.Words == "" && w != "" {
		e.Words = w
	}
	if code, err := strconv.Atoi(h.Get("X-Lognex-Auth")); err == nil && e.Code == 0 && code > 0 {
		e.Code = code
		e.Garbage, e.Err = false, nil
	}
	e.Words = strings.ToValidUTF8(fmt.Sprintf("%.300s", e.Words), "?")
	return e
}

func looksJSON(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && body[0] == '{'
}

package ofd

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
)

// DefaultURL is the operator's.
const DefaultURL = "https://api.ofd.yandex.net/v1"

// Limits of a client.
const (
	callTimeout = 30 * time.Second
	maxPages    = 1000
)

// Options of a client. Keys are secrets: they are in no log and no error.
type Options struct {
	URL       string // "" is DefaultURL
	YandexKey string
	OFDKey    string
	HTTP      *http.Client // nil: one of its own
}

// Client asks an operator. It may be used by several goroutines.
type Client struct {
	o    Options
	http *http.Client
}

// New makes a client.
func New(o Options) *Client {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	c := &Client{o: o, http: o.HTTP}
	if c.http == nil {
		c.http = &http.Client{Timeout: callTimeout}
	}
	return c
}

// Refusal is an answer that is none.
type Refusal struct {
	Status  int    // of HTTP
	Code    int    // the operator's own; 0: not told
	Message string // its words
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("ofd: HTTP %d, code %d: %.200s", r.Status, r.Code, r.Message)
}

// Permanent tells whether asking again is of no use until a person has done
// something: keys, rights, or a request the operator does not understand.
func (r *Refusal) Permanent() bool {
	return r.Status >= 400 && r.Status < 500 && r.Status != http.StatusTooManyRequests && r.Status != http.StatusRequestTimeout
}

// ErrAnswer: the answer is no report.
var ErrAnswer = errors.New("ofd: the answer is no report")

// key is what a shift is known by.
type key struct {
	fn    string
	shift int64
}

// Shifts reads all pages of a report. The list may grow meanwhile: it is
// asked for in the order of opening, a shift that comes twice counts once, and
// a page without news is the last. An error returns nothing.
func (c *Client) Shifts(ctx context.Context, q Query) ([]Shift, error) {
	q.Orders, q.Offset = []string{"open", "fn", "shift"}, 0
	if q.Limit < 1 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	var all []Shift
	seen := map[key]bool{}
	for range maxPages {
		r, err := c.Page(ctx, q)
		if err != nil {
			return nil, err
		}
		news := false
		for _, s := range r.Data {
			k := key{s.FN, s.Shift}
			if !seen[k] || k == (key{}) { // without a key nothing is told apart
				all, news = append(all, s), true
			}
			seen[k] = true
		}
		q.Offset += len(r.Data)
		if !news || r.Total != nil && int64(q.Offset) >= *r.Total || r.Total == nil && len(r.Data) < q.Limit {
			return all, nil
		}
	}
	return nil, fmt.Errorf("%w: more than %d pages", ErrAnswer, maxPages)
}

// Page asks once. It changes nothing at the operator's: asking again is safe.
func (c *Client) Page(ctx context.Context, q Query) (Report, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return Report{}, fmt.Errorf("ofd: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.URL+"/docs/aggregations/shifts", bytes.NewReader(body))
	if err != nil {
		return Report{}, fmt.Errorf("ofd: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Yandex-Key", c.o.YandexKey)
	req.Header.Set("X-OFD-Key", c.o.OFDKey)
	res, err := c.http.Do(req)
	if err != nil {
		return Report{}, fmt.Errorf("ofd: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return Report{}, fmt.Errorf("ofd: %w", err)
	}
	switch {
	case res.StatusCode == http.StatusNoContent:
		return Report{}, nil
	case res.StatusCode != http.StatusOK:
		return Report{}, refusal(res.StatusCode, answer)
	case len(answer) > MaxAnswer:
		return Report{}, fmt.Errorf("%w: more than %d bytes", ErrAnswer, MaxAnswer)
	}
	var r struct {
		Report
		Data *[]Shift `json:"data"`
	}
	if err := json.Unmarshal(answer, &r); err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if r.Data == nil {
		return Report{}, fmt.Errorf("%w: no data", ErrAnswer)
	}
	r.Report.Data = *r.Data
	return r.Report, nil
}

// refusal reads an error whose shape nobody has described.
func refusal(status int, answer []byte) error {
	r := &Refusal{Status: status, Message: strings.TrimSpace(string(answer[:min(len(answer), 500)]))}
	var known struct {
		Code    json.Number `json:"code"`
		Message string      `json:"message"`
		Error   json.RawMessage
	}
	if json.Unmarshal(answer, &known) != nil {
		return r
	}
	if n, err := known.Code.Int64(); err == nil && n >= 0 && n < 1000 {
		r.Code = int(n)
	}
	var words string
	if known.Message != "" {
		r.Message = known.Message
	} else if json.Unmarshal(known.Error, &words) == nil && words != "" {
		r.Message = words
	}
	return r
}

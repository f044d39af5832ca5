// Package pull reads documents of a shop on Evotor's cloud, or of another till
// that serves them the same way, into files: for moving to this till, and for
// comparing.
//
// It speaks version 2 of Evotor's customer API: the first request of a list
// carries the filter, each further one nothing but the cursor of the page
// before; times are Unix milliseconds; a page without next_cursor is the last.
// Documents are kept as they came, byte for byte but for indentation.
//
// A Client may be used by several goroutines, a directory by one Run at a time.
package pull

import (
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

	"github.com/kassa-pos/kassa/offline/evotor"
)

// Limits of a client.
const (
	MaxAnswer   = 64 << 20 // bytes of one page: a thousand documents are under 10 MB
	callTimeout = 60 * time.Second
	attempts    = 6               // of one request
	firstWait   = time.Second     // before the second; each time twice as long..
	mostWait    = 2 * time.Minute // ..up to this, also when the service asks for more
)

// Options of a client. The token is a secret: it is in no log and no error.
type Options struct {
	URL   string // https://api.evotor.ru, or a till's address
	Token string
	HTTP  *http.Client                                     // nil: one of its own
	Sleep func(ctx context.Context, d time.Duration) error // nil: waits for real
}

// Client asks a service.
type Client struct{ o Options }

// New makes a client.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return nil, fmt.Errorf("%w: an address is like https://api.evotor.ru", ErrQuery)
	}
	o.URL = strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/")
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: callTimeout, CheckRedirect: sameHost}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return &Client{o}, nil
}

// sameHost follows no redirect that would carry the token elsewhere.
func sameHost(r *http.Request, via []*http.Request) error {
	if r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	if len(via) > 3 {
		return errors.New("too many redirects")
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Errors of a client.
var (
	// ErrQuery: what was asked for makes no sense.
	ErrQuery = errors.New("evotor: bad query")
	// ErrAnswer: the answer is no list of documents.
	ErrAnswer = errors.New("evotor: the answer is no list")
)

// Refusal is an answer that is none.
type Refusal struct {
	Status  int
	Code    string // the service's own
	Message string // its words
	wait    time.Duration
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("evotor: HTTP %d %.40s: %.200s", r.Status, r.Code, r.Message)
}

// Temporary tells whether the same request may get another answer later.
func (r *Refusal) Temporary() bool {
	return r.Status == http.StatusTooManyRequests || r.Status == http.StatusRequestTimeout || r.Status >= http.StatusInternalServerError
}

// Query chooses documents of a shop.
type Query struct {
	Store  string    `json:"store"`
	Device string    `json:"device,omitempty"` // "": of all devices
	Since  time.Time `json:"since,omitzero"`   // inclusive; zero: from the shop's beginning
	Until  time.Time `json:"until,omitzero"`   // exclusive; zero: the moment of the first request
	Types  []string  `json:"types,omitempty"`  // none: all
}

func (q *Query) path() string {
	p := "/stores/" + url.PathEscape(q.Store)
	if q.Device != "" {
		p += "/devices/" + url.PathEscape(q.Device)
	}
	return p + "/documents"
}

func (q *Query) first() url.Values {
	v := url.Values{}
	if !q.Since.IsZero() {
		v.Set("since", strconv.FormatInt(q.Since.UnixMilli(), 10))
	}
	if !q.Until.IsZero() {
		v.Set("until", strconv.FormatInt(q.Until.UnixMilli(), 10))
	}
	if len(q.Types) > 0 {
		v.Set("type", strings.Join(q.Types, ","))
	}
	return v
}

// Page is one page of a list.
type Page struct {
	Items []json.RawMessage `json:"items"`
	Next  string            `json:"-"` // cursor of the next one; "": this was the last
}

// Documents reads a page: the first one of a query, or the one a cursor names.
func (c *Client) Documents(ctx context.Context, q Query, cursor string) (Page, error) {
	if q.Store == "" {
		return Page{}, fmt.Errorf("%w: which store?", ErrQuery)
	}
	v := q.first()
	if cursor != "" {
		v = url.Values{"cursor": {cursor}}
	}
	return c.page(ctx, q.path(), v)
}

// Store is a shop.
type Store struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Stores lists the shops a token opens.
func (c *Client) Stores(ctx context.Context) ([]Store, error) {
	p, err := c.page(ctx, "/stores", nil)
	if err != nil {
		return nil, err
	}
	all := make([]Store, len(p.Items))
	for i := range p.Items {
		if err := json.Unmarshal(p.Items[i], &all[i]); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
	}
	return all, nil
}

// page asks, again where that may help: reading changes nothing.
func (c *Client) page(ctx context.Context, path string, v url.Values) (p Page, err error) {
	wait := firstWait
	for n := 1; ; n++ {
		p, err = c.once(ctx, path, v)
		var r *Refusal
		if err == nil || ctx.Err() != nil || n == attempts || errors.Is(err, ErrAnswer) || (errors.As(err, &r) && !r.Temporary()) {
			return p, err
		}
		if r != nil && r.wait > 0 {
			wait = r.wait
		}
		if err := c.o.Sleep(ctx, min(wait, mostWait)); err != nil {
			return p, err
		}
		wait *= 2
	}
}

func (c *Client) once(ctx context.Context, path string, v url.Values) (Page, error) {
	target := c.o.URL + path
	if len(v) > 0 {
		target += "?" + v.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return Page{}, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	req.Header.Set("Accept", evotor.Media)
	req.Header.Set("Authorization", "Bearer "+c.o.Token)
	req.Header.Set("X-Authorization", c.o.Token)
	resp, err := c.o.HTTP.Do(req)
	if err != nil {
		return Page{}, fmt.Errorf("evotor: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return Page{}, fmt.Errorf("evotor: %w", err)
	case resp.StatusCode != http.StatusOK:
		return Page{}, refusal(resp, body)
	case len(body) > MaxAnswer:
		return Page{}, fmt.Errorf("%w: over %d MB", ErrAnswer, MaxAnswer>>20)
	}
	return decode(body)
}

// decode reads a page. Unknown fields are of no interest; a missing paging is
// the end.
func decode(body []byte) (Page, error) {
	var p struct {
		Items  *[]json.RawMessage `json:"items"`
		Paging struct {
			Next *string `json:"next_cursor"`
		} `json:"paging"`
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Items == nil {
		return Page{}, fmt.Errorf("%w: %.80q", ErrAnswer, body)
	}
	page := Page{Items: *p.Items}
	if p.Paging.Next != nil {
		page.Next = *p.Paging.Next
	}
	return page, nil
}

func refusal(resp *http.Response, body []byte) error {
	r := &Refusal{Status: resp.StatusCode, Message: resp.Status}
	var said struct {
		Code    any    `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) == nil {
		if said.Code != nil {
			r.Code = fmt.Sprint(said.Code)
		}
		if said.Message != "" {
			r.Message = said.Message
		}
	}
	for _, h := range []string{"Retry-After", "X-RateLimit-Reset"} { // seconds, both
		if s, err := strconv.Atoi(resp.Header.Get(h)); err == nil && s > 0 {
			r.wait = min(time.Duration(min(s, int(mostWait/time.Second)))*time.Second, mostWait)
			break
		}
	}
	return r
}

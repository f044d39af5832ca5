package moysklad

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Notice is what the service has said about itself, beside its answers.
type Notice struct {
	MovedTo    string        `json:"moved_to,omitempty"`   // it answers there now; the configuration should name it
	Deprecated string        `json:"deprecated,omitempty"` // this version of the API ends then, in the service's words
	Skew       time.Duration `json:"skew,omitempty"`       // its clock less ours, when they differ by MaxSkew or more
}

// MaxSkew is how far the service's clock may be from ours without a notice.
const MaxSkew = 5 * time.Minute

// maxNotice is how long a header's text is worth keeping, in bytes.
const maxNotice = 100

// officialHosts are the service's own: it moves resources between them.
var officialHosts = []string{"online.moysklad.ru", "api.moysklad.ru"}

// Notice gives what the service has said last.
func (c *Client) Notice() Notice {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.notice
}

// hear takes in what an answer's headers say beside the answer.
func (c *Client) hear(ctx context.Context, h http.Header) {
	ended := h.Get("X-Lognex-API-Version-Deprecated")
	if len(ended) > maxNotice {
		ended = ended[:maxNotice]
	}
	ended = strings.ToValidUTF8(ended, "?")
	var skew time.Duration
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		if d := at.Sub(c.o.Now()).Round(time.Second); d >= MaxSkew || d <= -MaxSkew {
			skew = d
		}
	}
	c.mu.Lock()
	fresh := ended != "" && ended != c.notice.Deprecated
	if ended != "" {
		c.notice.Deprecated = ended
	}
	c.notice.Skew = skew
	c.mu.Unlock()
	if fresh {
		c.log.WarnContext(ctx, "the service will end this version of its API", "dev", Destination, "when", ended)
	}
}

// maxMoves is how many times one request may be sent elsewhere.
const maxMoves = 2

var errMoved = errors.New("the service has moved to an address that is not allowed")

// moved tells where a request that was answered with 301 or 308 is to go. Only
// the service's own hosts and configured ones are followed, and never from an
// encrypted connection to a plain one: the token goes with the request.
func (c *Client) moved(at *url.URL, resp *http.Response) (*url.URL, error) {
	to, err := at.Parse(resp.Header.Get("Location"))
	if err != nil || to.Host == "" || to.User != nil || (to.Scheme != "http" && to.Scheme != "https") {
		return nil, &Error{Garbage: true, Status: resp.StatusCode, Words: strings.ToValidUTF8(fmt.Sprintf("%.100s", resp.Header.Get("Location")), "?"), Err: errMoved}
	}
	if at.Scheme == "https" {
		to.Scheme = "https"
	}
	host := strings.ToLower(to.Host)
	allowed := host == strings.ToLower(c.base.Host) || slices.Contains(c.o.Hosts, host) ||
		slices.Contains(officialHosts, host) && slices.Contains(officialHosts, strings.ToLower(c.base.Host))
	if !allowed {
		return nil, &Error{Garbage: true, Status: resp.StatusCode, Words: fmt.Sprintf("%.100s", to.Host), Err: errMoved}
	}
	return to, nil
}

// remember keeps where the service is now, so that the next request goes there
// at once. A single resource that moved by itself changes nothing.
func (c *Client) remember(ctx context.Context, to *url.URL, path string) {
	base, ok := strings.CutSuffix(strings.TrimSuffix(to.Path, "/"), strings.TrimSuffix(path, "/"))
	if !ok {
		return
	}
	u := &url.URL{Scheme: to.Scheme, Host: to.Host, Path: base}
	c.mu.Lock()
	c.at, c.notice.MovedTo = u, u.String()
	c.mu.Unlock()
	c.log.WarnContext(ctx, "the service has moved", "dev", Destination, "to", u.String())
}

// address is where requests go now.
func (c *Client) address() url.URL {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at != nil {
		return *c.at
	}
	return *c.base
}

package moysklad

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// MaxImage is the largest picture the service keeps, in bytes.
const MaxImage = 3 << 20

// Image downloads a picture by the address an object gives, small or whole.
// Only the picture's id is taken from the address: the token goes nowhere but
// to the service. It gives the bytes of a JPEG or a PNG.
func (c *Client) Image(ctx context.Context, href string, small bool) ([]byte, error) {
	id, err := imageID(href)
	if err != nil {
		return nil, failure(garbage(err))
	}
	query := ""
	if small {
		query = "miniature=true"
	}
	picture, err := c.picture(ctx, "/download/"+id, query)
	return picture, failure(err)
}

func (c *Client) picture(ctx context.Context, path, query string) ([]byte, error) {
	if err := c.limiter.acquire(ctx); err != nil {
		return nil, &Error{Err: err}
	}
	defer c.limiter.release()
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	u := c.address()
	u.Path, u.RawPath, u.RawQuery = u.Path+path, "", query
	resp, err := c.send(ctx, nil, http.MethodGet, &u, path, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_, err := c.read(resp)
		if err == nil {
			err = garbage(errors.New("no picture in the answer"))
		}
		return nil, err
	}
	c.limiter.observe(resp.Header, false)
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxImage+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return nil, &Error{Status: resp.StatusCode, Garbage: true, Err: fmt.Errorf("read picture: %w", err)}
	case len(body) > MaxImage:
		return nil, garbage(fmt.Errorf("picture above %d bytes", MaxImage))
	case !isPicture(body):
		return nil, garbage(errors.New("neither JPEG nor PNG"))
	}
	return body, nil
}

func isPicture(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) || bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n"))
}

// imageID takes the id out of .../download/ID.
func imageID(href string) (string, error) {
	u, err := url.Parse(href)
	if err != nil {
		return "", fmt.Errorf("picture's address: %w", err)
	}
	_, id, ok := strings.Cut(u.Path, "/download/")
	if _, err := uuid.Parse(id); !ok || err != nil || len(id) != 36 {
		return "", fmt.Errorf("picture's address %.100q", href)
	}
	return id, nil
}

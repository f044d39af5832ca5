package update

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits of a channel's server.
const (
	askFor = 30 * time.Second // for the envelope, and for the first byte of a bundle
	// Stall is how long a bundle may stand still before the connection is given
	// up: the next try goes on from there.
	Stall = 60 * time.Second
)

// Errors of a source.
var (
	ErrNoUpdate = errors.New("there is no update")               // nothing describes one
	ErrStalled  = errors.New("the update's server stands still") // for Stall
)

// Channel is a directory on an HTTP server.
type Channel struct {
	Base   *url.URL // the directory
	Name   string   // "stable"
	Client *http.Client
	// Stall replaces the constant in tests.
	Stall time.Duration
}

// Newest asks for the channel's newest release. ErrNoUpdate, ErrUnsigned,
// ErrEnvelope, or what the network says.
func (c Channel) Newest(ctx context.Context, keys []ed25519.PublicKey) (m Manifest, sealed []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	resp, err := c.get(ctx, c.Name+envelopeSuffix, 0)
	if err != nil {
		return Manifest{}, nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return Manifest{}, nil, ErrNoUpdate
	default:
		return Manifest{}, nil, fmt.Errorf("the update's server answers %s", resp.Status)
	}
	sealed, err = io.ReadAll(io.LimitReader(resp.Body, MaxEnvelope+1))
	if err != nil {
		return Manifest{}, nil, fmt.Errorf("ask for an update: %w", err)
	}
	m, err = Open(sealed, keys)
	return m, sealed, err
}

// Bundle implements Source. A server that knows no ranges sends all of it
// again.
func (c Channel) Bundle(ctx context.Context, m Manifest, from int64) (io.ReadCloser, int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stall := c.Stall
	if stall == 0 {
		stall = Stall
	}
	dog := time.AfterFunc(stall, func() { cancel(ErrStalled) })
	resp, err := c.get(ctx, m.Bundle, from)
	if err != nil {
		dog.Stop()
		cancel(nil)
		return nil, 0, stalled(ctx, err)
	}
	body := &watched{ReadCloser: resp.Body, ctx: ctx, dog: dog, stall: stall, cancel: cancel}
	at, err := startOf(resp, from)
	if err != nil {
		return nil, 0, errors.Join(err, body.Close())
	}
	return body, at, nil
}

// startOf tells where a server's answer begins.
func startOf(resp *http.Response, from int64) (int64, error) {
	switch resp.StatusCode {
	case http.StatusOK:
		return 0, nil
	case http.StatusPartialContent:
		unit, rest, _ := strings.Cut(resp.Header.Get("Content-Range"), " ")
		first, _, _ := strings.Cut(rest, "-")
		at, err := strconv.ParseInt(first, 10, 64)
		if unit != "bytes" || err != nil || at != from {
			return 0, fmt.Errorf("the update's server goes on at %.80q", resp.Header.Get("Content-Range"))
		}
		return at, nil
	case http.StatusNotFound, http.StatusGone:
		return 0, ErrNoUpdate
	}
	return 0, fmt.Errorf("the update's server answers %s", resp.Status)
}

func (c Channel) get(ctx context.Context, file string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Base.JoinPath(file).String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // a range is of the bundle's own bytes
	if from > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	}
	resp, err := c.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for an update: %w", err)
	}
	return resp, nil
}

// watched is a body that is given up when it stands still.
type watched struct {
	io.ReadCloser
	ctx    context.Context
	dog    *time.Timer
	stall  time.Duration
	cancel context.CancelCauseFunc
}

// stalled says why a connection ended that its own dog has bitten.
func stalled(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrStalled) {
		return ErrStalled
	}
	return err
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if n > 0 {
		w.dog.Reset(w.stall)
	}
	if err != nil {
		err = stalled(w.ctx, err)
	}
	return n, err
}

func (w *watched) Close() error {
	w.dog.Stop()
	w.cancel(nil)
	return w.ReadCloser.Close()
}

// Folder is a directory with an envelope and its bundle: a stick.
type Folder struct{ Dir string }

// maxLooked bounds how many files of a folder are looked at.
const maxLooked = 4096

// Newest is the newest release in the folder that one of keys has signed.
// ErrNoUpdate when there is none; ErrUnsigned when there is one, of a stranger.
func (d Folder) Newest(_ context.Context, keys []ed25519.PublicKey) (Manifest, []byte, error) {
	list, err := os.ReadDir(d.Dir)
	if err != nil {
		return Manifest{}, nil, fmt.Errorf("look for an update: %w", err)
	}
	var best Manifest
	var sealed []byte
	none := ErrNoUpdate
	for _, e := range list[:min(len(list), maxLooked)] {
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) != envelopeSuffix {
			continue
		}
		b, m, err := openFile(filepath.Join(d.Dir, e.Name()), keys)
		if errors.Is(err, ErrUnsigned) {
			none = ErrUnsigned
		}
		if err != nil {
			continue // some other file
		}
		if sealed == nil || newer(m, best) {
			best, sealed = m, b
		}
	}
	if sealed == nil {
		return Manifest{}, nil, none
	}
	return best, sealed, nil
}

func newer(m, than Manifest) bool {
	v, err := ParseVersion(m.Version)
	w, werr := ParseVersion(than.Version)
	return err == nil && (werr != nil || v.Compare(w) > 0)
}

func openFile(path string, keys []ed25519.PublicKey) (sealed []byte, m Manifest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Manifest{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sealed, err = io.ReadAll(io.LimitReader(f, MaxEnvelope+1))
	if err != nil {
		return nil, Manifest{}, err
	}
	m, err = Open(sealed, keys)
	return sealed, m, err
}

// Bundle implements Source.
func (d Folder) Bundle(_ context.Context, m Manifest, from int64) (io.ReadCloser, int64, error) {
	f, err := os.Open(filepath.Join(d.Dir, m.Bundle))
	if err != nil {
		return nil, 0, fmt.Errorf("look for the bundle: %w", err)
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, from, nil
}

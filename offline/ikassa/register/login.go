package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// kept is what is kept in the file: the token of the last login, and the
// register's number, which it does not tell when it is asked for nothing.
type kept struct {
	Token  string `json:"token,omitempty"`
	Number string `json:"number,omitempty"`
}

const (
	maxKept   = 4 << 10 // bytes of the file
	maxToken  = 1 << 10
	maxNumber = 40
)

func (c *Client) token() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.Token
}

// login drops the token that was refused and gets another one, unless somebody
// has done so meanwhile.
func (c *Client) login(ctx context.Context, refused string) (string, error) {
	if now := c.token(); now != refused {
		return now, nil
	}
	c.keep(func(k *kept) { k.Token = "" })
	body, err := ikassa.Encode(ikassa.Auth{PIN: c.o.PIN, Remember: true, Token: true})
	if err != nil {
		return "", fmt.Errorf("encode login: %w: %w", ErrUnsent, err)
	}
	a, err := c.post(ctx, ikassa.OpAuth, askTimeout, "", body)
	if err != nil {
		var no *Refused
		if errors.As(err, &no) {
			return "", no
		}
		// Whatever became of the login, what it was for was not done.
		return "", fmt.Errorf("%w: login: %w", ErrUnsent, err)
	}
	if len(a.Token) > maxToken {
		return "", fmt.Errorf("%w: a token of %d bytes", ErrUnsent, len(a.Token))
	}
	c.keep(func(k *kept) { k.Token = a.Token })
	return a.Token, nil
}

// learn keeps the register's number.
func (c *Client) learn(number string) {
	if number != "" && len(number) <= maxNumber && number != c.Number() {
		c.keep(func(k *kept) { k.Number = number })
	}
}

// keep changes what is kept. A disk that does not take it costs a login at the
// next start, nothing more.
func (c *Client) keep(change func(*kept)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.kept)
	if c.o.Keep == "" {
		return
	}
	if err := c.write(); err != nil {
		c.o.Log.Warn("the register's token is not kept", "dev", "kkt", "err", err)
	}
}

// write replaces the file. c.mu is held.
func (c *Client) write() error {
	text, err := json.Marshal(c.kept)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(c.o.Keep), ".register-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), c.o.Keep)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// recall reads the file.
func (c *Client) recall() {
	if c.o.Keep == "" {
		return
	}
	fi, err := os.Stat(c.o.Keep)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err == nil && fi.Size() > maxKept:
		err = fmt.Errorf("%d bytes", fi.Size())
	case err == nil:
		var text []byte
		if text, err = os.ReadFile(c.o.Keep); err == nil && json.Unmarshal(text, &c.kept) != nil {
			c.kept, err = kept{}, errors.New("not JSON") // not its words: they are the token
		}
	}
	if err != nil {
		c.o.Log.Warn("the register's token is not read", "dev", "kkt", "err", err)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const callLimit = 2 * time.Minute // of one call, a verified journal included

// till is the one inside, spoken to over the network as any program would.
type till struct {
	base, token string
	client      http.Client
}

// refusal is what the till says when it does not do something.
type refusal struct {
	Status        int
	Code, Message string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Message) }

// call asks for a path and decodes the answer into out.
func (t *till) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, t.base+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := t.client.Do(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode >= 300 || answer.StatusCode == http.StatusAccepted {
		said := struct{ Error *refusal }{&refusal{}}
		if json.Unmarshal(b, &said) != nil || said.Error == nil || said.Error.Code == "" {
			said.Error = &refusal{Message: string(b)}
		}
		said.Error.Status = answer.StatusCode
		return said.Error
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// ready tells whether it has restored itself, and whether it can sell.
func (t *till) ready(ctx context.Context) (up, sells bool, why string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var r struct {
		Ready, Sells bool
		Reasons      []struct{ Code, Message string }
	}
	if err := t.call(ctx, "GET", "/readyz", nil, &r); err != nil {
		return false, false, err.Error()
	}
	return r.Ready, r.Sells, fmt.Sprint(r.Reasons)
}

// settled tells whether nothing is on its way: what a cut has left open has
// been asked about and ended.
func (t *till) settled(ctx context.Context) (bool, error) {
	var s struct {
		Phase  string
		Paying json.RawMessage
		Doubt  json.RawMessage
	}
	err := t.call(ctx, "GET", "/api/v1/status", nil, &s)
	return s.Phase == "idle" && none(s.Paying) && none(s.Doubt), err
}

// work gets a cashier and a shift, whichever is not there.
func (t *till) work(ctx context.Context, pin string) error {
	var s struct{ Cashier, Shift json.RawMessage }
	if err := t.call(ctx, "GET", "/api/v1/status", nil, &s); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if none(s.Cashier) {
		if err := t.call(ctx, "POST", "/api/v1/login", map[string]string{"pin": pin}, nil); err != nil {
			return fmt.Errorf("log in: %w", err)
		}
	}
	if none(s.Shift) {
		if err := t.call(ctx, "POST", "/api/v1/shift/open", nil, nil); err != nil {
			return fmt.Errorf("open the shift: %w", err)
		}
	}
	return nil
}

func none(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// lines is how many the open cheque has.
func (t *till) lines(ctx context.Context) (int, error) {
	var s struct {
		Cheque struct{ Lines []json.RawMessage }
	}
	err := t.call(ctx, "GET", "/api/v1/status", nil, &s)
	return len(s.Cheque.Lines), err
}

// scan puts a code into the cheque.
func (t *till) scan(ctx context.Context, code string) error {
	return t.call(ctx, "POST", "/api/v1/scan", map[string]any{"codes": []string{code}}, nil)
}

// pay takes the exact sum in cash and gives the receipt's number in the FN.
func (t *till) pay(ctx context.Context) (fd int, err error) {
	var paid struct{ Receipt struct{ FD int } }
	err = t.call(ctx, "POST", "/api/v1/pay", map[string]string{"type": "cash"}, &paid)
	return paid.Receipt.FD, err
}

// verify has the whole journal checked, and compared with the FN.
func (t *till) verify(ctx context.Context) (records int, err error) {
	var r struct {
		OK, Device, Badger bool
		Records, Open      int
		Problems           []json.RawMessage
	}
	if err := t.call(ctx, "POST", "/api/v1/journal/verify", nil, &r); err != nil {
		return 0, fmt.Errorf("verify the journal: %w", err)
	}
	if !r.OK || !r.Device || !r.Badger || r.Open != 0 {
		return r.Records, fmt.Errorf("the journal is not well: %+v %s", r, bytes.Join(raw(r.Problems), []byte(", ")))
	}
	return r.Records, nil
}

func raw(in []json.RawMessage) (out [][]byte) {
	for _, m := range in {
		out = append(out, m)
	}
	return out
}

// sales are the numbers in the FN of all sales the journal has.
func (t *till) sales(ctx context.Context) (fds []int, err error) {
	for after := ""; ; {
		var page struct {
			Documents []struct{ Fiscal struct{ FD int } }
			Next      string
		}
		if err := t.call(ctx, "GET", "/api/v1/documents?type=SELL&after="+url.QueryEscape(after), nil, &page); err != nil {
			return nil, fmt.Errorf("list the sales: %w", err)
		}
		for _, d := range page.Documents {
			fds = append(fds, d.Fiscal.FD)
		}
		if after = page.Next; after == "" {
			slices.Sort(fds)
			return fds, nil
		}
	}
}

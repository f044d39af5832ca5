package moysklad

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/offline/outbox"
)

// Send implements outbox.Destination. A repeat that is refused because the
// first attempt had arrived counts as delivered.
func (c *Client) Send(ctx context.Context, r outbox.Request, again bool) (outbox.Answer, error) {
	a, err := c.call(ctx, nil, r.Method, r.Path, "", []byte(r.Body))
	if err == nil {
		return outbox.Answer{Status: a.status, Digest: digest(a.body)}, nil
	}
	var e *Error
	if !errors.As(err, &e) {
		return outbox.Answer{}, failure(err)
	}
	note, verr := c.arrivedBefore(ctx, r, e, again)
	switch {
	case verr != nil:
		return outbox.Answer{}, failure(verr)
	case note == "":
		return outbox.Answer{}, failure(err)
	}
	return outbox.Answer{Status: e.Status, Note: note}, nil
}

func digest(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Codes that a repeated request meets when the first one arrived.
const (
	codeDuplicate   = 3006
	codeOpenClosed  = 12001
	codeCloseClosed = 12004
	codeNoShift     = 12012
)

func (e *Error) duplicate() bool { return e.Status == http.StatusConflict || e.Code == codeDuplicate }

// arrivedBefore finds out whether a refusal means that the document is there
// already; the note says how that is known.
//
// Sales, returns and movements of cash are looked up. A shift can not be looked up: only a request that may
// have been sent before is believed to be its own obstacle. A close is sent
// after its open was accepted, so a shift that "does not exist" to a repeated
// close is one that is no longer open.
func (c *Client) arrivedBefore(ctx context.Context, r outbox.Request, e *Error, again bool) (note string, err error) {
	switch r.Path {
	case pathDemand, pathReturn, pathPrepay, pathUnpay, pathCashIn, pathCashOut:
		if !e.duplicate() {
			return "", nil
		}
		id, name := identity(r)
		found, err := c.exists(ctx, strings.Trim(strings.TrimPrefix(r.Path, "/entity/"), "/"), id, name)
		if err != nil || !found {
			return "", err
		}
		return "found by search after " + strconv.Itoa(e.Code), nil
	case pathProduct, pathCustomer, pathOrder:
		if !again || !e.duplicate() {
			return "", nil
		}
		found, err := c.made(ctx, r)
		if err != nil || !found {
			return "", err
		}
		return "found in the list after " + strconv.Itoa(e.Code), nil
	case pathApprove:
		if again && (e.duplicate() || e.unknown()) {
			return c.approvedBefore(ctx, r)
		}
	case pathOpen:
		if e.Code == codeOpenClosed || again && e.duplicate() {
			return "opened by an earlier attempt, " + strconv.Itoa(e.Code), nil
		}
	case pathClose:
		if e.Code == codeCloseClosed || again && (e.Code == codeNoShift || e.duplicate()) {
			return "closed by an earlier attempt, " + strconv.Itoa(e.Code), nil
		}
	}
	return "", nil
}

// identity reads the syncid and the name back from a frozen request.
func identity(r outbox.Request) (syncid, name string) {
	var b struct {
		Meta meta   `json:"meta"`
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return "", ""
	}
	return b.Meta.tail(), b.Name
}

// maxLooked bounds the goods or orders that are looked through for one of ours:
// neither list can be searched.
const maxLooked = 100_000

// wireMade is what tells a thing of ours in a list.
type wireMade struct {
	entity
	SyncID text `json:"syncId"`
	Moment text `json:"moment"`
}

// made looks for goods, a customer or an order of ours. An order does not tell
// its syncid everywhere: its name and moment, which are ours, do.
func (c *Client) made(ctx context.Context, r outbox.Request) (bool, error) {
	id, name := identity(r)
	path, q := r.Path, url.Values{}
	var sent struct {
		Moment string `json:"moment"`
	}
	if err := json.Unmarshal([]byte(r.Body), &sent); err != nil || id == "" {
		return false, nil
	}
	switch r.Path {
	case pathProduct:
		path = "/entity/assortment"
	case pathCustomer:
		q.Set("search", name)
	}
	seen := 0
	err := list(ctx, c, nil, path, q.Encode(), func(rows []wireMade, _ int64) error {
		for i := range rows {
			w := &rows[i]
			ours := strings.EqualFold(string(w.SyncID), id) || strings.EqualFold(w.Meta.tail(), id)
			if ours || r.Path == pathOrder && name != "" && string(w.Name) == name && string(w.Moment) == sent.Moment {
				return errFound
			}
		}
		if seen += len(rows); seen >= maxLooked {
			return errNotFound
		}
		return nil
	})
	switch {
	case errors.Is(err, errFound):
		return true, nil
	case errors.Is(err, errNotFound):
		return false, nil
	}
	return false, err
}

// maxSearch bounds the operations that are looked through for one document.
const maxSearch = 500

var (
	errFound    = errors.New("found")
	errNotFound = errors.New("not among the operations searched")
)

// exists searches the store's operations for a document of ours.
func (c *Client) exists(ctx context.Context, kind, syncid, name string) (bool, error) {
	if syncid == "" || name == "" {
		return false, nil
	}
	q := url.Values{"search": {name}, "dtype": {kind}}
	seen := 0
	err := list(ctx, c, nil, "/entity/retailoperation", q.Encode(), func(rows []wireOperation, _ int64) error {
		for i := range rows {
			if strings.EqualFold(rows[i].Meta.tail(), syncid) {
				return errFound
			}
		}
		if seen += len(rows); seen >= maxSearch {
			return errNotFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	if errors.Is(err, errNotFound) {
		return false, nil
	}
	return false, err
}

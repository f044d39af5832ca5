package ikassa

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode writes a request or an answer as it goes out: compact, absent fields
// left out, letters as they are.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("ikassa: encode: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// DecodeResponse reads an answer. Its resultCode counts, whatever the HTTP
// status was; an answer without one is refused as General.
func DecodeResponse(body []byte) (Response, error) {
	var r Response
	if len(body) > MaxAnswer {
		return r, fmt.Errorf("%w: an answer of %d bytes", General, len(body))
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("%w: answer: %w", General, err)
	}
	if r.Result == 0 {
		return r, fmt.Errorf("%w: an answer without resultCode", General)
	}
	for i := range r.Cheques {
		c := &r.Cheques[i]
		if c.Items == nil {
			c.Items = []Item{}
		}
		if c.Payments == nil {
			c.Payments = []Payment{}
		}
	}
	return r, nil
}

// DecodeUUIDs reads the body of GET_CHEQUES: each id once, in the order of the
// request. None means all cheques; so do an empty body, an empty object and
// null.
func DecodeUUIDs(body []byte) ([]string, error) {
	var ask UUIDs
	if err := decode(body, &ask); err != nil {
		return nil, err
	}
	if len(ask.UUIDs) > MaxUUIDs {
		return nil, bad("more than %d uuids", MaxUUIDs)
	}
	seen := make(map[Text]bool, len(ask.UUIDs))
	var ids []string
	for _, id := range ask.UUIDs {
		if id == "" || len(id) > MaxUUID {
			return nil, bad("a uuid of %d bytes", len(id))
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, string(id))
		}
	}
	return ids, nil
}

// DecodeCheques reads the body of ADD_CHEQUES, ADD_OR_EDIT_CHEQUES and
// ADD_OR_EDIT_ORDER. The guide's text and its examples disagree whether the
// cheques stand in an array, in an object or alone; each of the three is read
// for each operation. An order's chequeType and a parked cheque's follow from
// the operation when they are absent. What comes back is checked; two cheques
// of one id are refused.
func DecodeCheques(op Operation, body []byte) ([]ChequeRequest, error) {
	cheques, err := splitCheques(body)
	if err != nil {
		return nil, err
	}
	if len(cheques) == 0 || len(cheques) > MaxCheques {
		return nil, bad("%d cheques, it takes 1 to %d", len(cheques), MaxCheques)
	}
	seen := make(map[string]bool, len(cheques))
	for i := range cheques {
		c := &cheques[i]
		c.settle(op)
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("cheque %d: %w", i+1, err)
		}
		if seen[c.Info.UUID] {
			return nil, bad("the uuid of cheque %d stands twice", i+1)
		}
		seen[c.Info.UUID] = true
	}
	return cheques, nil
}

func splitCheques(body []byte) ([]ChequeRequest, error) {
	var many []ChequeRequest
	if head := bytes.TrimLeft(body, " \t\r\n"); len(head) > 0 && head[0] == '[' {
		return many, decode(body, &many)
	}
	var either struct {
		Cheques *[]ChequeRequest `json:"cheques"`
		ChequeRequest
	}
	if err := decode(body, &either); err != nil {
		return nil, err
	}
	if either.Cheques != nil {
		return *either.Cheques, nil
	}
	return []ChequeRequest{either.ChequeRequest}, nil
}

// settle fills in what the operation says of a cheque.
func (c *ChequeRequest) settle(op Operation) {
	if op == OpAddCheques {
		c.Edit = false
	}
	switch {
	case c.Info.Type != "":
	case op == OpEditOrder, c.Info.Table != nil:
		c.Info.Type = Order
	default:
		c.Info.Type = Postponed
	}
}

// DecodeSale reads and checks the body of SALE.
func DecodeSale(body []byte) (Sale, error) {
	var s Sale
	if err := decode(body, &s); err != nil {
		return s, err
	}
	return s, s.Check()
}

// DecodeDeposit reads and checks the body of DEPOSIT.
func DecodeDeposit(body []byte) (Deposit, error) {
	var d Deposit
	if err := decode(body, &d); err != nil {
		return d, err
	}
	return d, d.Check()
}

// DecodeAuth reads the body of AUTH.
func DecodeAuth(body []byte) (Auth, error) {
	var a Auth
	if err := decode(body, &a); err != nil {
		return a, err
	}
	if a.PIN == "" || len(a.PIN) > MaxPin {
		return a, bad("no PIN, or a long one")
	}
	return a, nil
}

// decode reads one JSON value; an empty body is nothing at all. Errors do not
// repeat the body: it may hold a PIN.
func decode(body []byte, into any) error {
	if len(body) > MaxBody {
		return bad("%d bytes", len(body))
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return bad("not JSON as it should be")
	}
	return nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", BadRequest, fmt.Sprintf(format, args...))
}

package ikassatest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// Operations of the guide.
const (
	opAuth    = "AUTH"
	opSale    = "SALE"
	opDeposit = "DEPOSIT"
)

const (
	maxBody = 4 << 20
	late    = time.Second
)

// reply is an answer; what is not set is left out, never null.
type reply map[string]any

func base(op string, code int) reply {
	title := ikassa.TitleError
	if code == 200 {
		title = ikassa.TitleOK
	}
	return reply{"messageDetail": ikassa.Result(code).Text("ru"), "messageTitle": title, "resultCode": code, "type": op}
}

// ServeHTTP implements http.Handler.
func (r *Register) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path != "/v1" || req.Method != http.MethodPost {
		http.Error(w, "POST /v1", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		return
	}
	op := strings.ToUpper(operation(req.Header))
	if !r.hears(req, op) {
		panic(http.ErrAbortHandler) // the connection breaks
	}
	status, answer, heard := r.answer(op, req.Header.Get("Auth-Token"), body)
	if !heard {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(answer); err != nil {
		r.log.Debug("answer not sent", "err", err)
	}
}

// operation is the header's value: its name has to be in capitals, which a Go
// server sees only as its own spelling of them.
func operation(h http.Header) string {
	for name, values := range h {
		if strings.EqualFold(name, "INTENT_OPERATION_TYPE") && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// hears tells whether a request comes through, and waits where it comes late.
func (r *Register) hears(req *http.Request, op string) bool {
	r.mu.Lock()
	down, silent, slow, stopped := r.is(faultDown), r.is(faultSilent), r.is(faultSlow), r.stopped
	lost := (op == opSale || op == opDeposit) && r.faults.use(faultLoseAsk)
	r.mu.Unlock()
	var wait <-chan time.Time
	switch {
	case down || lost:
		return false
	case slow && !silent:
		t := time.NewTimer(late)
		defer t.Stop()
		wait = t.C
	case !silent:
		return true
	}
	select {
	case <-wait:
		return true
	case <-stopped:
		return !silent
	case <-req.Context().Done():
		return false
	}
}

// answer does what is asked. heard false: the answer is lost.
func (r *Register) answer(op, token string, body []byte) (status int, text []byte, heard bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	work := op == opSale || op == opDeposit
	if work && r.faults.use(faultError) {
		return http.StatusInternalServerError, []byte("Internal Server Error"), true
	}
	if work && r.faults.use(faultGeneral) {
		return http.StatusOK, encode(base(op, 399)), true
	}
	status, code, reply := r.do(op, token, body)
	if code != 200 {
		r.state.Refused++
	}
	if err := r.save(); err != nil {
		r.log.Error("virtual register", "err", err)
		return http.StatusInternalServerError, nil, true
	}
	switch {
	case work && r.faults.use(faultLose):
		return 0, nil, false
	case work && r.faults.use(faultErrorAft):
		return http.StatusInternalServerError, []byte("Internal Server Error"), true
	case work && r.faults.use(faultGarbage):
		return http.StatusOK, []byte("\x00\xff<html>{"), true
	}
	return status, reply, true
}

func encode(a reply) []byte {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	return text
}

// do carries out one operation: its status, its code and its words. r.mu is
// held.
func (r *Register) do(op, token string, body []byte) (status, code int, answer []byte) {
	if status, refused := r.known(op, token); refused != nil {
		return status, refused["resultCode"].(int), encode(refused)
	}
	if c := ikassa.Operation(op); c == ikassa.OpGetCheques || stores(c) {
		a := r.cheques(c, body)
		answer, err := ikassa.Encode(a)
		if err != nil {
			panic(err) // texts and numbers
		}
		return http.StatusOK, int(a.Result), answer
	}
	a := base(op, 399)
	status = http.StatusOK
	switch op {
	case opAuth:
		status, a = r.auth(body)
	case opSale:
		a = r.sale(body)
	case opDeposit:
		a = r.deposit(body)
	}
	return status, a["resultCode"].(int), encode(a)
}

func (r *Register) cheques(op ikassa.Operation, body []byte) ikassa.Response {
	if stores(op) {
		return r.store(op, body)
	}
	return r.list(body)
}

// known tells whether somebody may ask; nil: he may. r.mu is held.
func (r *Register) known(op, token string) (int, reply) {
	if op == opAuth {
		return http.StatusOK, nil
	}
	if r.faults.use(faultToken) {
		r.state.Token = ""
	}
	switch {
	case r.state.Token == "":
		return http.StatusUnauthorized, base(op, 401)
	case token != "" && token != r.state.Token:
		return http.StatusOK, base(op, 405)
	}
	return http.StatusOK, nil
}

func (r *Register) auth(body []byte) (int, reply) {
	var q struct {
		PIN    string `json:"pin"`
		Return bool   `json:"returnToken"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return http.StatusOK, base(opAuth, 413)
	}
	if q.PIN != r.o.PIN {
		return http.StatusUnauthorized, base(opAuth, 401)
	}
	r.state.Token = id(16)
	r.state.Logins++
	a := base(opAuth, 200)
	if q.Return {
		a["token"] = r.state.Token
	}
	return http.StatusOK, a
}

// ready tells why nothing may be registered now; 200: it may.
func (r *Register) ready() int {
	switch {
	case r.state.Blocked:
		return 409
	case r.state.Expired:
		return 407
	case r.state.OpenedAt.IsZero():
		return 400
	case r.o.Now().Sub(r.state.OpenedAt) >= Shift:
		return 412
	case r.state.Pending:
		return 410
	}
	return 200
}

func (r *Register) sale(body []byte) reply {
	var q saleRequest
	if code := r.ready(); code != 200 {
		return base(opSale, code)
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return base(opSale, 413)
	}
	d, code := addUp(&q)
	if code != 200 {
		return base(opSale, code)
	}
	if r.faults.use(faultDiffers) {
		d.Total++
		d.Change--
	}
	d, err := r.note(d)
	if err != nil {
		r.log.Error("virtual register", "err", err)
		return base(opSale, 399)
	}
	a := base(opSale, 200)
	a["dateTime"], a["numberCheck"], a["registerNumberSKO"], a["uid"] = d.Time.Format(time.RFC3339), d.Number, r.o.Number, d.UID
	a["total"], a["change"], a["isPrintSuccess"], a["uuid"] = text(d.Total), text(d.Change), true, d.Operation
	payments := []reply{}
	if kept := d.Cash - d.Change; kept != 0 {
		payments = append(payments, reply{"type": "Cash", "sum": text(kept)})
	}
	if d.Cashless != 0 {
		payments = append(payments, reply{"type": "Cashless", "sum": text(d.Cashless)})
	}
	a["payments"] = payments
	return a
}

func (r *Register) deposit(body []byte) reply {
	var q depositRequest
	if code := r.ready(); code != 200 {
		return base(opDeposit, code)
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return base(opDeposit, 413)
	}
	switch sum := q.Sum.rat(); {
	case sum.Cmp(sumLeast) < 0:
		return base(opDeposit, 402)
	case sum.Cmp(sumMost) > 0:
		return base(opDeposit, 414)
	}
	d, err := r.note(Document{Type: opDeposit, Operation: q.Operation, Cashier: q.Cashier, Total: kopecks(q.Sum.rat()), Cash: kopecks(q.Sum.rat()), Prefix: lines(q.Prefix)})
	if err != nil {
		r.log.Error("virtual register", "err", err)
		return base(opDeposit, 399)
	}
	a := base(opDeposit, 200)
	a["dateTime"], a["numberCheck"], a["registerNumberSKO"], a["uid"] = d.Time.Format(time.RFC3339), d.Number, r.o.Number, d.UID
	a["isPrintSuccess"], a["sum"] = true, text(d.Total)
	return a
}

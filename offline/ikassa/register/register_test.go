package register_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/offline/ikassa/ikassatest"
	"github.com/kassa-pos/kassa/offline/ikassa/register"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open gives a register with its shift open and a client of it.
func open(t *testing.T) (*ikassatest.Register, *register.Client, string) {
	t.Helper()
	reg, err := ikassatest.Open(ikassatest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.OpenShift(); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	keep := filepath.Join(t.TempDir(), "ikassa.json")
	return reg, register.New(register.Options{Address: srv.URL, PIN: ikassatest.PIN, Keep: keep}), keep
}

func sums(v ikassa.Sum) *ikassa.Sum { return &v }

// sale is of 3 at 5.00 less 10 kopecks, with 20 given.
func sale(id string) *ikassa.Sale {
	return &ikassa.Sale{Cashier: "Анна", Items: []ikassa.SaleItem{{Name: "Чай", Price: 5_00, Quantity: 3000, Discount: sums(10)}},
		Cash: sums(20_00), Operation: ikassa.Text(id)}
}

// sold counts the sales of an operation.
func sold(reg *ikassatest.Register, id string) (n int) {
	for _, d := range reg.Documents() {
		if d.Operation == id {
			n++
		}
	}
	return n
}

// A sale and cash in, with the login they need; the token is kept where nobody
// else may read it, and serves the next start.
func TestSale(t *testing.T) {
	reg, c, keep := open(t)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := c.Sale(t.Context(), sale("1"))
	if err != nil || s.Number == 0 || s.Register != ikassatest.Number || s.UID == "" || s.Time.IsZero() || s.Total == nil || *s.Total != 14_90 || s.Change == nil || *s.Change != 5_10 || !s.Printed {
		t.Errorf("%+v, %v", s, err)
	}
	if put, err := c.Deposit(t.Context(), &ikassa.Deposit{Cashier: "Анна", Sum: 100_00, Operation: "2"}); err != nil || put.Number != s.Number+1 || put.UID == "" || put.Register != s.Register || put.Time.IsZero() || !put.Printed {
		t.Errorf("%+v, %v", put, err)
	}
	if st := reg.State(); st.Drawer != 114_90 || st.Logins != 1 || st.Sales != 1 || st.Total != 14_90 || c.Number() != ikassatest.Number {
		t.Errorf("%+v, number %q", st, c.Number())
	}
	fi, err := os.Stat(keep)
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", fi, err)
	}
	text, err := os.ReadFile(keep)
	if err != nil || strings.Contains(string(text), ikassatest.PIN) {
		t.Errorf("the PIN is in the file: %v", err)
	}
	srv := httptest.NewServer(reg)
	defer srv.Close()
	again := register.New(register.Options{Address: srv.URL, PIN: "wrong", Keep: keep})
	if again.Number() != ikassatest.Number {
		t.Errorf("number %q", again.Number())
	}
	if err := again.Ping(t.Context()); err != nil || reg.State().Logins != 1 {
		t.Errorf("the token was not kept: %v, %d logins", err, reg.State().Logins)
	}
}

// What each fault means for a sale: done or not, and what the caller is told.
// Nobody is told that nothing was done when it was.
func TestFaults(t *testing.T) {
	for fault, c := range map[string]struct {
		done int
		want error // nil: it succeeds
	}{
		"down":            {0, register.ErrUnknown},
		"silent":          {0, register.ErrUnknown},
		"slow":            {1, nil},
		"lose-request":    {0, register.ErrUnknown},
		"lose-answer":     {1, register.ErrUnknown},
		"error-500":       {0, register.ErrUnknown},
		"error-500-after": {1, register.ErrUnknown},
		"error-399":       {0, register.ErrUnknown},
		"garbage":         {1, register.ErrUnknown},
		"drop-token":      {1, nil},
		"blocked":         {0, ikassa.Blocked},
		"certificate":     {0, ikassa.CertExpired},
		"pending":         {0, ikassa.SalePending},
		"differs":         {1, nil}, // its total is the caller's to look at
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			reg, client, _ := open(t)
			if err := client.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := reg.Fault(fault); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if fault == "silent" {
				time.AfterFunc(100*time.Millisecond, cancel)
			}
			_, err := client.Sale(ctx, sale(fault))
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("told %v, want %v", err, c.want)
			}
			if n := sold(reg, fault); n != c.done {
				t.Errorf("sold %d times, want %d", n, c.done)
			}
			if err := reg.Fault("up"); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Sale(t.Context(), sale("next")); err != nil || sold(reg, "next") != 1 {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A register nobody reaches has done nothing, and that is said.
func TestUnsent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := register.New(register.Options{Address: address, PIN: "1"})
	if _, err := c.Sale(t.Context(), sale("1")); !errors.Is(err, register.ErrUnsent) || errors.Is(err, register.ErrUnknown) {
		t.Error(err)
	}
}

// A wrong PIN lets nobody in, is tried once a request, and shows nowhere.
func TestWrongPIN(t *testing.T) {
	reg, _, _ := open(t)
	srv := httptest.NewServer(reg)
	defer srv.Close()
	c := register.New(register.Options{Address: srv.URL, PIN: "739155"})
	_, err := c.Sale(t.Context(), sale("1"))
	var no *register.Refused
	if !errors.As(err, &no) || !no.PIN() || strings.Contains(err.Error(), "739155") {
		t.Error(err)
	}
	if st := reg.State(); st.Refused != 2 || st.Sales != 0 { // the sale and the login
		t.Errorf("%+v", st)
	}
}

// The shift is the register's own matter: its codes come through.
func TestShift(t *testing.T) {
	reg, c, _ := open(t)
	if err := reg.ExpireShift(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sale(t.Context(), sale("1")); !errors.Is(err, ikassa.ShiftTooLong) {
		t.Error(err)
	}
	if err := reg.CloseShift(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sale(t.Context(), sale("1")); !errors.Is(err, ikassa.ShiftClosed) {
		t.Error(err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Error("a closed shift is no reason not to answer: ", err)
	}
}

// The header's name is in capitals on the wire, as the guide demands, and a
// sale is one connection and one request.
func TestWire(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	type request struct{ raw, body string }
	got := make(chan request, 4)
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			var head strings.Builder
			length := 0
			for {
				line, err := r.ReadString('\n')
				if err != nil || line == "\r\n" {
					break
				}
				head.WriteString(line)
				if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
					for _, d := range strings.TrimSpace(v) {
						length = length*10 + int(d-'0')
					}
				}
			}
			body := make([]byte, length)
			if _, err := io.ReadFull(r, body); err == nil {
				got <- request{head.String(), string(body)}
			}
			const answer = `{"messageDetail":"","messageTitle":"Успех","resultCode":200,"type":"Sale","numberCheck":"17","total":57.470,"dateTime":"23.11.2026 10:00","isPrintSuccess":false}`
			_, werr := io.WriteString(conn, "HTTP/1.1 500 Odd\r\nContent-Type: text/plain\r\n\r\n"+answer)
			if err := errors.Join(werr, conn.Close()); err != nil {
				return
			}
		}
	}()
	c := register.New(register.Options{Address: "http://" + l.Addr().String()})
	s, err := c.Sale(t.Context(), sale("op-1"))
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-served
	if err != nil || s.Number != 17 || *s.Total != 57_47 || s.Time.IsZero() || s.Printed {
		t.Errorf("%+v, %v", s, err)
	}
	first := <-got
	if !strings.HasPrefix(first.raw, "POST /v1 ") || !strings.Contains(first.raw, "\r\nINTENT_OPERATION_TYPE: SALE\r\n") || strings.Contains(first.raw, "Auth-") {
		t.Errorf("head %q", first.raw)
	}
	const want = `{"cashier":"Анна","itemList":[{"nameTitle":"Чай","price":"5","amount":"3","discount":"0.1"}],"cash":"20","operationId":"op-1"}`
	if first.body != want {
		t.Errorf("body %s", first.body)
	}
	if len(got) != 0 {
		t.Error("asked more than once")
	}
}

// A redirect is not followed: a sale would go who knows where, twice.
func TestRedirect(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/v1", http.StatusTemporaryRedirect)
	}))
	defer srv.Close()
	c := register.New(register.Options{Address: srv.URL})
	if _, err := c.Sale(t.Context(), sale("1")); !errors.Is(err, register.ErrUnknown) || asked != 1 {
		t.Errorf("%v after %d requests", err, asked)
	}
}

// A damaged file costs a login, not a start.
func TestKeptFile(t *testing.T) {
	reg, _, keep := open(t)
	srv := httptest.NewServer(reg)
	defer srv.Close()
	for _, text := range []string{"", "{", "null", strings.Repeat("x", 5000)} {
		if err := os.WriteFile(keep, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := register.New(register.Options{Address: srv.URL, PIN: ikassatest.PIN, Keep: keep})
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	c := register.New(register.Options{Address: srv.URL, PIN: ikassatest.PIN, Keep: filepath.Join(keep, "none", "x")})
	if err := c.Ping(t.Context()); err != nil {
		t.Error("without a place to keep it: ", err)
	}
}

// FuzzAnswer: whatever comes back, nothing panics, and success wants a result.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"resultCode":200}`, `{"resultCode":"200","total":"1.2"}`, `{"resultCode":399}`, `{}`, `[]`, `null`, "\x00", `{"resultCode":1e9}`, `{"resultCode":200,"type":"AUTH"}`} {
		f.Add([]byte(s), 200)
		f.Add([]byte(s), 500)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		if status < 200 || status > 599 || status == 204 || status == 304 {
			return
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write(body)
		}))
		defer srv.Close()
		_, err := register.New(register.Options{Address: srv.URL}).Sale(t.Context(), sale("1"))
		if err == nil && !strings.Contains(string(body), "200") {
			t.Errorf("%q passes for a sale", body)
		}
	})
}

package face

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/peripherals/terminal"
)

// maxFind is the longest text to search goods for, in bytes.
const maxFind = 200

// apiRoutes is the control API; openapi.yaml describes it.
func apiRoutes(b *bench.Bench) map[string]http.Handler {
	return map[string]http.Handler{
		"GET /api/v1/openapi.yaml":       http.HandlerFunc(openAPI),
		"GET /api/v1/ready":              get(func() (any, error) { return b.Ready(), nil }),
		"GET /api/v1/state":              get(func() (any, error) { return b.State(), nil }),
		"GET /api/v1/kkt/documents":      get(func() (any, error) { return b.KKTDocuments(), nil }),
		"GET /api/v1/kkt/paper":          get(func() (any, error) { return lines(b.Paper()), nil }),
		"GET /api/v1/kkt/slips":          get(func() (any, error) { return b.Slips(), nil }),
		"GET /api/v1/kkt/state":          get(func() (any, error) { return b.KKTState(), nil }),
		"GET /api/v1/ofd/documents":      get(func() (any, error) { return b.OFDDocuments(), nil }),
		"GET /api/v1/ofd/state":          get(func() (any, error) { return b.OFDState(), nil }),
		"GET /api/v1/register/documents": get(func() (any, error) { return b.RegisterDocuments() }),
		"GET /api/v1/terminal":           get(func() (any, error) { return b.Terminal() }),
		"GET /api/v1/bank":               get(func() (any, error) { return b.Bank() }),
		"GET /api/v1/printer":            get(func() (any, error) { return b.Printer() }),
		"GET /api/v1/register/state":     get(func() (any, error) { return b.RegisterState() }),
		"GET /api/v1/cloud/documents":    get(func() (any, error) { return b.CloudDocuments(), nil }),
		"GET /api/v1/cloud/books":        get(func() (any, error) { return b.CloudBooks(), nil }),
		"GET /api/v1/cloud/state":        get(func() (any, error) { return b.CloudState(), nil }),
		"GET /api/v1/display":            get(func() (any, error) { return b.State().Display, nil }),
		"GET /api/v1/gpio":               get(func() (any, error) { return b.State().GPIO, nil }),
		"GET /api/v1/scale":              get(func() (any, error) { return b.State().Scale, nil }),
		"GET /api/v1/scanner":            get(func() (any, error) { return b.State().Scanner, nil }),
		"GET /api/v1/faults":             get(func() (any, error) { return b.Faults(), nil }),
		"GET /api/v1/codes":              http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { codes(w, r, b) }),

		"POST /api/v1/scan": post(func(r *http.Request, q struct {
			Codes []string `json:"codes"`
		}) (any, error) {
			return b.Scan(r.Context(), q.Codes)
		}),
		"POST /api/v1/scale": post(func(_ *http.Request, q struct {
			Grams  int64 `json:"grams"`
			Stable bool  `json:"stable"`
		}) (any, error) {
			return b.Lay(q.Grams, q.Stable)
		}),
		"POST /api/v1/faults": post(func(_ *http.Request, q bench.FaultRequest) (any, error) {
			return b.Fault(q)
		}),
		"POST /api/v1/cloud/fiscal": post(func(_ *http.Request, q moyskladtest.Order) (any, error) { return b.QueueFiscal(q) }),
		"POST /api/v1/cloud/settings": post(func(_ *http.Request, q struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		}) (any, error) {
			return b.SetCloud(q.Name, q.Value)
		}),
		"POST /api/v1/register": post(func(_ *http.Request, q struct {
			Press string `json:"press"`
		}) (any, error) {
			return b.PressRegister(q.Press)
		}),
		"POST /api/v1/terminal": post(func(_ *http.Request, q struct {
			Do  string          `json:"do"`
			Why terminal.Reason `json:"why"`
		}) (any, error) {
			return b.Pay(q.Do, q.Why)
		}),
		"POST /api/v1/printer": post(func(_ *http.Request, q struct {
			Do    string `json:"do"`
			Lines int    `json:"lines"`
		}) (any, error) {
			return b.AtPrinter(q.Do, q.Lines)
		}),
		"POST /api/v1/drawer/shut": post(func(_ *http.Request, _ struct{}) (any, error) {
			err := b.ShutDrawer()
			return b.State().GPIO, err
		}),
		"POST /api/v1/gpio": post(func(_ *http.Request, q struct {
			Line string `json:"line"`
			High bool   `json:"high"`
		}) (any, error) {
			err := b.MoveInput(q.Line, q.High)
			return b.State().GPIO, err
		}),
	}
}

func lines(text []string) any {
	return map[string]any{"lines": append([]string{}, text...)}
}

func codes(w http.ResponseWriter, r *http.Request, b *bench.Bench) {
	find := r.URL.Query().Get("find")
	if len(find) > maxFind {
		refuse(w, http.StatusBadRequest, "bad_request", fmt.Sprintf("a search of %d bytes: at most %d", len(find), maxFind))
		return
	}
	answer(w, b.Goods(find), nil)
}

// get answers with what f gives.
func get(f func() (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		v, err := f()
		answer(w, v, err)
	})
}

// post reads a request of type T and answers with what f makes of it.
func post[T any](f func(*http.Request, T) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q T
		err := decode(r.Body, &q)
		var tooLong *http.MaxBytesError
		switch {
		case errors.As(err, &tooLong):
			refuse(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("a request of more than %d bytes", tooLong.Limit))
			return
		case err != nil:
			refuse(w, http.StatusBadRequest, "bad_request", "the request makes no sense: "+err.Error())
			return
		}
		v, err := f(r, q)
		answer(w, v, err)
	})
}

// decode reads exactly one JSON value without unknown fields.
func decode(body io.Reader, into any) error {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// answer writes a result: a bad request is 400, anything else that did not
// work is 409, for it is the bench's state that forbids it.
func answer(w http.ResponseWriter, v any, err error) {
	var bad *bench.BadRequest
	switch {
	case errors.As(err, &bad):
		refuse(w, http.StatusBadRequest, "bad_request", bad.Text)
	case err != nil:
		refuse(w, http.StatusConflict, "failed", err.Error())
	default:
		write(w, http.StatusOK, v)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	write(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func write(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client has gone: nobody to tell
}

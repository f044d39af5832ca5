package reports

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Path is where programs look for the report at their operator's.
const Path = "/v1/docs/aggregations/shifts"

const maxBody = 64 << 10

// Face answers programs that were written for the operator's report: the
// authorisation key is a token of "kassa token add NAME --scope documents",
// the authentication key may be anything but nothing.
type Face struct {
	Reports *Reports
	Allows  func(token string, s access.Scope) (t access.Token, known, allowed bool)
	Log     *slog.Logger
}

// refusal is an error as the operator tells it.
type refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// ServeHTTP answers one request.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := f.answer(w, r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		f.Log.Debug("client went away", "path", r.URL.Path, "err", err)
	}
}

func (f *Face) answer(w http.ResponseWriter, r *http.Request) (int, any) {
	if r.Header.Get("X-Yandex-Key") == "" {
		return http.StatusUnauthorized, refusal{1, "Incorrect Yandex Key"}
	}
	if _, _, allowed := f.Allows(r.Header.Get("X-OFD-Key"), access.Documents); !allowed {
		return http.StatusUnauthorized, refusal{2, "Incorrect Ofd Key"}
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, refusal{0, "method not allowed"}
	}
	var q ofd.Query
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		return http.StatusUnprocessableEntity, refusal{7, "Invalid payload structure"}
	}
	report, err := f.Reports.Shifts(r.Context(), q)
	var bad *fault.Error
	switch {
	case errors.As(err, &bad) && bad.Code == fault.BadRequest:
		return http.StatusBadRequest, refusal{5, "Bad Request: " + bad.Error()}
	case err != nil:
		f.Log.Error("report failed", "err", err)
		return http.StatusInternalServerError, refusal{26, "the journal can not be read"}
	}
	return http.StatusOK, report
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api/apitest"
)

// brokenSuffix is of the file in which a test's till notes answers that its
// OpenAPI document does not promise.
const brokenSuffix = ".broken"

// promised puts the document around a till's API: whatever any test asks a till
// is held against it.
func promised(path string) (func(http.Handler) http.Handler, error) {
	c, err := apitest.Read(api.Document())
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	note := func(faults []string) {
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(strings.Join(faults, "\n") + "\n")
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "a broken promise can not be noted:", err, faults)
		}
	}
	return func(h http.Handler) http.Handler { return c.Wrap(h, note) }, nil
}

// kept fails a test whose till has answered what its document does not promise.
func (r *rig) kept() {
	b, err := os.ReadFile(r.config() + brokenSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		r.t.Error(err)
	}
	r.t.Errorf("answers that openapi.yaml does not promise:\n%s", b)
}

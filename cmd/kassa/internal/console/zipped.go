package console

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// minZipped is the least page that is worth compressing, in bytes.
const minZipped = 1 << 10

// taker is what the door hands to those behind it: it knows whether the
// browser takes pages compressed. Pages hold no secret that somebody else's
// text beside it could be used to guess: the session is in a cookie.
type taker struct {
	http.ResponseWriter
	gzip bool
}

// Unwrap lets streams flush.
func (a *taker) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func newTaker(w http.ResponseWriter, r *http.Request) *taker {
	return &taker{w, strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
}

// packers are made once: each takes a megabyte.
var packers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

// packed is a page as it travels.
func packed(w http.ResponseWriter, page []byte) []byte {
	w.Header().Set("Vary", "Accept-Encoding")
	if a, ok := w.(*taker); !ok || !a.gzip || len(page) < minZipped {
		return page
	}
	var b bytes.Buffer
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&b)
	if _, err := z.Write(page); err != nil {
		return page // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		return page
	}
	w.Header().Set("Content-Encoding", "gzip")
	return b.Bytes()
}

package moysklad

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Error is a call that did not succeed.
type Error struct {
	Status    int    // HTTP status; 0: no answer
	Code      int    // the service's code; 0: none
	Words     string // the service's own words
	Parameter string // the field it means
	Wait      time.Duration
	Garbage   bool // the answer made no sense
	Err       error
}

func garbage(err error) *Error { return &Error{Garbage: true, Err: err} }

// Error gives what a log needs.
func (e *Error) Error() string {
	s := "moysklad: "
	switch {
	case e.Garbage:
		s += "answer makes no sense"
	case e.Status == 0:
		s += "no answer"
	default:
		s += "answer " + strconv.Itoa(e.Status)
	}
	if e.Code != 0 {
		s += " code " + strconv.Itoa(e.Code)
	}
	if e.Words != "" {
		s += ": " + e.Words
	}
	if e.Parameter != "" {
		s += " (" + e.Parameter + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the catalogue's fault and the cause.
func (e *Error) Unwrap() []error {
	all := []error{e.Fault()}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// Fault is the error as the till's operator sees it.
func (e *Error) Fault() *fault.Error {
	var untrusted *tls.CertificateVerificationError
	switch class := e.Class(); {
	case errors.As(e.Err, &untrusted):
		return fault.New(fault.CloudTLS).With(e.Err)
	case errors.Is(e.Err, errMoved):
		return fault.New(fault.CloudMoved, e.Words)
	case e.Garbage:
		return fault.New(fault.CloudGarbage).With(e.Err)
	case class == outbox.Reattach:
		return fault.New(fault.CloudAuth).Saying(e.Words)
	case class == outbox.Retry:
		return fault.New(fault.CloudDown).Saying(e.words())
	}
	return fault.New(fault.CloudRefused, e.words()).Saying(e.Words)
}

func (e *Error) words() string {
	if e.Words != "" {
		return e.Words
	}
	if e.Code != 0 {
		return Text(e.Code, "ru")
	}
	if e.Err != nil {
		return e.Err.Error()
	}
	return strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
}

// Class says what follows from the error.
func (e *Error) Class() outbox.Class {
	if e.Garbage || e.Status == 0 {
		return outbox.Retry
	}
	switch e.Status { // the server's trouble, whatever it calls it
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return outbox.Retry
	}
	if c, ok := codes[e.Code]; ok {
		return c.class
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return outbox.Reattach
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return outbox.Retry
	case http.StatusBadRequest, http.StatusPreconditionFailed, http.StatusMethodNotAllowed:
		return outbox.OurFault
	}
	if e.Status >= 400 && e.Status < 500 {
		return outbox.Person
	}
	return outbox.Retry
}

// failure is the service's error as the outbox takes it; others, the
// caller's own among them, stay what they are.
func failure(err error) error {
	var e *Error
	if !errors.As(err, &e) || errors.Is(err, context.Canceled) {
		return err
	}
	f := &outbox.Failure{Class: e.Class(), Words: e.words(), Wait: e.Wait, Err: err}
	switch {
	case e.Code != 0:
		f.Code = strconv.Itoa(e.Code)
	case e.Status != 0:
		f.Code = "http " + strconv.Itoa(e.Status)
	}
	return f
}

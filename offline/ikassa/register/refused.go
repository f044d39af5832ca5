package register

import (
	"errors"
	"fmt"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// Refused is a register's word that it did not do it: any code the guide
// explains but General, which says nothing of the kind.
type Refused struct {
	Operation ikassa.Operation
	Code      ikassa.Result
	Detail    string // its own words, Russian
}

func (e *Refused) Error() string {
	return fmt.Sprintf("register: %s refused with %d: %.200s", e.Operation, e.Code, e.Detail)
}

// Unwrap gives the code.
func (e *Refused) Unwrap() error { return e.Code }

// PIN tells whether the register does not let this till in at all.
func (e *Refused) PIN() bool {
	return e.Code == ikassa.Unauthorised || e.Code == ikassa.BadToken
}

// unauthorised tells an answer that wants a login, of whatever operation.
func unauthorised(err error) bool {
	var e *Refused
	return errors.As(err, &e) && e.PIN()
}

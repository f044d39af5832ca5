package register

import (
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// Sold is what the register says of a sale or a deposit it has registered. What it does not
// say, or not readably, is zero.
type Sold struct {
	Number   uint32 // of the cheque
	Register string // its own number in СККО
	UID      string // of the document in СККО
	Time     time.Time
	Total    *ikassa.Sum // nil: it says none
	Change   *ikassa.Sum
	Printed  bool
}

// maxUID is the longest id that is kept, in bytes.
const maxUID = 100

// read takes what can be read: the sale is registered, whatever else is wrong.
func read(r *ikassa.Response, in *time.Location) Sold {
	s := Sold{Time: moment(r.DateTime, in), Total: r.Total, Change: r.Change, Printed: r.Printed == nil || *r.Printed}
	if n, err := strconv.ParseUint(string(r.Number), 10, 32); err == nil {
		s.Number = uint32(n)
	}
	if len(r.UID) <= maxUID {
		s.UID = r.UID
	}
	if len(r.Register) <= maxNumber {
		s.Register = string(r.Register)
	}
	return s
}

// forms of a time: the first is the guide's.
var forms = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "02.01.2006 15:04:05", "02.01.2006 15:04"}

// moment reads a time on the register's clock; zero when it is in no known form.
func moment(s string, in *time.Location) time.Time {
	for _, form := range forms {
		if t, err := time.ParseInLocation(form, s, in); err == nil {
			return t
		}
	}
	return time.Time{}
}

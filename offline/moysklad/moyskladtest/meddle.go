package moyskladtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// mend is what a person has done to a document in the cloud's own pages.
type mend struct {
	Seq    int           `json:"seq"`
	Bin    bool          `json:"bin,omitempty"`
	Date   string        `json:"date,omitempty"`
	Sum    *money.Amount `json:"sum,omitempty"`
	NoCash *money.Amount `json:"no_cash,omitempty"`
}

// on does it.
func (m *mend) on(d *Stored) {
	d.Binned = d.Binned || m.Bin
	if m.Date != "" && len(d.Moment) > len(m.Date) {
		d.Moment = m.Date + d.Moment[len(m.Date):]
	}
	if m.Sum != nil {
		d.Sum = *m.Sum
	}
	if m.NoCash != nil {
		body := object{}
		if json.Unmarshal(d.Body, &body) == nil {
			body["noCashSum"] = int64(*m.NoCash)
			if b, err := json.Marshal(body); err == nil {
				d.Body = b
			}
		}
	}
}

// meddles are the changes by the names of their faults; what follows the
// document's name is what they take.
var meddles = map[string]func(m *mend, arg string) error{
	faultBin: func(m *mend, _ string) error { m.Bin = true; return nil },
	faultDate: func(m *mend, arg string) error {
		_, err := time.Parse(time.DateOnly, arg)
		m.Date = arg
		return err
	},
	faultSum: func(m *mend, arg string) error { return kopecks(&m.Sum, arg) },
	faultWay: func(m *mend, arg string) error { return kopecks(&m.NoCash, arg) },
}

func kopecks(to **money.Amount, arg string) error {
	v, err := strconv.ParseInt(arg, 10, 64)
	a := money.Amount(v)
	*to = &a
	return err
}

// meddle changes the newest operation of a name.
func (s *Server) meddle(name string, args []string) error {
	want := 2
	if name == faultBin {
		want = 1
	}
	if len(args) != want {
		return fmt.Errorf("%w: %s takes %d arguments", ErrFault, name, want)
	}
	var m mend
	if err := meddles[name](&m, args[len(args)-1]); err != nil {
		return fmt.Errorf("%w: %w", ErrFault, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.state.docs) - 1; i >= 0; i-- {
		d := &s.state.docs[i]
		if d.Name == args[0] && d.Kind != kindOpen && d.Kind != kindClose {
			m.Seq = d.Seq
			return s.state.commit(event{Mend: &m})
		}
	}
	return fmt.Errorf("moyskladtest: no document %.40q", args[0])
}

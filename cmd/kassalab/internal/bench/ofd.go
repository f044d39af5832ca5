package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/offline/ofd/reporttest"
)

const ofdFile = "ofd.jsonl"

// ofd is the fake operator of fiscal data on a port of its own. The bench's
// KKT has no network: its documents come here by way of the till.
type ofd struct {
	fake    *ofdtest.OFD
	address string

	stop context.CancelFunc
	done sync.WaitGroup
	died chan error
}

// newOFD opens the state in path and serves on l.
func newOFD(l net.Listener, path string, touch func(), log *slog.Logger) (*ofd, error) {
	fake, err := ofdtest.Open(ofdtest.Options{StatePath: path, Log: log})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	o := &ofd{fake: fake, address: l.Addr().String(), stop: stop, died: make(chan error, 1)}
	o.done.Go(func() { forward(ctx, fake.Changed, touch) })
	o.done.Go(func() {
		if err := fake.Serve(ctx, l); err != nil {
			o.died <- fmt.Errorf("fake OFD: %w", err)
		}
	})
	return o, nil
}

// report adds up what the operator has received. It is gone when the operator
// is down.
func (o *ofd) report() http.Handler {
	s := reporttest.New(reporttest.Options{YandexKey: reportYandexKey, OFDKey: reportOFDKey, Documents: o.fake.Documents})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.state().Up {
			http.Error(w, "the operator is down", http.StatusServiceUnavailable)
			return
		}
		s.ServeHTTP(w, r)
	})
}

func (o *ofd) close() error {
	o.stop()
	o.done.Wait()
	return o.fake.Close()
}

func (o *ofd) state() OFD {
	s := o.fake.State()
	docs := o.fake.Documents()
	shown := OFD{Last: []OFDDocument{}, Address: o.address, Up: true, Documents: s.Documents, Notices: s.Notices, Repeated: s.Repeated, Refused: s.Refused, Latest: s.Latest}
	for _, name := range s.Faults {
		shown.Up = shown.Up && name != "down" && name != "silent"
	}
	for i := len(docs) - 1; i >= 0 && len(shown.Last) < OFDShown; i-- {
		d := docs[i]
		shown.Last = append(shown.Last, OFDDocument{FD: d.FD, Form: d.Form, Times: d.Times, At: d.Received})
	}
	return shown
}

// ofdTexts are the faults in a few words: Russian, English.
var ofdTexts = map[string][2]string{
	"down":        {"ОФД недоступен", "OFD is down"},
	"silent":      {"принимает и молчит", "swallows and says nothing"},
	"slow":        {"отвечает по байту", "answers byte by byte"},
	"reject":      {"не принять документ", "reject a document"},
	"wrong-sign":  {"подпись не та", "sign wrongly"},
	"wrong-fn":    {"квитанция чужого ФН", "ticket of another FN"},
	"garbage":     {"ответить мусором", "answer noise"},
	"huge":        {"ответить без конца", "answer without end"},
	"twice":       {"ответить дважды", "answer twice"},
	"lose-answer": {"принять, но потерять ответ", "take it, lose the answer"},
}

func (o *ofd) faults() []Fault {
	var all []Fault
	for _, f := range o.fake.Faults() {
		one := Fault{Device: "ofd", Name: f.Name, On: f.On, Text: both(ofdTexts[f.Name], f.Name), Help: f.Text}
		if f.Lasts {
			one.Mend = ofdtest.FaultUp
		} else {
			one.Args = "[N]"
			if f.Repeat > 0 {
				one.Value = "×" + strconv.Itoa(f.Repeat)
			}
		}
		all = append(all, one)
	}
	return all
}

func (o *ofd) fault(name string, args []string) error {
	err := o.fake.Fault(name, args...)
	if errors.Is(err, ofdtest.ErrFault) {
		return wanted(o.faults(), "ofd", name, args)
	}
	return err
}

// OFDReport is the operator's report service.
func (b *Bench) OFDReport() http.Handler { return b.ofd.report() }

// OFDState gives the operator's counters.
func (b *Bench) OFDState() ofdtest.State { return b.ofd.fake.State() }

// OFDDocuments gives everything the operator has, oldest first.
func (b *Bench) OFDDocuments() []ofdtest.Document { return nonNil(b.ofd.fake.Documents()) }

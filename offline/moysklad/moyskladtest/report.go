package moyskladtest

import (
	"encoding/json"
	"net/http"
)

// required are the members without which the cloud empties a whole object of a
// report of state.
var required = map[string]string{"software": "name", "chequePrinter": "name", "sync": "lastAttemptMoment"}

// takeState takes a report of how a till is doing.
func (s *Server) takeState(p *point, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	f.inside("environment", func(*fields) {})
	f.inside("state", func(c *fields) {
		c.inside("sync", func(c *fields) { c.when("lastAttemptMoment") })
		c.inside("fiscalMemory", func(c *fields) { c.num("notSendDocCount"); c.when("notSendFirstDocMoment") })
	})
	if f.err != nil {
		return reply{}, f.err
	}
	halves(o)
	b, err := json.Marshal(o)
	if err != nil {
		return reply{}, err
	}
	if err := s.state.commit(event{Report: &Report{Store: p.id, Body: b, Received: s.o.Now()}}); err != nil {
		return reply{}, err
	}
	s.notify()
	return reply{status: http.StatusNoContent, wrote: true}, nil
}

// halves empties objects that lack what they must have, with all that is in
// them.
func halves(o map[string]any) {
	for name, v := range o {
		in, ok := v.(map[string]any)
		if !ok {
			continue
		}
		if must := required[name]; must != "" && (in[must] == nil || in[must] == "") {
			empty(in)
			continue
		}
		halves(in)
	}
}

func empty(o map[string]any) {
	for k, v := range o {
		if in, ok := v.(map[string]any); ok {
			empty(in)
			continue
		}
		o[k] = nil
	}
}

// Reports gives what the stores' tills last said of themselves, by store.
func (s *Server) Reports() map[string]Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Report, len(s.state.reports))
	for id, r := range s.state.reports {
		all[id] = r
	}
	return all
}

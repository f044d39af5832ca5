package moyskladtest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// receive takes what a till sends: checks it, stores it, answers.
func (s *Server) receive(p *point, path string, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	sum := sha256.Sum256(body)
	d := Stored{Store: p.id, Body: body, Digest: hex.EncodeToString(sum[:]), Received: s.o.Now(), Times: 1, Seq: len(s.state.docs) + 1}
	status := http.StatusNoContent
	switch path {
	case "/rpc/openshift":
		s.checkOpen(f, &d)
	case "/rpc/closeshift":
		s.checkClose(f, &d)
	case "/entity/" + kindIn, "/entity/" + kindOut:
		status = http.StatusCreated
		s.checkCash(f, &d, strings.TrimPrefix(path, "/entity/"))
	case "/entity/" + kindPrepay, "/entity/" + kindUnpay:
		status = http.StatusCreated
		s.checkPrepayment(p, f, &d, strings.TrimPrefix(path, "/entity/"))
	case "/entity/" + kindReturn:
		status = http.StatusCreated
		s.checkReturn(p, f, &d)
	case "/entity/" + kindProduct, "/entity/" + kindCustomer, "/entity/" + kindOrder:
		status = http.StatusCreated
		s.checkMade(p, f, &d, strings.TrimPrefix(path, "/entity/"))
	default:
		status = http.StatusCreated
		s.checkOperation(p, f, &d, kindDemand)
	}
	if f.err != nil {
		return reply{}, f.err
	}
	if code := s.faults.refusal(); code != 0 {
		return reply{}, refuse(code, "")
	}
	if again, done, err := s.repeat(&d); done || err != nil {
		return reply{status: status, wrote: again}, err
	}
	if err := s.unique(&d); err != nil {
		return reply{}, err
	}
	if d.Kind == kindOrder && d.Name == "" {
		d.Name = s.nextName(kindOrder)
	}
	if err := s.state.commit(event{Document: &d}); err != nil {
		return reply{}, err
	}
	p.learn(&d)
	s.notify()
	return reply{status: status, wrote: true}, nil
}

// repeat answers a syncid that came before.
func (s *Server) repeat(d *Stored) (wrote, done bool, err error) {
	old, ok := s.state.find(d.Kind, d.SyncID)
	if !ok {
		return false, false, nil
	}
	if s.o.Repeats != AcceptRepeats || old.Digest != d.Digest {
		switch {
		case d.Kind == kindClose:
			return false, true, refuse(s.o.ClosedAs, "")
		case d.Kind == kindOpen && s.closed(d.SyncID):
			return false, true, refuse(12001, "")
		}
		return false, true, refuse(3006, "syncid")
	}
	if err := s.state.commit(event{Repeat: old.Seq}); err != nil {
		return false, true, err
	}
	s.notify()
	return true, true, nil
}

func (s *Server) closed(shift string) bool {
	_, ok := s.state.find(kindClose, shift)
	return ok
}

func (s *Server) unique(d *Stored) error {
	if !s.o.UniqueNames || d.Kind == kindClose || d.Name == "" || d.Kind == kindProduct || d.Kind == kindCustomer {
		return nil
	}
	for i := range s.state.docs {
		if o := &s.state.docs[i]; o.Kind == d.Kind && o.Store == d.Store && o.Name == d.Name {
			return refuse(3006, "name")
		}
	}
	return nil
}

func (s *Server) checkOpen(f *fields, d *Stored) {
	d.Kind = kindOpen
	d.SyncID = f.sync("retailShift", "retailshift", 12006)
	d.Name, d.Moment = f.str("name", 12008), f.moment("openmoment", 12009)
	d.Shift = d.SyncID
	f.shiftCheque("cheque")
	if f.err == nil && s.state.trash[d.SyncID] {
		f.no(12000, "retailShift")
	}
}

func (s *Server) checkClose(f *fields, d *Stored) {
	d.Kind = kindClose
	d.SyncID = f.sync("retailShift", "retailshift", 12007)
	d.Moment = f.moment("closemoment", 12010)
	d.Shift = d.SyncID
	if f.err != nil {
		return
	}
	open, ok := s.state.find(kindOpen, d.SyncID)
	if !ok {
		f.no(12012, "retailShift")
		return
	}
	if open.Store != d.Store {
		f.no(12021, "retailShift")
	}
	if s.state.trash[d.SyncID] {
		f.no(12003, "retailShift")
	}
	if _, named := f.o["retailDrawerCashout"]; named {
		out := f.sync("retailDrawerCashout", kindOut, 3000)
		if cash, ok := s.state.find(kindOut, out); f.err == nil && (!ok || cash.Shift != d.SyncID) {
			f.no(1021, "retailDrawerCashout")
		}
	}
	f.shiftCheque("cheque")
	d.Name = open.Name
}

// begins reads what every operation has.
func (s *Server) begins(f *fields, d *Stored, kind string) {
	d.Kind = kind
	d.SyncID = f.sync("meta", kind, 1057)
	d.Shift = f.sync("retailShift", "retailshift", 3000)
	d.Name, d.Moment = f.str("name", 3000), f.moment("moment", 3000)
	if f.err != nil {
		return
	}
	if open, ok := s.state.find(kindOpen, d.Shift); !ok || open.Store != d.Store {
		f.no(12012, "retailShift")
	}
	if s.state.trash[d.Shift] {
		f.no(12023, "retailShift")
	}
}

// checkCash takes a movement of cash.
func (s *Server) checkCash(f *fields, d *Stored, kind string) {
	s.begins(f, d, kind)
	sum := f.num("sum")
	switch {
	case sum == nil:
		f.no(3000, "sum")
	case sum.Sign() <= 0 || !sum.IsInt():
		f.no(3003, "sum")
	default:
		d.Sum = money.Amount(sum.Num().Int64())
	}
}

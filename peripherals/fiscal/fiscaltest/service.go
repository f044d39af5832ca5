package fiscaltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// ServiceRig is the hand on an emulated device whose service functions and
// checks of marking codes are looked at too.
type ServiceRig interface {
	Rig

	// Code makes a marking code that checks as good; another one for another n.
	Code(n int) string
	// MarksBad makes every code check as bad from now on, or good again.
	MarksBad(bad bool)
	// LoseClock makes the device forget what day it is.
	LoseClock()
	// Now is the time the device's FN goes by.
	Now() time.Time
}

// RunService checks fiscal.Service and fiscal.Checker of the devices that open
// makes: registered for marked goods in FFD 1.2, with their shift closed.
func RunService(t *testing.T, where Where, open func(t *testing.T) (fiscal.Device, ServiceRig)) {
	for _, c := range []struct {
		name string
		run  func(*service)
	}{
		{"facts", facts},
		{"clock", setClock},
		{"lost clock", lostClock},
		{"archive", archive},
		{"paper", paper},
		{"settings", settings},
		{"marks", marks},
		{"bad marks", badMarks},
		{"marks in doubt", marksInDoubt},
		{"unplugged", serviceUnplugged},
	} {
		t.Run(c.name, func(t *testing.T) {
			where(t, func(t *testing.T) {
				p, rig := open(t)
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				c.run(&service{&bench{T: t, ctx: ctx, p: p, rig: rig}, p, rig})
			})
		})
	}
}

// service is a bench whose device offers everything.
type service struct {
	*bench
	d   fiscal.Device
	rig ServiceRig
}

// unmoved runs what must neither register anything nor leave anything open.
func (s *service) unmoved(name string, call func() error) {
	s.Helper()
	before := s.mark()
	if err := call(); err != nil {
		s.Errorf("%s: %v", name, err)
	}
	if now := s.mark(); !now.Same(before) {
		s.Errorf("%s moved %+v to %+v", name, before, now)
	}
	s.nothingOpen()
}

func facts(s *service) {
	id, err := s.p.Identify(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	for range 2 { // idempotent
		s.unmoved("facts", func() error {
			f, err := s.d.Facts(s.ctx)
			if f.FN != id.FN || f.Serial != id.Serial || f.INN != id.INN || f.FFD != id.FFD || !f.Marking {
				s.Errorf("facts of %+v, identity %+v", f.Identity, id)
			}
			if f.FNPhase == 0 || f.FNExpires.IsZero() || f.User == "" || f.OFD.INN == "" || f.Registered.IsZero() || f.Clock.IsZero() || !f.Notices.Supported {
				s.Errorf("facts %+v", f)
			}
			if f.Exchange.Unsent != 1 || f.Exchange.FirstFD != 1 {
				s.Errorf("the registration waits for the OFD: %+v", f.Exchange)
			}
			return err
		})
	}
}

func setClock(s *service) {
	to := s.rig.Now().Add(2 * time.Minute)
	s.unmoved("set clock", func() error { return s.d.SetClock(s.ctx, to) })
	if st, err := s.p.Status(s.ctx); err != nil || kkt.Drift(st.Clock, to) > time.Minute {
		s.Errorf("set to %s: %s, %v", to, st.Clock, err)
	}
	s.do(shift(kkt.OpOpenShift))
	if err := s.d.SetClock(s.ctx, to); !errors.Is(err, fiscal.ErrRefused) {
		s.Errorf("in an open shift: %v", err)
	}
	s.do(sale(kkt.OpSale, 1_00, doc.PayCash))
}

// lostClock: a device that does not know its date sells nothing until it is
// set.
func lostClock(s *service) {
	s.rig.LoseClock()
	var device *fiscal.DeviceError
	if err := s.refused(s.mark(), shift(kkt.OpOpenShift), fiscal.ErrRefused); !errors.As(err, &device) || device.Class != fiscal.FixClock {
		s.Errorf("without a date: %v, want class %s", err, fiscal.FixClock)
	}
	if err := s.d.SetClock(s.ctx, s.rig.Now()); err != nil {
		s.Fatal(err)
	}
	s.do(shift(kkt.OpOpenShift))
}

func archive(s *service) {
	s.do(shift(kkt.OpOpenShift))
	op := sale(kkt.OpSale, 123_45, doc.PayCash)
	f := s.do(op)
	s.unmoved("document", func() error {
		d, err := s.d.Document(s.ctx, f.FD)
		if d.FN != f.FN || d.FD != f.FD || d.Form != 3 || d.OpType != 1 || d.Total != int64(op.Total()) || d.Sign != f.Sign || !d.Time.Equal(f.Time) ||
			d.Shift != f.Shift || d.System != op.Receipt.TaxSystem || len(d.Tags) == 0 || d.Ticket != nil ||
			d.Paid == nil || *d.Paid != (kkt.Paid{Cash: int64(op.Total())}) {
			s.Errorf("%+v of %+v, paid %+v", d, f, d.Paid)
		}
		return err
	})
	if d, err := s.d.Document(s.ctx, f.FD+1); !errors.Is(err, fiscal.ErrNoDocument) {
		s.Errorf("a document to come: %+v, %v", d, err)
	}
}

func paper(s *service) {
	s.do(shift(kkt.OpOpenShift))
	s.do(sale(kkt.OpSale, 1_00, doc.PayCash))
	for name, call := range map[string]func() error{
		"copy": func() error { return s.d.Copy(s.ctx) },
		"print": func() error {
			return s.d.Print(s.ctx, []string{"Строка", "", "длинная строка, которая ни на какой ленте не поместится целиком"})
		},
		"feed":    func() error { return s.d.Feed(s.ctx, 2) },
		"barcode": func() error { return s.d.Barcode(s.ctx, "2999999999991") },
		"cut":     func() error { return s.d.Cut(s.ctx, false) },
	} {
		s.unmoved(name, call)
	}
	for _, code := range []string{"", "2999999999990", "299999999999", "29999999999911", "299999999999x", "-999999999991"} {
		if err := s.d.Barcode(s.ctx, code); !errors.Is(err, fiscal.ErrBadValue) {
			s.Errorf("barcode %q: %v", code, err)
		}
	}
	s.rig.PaperOut()
	if err := s.d.Print(s.ctx, []string{"x"}); !errors.Is(err, fiscal.ErrNoPaper) {
		s.Errorf("print without paper: %v", err)
	}
	s.rig.PaperIn()
	s.do(sale(kkt.OpSale, 2_00, doc.PayCash))
}

// settings lists everything, changes one text and puts it back.
func settings(s *service) {
	all, err := s.d.Settings(s.ctx, "")
	if err != nil || len(all) == 0 {
		s.Fatalf("%d settings, %v", len(all), err)
	}
	changed := false
	for _, one := range all {
		one.Table, one.Field = number(one.TableNo), number(one.FieldNo)
		if !one.Text || one.Size < 8 || s.d.Set(s.ctx, one.SettingRef, "Проба") != nil {
			continue
		}
		changed = true
		now, err := s.d.Settings(s.ctx, one.Table)
		if err != nil {
			s.Fatal(err)
		}
		for _, n := range now {
			if n.Row == one.Row && n.FieldNo == one.FieldNo && n.Value != "Проба" {
				s.Errorf("set to Проба, it reads %+v", n)
			}
		}
		if err := s.d.Set(s.ctx, one.SettingRef, one.Value); err != nil {
			s.Errorf("putting %q back: %v", one.Value, err)
		}
		break
	}
	if !changed {
		s.Error("not one text could be changed")
	}
	if err := s.d.Set(s.ctx, kkt.SettingRef{Table: "no such table", Row: 1, Field: "x"}, "1"); !errors.Is(err, fiscal.ErrNoSetting) {
		s.Errorf("no such table: %v", err)
	}
	for _, one := range all {
		if !one.Text && one.Max > 0 && one.Max < 1<<32 {
			ref := kkt.SettingRef{Table: number(one.TableNo), Row: one.Row, Field: number(one.FieldNo)}
			if err := s.d.Set(s.ctx, ref, "99999999999"); !errors.Is(err, fiscal.ErrBadValue) && !errors.Is(err, fiscal.ErrSecret) {
				s.Errorf("out of range in %+v: %v", one, err)
			}
			break
		}
	}
}

func number(n int) string {
	const digits = "0123456789"
	if n < 10 {
		return "#" + digits[n:n+1]
	}
	return number(n/10) + digits[n%10:n%10+1]
}

// marked is a sale of one unit with a marking code.
func marked(code string) kkt.Operation {
	op := sale(kkt.OpSale, 50_00, doc.PayCash)
	op.Receipt.Lines[0].Mark, op.Receipt.Lines[0].Kind = code, 33
	return op
}

func marks(s *service) {
	s.do(shift(kkt.OpOpenShift))
	s.unmoved("check", func() error {
		a, err := s.d.CheckMark(s.ctx, kkt.MarkQuery{Code: s.rig.Code(1), Status: 1})
		if !a.Good() || a.Bad() || a.Why != "" {
			s.Errorf("checked %+v", a)
		}
		return err
	})
	for n, code := range []string{s.rig.Code(1), s.rig.Code(2)} { // checked before, and not
		op := marked(code)
		f := s.do(op)
		if len(f.Marks) != 1 || f.Marks[0].Line != op.Receipt.Lines[0].ID || !f.Marks[0].Good() || !f.Marks[0].Accepted {
			s.Errorf("code %d: %+v", n+1, f.Marks)
		}
	}
	if f := s.do(sale(kkt.OpSale, 1_00, doc.PayCash)); len(f.Marks) != 0 {
		s.Errorf("checks of nothing: %+v", f.Marks)
	}
}

// badMarks: a line with a bad code is refused before anything is registered,
// unless it is sold anyway.
func badMarks(s *service) {
	s.do(shift(kkt.OpOpenShift))
	s.rig.MarksBad(true)
	a, err := s.d.CheckMark(s.ctx, kkt.MarkQuery{Code: s.rig.Code(1), Status: 1})
	if err != nil || !a.Bad() || a.Why == "" {
		s.Errorf("checked %+v, %v", a, err)
	}
	op := marked(s.rig.Code(1))
	var mark *fiscal.MarkError
	var device *fiscal.DeviceError
	if err := s.refused(s.mark(), op, fiscal.ErrRefused); !errors.As(err, &mark) || mark.Line != 1 || mark.Why == "" || !errors.As(err, &device) {
		s.Errorf("refused with %v", err)
	}
	s.nothingOpen()
	op.Receipt.Lines[0].MarkAnyway = true
	if f := s.do(op); len(f.Marks) != 1 || !f.Marks[0].Bad() || !f.Marks[0].Accepted {
		s.Errorf("sold anyway: %+v", f.Marks)
	}
	s.rig.MarksBad(false)
	s.do(marked(s.rig.Code(2)))
}

// marksInDoubt: Find tells of a marked receipt's checks too.
func marksInDoubt(s *service) {
	s.do(shift(kkt.OpOpenShift))
	m, op := s.mark(), marked(s.rig.Code(1))
	s.prepare(m, op)
	s.rig.LoseAnswer()
	if _, err := s.p.Commit(s.ctx, m, op); err == nil {
		s.Fatal("answer lost, commit succeeded")
	}
	found := s.find(m, op)
	if found.Kind != kkt.Registered || len(found.Fiscal.Marks) != 1 || !found.Fiscal.Marks[0].Good() || found.Fiscal.Marks[0].Line != op.Receipt.Lines[0].ID {
		s.Errorf("found %+v", found)
	}
	m, op = s.mark(), marked(s.rig.Code(2))
	s.prepare(m, op)
	s.rig.LoseRequest()
	if _, err := s.p.Commit(s.ctx, m, op); err == nil {
		s.Fatal("request lost, commit succeeded")
	}
	if found := s.find(m, op); found.Kind != kkt.NotRegistered {
		s.Errorf("found %+v", found)
	}
	if f := s.do(op); len(f.Marks) != 1 || !f.Marks[0].Good() {
		s.Errorf("the second time: %+v", f.Marks)
	}
}

func serviceUnplugged(s *service) {
	s.rig.Unplug()
	for name, call := range map[string]func() error{
		"facts":    func() error { _, err := s.d.Facts(s.ctx); return err },
		"print":    func() error { return s.d.Print(s.ctx, []string{"x"}) },
		"settings": func() error { _, err := s.d.Settings(s.ctx, ""); return err },
		"mark": func() error {
			_, err := s.d.CheckMark(s.ctx, kkt.MarkQuery{Code: s.rig.Code(1), Status: 1})
			return err
		},
	} {
		if err := call(); !errors.Is(err, fiscal.ErrNoAnswer) {
			s.Errorf("%s: %v", name, err)
		}
	}
	s.rig.Replug()
	if _, err := s.d.Facts(s.ctx); err != nil {
		s.Error("plugged in again: ", err)
	}
}

package daemon

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/offline/permit"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/restrict"
	"github.com/kassa-pos/kassa/pos/till"
)

// newPermit makes the client of what [permit] names; nil: nothing.
func newPermit(p *config.Permit, now func() time.Time) (*permit.Client, error) {
	if p == nil {
		return nil, nil
	}
	keys, err := config.LoadPermitKeys(p.Credentials)
	if err != nil {
		return nil, err
	}
	return permit.New(permit.Options{Online: p.Online, Token: keys.Key, Local: p.Local, Login: keys.Login, Pass: keys.Password, Now: now})
}

// permits is the till's permit port.
type permits struct {
	client *permit.Client
	watch  *permitWatch
}

func (p permits) Check(ctx context.Context, q till.PermitQuery) (till.PermitAnswer, error) {
	c, err := gs1.Classify(q.Code, &gs1.Shop{})
	if err != nil {
		return till.PermitAnswer{}, err
	}
	a, err := p.client.Check(ctx, permit.Query{Code: q.Code, FN: q.FN, Tobacco: c.Kind == gs1.TobaccoPack})
	p.watch.heard(a.Local, err)
	if err != nil {
		return till.PermitAnswer{}, err
	}
	return till.PermitAnswer{Refused: a.Refused, Local: a.Local,
		Permit: doc.Permit{FOIV: permit.FOIV, Date: permit.Date, Number: permit.Number, Value: a.Value}}, nil
}

// soldFor is how long this till remembers the units it has sold: the marking
// system hears of them by way of the OFD, at the latest after 30 days.
const soldFor = 31 * 24 * time.Hour

// Tag 2003 of goods that are measured out of what has the code.
const (
	measuredSold = 2
	measuredBack = 4
)

// soldUnits are the marked units this till has sold lately, read from the
// journal as far as it goes.
type soldUnits struct {
	d *daemon

	mu    sync.Mutex
	after uint64
	units map[string]bool // sold, and not brought back
}

// sold tells whether a unit is among them.
func (s *soldUnits) sold(ctx context.Context, unit string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := record.Filter{After: s.after, Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Sell), string(doc.Payback)}}
	if s.units == nil {
		s.units = map[string]bool{}
		f.Since = s.d.now().Add(-soldFor)
	}
	for rec, err := range s.d.journal.Scan(ctx, f) {
		if err != nil {
			return false, fmt.Errorf("units sold before: %w", err)
		}
		sale, err := document(rec)
		if err != nil {
			return false, err
		}
		s.take(&sale)
		s.after = max(s.after, rec.Seq)
	}
	return s.units[unit], nil
}

func (s *soldUnits) take(d *doc.Document) {
	if d.Receipt == nil {
		return
	}
	for i := range d.Receipt.Lines {
		mark := d.Receipt.Lines[i].Mark
		if s := d.Receipt.Lines[i].MarkStatus; mark == "" || s == measuredSold || s == measuredBack {
			continue // of a keg or a package in parts more is sold by the same code
		}
		unit := till.UnitOf(mark)
		if d.Type == doc.Payback {
			delete(s.units, unit)
		} else {
			s.units[unit] = true
		}
	}
}

// codes are the shop's own codes as the configuration describes them.
func codes(c *config.Codes) gs1.Shop {
	if c == nil {
		return gs1.Shop{}
	}
	shop := gs1.Shop{Cards: c.Cards, Badges: c.Badges}
	for _, l := range c.Labels {
		shop.Labels = append(shop.Labels, gs1.Label{Prefix: l.Prefix, Length: l.Length, Goods: l.Goods, ValueDigit: l.ValueDigit, Value: l.Value,
			Of: gs1.LabelValue(l.Of), Decimals: l.Decimals, NoCheckSum: l.NoCheckSum})
	}
	return shop
}

// restrictions reads the shop's own; nil: the federal ones.
func restrictions(path string) (*restrict.Rules, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.PathBad, path, err.Error()).With(err)
	}
	r, err := restrict.Parse(text)
	if err != nil {
		return nil, config.Bad(path, "", err).With(err)
	}
	return r, nil
}

// examinePermit looks at both services behind the permit port.
func examinePermit(ctx context.Context, p *config.Permit) []Finding {
	c, err := newPermit(p, time.Now)
	if err != nil {
		return []Finding{{What: "permit to sell marked goods", State: explain(err).Error(), Hint: "see [permit] in the configuration"}}
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	var all []Finding
	if len(p.Online) > 0 {
		f := Finding{What: "marking system " + p.Online[0], State: "answers", OK: true}
		if err := c.Online(ctx); err != nil {
			f.State, f.OK, f.Hint = err.Error(), false, "check the network and the key; until then only the local module allows sales of marked goods"
		}
		all = append(all, f)
	}
	if p.Local != "" {
		f := Finding{What: "local module " + p.Local}
		st, err := c.Status(ctx)
		switch now := time.Now(); {
		case err != nil:
			f.State, f.Hint = err.Error(), "is the local module running? without network no marked goods are sold"
		case !st.Fresh(now):
			f.State, f.Hint = fmt.Sprintf("%s, synchronised %s", st.State, st.LastSync.Format("02.01.2006 15:04")), "it says nothing until it is synchronised"
		default:
			f.State, f.OK = fmt.Sprintf("%s, version %s, synchronised %s", st.State, st.Version, st.LastSync.Format("02.01.2006 15:04")), true
		}
		all = append(all, f)
	}
	return all
}

package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// recalcRest is how long a cloud that did not answer in time is not asked: the
// next customers do not wait for it too.
const recalcRest = 20 * time.Second

// calculator is the cloud as the till's port for prices.
type calculator struct {
	c *cloud

	mu    sync.Mutex
	quiet time.Time // not asked before this
}

// Recalc implements till.Calculator.
func (p *calculator) Recalc(ctx context.Context, q till.RecalcQuery) (cheque.Recalc, error) {
	client := p.c.attachedClient()
	switch {
	case p.c.config() == nil:
		return cheque.Recalc{}, fault.New(fault.CloudNone)
	case client == nil || p.resting():
		return cheque.Recalc{}, fault.New(fault.CloudDown)
	}
	ask := moysklad.Calculation{Customer: q.Customer, Spend: q.Spend}
	for _, l := range q.Lines {
		ask.Lines = append(ask.Lines, moysklad.CalculationLine{ItemID: l.ItemID, ItemType: l.ItemType, PackID: l.PackID, Qty: l.Qty, Price: l.Price})
	}
	r, err := client.Recalc(ctx, ask)
	if err == nil {
		return r, nil
	}
	p.c.d.log.Warn("the cloud did not calculate the cheque", "dev", moysklad.Destination, "err", err)
	var known *fault.Error
	if !errors.As(err, &known) {
		known = fault.New(fault.CloudDown).With(err)
	}
	if known.Code == fault.CloudDown {
		p.rest()
	}
	return cheque.Recalc{}, known
}

func (p *calculator) resting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.quiet)
}

func (p *calculator) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = time.Now().Add(recalcRest)
}

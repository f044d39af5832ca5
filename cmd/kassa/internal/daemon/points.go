package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Times of asking the cloud about a customer. The cashier waits for the answer
// no longer than this; a cloud that did not answer is left alone for a while.
const (
	pointsTimeout = 1500 * time.Millisecond
	pointsRest    = 20 * time.Second
)

// FindCustomers finds a customer by id, card, telephone or name: the till's
// port. What is on this disk has to do; the cloud is asked for the points of
// the one who was found, and for one that is not known here, and not waited
// for.
func (s shop) FindCustomers(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error) {
	found, err := s.known(ctx, text, limit)
	if err != nil || len(found) > 1 {
		return found, err
	}
	return s.d.points.ask(ctx, found, text), nil
}

func (s shop) known(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error) {
	who, err := s.d.catalog.Customer(ctx, text)
	if err == nil {
		return []catalog.CustomerCard{who}, nil
	}
	if !errors.Is(err, catalogdb.ErrNotFound) {
		return nil, err
	}
	return s.Customers(ctx, text, limit)
}

// points asks the cloud about customers.
type points struct {
	c *cloud

	mu    sync.Mutex
	quiet time.Time // not asked before this
}

// minSearch is how many letters or digits are worth a search in the cloud.
const minSearch = 3

// ask brings the points of the one customer, or the customers of whom only the
// cloud knows.
func (p *points) ask(ctx context.Context, found []catalog.CustomerCard, text string) []catalog.CustomerCard {
	client := p.c.attachedClient()
	if client == nil || p.resting() || len(found) == 0 && len([]rune(text)) < minSearch {
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, pointsTimeout)
	defer cancel()
	if len(found) == 0 {
		people, err := client.SearchCustomers(ctx, text)
		if err != nil {
			p.failed(err)
			return found
		}
		if found = people; len(found) != 1 {
			return found
		}
	}
	who, err := client.Points(ctx, found[0])
	if err != nil {
		p.failed(err)
		return found
	}
	return []catalog.CustomerCard{who}
}

func (p *points) resting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.quiet)
}

func (p *points) failed(err error) {
	p.c.d.log.Warn("the cloud did not tell a customer's points", "dev", moysklad.Destination, "err", err)
	if fault.Of(err).Code != fault.CloudDown {
		return
	}
	p.mu.Lock()
	p.quiet = time.Now().Add(pointsRest)
	p.mu.Unlock()
}

package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// lookTimeout is how long the cloud may be asked about the documents of one
// reconciliation; what it was not asked about by then is said.
const lookTimeout = time.Minute

// looking is what the cloud is to be asked about.
type looking struct {
	client *moysklad.Client // nil: nobody to ask
	wanted []moysklad.Operation
}

// want gives what collects the documents that can be asked about.
func (l *looking) want(c *cloud) func(*doc.Document) {
	l.client = c.attachedClient()
	encoder := l.client
	if encoder == nil {
		encoder = &moysklad.Client{}
	}
	return func(d *doc.Document) {
		if o, can := encoder.Place(d); can {
			l.wanted = append(l.wanted, o)
		}
	}
}

// lookOf asks the cloud about the documents it should have.
func (d *daemon) lookOf(ctx context.Context, l *looking, c *reconcile.Cloud) {
	if c.Why != "" {
		return
	}
	c.Places, c.Looks = map[uuid.UUID]reconcile.Place{}, map[uuid.UUID]reconcile.Looked{}
	asked := slices.DeleteFunc(slices.Clone(l.wanted), func(o moysklad.Operation) bool {
		id, err := uuid.Parse(o.ID)
		if err != nil || c.Sent[id] == reconcile.Kept {
			return true
		}
		c.Places[id] = placeOf(&o)
		return false
	})
	c.Unasked = fault.Text(fault.TooLarge, d.cfg.Language, fmt.Sprintf("> %d", moysklad.MaxAsked))
	if l.client == nil {
		c.Unasked = fault.Text(fault.CloudDown, d.cfg.Language)
		if p := d.cloud.problem.Load(); p != nil {
			c.Unasked = p.Text(d.cfg.Language)
		}
		return
	}
	within, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	sight, err := l.client.Look(within, asked)
	if err != nil {
		c.Unasked = cloudFault(err).Text(d.cfg.Language)
		d.log.Warn("the cloud could not be asked about documents", "err", err)
	}
	for _, o := range asked {
		id := uuid.MustParse(o.ID)
		if seen, there := sight.Found[strings.ToLower(o.ID)]; there {
			c.Looks[id] = reconcile.Looked{There: true, Place: placeOf(&seen)}
		} else if sight.Gone[strings.ToLower(o.ID)] {
			c.Looks[id] = reconcile.Looked{}
		}
	}
}

// placeOf is an operation of the cloud in the words of a reconciliation.
func placeOf(o *moysklad.Operation) reconcile.Place {
	p := reconcile.Place{Sum: o.Sum}
	if !o.Time.IsZero() {
		p.Day = o.Time.Format(time.DateOnly)
	}
	if !o.Drawer() {
		p.Ways = &reconcile.Ways{o.Cash(), o.NoCash + o.QR, o.Prepaid}
	}
	return p
}

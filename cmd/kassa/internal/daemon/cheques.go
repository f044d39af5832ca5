package daemon

import (
	"context"
	"net"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/cheques"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/offline/ikassa/discover"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// tabletsEvery is how often a taken address is tried again.
const tabletsEvery = 5 * time.Second

// serveTablets listens for programs that speak the cheques API, when the
// configuration says where. An address that is not to be had (the network is
// not up yet, somebody else has the port) is a warning and is tried again: the
// till sells without tablets.
func (d *daemon) serveTablets(ctx context.Context) {
	if d.cfg.Cheques.Listen == "" {
		return
	}
	tick := time.NewTicker(tabletsEvery)
	defer tick.Stop()
	for {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", d.cfg.Cheques.Listen)
		if err == nil {
			d.tablets.Store(nil)
			d.log.Info("tablets are served", "addr", l.Addr().String())
			d.listen(ctx, l, cheques.New(d.tabletOptions(ctx)))
			if at, ok := l.Addr().(*net.TCPAddr); ok && d.cfg.Cheques.Public {
				d.announce(ctx, at.Port)
			}
			return
		}
		d.tablets.Store(fault.New(fault.TabletListen, d.cfg.Cheques.Listen, err.Error()))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// announce lets tablets on the shop's network find the till, until ctx ends. A
// machine without multicast is not found, and sells all the same.
func (d *daemon) announce(ctx context.Context, port int) {
	conn, err := discover.Listen()
	if err == nil {
		err = discover.Serve(ctx, conn, discover.Me{ID: d.journal.ID().String(), Version: d.o.Version, Port: port, Now: d.now, Log: d.log})
	}
	if err != nil {
		d.log.Warn("tablets do not find the till by themselves", "err", err)
	}
}

func (d *daemon) tabletOptions(ctx context.Context) cheques.Options {
	wrong, err := refused(ctx, d.journal, programRefused)
	if err != nil {
		d.log.Warn("wrong PINs of programs are not known", "err", err)
	}
	return cheques.Options{Refused: d.refuseProgram, WrongPINs: wrong,
		Till: d.loop, Flush: d.journal.Flush, Lookup: d.goods.named, Item: d.goods.Item, Store: d.store,
		Clouded:  func() bool { return d.cfg.Cloud.MoySklad != nil },
		Cashiers: d.badges.cashiers, CheckPIN: pin.Check, Tokens: d.tokens,
		Document: func(ctx context.Context, id uuid.UUID) (doc.Document, error) {
			made, _, err := d.saleForScreen(ctx, id)
			return made, err
		},
		Open: d.cfg.Cheques.Open, Language: d.cfg.Language, Now: d.now, Log: d.log,
	}
}

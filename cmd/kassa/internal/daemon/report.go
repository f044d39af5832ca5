package daemon

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad"
)

// When the cloud hears how the till is doing: soon after something changed, and
// now and then though nothing did, for the moment of the last exchange.
const (
	stateLook    = time.Second      // how often it is looked whether something changed
	stateGap     = 10 * time.Second // at least between two reports
	stateRefresh = 10 * time.Minute
	stateTimeout = 15 * time.Second
)

// tellState keeps the cloud's picture of the till true.
func (c *cloud) tellState(ctx context.Context) {
	tick := time.NewTicker(stateLook)
	defer tick.Stop()
	var told moysklad.State
	var tried, done time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		client, now := c.attachedClient(), c.d.now()
		s := c.d.state()
		lasting := s
		lasting.LastAttempt, lasting.Environment.Printer.Clock = time.Time{}, time.Time{}
		fresh := lasting == told && !done.IsZero() && now.Sub(done) < stateRefresh
		if client == nil || fresh || now.Sub(tried) < stateGap {
			continue
		}
		tried = now
		if err := c.sendState(ctx, client, s); err != nil {
			c.d.log.Debug("the till's state was not told", "err", err)
			continue
		}
		told, done = lasting, now
	}
}

func (c *cloud) sendState(ctx context.Context, client *moysklad.Client, s moysklad.State) error {
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	return client.SendState(ctx, s)
}

// environment is what the till runs on.
func (d *daemon) environment() moysklad.Environment {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	e := moysklad.Environment{Device: host, OS: runtime.GOOS + "/" + runtime.GOARCH, Name: "Kassa", Vendor: "kassa-pos", Version: d.o.Version}
	v, _ := d.loop.View()
	id := v.KKT.Identity
	if id.Model == "" {
		return e
	}
	var systems []string
	for _, s := range id.TaxSystems {
		systems = append(systems, s.String())
	}
	e.Printer = moysklad.Printer{Name: id.Model, Serial: id.Serial, Format: id.FFD, Driver: "kassa", DriverVersion: d.o.Version, Firmware: id.Firmware, TaxSystems: strings.Join(systems, ",")}
	return e
}

// state is how the till is doing.
func (d *daemon) state() moysklad.State {
	v, _ := d.loop.View()
	s := moysklad.State{Environment: d.environment()}
	if s.Environment.Printer.Name != "" {
		s.Environment.Printer.Clock = v.KKT.Status.Clock
	}
	for _, dest := range d.cloud.now().Destinations {
		if dest.From != "" {
			continue
		}
		s.LastAttempt = dest.LastSuccess
		switch {
		case dest.LastError != nil:
			s.Message = dest.LastError.Text
		case len(dest.Parked) > 0:
			s.Message = fmt.Sprintf("Не принято документов: %d, первый %s: %s", len(dest.Parked), dest.Parked[0].Name, dest.Parked[0].Words)
		}
	}
	if v.KKT.Identity.FN != "" {
		st := v.KKT.Status
		s.HaveFN, s.Unsent, s.FirstUnsent = true, int64(st.Unsent), st.UnsentSince
		if st.FNWarnings != 0 {
			s.FNCode, s.FNMessage = strconv.Itoa(st.FNWarnings), fnTrouble(st.FNWarnings)
		}
	}
	return s
}

// Warnings of a fiscal storage, by bit.
var fnWarnings = []string{"срочно заменить ФН, осталось менее 3 дней", "ресурс ФН на исходе, осталось менее 30 дней", "память ФН заполнена на 99 %", "ОФД давно не отвечает"}

func fnTrouble(bits int) string {
	var all []string
	for i, text := range fnWarnings {
		if bits&(1<<i) != 0 {
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// How a cut falls.
const (
	saleSpan  = 2.5 // of a sale's own time: the first after a start is slower, and some cuts come after it
	firstSpan = 1.1 // of the first start's
	cardSize  = 6 << 30
	fatAt     = "@@4M" // of the FAT partition, for mtools
)

// scene is one image under test, the bench beside it, and what was seen.
type scene struct {
	*machine
	till
	lab      *lab
	benches  int
	rng      *rand.Rand
	image    string    // to write on cards
	bench    string    // the bench's program
	releaser *releaser // nil: no updates
	// acked are the sales the till has said were done.
	acked []int
	took  struct{ ready, login, sale time.Duration }
	seen  struct{ sales, kept, lost int }
	cuts  map[string]int // by where they fell
	say   func(format string, args ...any)
}

// blank puts a new card into the machine, as its owner prepares it: the image,
// and on the FAT partition the till's configuration. The bench is new as well,
// for the FN of another till is not this one's.
func (s *scene) blank() error {
	s.close()
	s.benches++
	var err error
	if s.lab, err = startLab(s.bench, s.path(fmt.Sprintf("bench-%d", s.benches))); err != nil {
		return err
	}
	c, err := newCard(s.dir, s.image, cardSize)
	if err != nil {
		return err
	}
	s.card = c
	server := ""
	if s.releaser != nil {
		if err := s.releaser.trusted(slotA(c.stable)); err != nil {
			return err
		}
		if server, err = inside(strings.TrimPrefix(s.releaser.server.URL, "http://")); err != nil {
			return err
		}
		server = "http://" + server + "/"
	}
	text, err := s.lab.config(server)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path("till.toml"), []byte(text), 0o600); err != nil {
		return err
	}
	if err := tool("mcopy", "-o", "-i", c.stable+fatAt, s.path("till.toml"), "::till.toml"); err != nil {
		return err
	}
	if err := s.provision(); err != nil {
		return err
	}
	// What the test itself needs inside: a way in, and the cloud's login.
	secret, err := s.lab.secret()
	if err != nil {
		return err
	}
	data := dataPartition(c.stable)
	if err := errors.Join(
		data.put(s.path("key.pub"), "/ssh/authorized_keys", 0, 0o600),
		data.text(s.path("secret"), secret, "/kassa/moysklad.secret", tillUser, 0o600),
	); err != nil {
		return err
	}
	s.acked = nil
	return c.insert()
}

// close ends the bench.
func (s *scene) close() {
	if s.lab != nil {
		s.lab.stop()
		s.lab = nil
	}
}

func tool(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// boot turns the power on and waits until the till sells.
func (s *scene) boot(ctx context.Context) (time.Duration, error) {
	if err := s.start(); err != nil {
		return 0, err
	}
	last := ""
	err := s.until(ctx, "the till sells", func() (bool, error) {
		_, sells, why := s.till.ready(ctx)
		last = why
		return sells, nil
	})
	if err != nil {
		err = fmt.Errorf("%w; it said %s; its console: %s", err, last, s.serial())
	}
	return time.Since(s.on), err
}

// first is the first start of a card and the first sale in it: a scanner's
// keys, a KKT over the network, a receipt in FN, journal and cloud.
func (s *scene) first(ctx context.Context) error {
	took, err := s.boot(ctx)
	if err != nil {
		return err
	}
	s.took.ready = took
	if s.took.login, err = s.printed(ctx, "login:"); err != nil {
		return err
	}
	s.say("first start: login prompt (bare userland) after %.0f s, ready to sell after %.0f s", s.took.login.Seconds(), s.took.ready.Seconds())
	if err := s.letIn(ctx); err != nil {
		return err
	}
	if err := s.provisioned(ctx); err != nil {
		return err
	}
	token, err := s.run(ctx, "", "kassa token add imagetest --scope api")
	if err != nil {
		return err
	}
	s.token = strings.TrimSpace(token)
	port, err := s.lab.cloudPort()
	if err != nil {
		return err
	}
	stop, err := s.tunnel(ctx, port)
	if err != nil {
		return err
	}
	defer stop()
	if err := s.until(ctx, "goods come from the cloud", func() (bool, error) {
		_, err := s.run(ctx, "", "kassa sync --wait")
		return err == nil, nil
	}); err != nil {
		return err
	}
	if err := s.work(ctx, s.lab.PIN); err != nil {
		return err
	}
	if err := s.typed(s.lab.Codes[0]); err != nil {
		return err
	}
	if err := s.until(ctx, "what the scanner read is in the cheque", func() (bool, error) {
		n, err := s.lines(ctx)
		return n == 1, err
	}); err != nil {
		return err
	}
	fd, err := s.pay(ctx)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	s.acked = append(s.acked, fd)
	s.seen.sales++
	if _, err := s.run(ctx, "", "kassa sync --wait"); err != nil {
		return err
	}
	if err := s.until(ctx, "the sale is in the cloud", func() (bool, error) { return s.lab.received(ctx, "retaildemand") }); err != nil {
		return err
	}
	s.say("first sale: scanned by keys, FD %d in the FN, in the journal and in the cloud", fd)
	return s.check(ctx)
}

// sell makes a sale from what is in the cheque, or from a code.
func (s *scene) sell(ctx context.Context) error {
	if err := s.work(ctx, s.lab.PIN); err != nil {
		return err
	}
	n, err := s.lines(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		code := s.lab.Codes[s.seen.sales%len(s.lab.Codes)]
		if err := s.till.scan(ctx, code); err != nil {
			return fmt.Errorf("scan %s: %w", code, err)
		}
	}
	fd, err := s.pay(ctx)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	s.acked = append(s.acked, fd)
	s.seen.sales++
	return nil
}

// check: the journal verifies against the FN, every sale that was acknowledged
// is there, and till and FN have the same receipts, each once.
func (s *scene) check(ctx context.Context) error {
	if err := s.until(ctx, "nothing is on its way", func() (bool, error) { return s.settled(ctx) }); err != nil {
		return err
	}
	if _, err := s.verify(ctx); err != nil {
		return err
	}
	have, err := s.sales(ctx)
	if err != nil {
		return err
	}
	for _, fd := range s.acked {
		if !slices.Contains(have, fd) {
			return fmt.Errorf("FD %d was acknowledged and is lost; the journal has %v", fd, have)
		}
	}
	registered, err := s.lab.receipts(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(have, registered) {
		return fmt.Errorf("the journal has FDs %v, the FN %v", have, registered)
	}
	return nil
}

// cutSale pulls the plug somewhere in a sale and looks what becomes of it.
func (s *scene) cutSale(ctx context.Context, i int) error {
	after := time.Duration(s.rng.Float64() * saleSpan * float64(s.took.sale))
	selling, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	before, err := s.lab.receipts(ctx)
	if err != nil {
		stop()
		return err
	}
	acked := len(s.acked)
	go func() { done <- s.sell(selling) }()
	select {
	case <-time.After(after):
	case <-ctx.Done():
	}
	l, err := s.pull(-1)
	stop()
	<-done // whatever it has come to: the power is gone
	if err != nil {
		return err
	}
	s.client.CloseIdleConnections()
	took, err := s.boot(ctx)
	if err != nil {
		return err
	}
	if err := s.check(ctx); err != nil {
		return err
	}
	registered, err := s.lab.receipts(ctx)
	if err != nil {
		return err
	}
	came := "nothing sold"
	switch {
	case len(s.acked) > acked:
		came = "acknowledged"
	case len(registered) > len(before):
		came = "in the FN, not yet acknowledged"
	}
	if err := s.sell(ctx); err != nil {
		return fmt.Errorf("the next sale: %w", err)
	}
	s.cuts["in a sale"]++
	s.say("cut %d: %.2f s into a sale (%s), %d sectors on their way, %d of them lost; sells again after %.0f s, %d receipts each once",
		i, after.Seconds(), came, l.kept+l.lost, l.lost, took.Seconds(), len(registered)+1)
	return s.check(ctx)
}

// cutFirst pulls the plug in the first start of a new card.
func (s *scene) cutFirst(ctx context.Context, i int) error {
	if err := s.blank(); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	after := time.Duration(s.rng.Float64() * firstSpan * float64(s.took.ready))
	select {
	case <-time.After(after):
	case <-ctx.Done():
		return ctx.Err()
	}
	l, err := s.pull(-1)
	if err != nil {
		return err
	}
	took, err := s.boot(ctx)
	if err == nil {
		s.cuts["in a card's first start"]++
		s.say("cut %d: %.0f s into the first start, %d sectors on their way, %d of them lost; ready to sell after %.0f s", i, after.Seconds(), l.kept+l.lost, l.lost, took.Seconds())
	}
	return err
}

// pull turns the power off: before the write of that number, or now.
func (s *scene) pull(before int) (l loss, err error) {
	if err := s.kill(); err != nil {
		return l, err
	}
	l, err = s.card.cut(s.rng, before)
	s.seen.kept += l.kept
	s.seen.lost += l.lost
	return l, err
}

// counts tells how many cuts fell where, of those that ended as they should.
func (s *scene) counts() string {
	all, parts := 0, []string{}
	for _, where := range slices.Sorted(maps.Keys(s.cuts)) {
		all += s.cuts[where]
		parts = append(parts, fmt.Sprintf("%d %s", s.cuts[where], where))
	}
	return fmt.Sprintf("%d cuts passed: %s", all, strings.Join(parts, ", "))
}

// makeKey makes the key of the way in, for this run only.
func (m *machine) makeKey() error {
	if _, err := os.Stat(m.path("key")); err == nil {
		return nil
	}
	return tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", m.path("key"))
}

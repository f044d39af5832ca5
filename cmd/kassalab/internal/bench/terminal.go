package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
)

// The payment terminal's TID and MID, which no bank has.
const (
	terminalID = "TEST0001"
	merchantID = "TEST00000000001"
)

// bankFile keeps the bank's books.
const bankFile = "bank.jsonl"

// payTerminal is an emulated payment terminal on the network, with a bank and a
// service of payments by QR behind it. A bench without one has nil. The bank's
// books outlive the bench.
type payTerminal struct {
	far    *ecrtest.Terminal
	listen net.Listener
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// Terminal is the payment terminal as the page shows it.
type Terminal struct {
	Address string `json:"address"` // host:port
	ecrtest.State
}

func (b *Bench) startTerminal(*slog.Logger) error {
	if !b.withTerminal {
		return nil
	}
	l, err := b.home.Listen("terminal", b.ports.Terminal)
	if err != nil {
		return err
	}
	far, err := ecrtest.Open(ecrtest.Options{TID: terminalID, MID: merchantID}, b.home.Path(bankFile))
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	t := &payTerminal{far: far, listen: l, stop: stop}
	t.done.Go(func() { forward(ctx, t.far.Changed, b.watch.touch) })
	t.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			t.done.Go(func() { _ = t.far.Serve(ctx, conn) }) // ends with the link
		}
	})
	b.terminal = t
	b.later(t.close)
	return nil
}

func (t *payTerminal) close() error {
	t.stop()
	err := t.listen.Close()
	t.done.Wait()
	return errors.Join(err, t.far.Close())
}

func (t *payTerminal) address() string {
	if t == nil {
		return ""
	}
	return t.listen.Addr().String()
}

func (t *payTerminal) state() *Terminal {
	if t == nil {
		return nil
	}
	return &Terminal{Address: t.address(), State: t.far.State()}
}

// terminalTexts are the faults in a few words: Russian, English, and at length.
var terminalTexts = map[ecrtest.Fault][3]string{
	ecrtest.Hang:       {"завис", "hangs", "it hears everything and says nothing"},
	ecrtest.Garbage:    {"отвечает мусором", "answers garbage", "its answers are no frames; what it was asked to do it does"},
	ecrtest.Slow:       {"отвечает медленно", "answers slowly", "every answer takes three seconds"},
	ecrtest.Unplugged:  {"нет связи", "no link", "nobody can reach it"},
	ecrtest.LoseAnswer: {"провести, но потерять ответ", "do it, lose the answer", "the next operation is carried out, and the link breaks before the answer"},
	ecrtest.PowerCut:   {"обесточить", "cut its power", "it loses power before the next operation, or in what waits, and has not done it"},
	ecrtest.OtherSum:   {"провести на рубль больше", "take a rouble more", "the next operation is approved for another sum"},
	ecrtest.LatePaid:   {"код оплатят после срока", "a code is paid late", "the next code that is over is paid all the same"},
}

// oneGo are the faults that the next operation spends.
var oneGo = []ecrtest.Fault{ecrtest.LoseAnswer, ecrtest.PowerCut, ecrtest.OtherSum, ecrtest.LatePaid}

// mended takes all faults back.
const mended = "mend"

func (t *payTerminal) faults() []Fault {
	if t == nil {
		return nil
	}
	on := t.far.State().Faults
	var all []Fault
	for _, f := range ecrtest.Faults() {
		text := terminalTexts[f]
		one := Fault{Device: "terminal", Name: string(f), On: slices.Contains(on, f), Mend: mended, Text: map[string]string{"ru": text[0], "en": text[1]}, Help: text[2]}
		if slices.Contains(oneGo, f) {
			one.Help += "; once"
		}
		all = append(all, one)
	}
	return all
}

func (t *payTerminal) fault(name string, args []string) error {
	if len(args) > 0 {
		return wanted(t.faults(), "terminal", name, args)
	}
	if name == mended {
		t.far.Mend()
		return nil
	}
	return t.far.Break(ecrtest.Fault(name))
}

var errNoTerminal = errors.New("this bench has no payment terminal: start it with --terminal")

// Bank is everything the terminal's bank has.
func (b *Bench) Bank() (ecrtest.Ledger, error) {
	if b.terminal == nil {
		return ecrtest.Ledger{}, errNoTerminal
	}
	return b.terminal.far.Ledger(), nil
}

// Pay is the customer at the terminal, and the bank behind it: "approve",
// "decline" or "call_off" what waits; "approve_all", "decline_all" or "wait" for
// what comes. Why is the reason of a decline.
func (b *Bench) Pay(do string, why terminal.Reason) (*Terminal, error) {
	if b.terminal == nil {
		return nil, errNoTerminal
	}
	if why == "" {
		why = terminal.Funds
	}
	far, err := b.terminal.far, error(nil)
	switch do {
	case "approve":
		err = far.Approve()
	case "decline":
		err = far.Decline(why)
	case "call_off":
		err = far.CallOff()
	case "approve_all":
		far.SetHands(ecrtest.Hands{})
	case "decline_all":
		far.SetHands(ecrtest.Hands{Decline: why})
	case "wait":
		far.SetHands(ecrtest.Hands{Wait: true})
	default:
		return nil, &BadRequest{fmt.Sprintf("a terminal has approve, decline, call_off, approve_all, decline_all and wait, not %.40q", do)}
	}
	return b.terminal.state(), err
}

// Terminal is the payment terminal now.
func (b *Bench) Terminal() (*Terminal, error) {
	if b.terminal == nil {
		return nil, errNoTerminal
	}
	return b.terminal.state(), nil
}

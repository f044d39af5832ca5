package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa/ikassatest"
)

const (
	registerFile     = "register.json"
	registerPINFile  = "register-pin.toml"
	registerHeadTime = 10 * time.Second
)

// register is the virtual cash register of a Belarusian shop on a port of its
// own. In a Russian one there is none.
type register struct {
	fake *ikassatest.Register
	url  string

	server *http.Server
	stop   context.CancelFunc
	done   sync.WaitGroup
	died   chan error
}

// startRegister brings the register to life where the shop is a Belarusian one.
func (b *Bench) startRegister(log *slog.Logger) error {
	if !b.shop.belarus {
		return nil
	}
	l, err := b.home.Listen("register", b.ports.Register)
	if err != nil {
		return err
	}
	fake, err := ikassatest.Open(ikassatest.Options{StatePath: b.home.Path(registerFile), Now: func() time.Time { return time.Now().In(moscow) }, Log: log})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &register{fake: fake, url: "http://" + l.Addr().String(), stop: stop, died: make(chan error, 1),
		server: &http.Server{Handler: fake, ReadHeaderTimeout: registerHeadTime, BaseContext: func(net.Listener) context.Context { return ctx }}}
	r.done.Go(func() { forward(ctx, fake.Changed, b.watch.touch) })
	r.done.Go(func() {
		if err := r.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			r.died <- fmt.Errorf("virtual register: %w", err)
		}
	})
	b.register = r
	b.later(r.close)
	return b.home.Write(registerPINFile, fmt.Appendf(nil, "pin = %s\n", quote(ikassatest.PIN)))
}

func (r *register) close() error {
	r.stop()
	err := r.server.Close()
	r.done.Wait()
	return err
}

// ends tells when the register's server has ended; nil waits for ever.
func (r *register) ends() <-chan error {
	if r == nil {
		return nil
	}
	return r.died
}

// state is what the page shows of it.
func (r *register) state() *Register {
	if r == nil {
		return nil
	}
	s := &Register{State: r.fake.State(), URL: r.url, Up: true, Latest: []ikassatest.Document{}}
	for _, name := range s.Faults {
		s.Up = s.Up && name != "down" && name != "silent"
	}
	all := r.fake.Documents()
	for i := len(all) - 1; i >= 0 && len(s.Latest) < RegisterShown; i-- {
		s.Latest = append(s.Latest, all[i])
	}
	return s
}

// registerTexts are the faults in a few words: Russian, English.
var registerTexts = map[string][2]string{
	"down":            {"не отвечает", "does not answer"},
	"silent":          {"принимает и молчит", "swallows and says nothing"},
	"slow":            {"отвечает на секунду позже", "answers a second late"},
	"blocked":         {"заблокирован", "blocked"},
	"certificate":     {"сертификат истёк", "certificate has expired"},
	"pending":         {"незавершённая продажа", "an unfinished sale"},
	"lose-request":    {"потерять запрос", "lose the request"},
	"lose-answer":     {"пробить, но потерять ответ", "register it, lose the answer"},
	"error-500":       {"ошибка 500 до продажи", "error 500 before the sale"},
	"error-500-after": {"ошибка 500 после продажи", "error 500 after the sale"},
	"error-399":       {"общая ошибка 399", "general error 399"},
	"garbage":         {"пробить и ответить мусором", "register it, answer noise"},
	"drop-token":      {"забыть токен", "forget the token"},
	"differs":         {"пробить на копейку больше", "sell for a kopeck more"},
}

func (r *register) faults() []Fault {
	if r == nil {
		return nil
	}
	var all []Fault
	for _, f := range r.fake.Faults() {
		one := Fault{Device: "register", Name: f.Name, On: f.On, Text: both(registerTexts[f.Name], f.Name), Help: f.Text}
		if f.Lasts {
			one.Mend = ikassatest.FaultUp
		} else {
			one.Args = "[N]"
			if f.Repeat > 0 {
				one.Value = "×" + strconv.Itoa(f.Repeat)
			}
		}
		all = append(all, one)
	}
	return all
}

func (r *register) fault(name string, args []string) error {
	err := r.fake.Fault(name, args...)
	if errors.Is(err, ikassatest.ErrFault) {
		return wanted(r.faults(), "register", name, args)
	}
	return err
}

// Sign is the sign of the shop's currency.
func (b *Bench) Sign() string {
	if b.shop.belarus {
		return "Br"
	}
	return "₽"
}

// errNoRegister: the shop is not a Belarusian one.
var errNoRegister = errors.New("this bench has no register: kassalab run --belarus starts one, on a directory of its own")

// RegisterState gives the register's counters.
func (b *Bench) RegisterState() (ikassatest.State, error) {
	if b.register == nil {
		return ikassatest.State{}, errNoRegister
	}
	return b.register.fake.State(), nil
}

// RegisterDocuments gives the register's journal, oldest first.
func (b *Bench) RegisterDocuments() ([]ikassatest.Document, error) {
	if b.register == nil {
		return nil, errNoRegister
	}
	return nonNil(b.register.fake.Documents()), nil
}

// PressRegister does what a cashier does on the register's own screen: "open"
// or "close" its shift; "expire" makes it 24 hours old.
func (b *Bench) PressRegister(key string) (ikassatest.State, error) {
	if b.register == nil {
		return ikassatest.State{}, errNoRegister
	}
	keys := map[string]func() error{"open": b.register.fake.OpenShift, "close": b.register.fake.CloseShift, "expire": b.register.fake.ExpireShift}
	press, ok := keys[key]
	if !ok {
		return ikassatest.State{}, &BadRequest{fmt.Sprintf("a register has open, close and expire, not %.40q", key)}
	}
	if err := press(); err != nil {
		return ikassatest.State{}, err
	}
	return b.register.fake.State(), nil
}

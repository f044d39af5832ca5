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

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
)

const (
	cloudFile       = "cloud.jsonl"
	cloudHeaderTime = 5 * time.Second
	cloudCloseTime  = 2 * time.Second
	slowByDefault   = 2000 // milliseconds
)

// cloud is the fake MoySklad on a port of its own.
type cloud struct {
	fake  *moyskladtest.Server
	http  *http.Server
	url   string
	touch func()

	stop context.CancelFunc
	done sync.WaitGroup
	died chan error
}

// newCloud opens the state in path and serves it on l.
func newCloud(l net.Listener, path string, shop moyskladtest.Shop, touch func(), log *slog.Logger) (*cloud, error) {
	fake, err := moyskladtest.New(moyskladtest.Options{StatePath: path, Data: shop})
	if err != nil {
		return nil, fmt.Errorf("fake cloud: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &cloud{
		fake: fake, url: "http://" + l.Addr().String() + moyskladtest.BasePath, touch: touch, stop: stop, died: make(chan error, 1),
		http: &http.Server{
			Handler:           fake,
			ReadHeaderTimeout: cloudHeaderTime,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}
	c.done.Go(func() { forward(ctx, fake.Changed, touch) })
	c.done.Go(func() {
		if err := c.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.died <- fmt.Errorf("fake cloud: %w", err)
		}
	})
	return c, nil
}

// forward turns a device's changes into the bench's.
func forward(ctx context.Context, changed func() <-chan struct{}, touch func()) {
	for {
		next := changed()
		touch()
		select {
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}

// close ends requests that wait and stops.
func (c *cloud) close() error {
	c.stop()
	ctx, cancel := context.WithTimeout(context.Background(), cloudCloseTime)
	defer cancel()
	err := c.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = c.http.Close()
	}
	c.done.Wait()
	return errors.Join(err, c.fake.Close())
}

func (c *cloud) state() Cloud {
	docs := c.fake.Documents()
	s := Cloud{URL: c.url, Up: true, Received: len(docs), Latest: []CloudDocument{}}
	for _, f := range c.fake.Faults() {
		if f.Name == cloudDown && f.On {
			s.Up = false
		}
	}
	for i := len(docs) - 1; i >= 0 && len(s.Latest) < CloudShown; i-- {
		d := docs[i]
		s.Latest = append(s.Latest, CloudDocument{Kind: d.Kind, ID: d.SyncID, Name: d.Name, Sum: d.Sum, Times: d.Times, At: d.Received})
	}
	return s
}

// The fake's names that the bench reads something into.
const (
	cloudDown = "down"
	cloudUp   = "up" // ends everything
	cloudSlow = "slow"
)

// cloudTexts are the faults in a few words: Russian, English.
var cloudTexts = map[string][2]string{
	"down":              {"облако недоступно", "cloud is down"},
	"slow":              {"отвечает медленно", "answers slowly"},
	"lose-answer":       {"принять, но потерять ответ", "take it, lose the answer"},
	"http":              {"ответить кодом HTTP", "answer an HTTP status"},
	"html":              {"страница чужого Wi-Fi", "a hotspot's page"},
	"truncate":          {"оборвать ответ", "cut the answer short"},
	"recalc-order":      {"пересчёт в другом порядке", "prices in the wrong order"},
	"recalc-short":      {"пересчёт без последней позиции", "prices lack a position"},
	"recalc-sums":       {"суммы пересчёта не сходятся", "sums of prices disagree"},
	"recalc-split":      {"пересчёт делит позиции", "prices come in parts"},
	"refuse":            {"отказать с кодом", "refuse with a code"},
	"fail-after-commit": {"принять, но ответить ошибкой", "take it, answer an error"},
	"queue-forget":      {"принять чек в очередь и забыть", "accept a receipt for the queue and forget it"},
	"queue-blank":       {"пробитый чек без номеров", "a registered receipt without numbers"},
	"queue-double":      {"выдать один чек двум кассам", "give one receipt to two tills"},
	"trash-shift":       {"выбросить смену в корзину", "throw the shift away"},
	"document-bin":      {"выбросить документ в корзину", "throw a document away"},
	"document-date":     {"переставить документ на другой день", "put a document under another day"},
	"document-sum":      {"изменить сумму документа", "change a document's sum"},
	"document-cashless": {"изменить безналичную часть документа", "change what was paid without cash"},
	"limit":             {"запросов слишком много (429)", "too many requests (429)"},
	"parallel":          {"запросов слишком много сразу (429)", "too many requests at once (429)"},
	"tls":               {"ошибка TLS", "an alert of TLS"},
	"clock":             {"часы облака врут, минут", "the cloud's clock is wrong, minutes"},
	"version-ends":      {"версия обмена скоро отключится", "this version of the API ends soon"},
	"empty":             {"списки пусты", "lists come empty"},
	"token-revoked":     {"отозвать токен кассы", "revoke the till's token"},
}

func (c *cloud) faults() []Fault {
	var all []Fault
	for _, f := range c.fake.Faults() {
		if f.Name == cloudUp {
			continue
		}
		one := Fault{Device: "cloud", Name: f.Name, Args: f.Args, On: f.On, Text: both(cloudTexts[f.Name], f.Name), Help: f.Help}
		switch {
		case f.Name == cloudDown:
			one.Mend = cloudUp
		case f.Name == cloudSlow:
			one.Args, one.Default, one.Mend = "[MS]", strconv.Itoa(slowByDefault), "slow 0"
			if f.On {
				one.Value = strconv.Itoa(f.Value)
			}
		case f.Left > 0:
			one.Value = "×" + strconv.Itoa(f.Left)
		}
		all = append(all, one)
	}
	return all
}

// both is a text by language; a fault that has none yet shows its name.
func both(text [2]string, name string) map[string]string {
	if text[0] == "" {
		text = [2]string{name, name}
	}
	return map[string]string{"ru": text[0], "en": text[1]}
}

func (c *cloud) fault(name string, args []string) error {
	if name == cloudSlow && len(args) == 0 {
		args = []string{strconv.Itoa(slowByDefault)}
	}
	err := c.fake.Fault(name, args...)
	if errors.Is(err, moyskladtest.ErrFault) {
		return wanted(c.faults(), "cloud", name, args)
	}
	return err
}

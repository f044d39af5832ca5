package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/unixsock"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/feed"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of the servers.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
	stopTimeout   = 3 * time.Second
	socketMode    = 0o660
)

// serve listens on the unix socket for the command line and on the console's
// address for browsers and integrators.
func (d *daemon) serve(ctx context.Context) error {
	token, err := d.apiToken()
	if err != nil {
		return err
	}
	socket, err := unixsock.Listen(d.path(client.SocketName), socketMode)
	if err != nil {
		return fault.New(fault.PathBad, d.path(client.SocketName), err.Error()).With(err)
	}
	door, secured, err := d.openDoor()
	if err != nil {
		return errors.Join(config.Bad(d.cfg.Path, "console.listen", err).With(err), socket.Close())
	}
	books := reports.New(reports.Options{Records: d.journal.Scan, Zone: d.now().Location()})
	sales := reports.NewSales(reports.SalesOptions{Records: d.journal.Scan, Head: func() uint64 { _, newest := d.readable(); return newest }, Zone: d.now().Location()})
	native := api.New(api.Options{
		Till: d.loop, Records: d.journal.Scan, Find: d.goods.Find, List: d.goods.List, Catalog: shop{d},
		Scale: d.scaleNow(), Terminal: terminalFace{d}, Printer: d.paper(), Kitchen: d.kitchenPort(), Orders: d.orders, Item: d.goods.Item, Lookup: d.goods.named, RetryParked: d.cloud.retry, ParkedByHand: d.byHand, ExportParked: d.cloud.exportParked,
		Made: api.Made{Product: d.made.product, Customer: d.made.customer, Order: d.made.order},
		Sync: d.syncNow, Attach: d.cloud.attachAgain, Provision: d.cloud.provision(), Outbox: d.exchangeNow, Flows: d.flowsNow, Verify: d.verify, Rotate: d.rotateNow, Export: d.export, Import: d.importCopy, KKT: d.technician(), Updates: d.updates, Verdict: d.verdict, Erase: d.erase, Badge: d.badges.give, Users: staff{d},
		Warnings: d.warnings, Extra: d.extra, Metrics: d.metrics, Language: d.cfg.Language, Location: d.now().Location(), Version: d.o.Version, Boot: d.boot, Token: token, Tokens: d.tokens, Shifts: books.Shifts, Sales: sales.Report, Lines: d.lines.Lines, Reconcile: d.reconcile, TLS: d.tlsNow, RenewTLS: d.tlsRenew, Support: api.Support{Write: d.support, ToUSB: d.supportToUSB}, Append: d.journal.Append, HasDocument: d.journal.HasDocument, Head: d.readable, Still: d.still, Journal: d.journal.ID(), Log: d.log,
		Settings: settings{d},
	})
	d.work.Go(func() {
		<-ctx.Done()
		native.Close()
	})
	d.console, err = console.New(console.Options{
		Till: d.loop, Find: d.goods.Find, Folders: d.catalog.Folders, List: d.goods.List, Favourites: d.goods.Favourites, Price: d.priceOf, StockAt: func() time.Time { return d.catalog.Current().StockAt },
		Documents: d.journal.Scan, Sales: sales.Report, Lines: d.lines.Lines, Sale: d.saleForScreen, Books: native, Customers: shop{d}.known, Made: api.Made{Product: d.made.product, Customer: d.made.customer, Order: d.made.order}, KKT: d.technician(), Terminal: terminalFace{d}, Printer: d.paper(), Journal: d.journalPage(), Sync: d.syncPage(), Compare: d.compareNamed, Provision: d.consoleProvision(), Users: staff{d}, Extra: d.consoleExtra, Customer: d.customerScreen(), Kiosk: d.kiosk(), Lock: time.Duration(d.cfg.Console.Lock), TLS: d.tlsNow, RenewTLS: d.tlsRenew, Support: api.Support{Write: d.support, ToUSB: d.supportToUSB}, Updates: d.updates, Hosts: d.consoleNames(false), Language: d.cfg.Language, Bench: d.cfg.Bench, Version: d.o.Version,
		Settings: settings{d},
		Setup:    d.setup,
		Log:      d.log, Now: d.now,
	})
	if err != nil {
		return errors.Join(err, socket.Close(), door.Close())
	}
	faces := d.o.Faces
	if faces == nil {
		faces = func(h http.Handler) http.Handler { return h }
	}
	mux := http.NewServeMux()
	for _, p := range api.Prefixes() {
		mux.Handle(p, faces(native.Network()))
	}
	documents := d.documents()
	for _, p := range feed.Prefixes() {
		mux.Handle(p, documents)
	}
	mux.Handle(reports.Path, &reports.Face{Reports: books, Allows: d.tokens.Allows, Log: d.log})
	mux.Handle("/", d.console)
	d.listen(ctx, door, secured(mux))
	d.listen(ctx, peerListener{socket}, faces(native.Local()))
	d.machine.dog.Ready("selling at " + d.consoleURL())
	if d.o.Ready != nil {
		d.o.Ready(d.consoleURL())
	}
	return nil
}

// readable is what of the journal can be read without making anybody wait.
func (d *daemon) readable() (oldest, newest uint64) {
	oldest = max(d.journal.Periods().First, 1)
	for _, a := range d.journal.Archived() {
		oldest = min(oldest, a.First)
	}
	newest, _ = d.journal.Head()
	lag, _ := d.journal.Lag()
	return oldest, newest - min(lag, newest)
}

// saleForScreen is sale with a reason that a person can read.
func (d *daemon) saleForScreen(ctx context.Context, id uuid.UUID) (doc.Document, []doc.Document, error) {
	sale, back, err := d.sale(ctx, id)
	if errors.Is(err, loop.ErrNoSale) {
		err = fault.New(fault.NotFound, id.String())
	}
	return sale, back, err
}

// listen serves until ctx ends, then gives requests a moment to finish.
func (d *daemon) listen(ctx context.Context, l net.Listener, h http.Handler) {
	base, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog:    slog.NewLogLogger(d.log.Handler(), slog.LevelDebug), // what strangers do wrong is told when somebody looks
		BaseContext: func(net.Listener) context.Context { return base }}
	d.work.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.log.Error("server ended", "addr", l.Addr().String(), "err", err)
		}
	})
	d.work.Go(func() {
		<-ctx.Done()
		endStreams()
		stop, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := s.Shutdown(stop); err != nil {
			d.log.Warn("requests were cut off", "err", errors.Join(err, s.Close()))
		}
	})
}

// apiToken reads the token for calls from the network, or makes one.
func (d *daemon) apiToken() (string, error) {
	path := d.path(tokenFile)
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) >= 32 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fault.New(fault.PathBad, path, err.Error()).With(err)
	}
	token, err := random(32)
	if err != nil {
		return "", err
	}
	return token, writeSecret(path, []byte(token+"\n"))
}

// writeSecret replaces a small file, readable by its owner only, so that a
// cut leaves the old one or the new one.
func writeSecret(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("secret: %w", err), os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// progressEvery records the status learns how far a verification is.
const progressEvery = 256

// progress is how far a verification is, in records.
type progress struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// verify checks what the till has been told so far, the last scans included.
func (d *daemon) verify(ctx context.Context) (any, error) { return d.check(ctx, nil) }

func (d *daemon) check(ctx context.Context, told func(done, total uint64)) (journal.Report, error) {
	if err := d.journal.Flush(ctx); err != nil {
		return journal.Report{}, err
	}
	defer d.verifying.Store(nil)
	return d.journal.Verify(ctx, journal.VerifyOptions{Device: d.witness, Registered: d.registered(),
		Progress: func(done, total uint64) {
			if done == total || done%progressEvery == 0 {
				d.verifying.Store(&progress{done, total})
			}
			if told != nil {
				told(done, total)
			}
		}})
}

// journalPage is the journal as the console's page needs it.
func (d *daemon) journalPage() *console.Journal {
	return &console.Journal{Periods: d.journal.Periods, Archived: d.journal.Archived, Verify: d.check, Export: func(ctx context.Context) (string, error) {
		made, err := d.export(ctx, stick.USB, api.Since{})
		if err != nil {
			return "", err
		}
		return filepath.Base(made.(exported).Dir), nil
	}}
}

func (d *daemon) priceOf(it *catalog.Item) (money.Amount, bool) {
	return it.PriceOf(d.catalog.Current().Store.PriceType)
}

// extra is what the status knows beside the till.
func (d *daemon) extra() map[string]any {
	lag, age := d.journal.Lag()
	v, _ := d.loop.View()
	return map[string]any{
		"ofd":     d.devices.ofd(v.KKT.Status),
		"console": d.consoleURL(), "devices": d.devices.states(), "bench": d.cfg.Bench,
		"journal": map[string]any{"lag_records": lag, "lag_ms": age.Milliseconds(), "opened": d.opened, "period": d.journal.Periods(), "scrub": d.journal.Scrub(), "verify": d.verifying.Load()},
	}
}

// metrics are the figures a monitoring system reads, in the Prometheus text
// format. Written by hand: the usual libraries cost a megabyte or talk on
// stderr when a board's kernel lacks what they want to read.
func (d *daemon) metrics(w io.Writer) {
	seq, _ := d.journal.Head()
	lag, age := d.journal.Lag()
	v, _ := d.loop.View()
	info := d.catalog.Current()
	var queued, parked int64
	for _, dest := range d.cloud.now().Destinations {
		queued += dest.Queued
		parked += int64(len(dest.Parked))
	}
	for _, f := range []figure{
		{"kassa_journal_records", "counter", "Records of the journal since it was made.", seq},
		{"kassa_journal_period", "gauge", "Number of the journal's open period.", d.journal.Periods().Number},
		{"kassa_journal_lag_records", "gauge", "Records the indexed copy is behind.", lag},
		{"kassa_journal_lag_seconds", "gauge", "Seconds the indexed copy is behind.", age.Seconds()},
		{"kassa_last_document_number", "counter", "Number of the last document.", v.LastNumber},
		{"kassa_catalog_items", "gauge", "Items of the catalogue that sells.", info.Items},
		{"kassa_catalog_generation", "counter", "Generation of the catalogue that sells.", info.Generation},
		{"kassa_cloud_queued_documents", "gauge", "Documents on their way to the clouds.", queued},
		{"kassa_cloud_parked_documents", "gauge", "Documents a cloud has refused, which wait for a person.", parked},
		{"kassa_reconcile_differences", "gauge", "Contradictions the last reconciliation has found.", d.compared.contradictions()},
		{"kassa_reconcile_pending", "gauge", "Differences of the last reconciliation that will be well by themselves.", d.compared.pending()},
		{"kassa_kkt_ready", "gauge", "1 when the fiscal device takes receipts.", flag(v.KKT.Ready)},
		{"kassa_kkt_last_fd", "gauge", "Last fiscal document of the storage that is in the device.", v.KKT.Status.LastFD},
		{"kassa_kkt_unsent_documents", "gauge", "Fiscal documents the operator has not got.", v.KKT.Status.Unsent},
		{"kassa_shift_open", "gauge", "1 when a shift is open.", flag(v.Shift != nil)},
		{"kassa_warnings", "gauge", "Warnings that are shown.", len(v.Warnings) + len(d.warnings())},
		{"kassa_permit_state", "gauge", "0 the marking system answers, 1 only the local module, 2 nobody; -1 without any.", d.permits.state()},
		{"kassa_goroutines", "gauge", "Goroutines of the process.", runtime.NumGoroutine()},
		{"kassa_loop_still_seconds", "gauge", "Seconds since the till's loop turned.", d.still().Seconds()},
		{"process_start_time_seconds", "gauge", "Start of the process, seconds since 1970.", d.begun.Unix()},
	} {
		if err := f.write(w); err != nil {
			return // the reader went away
		}
	}
	if _, err := fmt.Fprintf(w, "# HELP kassa_build_info The release that runs.\n# TYPE kassa_build_info gauge\nkassa_build_info{version=%q} 1\n", d.o.Version); err != nil {
		return
	}
	if err := d.exchangeMetrics(w); err != nil {
		return
	}
}

// figure is a metric in Prometheus' text format, version 0.0.4.
type figure struct {
	name, kind, help string
	value            any
}

func (f figure) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "# HELP %[1]s %[2]s\n# TYPE %[1]s %[3]s\n%[1]s %[4]v\n", f.name, f.help, f.kind, f.value)
	return err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

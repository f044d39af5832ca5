// Command serve shows the console over a till in memory, for the browser
// tests and for whoever works on the screens. It prints its address and then
// reads commands from standard input, one a line, each answered by "ok":
//
//	scan CODE        a barcode from the scanner
//	paper on|off     the printer's roll
//	kkt on|off       the printer's cable
//	hold | release   the printer takes its time
//	fn NUMBER        another FN is in the printer
//	foreign on|off   another program uses the printer
//	cloud on|off     the cloud behind the status strip
//	history          a month of past shifts
//	corrupt          a document that can not be read
//
// It ends when standard input does.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/certs"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pictures"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/support"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	lang := flag.String("lang", "ru", "language")
	bench := flag.Bool("bench", true, "say that this is a bench")
	routes := flag.Bool("routes", false, "list what the console serves and end")
	version := flag.String("version", "test", "what the till calls its release")
	slides := flag.String("pictures", "", "folder of the customer's pictures")
	flag.Parse()
	if err := run(*addr, *lang, *version, *slides, *bench, *routes); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(addr, lang, version, slides string, bench, routes bool) error {
	customer := console.Customer{Each: 300 * time.Millisecond}
	if slides != "" {
		customer.Pictures = pictures.New(slides)
		customer.Pictures.Look()
	}
	t := consoletest.New(time.Now)
	defer t.Close()
	cloud := newExchange(time.Now, func(ctx context.Context) error { return t.Do(ctx, till.Allow{Permission: catalog.MayAbandon}) })
	var offline atomic.Int64 // unix seconds since when the cloud is away; 0: online
	sales := reports.NewSales(reports.SalesOptions{Records: t.Documents, Head: t.Head, Zone: time.Local})
	lines := loglines.New(slog.NewTextHandler(os.Stderr, nil))
	log := slog.New(lines)
	log.With("dev", "kkt").Info("printer found", "model", "ШТРИХ-М-01Ф", "port", "/dev/ttyACM0")
	log.Warn("cloud does not answer", "err", "dial tcp: i/o timeout", "token", "secret")
	log.With("shift", 118).Error("printer has no paper", "code", "fiscal.paper")
	dir, err := os.MkdirTemp("", "kassa-console-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	settings, err := consoletest.NewSettings(t, filepath.Join(dir, "till.toml"))
	if err != nil {
		return err
	}
	releases := consoletest.NewUpdates(time.Now())
	c, err := console.New(console.Options{Till: t, Find: consoletest.Find, Folders: consoletest.Folders, List: consoletest.List, Documents: t.Documents, Sales: sales.Report, Lines: lines.Lines, Sale: t.Sale, Books: consoletest.Books(t), Customers: t.Customers, Made: consoletest.Made(t), KKT: &consoletest.KKT{Till: t}, Journal: books(), Sync: cloud.page(), Compare: compared, Provision: stores{}, Users: consoletest.NewUsers(t),
		Extra: func() console.Extra { return extra(offline.Load()) }, Language: lang, Bench: bench, Version: version, Customer: customer, TLS: secured, RenewTLS: func(bool) error { return nil }, Support: bundle(), Updates: releases,
		Settings: settings,
		Log:      log})
	if err != nil {
		return err
	}
	defer c.Close()
	if routes {
		fmt.Println(strings.Join(c.Routes(), "\n"))
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: c, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	fmt.Println("http://" + l.Addr().String())
	in := bufio.NewScanner(os.Stdin)
	var release func()
	for in.Scan() {
		verb, arg, _ := strings.Cut(in.Text(), " ")
		switch verb {
		case "scan":
			t.Feed(till.Scan{Code: arg, Device: "scanner"})
		case "paper":
			t.Device(func(d *till.Device) { d.Status.Paper = arg == "on" })
		case "kkt":
			t.Device(func(d *till.Device) { d.Ready, d.Since = arg == "on", time.Now() })
		case "fn":
			t.Device(func(d *till.Device) { d.Identity.FN, d.Status.FNPhase = arg, 3 })
		case "foreign":
			t.Foreign(arg == "on")
		case "hold":
			release = t.Hold()
		case "release":
			release()
		case "cloud":
			offline.Store(0)
			cloud.fail(false, nil)
			if arg == "off" {
				offline.Store(time.Now().Add(-12 * time.Minute).Unix())
				cloud.fail(false, fault.New(fault.CloudDown))
			}
		case "update": // how the update goes on
			releases.Set(func(s *updates.Status) { s.Phase, s.Percent = updates.Phase(arg), 70 })
		case "kitchen": // bread and tea are made to order
			t.Kitchen("bread", "tea")
		case "history":
			t.History(30)
		case "corrupt":
			t.Corrupt()
		}
		fmt.Println("ok")
	}
	c.Close() // the streams would keep the server from ending
	if err := server.Close(); err != nil {
		return err
	}
	<-failed
	return in.Err()
}

// secured is a till that others reach, one of them by a name of its own.
func secured() (api.TLS, error) {
	return api.TLS{On: true, URLs: []string{"https://192.168.1.20:8443/", "https://10.8.0.3:8443/"}, State: certs.State{
		Fingerprint: strings.TrimSuffix(strings.Repeat("4F:A1:0B:C7:", 8), ":"), Authority: "Kassa till 4fa10bc7", Names: []string{"localhost", "kassa.local", "192.168.1.20"},
		LeftOut: []string{"kassa.example.ru"}, From: time.Now().Add(-48 * time.Hour), To: time.Now().AddDate(1, 0, 0)}}, nil
}

// bundle is a support bundle, and a medium that takes it.
func bundle() api.Support {
	return api.Support{
		Write: func(ctx context.Context, w io.Writer) error {
			return support.Write(ctx, w, "test", time.Now(), []support.Part{support.JSON("state.json", func(context.Context) (any, error) { return map[string]string{"phase": "idle"}, nil }, "phase")})
		},
		ToUSB: func(context.Context) (string, error) { return support.Name(time.Now()), nil },
	}
}

// books are a journal that is whole, and a medium that takes it.
func books() *console.Journal {
	begun := time.Now().Add(-21 * 24 * time.Hour)
	return &console.Journal{
		Periods: func() journal.Periods {
			return journal.Periods{Number: 4, First: 18_230, Begun: begun, Latest: time.Now(), Archived: 3}
		},
		Archived: func() []journal.Archived {
			return []journal.Archived{{Number: 3, First: 9_001, Last: 18_229, Oldest: begun.AddDate(0, -3, 0), Newest: begun}, {Number: 2, First: 4_000, Last: 9_000, Oldest: begun.AddDate(0, -6, 0), Newest: begun.AddDate(0, -3, 0)}}
		},
		Verify: func(context.Context, func(done, total uint64)) (journal.Report, error) {
			return journal.Report{Records: 24_118, Documents: 6_020, FD: 41_870, OK: true}, nil
		},
		Export: func(context.Context) (string, error) { return "kassa-0f3c9a12b7de-20261122-231500", nil },
	}
}

func extra(offlineSince int64) console.Extra {
	x := console.Extra{CloudOnline: true, CatalogAge: 7 * time.Minute, Devices: []console.Device{
		{Name: "Сканер", State: console.DeviceReady}, {Name: "Дисплей покупателя", State: console.DeviceReady}, {Name: "Денежный ящик", State: console.DeviceReady}}}
	if offlineSince != 0 {
		since := time.Unix(offlineSince, 0)
		x.CloudOnline, x.Queued, x.Oldest = false, 3, since
		x.Devices[1].State, x.Devices[1].Why = console.DeviceDown, "нет ответа"
		x.Warnings = []fault.Warning{{Code: fault.CloudDown, Severity: fault.Warn, Since: since}, {Code: fault.CloudUnsent, Severity: fault.Info, Args: []string{"3"}, Since: since}}
	}
	return x
}

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/support"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
)

// What of each structure is told; see support.Keep.
var (
	toldConfig = []string{
		"data", "language", "timezone", "prefix", "bench", "restrictions",
		"console.listen", "console.public", "console.tls", "console.names", "customer.*", "cheques.*",
		"kkt.driver", "kkt.address", "kkt.protocol", "kkt.speed", "kkt.ofd_relay", "kkt.ofd_address",
		"shift.*", "permissions.*.*", "prices.*", "journal.*", "scanner.name", "scanner.address", "scanner.suffix",
		"display.driver", "display.address", "display.rom", "display.codepage", "display.table", "display.columns", "display.rows",
		"scale.*", "printer.*", "terminal.*", "gpio.*", "board.*", "board.*.*", "signals.*", "signals.*.*", "watchdog.*", "update.*",
		"cloud.moysklad.url", "cloud.moysklad.store", "cloud.moysklad.auth", "cloud.moysklad.hosts", "cloud.moysklad.take_over", "cloud.ofd.url",
		"permit.online", "permit.local", "codes.labels.*",
	}
	toldState = []string{
		"phase", "currency", "role", "shift.number", "shift.opened_at", "shift.expired", "shift.due", "cheque.revision", "cheque.problem", "cheque.recalculating",
		"payment.kind", "payment.type", "payment.step", "doubt.kind", "doubt.number", "doubt.since", "doubt.problem", "doubt.detail~", "doubt.queued", "doubt.asking", "doubt.part",
		"kkt.ready", "kkt.since", "kkt.problem", "kkt.fn", "kkt.status.*", "kkt.identity.model", "kkt.identity.serial", "kkt.identity.firmware", "kkt.identity.fn",
		"kkt.identity.reg_number", "kkt.identity.ffd", "kkt.identity.test_fn", "kkt.identity.cloud", "kkt.identity.skko", "kkt.identity.protocol", "kkt.identity.baud",
		"terminal.*", "scans", "scale", "catalog_generation", "last_number", "last_shift", "notices.code",
	}
	toldWarnings = []string{"code", "severity", "since", "args~", "detail~"}
	toldDevices  = []string{"name", "kind", "phase", "since", "why~", "tries", "hung"}
	toldMachine  = []string{"what~", "state~", "ok", "hint~"}
	toldExchange = []string{
		"destinations.name", "destinations.online", "destinations.queued", "destinations.oldest", "destinations.delivered", "destinations.last_success", "destinations.next_attempt",
		"destinations.last_error.code", "destinations.last_error.time", "destinations.last_error.detail~", "destinations.parked.code", "destinations.parked.since", "destinations.parked.detail~",
		"catalog.generation", "catalog.items", "catalog.rounded", "catalog.updated_at", "hourly", "ofd.unsent", "ofd.since",
	}
	toldUpdates = []string{
		"version", "channel", "checked", "phase", "percent", "available.version", "available.released", "available.size", "release.version", "failure.code", "failure.detail~",
		"slots.booted", "slots.rescue", "slots.next", "slots.source", "slots.written", "slots.slots.*.left", "slots.slots.*.bootable", "slots.slots.*.version", "slots.slots.*.installed",
		"last.version", "last.from_version", "last.slot", "last.kept", "last.reason~", "last.at", "last.ended",
	}
	toldJournal = []string{
		"id", "head", "period.*", "lag_records", "lag_ms", "scrub.at", "scrub.of", "scrub.begun", "scrub.ended", "scrub.found.seq", "scrub.found.copy", "scrub.found.repaired", "scrub.found.why~", "space.*",
		"opened.fresh", "opened.records", "opened.applied", "opened.tape_restored", "opened.tape_rebuilt", "opened.badger_lost", "opened.badger_rebuilt", "opened.badger_left", "opened.reasons~", "opened.took_ns",
		"archived.number", "archived.first", "archived.last",
		"verify.records", "verify.documents", "verify.voids", "verify.open", "verify.first", "verify.last", "verify.head", "verify.fn", "verify.fd", "verify.device", "verify.unchecked", "verify.badger",
		"verify.problems.code", "verify.problems.seq", "verify.problems.text~", "verify.more", "verify.ok",
	}
	toldTLS = []string{"on", "plain", "urls", "own_certificate", "fingerprint", "names", "left_out", "valid_from", "valid_to", "problem~", "replaced"}
)

// support writes the bundle of the running till. One is made at a time.
func (d *daemon) support(ctx context.Context, w io.Writer) error {
	if !d.helping.TryLock() {
		return fault.New(fault.Busy)
	}
	defer d.helping.Unlock()
	return support.Write(ctx, w, d.o.Version, d.now(), append(SupportOffline(d.cfg, d.o.Version), d.supportParts()...))
}

// supportToUSB writes it to the medium that is plugged in and gives its name.
func (d *daemon) supportToUSB(ctx context.Context) (name string, err error) {
	medium, err := stick.Medium("/", d.cfg.Data)
	if err != nil {
		return "", err
	}
	name = support.Name(d.now())
	f, err := os.OpenFile(filepath.Join(medium, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fault.New(fault.CopyMedium, err.Error()).With(err)
	}
	err = d.support(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return name, nil
}

func (d *daemon) supportParts() []support.Part {
	is := func(get func() any) func(context.Context) (any, error) {
		return func(context.Context) (any, error) { return get(), nil }
	}
	return []support.Part{
		support.JSON("state.json", is(func() any { v, _ := d.loop.View(); return v }), toldState...),
		support.JSON("warnings.json", is(func() any { v, _ := d.loop.View(); return append(v.Warnings, d.warnings()...) }), toldWarnings...),
		support.JSON("devices.json", is(func() any { return d.devices.states() }), toldDevices...),
		support.JSON("exchange.json", is(d.exchangeNow), toldExchange...),
		support.JSON("updates.json", is(func() any {
			s, _ := d.updates.Status()
			return api.UpdateStatus{Status: s, Failure: failure(s.Failure)}
		}), toldUpdates...),
		support.JSON("tls.json", func(context.Context) (any, error) { return d.tlsNow() }, toldTLS...),
		{Name: "metrics.txt", Write: func(_ context.Context, w io.Writer) error { d.metrics(w); return nil }},
		{Name: "log.txt", Write: d.supportLog},
		support.JSON("journal.json", d.supportJournal, toldJournal...),
	}
}

func failure(err *fault.Error) *api.Problem {
	if err == nil {
		return nil
	}
	return &api.Problem{Code: err.Code, Detail: err.Detail}
}

// supportLog writes the newest lines; of their texts what is plain.
func (d *daemon) supportLog(_ context.Context, w io.Writer) error {
	for _, l := range d.lines.Lines(loglines.Kept) {
		if _, err := fmt.Fprintf(w, "%s %-5s %s\n", l.Time.Format("2006-01-02T15:04:05.000Z07:00"), l.Level, support.Plain(l.Text)); err != nil {
			return err
		}
	}
	return nil
}

// supportJournal tells of the journal, checked as far as the time allows.
func (d *daemon) supportJournal(ctx context.Context) (any, error) {
	head, _ := d.journal.Head()
	lag, age := d.journal.Lag()
	all := map[string]any{"id": d.journal.ID(), "head": head, "period": d.journal.Periods(), "archived": d.journal.Archived(), "lag_records": lag, "lag_ms": age.Milliseconds(),
		"scrub": d.journal.Scrub(), "opened": d.opened, "space": d.journal.Space()}
	report, err := d.journal.Verify(ctx, journal.VerifyOptions{Device: d.witness, Registered: d.registered()})
	if err == nil {
		all["verify"] = report
	}
	return all, err
}

// SupportOffline is what of a bundle can be told when no till runs.
func SupportOffline(cfg *config.Config, version string) []support.Part {
	return []support.Part{
		support.JSON("config.json", func(context.Context) (any, error) { return configTree(cfg.Path) }, toldConfig...),
		support.JSON("machine.json", func(context.Context) (any, error) { return Machine(os.DirFS("/"), cfg), nil }, toldMachine...),
		{Name: "system.txt", Write: func(_ context.Context, w io.Writer) error { return systemFacts(w, cfg.Data, version) }},
	}
}

// configTree is the configuration as it is written; nil: there is no file.
func configTree(path string) (any, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, config.MaxSize))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	var tree map[string]any
	err = toml.Unmarshal(text, &tree)
	return tree, err
}

// Lines of the system's own files that are told.
var toldSystem = map[string][]string{
	"/etc/os-release":   {"ID=", "VERSION_ID=", "PRETTY_NAME=", "IMAGE_VERSION="},
	"/proc/meminfo":     {"MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:"},
	"/proc/loadavg":     {""},
	"/proc/uptime":      {""},
	"/proc/self/status": {"VmRSS:", "RssAnon:", "Threads:"},
}

func systemFacts(w io.Writer, data, version string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "kassa %s\ngo %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if strings.HasPrefix(s.Key, "vcs") {
				fmt.Fprintf(&b, "%s %s\n", s.Key, s.Value)
			}
		}
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err == nil {
		fmt.Fprintf(&b, "kernel %s %s\n", unix.ByteSliceToString(name.Release[:]), unix.ByteSliceToString(name.Machine[:]))
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(data, &disk); err == nil {
		fmt.Fprintf(&b, "data_disk_bytes %d\ndata_disk_free %d\n", disk.Blocks*uint64(disk.Bsize), disk.Bavail*uint64(disk.Bsize))
	}
	for _, path := range slices.Sorted(maps.Keys(toldSystem)) {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // another system
		}
		for line := range strings.Lines(string(text)) {
			for _, told := range toldSystem[path] {
				if strings.HasPrefix(line, told) {
					fmt.Fprintf(&b, "%s: %s\n", path, strings.TrimSpace(line))
				}
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

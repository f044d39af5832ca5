package selftest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/board/input"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scanner"
)

// scanners opens each scanner as the till does, which grabs a keyboard, proves
// that nobody else gets it, and has a code scanned.
func (r *run) scanners(ctx context.Context) {
	if len(r.Config.Scanners) == 0 {
		found, err := input.List(r.Root)
		switch {
		case err != nil:
			r.bad(r.row.Title, err.Error(), "input")
		case len(found) > 0:
			r.bad(r.row.Title, fmt.Sprintf("%s: %s", found[0].Name, found[0].Address), "scanner_unused", found[0].Address)
		default:
			r.skip(r.row.Title, "none")
		}
		return
	}
	for _, s := range r.Config.Scanners {
		open, conn := r.open(ctx, s.Name, s.Address)
		if conn == nil {
			continue
		}
		alone := r.alone(ctx, s, open)
		if err := conn.Close(); err != nil {
			r.bad(s.Name, err.Error(), "cable")
			continue
		}
		if alone {
			r.scan(ctx, s, open)
		}
	}
}

// open opens one device; nil when it said why not.
func (r *run) open(ctx context.Context, what string, address config.URI) (link.Opener, link.Conn) {
	open, err := r.Link(address)
	if err == nil {
		var conn link.Conn
		if conn, err = patiently(ctx, open); err == nil {
			return open, conn
		}
	}
	r.bad(what+" "+address.String(), err.Error(), whyClosed(address, err), address.Path)
	return nil, nil
}

// patiently opens a link that the check before may not have let go yet.
func patiently(ctx context.Context, open link.Opener) (link.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	again := time.NewTicker(openAgain)
	defer again.Stop()
	for {
		conn, err := open.Open(ctx)
		if !errors.Is(err, serialport.ErrStuck) {
			return conn, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

// whyClosed finds the advice for what did not open.
func whyClosed(address config.URI, err error) string {
	hid := address.Scheme == "evdev" || address.Scheme == "hidraw"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "gone"
	case hid && (errors.Is(err, fs.ErrPermission)):
		return "input"
	case errors.Is(err, serialport.ErrDenied), errors.Is(err, fs.ErrPermission):
		return "dialout"
	case errors.Is(err, serialport.ErrBusy), hid && isBusy(err):
		return "busy"
	}
	return "cable"
}

// alone proves that a grabbed keyboard can not be grabbed again: what it types
// does not reach a browser either. Other scanners are only told to be open.
func (r *run) alone(ctx context.Context, s config.Scanner, open link.Opener) bool {
	if s.Address.Scheme != "evdev" {
		r.ok(s.Name, r.words.say("opens", s.Address.String()))
		return true
	}
	second, err := open.Open(ctx)
	if err == nil {
		r.bad(s.Name, r.words.say("not_grabbed"), "grab")
		if err := second.Close(); err != nil {
			r.bad(s.Name, err.Error(), "cable")
		}
		return false
	}
	r.ok(s.Name, r.words.say("grabbed", s.Address.Path))
	return true
}

// errScanned ends a scanner that has read its code.
var errScanned = errors.New("selftest: scanned")

// scan has a person scan a code.
func (r *run) scan(ctx context.Context, s config.Scanner, open link.Opener) {
	if r.Alone {
		return // it opens, and that was told
	}
	drv, err := scanner.New(open, scanner.Options{Name: s.Name, Suffix: scanner.Suffix(s.Suffix)})
	if err != nil {
		r.bad(s.Name, err.Error(), "cable")
		return
	}
	question := r.words.say("ask.scan_any", s.Name, int(r.ScanTime.Seconds()))
	if r.Barcode != "" {
		question = r.words.say("ask.scan", s.Name, r.Barcode, int(r.ScanTime.Seconds()))
	}
	if r.ask(ctx, question) != Yes {
		r.note(Finding{s.Name, r.words.say("unseen"), Unseen, ""})
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.ScanTime, os.ErrDeadlineExceeded)
	defer cancel()
	var got scanner.Scan
	stop, end := context.WithCancelCause(ctx)
	defer end(nil)
	err = drv.Run(stop, func(sc scanner.Scan) {
		if got.Length == 0 {
			got = sc
		}
		end(errScanned)
	})
	switch {
	case got.Length == 0 && !errors.Is(context.Cause(stop), os.ErrDeadlineExceeded):
		r.bad(s.Name, fmt.Sprint(err), "cable")
	case got.Length == 0:
		r.bad(s.Name, r.words.say("silent"), "silent")
	case got.TooLong:
		r.bad(s.Name, r.words.say("garbage", got.Length), "baud")
	case got.Incomplete:
		r.bad(s.Name, r.words.say("no_suffix", shown(got.Data)), "suffix")
	case r.Barcode != "" && string(got.Data) != r.Barcode:
		r.bad(s.Name, r.words.say("differs", shown(got.Data)), "differs", r.Barcode)
	case r.Barcode != "":
		r.ok(s.Name, r.words.say("scanned", shown(got.Data)))
	default:
		r.seen(ctx, s.Name, "is_it", "differs_any", shown(got.Data))
	}
}

// shown is a code as a person can read it.
func shown(data []byte) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '·'
		}
		return c
	}, strings.ToValidUTF8(string(data), "?"))
}

// ports opens every serial port once and moves its control lines.
func (r *run) ports(ctx context.Context) {
	type port struct {
		what    string
		address config.URI
	}
	var all []port
	add := func(what string, u config.URI) {
		if u.Scheme == "serial" {
			all = append(all, port{what, u})
		}
	}
	c := r.Config
	if c.KKT != nil {
		add("KKT", c.KKT.Address)
	}
	for _, s := range c.Scanners {
		add(s.Name, s.Address)
	}
	if c.Display != nil {
		add(r.words.say("row.display"), c.Display.Address)
	}
	if c.Scale != nil {
		add(r.words.say("scale"), c.Scale.Address)
	}
	if c.Terminal != nil {
		add(r.words.say("terminal"), c.Terminal.Address)
	}
	if len(all) == 0 {
		r.skip(r.row.Title, "none")
	}
	for _, p := range all {
		_, conn := r.open(ctx, p.what, p.address)
		if conn == nil {
			continue
		}
		state := r.words.say("opens", p.address.Path) + "; " + r.control(conn)
		if err := conn.Close(); err != nil {
			r.bad(p.what, err.Error(), "cable")
			continue
		}
		r.ok(p.what, state)
	}
}

// control drops DTR, raises it again and tells the other end's lines.
func (r *run) control(conn link.Conn) string {
	lines, ok := conn.(serialport.Lines)
	if !ok {
		return r.words.say("no_lines")
	}
	if err := errors.Join(lines.SetDTR(false), lines.SetDTR(true)); err != nil {
		return r.words.say("no_lines")
	}
	m, err := lines.Modem()
	if err != nil {
		return r.words.say("no_lines")
	}
	names := []string{"DTR"}
	for name, on := range map[string]bool{"CTS": m.CTS, "DSR": m.DSR, "RI": m.RI, "DCD": m.DCD} {
		if on {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return strings.Join(names, " ")
}

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/ikassakkt"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
)

// Finding is one thing a technician looks at.
type Finding struct {
	What  string `json:"what"`
	State string `json:"state"`
	OK    bool   `json:"ok"`
	Hint  string `json:"hint,omitempty"` // how to mend it
	// Config are lines of the configuration that would put it to use.
	Config string `json:"config,omitempty"`
}

// Limits of an examination.
const (
	examineTimeout = 10 * time.Second
	// examineKKTTimeout leaves the driver its own time for every protocol and
	// speed, so that it is the driver who says what is wrong.
	examineKKTTimeout = 30 * time.Second
	minFree           = 256 << 20 // bytes a data partition should have left
)

// Examine looks at everything a configuration names, one after the other,
// without starting a till. It registers nothing and changes nothing.
func Examine(ctx context.Context, cfg *config.Config) []Finding {
	all := append([]Finding{examineData(cfg.Data)}, examineJournal(filepath.Join(cfg.Data, "journal"))...)
	switch {
	case cfg.KKT != nil && cfg.KKT.Cloud():
		all = append(all, Finding{What: "KKT", State: "none: the cloud has another till register", OK: true})
	case cfg.KKT != nil && cfg.KKT.Register():
		all = append(all, examineRegister(ctx, cfg.KKT))
	case cfg.KKT == nil:
		all = append(all, Finding{What: "KKT", State: "none configured", Hint: "add a [kkt] table; without it nothing can be paid"})
	default:
		all = append(all, examineKKT(ctx, cfg.KKT)...)
	}
	for _, s := range cfg.Scanners {
		all = append(all, examineLink(ctx, "scanner "+s.Name, s.Address))
	}
	if cfg.Display != nil {
		all = append(all, examineDisplay(ctx, cfg.Display))
	}
	if cfg.Scale != nil {
		all = append(all, examineLink(ctx, "scale", cfg.Scale.Address))
	}
	if cfg.Printer != nil {
		all = append(all, examinePrinter(ctx, cfg.Printer))
	}
	if cfg.Kitchen != nil {
		for i := range cfg.Kitchen.Stations {
			if s := &cfg.Kitchen.Stations[i]; s.Printer != nil {
				f := examinePrinter(ctx, s.Printer)
				f.What = s.Device() + " " + s.Printer.Address.String()
				all = append(all, f)
			}
		}
	}
	if cfg.GPIO != nil {
		all = append(all, examinePins(ctx, cfg))
	}
	if cfg.Cloud.MoySklad != nil {
		all = append(all, examineCloud(ctx, cfg.Cloud.MoySklad))
	}
	if cfg.Permit != nil {
		all = append(all, examinePermit(ctx, cfg.Permit)...)
	}
	return all
}

// examineJournal tells of a stopped till's journal what its small files say.
func examineJournal(dir string) []Finding {
	if _, err := os.Stat(dir); err != nil {
		return nil // no till has run here
	}
	p, s, err := journal.Glance(dir)
	if err != nil {
		return []Finding{{What: "journal", State: err.Error(), Hint: "kassa journal verify"}}
	}
	return JournalLines(p, s)
}

// JournalLines are the findings about a journal's periods and the reading of
// it in the background.
func JournalLines(p journal.Periods, s journal.Scrub) []Finding {
	line := fmt.Sprintf("period %d, %d archived", p.Number, p.Archived)
	if !p.Begun.IsZero() {
		line += ", since " + p.Begun.Format("02.01.2006")
	}
	read := "not read through yet"
	if !s.Ended.IsZero() {
		read = "read through " + s.Ended.Format("02.01.2006")
	}
	if s.At > 0 && s.Of > 0 {
		read += fmt.Sprintf(", again: record %d of %d", s.At, s.Of)
	} else if s.At > 0 {
		read += fmt.Sprintf(", again: record %d", s.At)
	}
	return []Finding{{What: "journal", State: line, OK: true}, {What: "journal's copies", State: read, OK: true}}
}

func examineData(dir string) Finding {
	f := Finding{What: "data " + dir}
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State, f.OK = "not there yet; the first start makes it", true
		return f
	case err != nil:
		f.State = err.Error()
		return f
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		f.State, f.Hint = "not writable: "+err.Error(), "give the directory to the till's user"
		return f
	}
	free := st.Bavail * uint64(st.Bsize)
	f.State, f.OK = fmt.Sprintf("%d MB free", free>>20), free >= minFree
	if !f.OK {
		f.Hint = "the journal needs room: make space on this partition"
	}
	return f
}

func examineKKT(ctx context.Context, k *config.KKT) []Finding {
	f := Finding{What: "KKT " + k.Address.String()}
	p, err := newKKT(k, nil, shtrih.Options{})
	if err != nil {
		f.State = err.Error()
		return []Finding{f}
	}
	ctx, cancel := context.WithTimeout(ctx, examineKKTTimeout)
	defer cancel()
	id, err := p.Identify(ctx)
	if err == nil {
		f.State, f.OK = fmt.Sprintf("%s, serial %s, FN %s, FFD %s, protocol %s", id.Model, id.Serial, id.FN, id.FFD, id.Protocol), true
		if id.Baud != 0 {
			f.State += fmt.Sprintf(" at %d baud", id.Baud)
		}
	} else {
		f.State, f.Hint = explain(err).Error(), hint(err)
	}
	all := []Finding{f}
	if err == nil && k.OFDRelay != string(relay.Off) {
		all = append(all, examineOFD(ctx, p, k.OFDAddress))
	}
	if err := p.Halt(); err != nil {
		all[0].State += "; " + err.Error()
	}
	return all
}

func examineLink(ctx context.Context, what string, address config.URI) Finding {
	f := Finding{What: what + " " + address.String()}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	open, err := opener(address)
	if err == nil {
		conn, openErr := open.Open(ctx)
		if err = openErr; err == nil {
			err = conn.Close()
		}
	}
	if err != nil {
		f.State, f.Hint = err.Error(), hint(err)
		return f
	}
	f.State, f.OK = "opens", true
	return f
}

// examineDisplay shows the idle text on a panel, which answers its address
// only when it is there; a serial display never answers.
func examineDisplay(ctx context.Context, c *config.Display) Finding {
	if c.Driver != config.HD44780 {
		return examineLink(ctx, "display", c.Address)
	}
	f := Finding{What: "display " + c.Address.String()}
	d, err := newDisplay(c, nil, nil)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, examineTimeout)
		defer cancel()
		layout := display.Layout{Columns: c.Columns, Rows: c.Rows}
		err = errors.Join(d.Show(ctx, layout.Idle(c.Idle)), d.Halt())
	}
	if f.State, f.OK = "answers", err == nil; err != nil {
		f.State, f.Hint = err.Error(), "check the four wires and the address: 0x27, or 0x3f with a PCF8574A"
	}
	return f
}

func hint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is it plugged in? the ports there are: ls /dev/serial/by-id"
	case errors.Is(err, serialport.ErrDenied), errors.Is(err, fs.ErrPermission):
		return "put the till's user into the group dialout"
	case errors.Is(err, serialport.ErrBusy):
		return "another program has the port open"
	}
	return "check cable, power and address"
}

func examinePins(ctx context.Context, cfg *config.Config) Finding {
	f := Finding{What: "GPIO"}
	o := pinsOf(cfg, nil)
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	set, err := pins.Open(ctx, o)
	if err == nil {
		err = set.Close()
	}
	if err != nil {
		f.State, f.Hint = err.Error(), "check the lines' names and the group gpio"
		return f
	}
	f.State, f.OK = fmt.Sprintf("%d lines", len(o.Roles)), true
	return f
}

func examineCloud(ctx context.Context, m *config.MoySklad) Finding {
	url := m.URL
	if url == "" {
		url = moysklad.DefaultBaseURL
	}
	f := Finding{What: "cloud " + url}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err == nil {
		var res *http.Response
		if res, err = http.DefaultClient.Do(req); err == nil {
			f.State, f.OK = "answers", true
			err = res.Body.Close()
		}
	}
	if err != nil {
		f.State, f.OK, f.Hint = err.Error(), false, "sales do not need it; check the network"
	}
	return f
}

// examineRegister looks whether a Belarusian register answers and lets this
// till in.
func examineRegister(ctx context.Context, k *config.KKT) Finding {
	f := Finding{What: "register " + k.Address.String()}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	reg, err := newRegister(k, "", time.Local, slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = ikassakkt.New(reg, time.Now).Identify(ctx)
	}
	if err != nil {
		f.State, f.Hint = explain(err).Error(), "is it on, on this network, with access for other programs switched on, and is the PIN in "+k.Credentials+" right?"
		return f
	}
	f.State, f.OK = "answers", true
	return f
}

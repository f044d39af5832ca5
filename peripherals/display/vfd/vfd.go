// Package vfd drives serial vacuum fluorescent customer displays, 2x20 as a
// rule, in the two dialects that nearly all of them speak.
//
// Epson (DM-D110/D210 and those that imitate it): ESC @ initialises, ESC t n
// chooses the character table, US MD1 (1F 01) overwrites instead of
// scrolling, US C 0 hides the cursor, US $ x y moves it, characters follow.
// CD5220 (ESC/VFD of Asian makers): ESC Q A and ESC Q B write a whole upper or
// lower line, ended by CR. Sources: Epson's "ESC/POS for DM-D" reference and
// the CD5220 command set printed in the manuals of displays that offer it.
//
// Quirks:
//
//   - A display never answers. It may be without power or replugged and nobody
//     is told, so the whole picture, with the settings, is sent again at
//     every heartbeat; without ESC @, which would flicker. Otherwise only rows
//     that changed are sent.
//   - CLR makes the picture flicker; rows are overwritten in full instead.
//   - Character tables are numbered by the maker. Epson's 17 is cp866, 46 is
//     cp1251; Options.Table overrides.
//   - 9600 baud carries 960 characters a second: a picture takes 60 ms.
//
// A VFD is used by one goroutine at a time, except for Halt and String.
package vfd

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/text"
)

// Dialect is the command set.
type Dialect string

// The dialects.
const (
	Epson  Dialect = "epson"
	CD5220 Dialect = "cd5220"
)

// Times of a display.
const (
	DefaultHeartbeat = 5 * time.Second
	// DefaultWriteTimeout bounds the sending of one picture. At 1200 baud, the
	// slowest any display is set to, one takes half a second.
	DefaultWriteTimeout = 2 * time.Second
)

// Options say what the display is.
type Options struct {
	Dialect      Dialect       // "": Epson
	Columns      int           // 0: 20
	Rows         int           // 0: 2; CD5220 has no others
	CodePage     string        // "cp866" (also "") or "cp1251"
	Table        int           // number of the character table; 0: Epson's for the code page
	Heartbeat    time.Duration // longest time between two whole pictures; 0: DefaultHeartbeat
	WriteTimeout time.Duration // 0: DefaultWriteTimeout
	Log          *slog.Logger  // nil: none
}

// VFD is a display.
type VFD struct {
	link    link.Opener
	o       Options
	charset text.Charset
	log     *slog.Logger

	// of Show, by one goroutine
	shown [][]byte  // rows as sent; nil when unknown
	whole time.Time // when the whole picture was sent

	mu   sync.Mutex
	conn link.Conn          // nil when not connected
	stop context.CancelFunc // of a pending Show, nil when there is none
}

var _ display.Display = (*VFD)(nil)

// New makes a display behind a link. It opens nothing yet.
func New(open link.Opener, o Options) (*VFD, error) {
	o = o.filled()
	d := &VFD{link: open, o: o, log: o.Log}
	switch o.CodePage {
	case "cp866":
		d.charset = text.CP866
	case "cp1251":
		d.charset = text.CP1251
	default:
		return nil, fmt.Errorf("vfd: code page %q, must be cp866 or cp1251", o.CodePage)
	}
	switch {
	case o.Dialect != Epson && o.Dialect != CD5220:
		return nil, fmt.Errorf("vfd: dialect %q, must be epson or cd5220", string(o.Dialect))
	case o.Columns < display.MinColumns || o.Columns > display.MaxColumns,
		o.Rows < display.MinRows || o.Rows > display.MaxRows,
		o.Dialect == CD5220 && (o.Columns != 20 || o.Rows != 2):
		return nil, fmt.Errorf("vfd: no %s display of %dx%d", o.Dialect, o.Rows, o.Columns)
	case o.Table < 0 || o.Table > 255:
		return nil, fmt.Errorf("vfd: character table %d, must be 0..255", o.Table)
	case o.Heartbeat < 0 || o.WriteTimeout < 0:
		return nil, fmt.Errorf("vfd: negative time in %+v", o)
	}
	return d, nil
}

func (o Options) filled() Options {
	if o.Dialect == "" {
		o.Dialect = Epson
	}
	if o.Columns == 0 {
		o.Columns = 20
	}
	if o.Rows == 0 {
		o.Rows = 2
	}
	if o.CodePage == "" {
		o.CodePage = "cp866"
	}
	if o.Table == 0 {
		o.Table = map[string]int{"cp866": 17, "cp1251": 46}[o.CodePage]
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = DefaultHeartbeat
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = DefaultWriteTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (d *VFD) String() string { return "vfd on " + d.link.String() }

// Size gives columns and rows.
func (d *VFD) Size() (columns, rows int) { return d.o.Columns, d.o.Rows }

// Show puts f on the display. It sends nothing when the display shows f
// already and the heartbeat is not due. After an error the link is closed and
// the next Show opens it and sends everything.
func (d *VFD) Show(ctx context.Context, f display.Frame) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := d.begin(ctx, cancel)
	if err != nil {
		return fmt.Errorf("vfd: %w", err)
	}
	wake := context.AfterFunc(ctx, func() {
		// Wakes a write; what it says is told below.
		_ = conn.Close()
	})
	rows := d.encode(f)
	err = d.send(conn, rows)
	if !wake() { // the link is closed or just about to be
		err = ctx.Err()
	}
	if err != nil {
		d.shown = nil
		d.end(conn)
		return fmt.Errorf("vfd: %w", err)
	}
	d.shown = rows
	d.end(nil)
	return nil
}

// begin gives the open link, opening it if need be.
func (d *VFD) begin(ctx context.Context, stop context.CancelFunc) (link.Conn, error) {
	d.mu.Lock()
	d.stop = stop
	conn := d.conn
	d.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	d.shown = nil
	conn, err := d.link.Open(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.stop = nil
		return nil, err
	}
	d.conn = conn
	d.log.Debug("display connected", "dev", d.String())
	return conn, nil
}

// end ends a Show; broken is the link to be given up, or nil.
func (d *VFD) end(broken link.Conn) {
	d.mu.Lock()
	d.stop = nil
	if broken != nil && d.conn == broken {
		d.conn = nil
	}
	d.mu.Unlock()
	if broken != nil {
		// It failed already; this only lets the port go.
		_ = broken.Close()
	}
}

// Halt closes the link. What was shown stays on the glass.
func (d *VFD) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		d.stop() // the Show closes the link
		d.conn = nil
		return nil
	}
	conn := d.conn
	d.conn = nil
	if conn == nil {
		return nil
	}
	if err := conn.Close(); err != nil {
		return fmt.Errorf("vfd: %w", err)
	}
	return nil
}

// encode makes rows of exactly Columns bytes.
func (d *VFD) encode(f display.Frame) [][]byte {
	lines := make([]string, len(f.Lines))
	for i, line := range f.Lines {
		lines[i] = d.charset.Printable(line)
	}
	rows := make([][]byte, 0, d.o.Rows)
	for _, line := range (display.Frame{Lines: lines}).Fit(d.o.Columns, d.o.Rows) {
		rows = append(rows, d.charset.Encode(line))
	}
	return rows
}

// send sends what is needed for rows to be shown.
func (d *VFD) send(conn link.Conn, rows [][]byte) error {
	now := time.Now()
	msg := d.message(rows, now)
	if len(msg) == 0 {
		return nil
	}
	if err := conn.SetWriteDeadline(now.Add(d.o.WriteTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(msg)
	return err
}

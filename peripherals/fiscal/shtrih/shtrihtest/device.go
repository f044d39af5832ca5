package shtrihtest

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/tax"
)

// FNPrefix begins the number of every FN of this device.
const FNPrefix = "99990789"

// Stage is a moment round the execution of a command.
type Stage int

// The stages.
const (
	Received Stage = iota // confirmed to the host, not executed
	Executed              // done and durable, not answered
	Answered              // the answer is on the wire
)

func (s Stage) String() string {
	return [...]string{"received", "executed", "answered"}[s]
}

// Options of a device. Zero values mean the defaults named.
type Options struct {
	StatePath   string                        // memory only
	Now         func() time.Time              // time.Now: where the device's clock comes from
	PrintDelay  time.Duration                 // 0: paper is instant
	ByteTimeout time.Duration                 // 100 ms
	Serial      string                        // "0000000000012345"
	FN          string                        // FNPrefix and eight digits; it must have that prefix
	TaxSystems  []tax.System                  // General
	FFD         string                        // "1.2"; or "1.05"
	Layout      string                        // DesktopLayout; or AndroidLayout
	Automatic   bool                          // registered for work without a cashier
	NoMarking   bool                          // FFD 1.2, but not registered for marked goods
	Protocol    Protocol                      // Auto: the first byte after power-up decides
	Columns     int                           // 40
	NoNumbers   bool                          // tells 0 instead of the number of the printed document, as some small models do
	NoRegisters bool                          // knows no 1Ah
	Owner       Owner                         // an example
	ByHost      bool                          // the host carries its messages to the operator; false: its own network (Network)
	OFD         string                        // the operator's host:port in a new device's settings; "ofd.example:7777"
	Marks       string                        // the marking system's; "": none, and notices are not sent
	Hook        func(stage Stage, cmd uint16) // called without locks; may block
	Log         *slog.Logger                  // discarded
}

// Owner is whom a new device is registered for. Name, Address and Place are
// settings, which can be changed on the device; the INN can not.
type Owner struct {
	Name    string // tag 1048, up to 64 characters; "ООО «ПРИМЕР»"
	INN     string // ten or twelve digits; "7707083893"
	Address string // tag 1009; "г. Москва, ул. Примерная, 1"
	Place   string // tag 1187; "Магазин «Пример»"
}

func (o Owner) filled() Owner {
	for _, f := range []struct {
		v         *string
		otherwise string
	}{{&o.Name, user}, {&o.INN, userINN}, {&o.Address, address}, {&o.Place, place}} {
		if *f.v == "" {
			*f.v = f.otherwise
		}
	}
	return o
}

const (
	defaultByteTimeout = 100 * time.Millisecond
	defaultColumns     = 40
)

// Device is one emulated printer.
type Device struct {
	o       Options
	log     *slog.Logger
	closing chan struct{}
	work    sync.WaitGroup // commands being executed

	exec chan struct{} // full through a command and its hooks: the device does one thing at a time

	mu       sync.Mutex // guards everything below; taken inside exec
	s        state
	docs     []Document
	tickets  []Ticket // of the operator, oldest first
	x        exchange
	disk     *disk // nil in memory
	broken   error // the disk failed: the device answers "hardware"
	tape     tape
	serial   port
	network  port
	reading  []byte // TLVs of FF3Ah not read yet
	exported int    // bytes of the first notice given by FF72h
	epoch    int    // counts power cuts and unpluggings
	printing time.Time
	faults   faults
	clients  map[io.Closer]struct{} // connections that a power cut breaks
	changed  chan struct{}
	closed   bool
}

// Open makes a device, or brings the one at o.StatePath back to life.
func Open(o Options) (*Device, error) {
	switch o.Protocol {
	case "":
		o.Protocol = Auto
	case Auto, V1, V2:
	default:
		return nil, fmt.Errorf("open emulated device: protocol %.20q is none of %s, %s, %s", o.Protocol, Auto, V1, V2)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ByteTimeout <= 0 {
		o.ByteTimeout = defaultByteTimeout
	}
	if o.Columns <= 0 {
		o.Columns = defaultColumns
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Owner = o.Owner.filled()
	if o.OFD == "" {
		o.OFD = "ofd.example:7777"
	}
	d := &Device{o: o, log: o.Log, closing: make(chan struct{}), exec: make(chan struct{}, 1), clients: map[io.Closer]struct{}{}, changed: make(chan struct{})}
	d.faults.plugged = true
	d.resetPorts()
	fresh := true
	if o.StatePath != "" {
		var err error
		if d.disk, fresh, err = openDisk(o.StatePath, d); err != nil {
			return nil, fmt.Errorf("open emulated device: %w", err)
		}
		d.s.Marks.forget() // the process was the power
	}
	if fresh {
		if err := d.manufacture(); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// manufacture makes a new device with a registered FN.
func (d *Device) manufacture() error {
	d.s = newState(d.o)
	if err := d.s.check(); err != nil {
		return err
	}
	d.register(&Document{Form: formRegistration, Type: "registration"})
	return d.save()
}

// Close ends everything that goes on and waits for it. Connections given to
// ServeConn are ended by their contexts.
func (d *Device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	close(d.closing)
	d.dropNetwork()
	d.mu.Unlock()
	d.work.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.disk == nil {
		return nil
	}
	return d.disk.close()
}

// Changed returns a channel that is closed at the next change of anything a
// page would show.
func (d *Device) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// notify tells watchers. d.mu is held.
func (d *Device) notify() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// now is the device's clock, whole seconds. d.mu is held.
func (d *Device) now() time.Time { return d.o.Now().Add(d.s.Drift).Truncate(time.Second) }

// save makes the state durable. d.mu is held.
func (d *Device) save() error {
	if d.disk == nil {
		return nil
	}
	if d.broken == nil {
		if d.broken = d.disk.save(d); d.broken != nil {
			d.log.Error("emulated device lost its disk", "err", d.broken)
		}
	}
	return d.broken
}

// dropNetwork breaks the connections. d.mu is held.
func (d *Device) dropNetwork() {
	for c := range d.clients {
		if err := c.Close(); err != nil {
			d.log.Debug("closing a connection", "err", err)
		}
		delete(d.clients, c)
	}
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
)

const (
	kktFile    = "kkt"
	kktColumns = 40
	tapeBytes  = 32 << 10 // of paper looked at for the page
)

// moscow is the zone of the till's configuration. A KKT's clock shows the
// wall time of its shop and knows no zone. No zone file is needed for it.
var moscow = time.FixedZone("MSK", 3*60*60)

// kkt is the emulated fiscal printer with its two ways in. Its network cable
// and its serial cable are pulled together.
type kkt struct {
	device *shtrihtest.Device
	tcp    string
	cable  cable
	drawer func() // called when the KKT's drawer connector is pulsed

	stop context.CancelFunc
	done sync.WaitGroup
	died chan error

	mu     sync.Mutex
	pulses int               // of the drawer, as last seen
	values map[string]string // of settings that the device does not tell
}

// KKTOptions say how the KKT of a bench is reached.
type KKTOptions struct {
	Protocol string // "auto", which "" is too: the first byte it hears decides; "v1", "v2"
	Link     string // "both", which "" is too; "tcp", "pty"
}

// Check tells what is wrong.
func (o KKTOptions) Check() error {
	if !slices.Contains([]string{"", "auto", "v1", "v2"}, o.Protocol) {
		return fmt.Errorf("the KKT's protocol is auto, v1 or v2, not %.40q", o.Protocol)
	}
	if !slices.Contains([]string{"", "both", "tcp", "pty"}, o.Link) {
		return fmt.Errorf("the KKT hangs on tcp, pty or both, not %.40q", o.Link)
	}
	return nil
}

func (o KKTOptions) network() bool { return o.Link != "pty" }
func (o KKTOptions) serial() bool  { return o.Link != "tcp" }

func (b *Bench) startKKT(o KKTOptions, log *slog.Logger) (err error) {
	var l net.Listener
	if o.network() {
		if l, err = b.home.Listen("KKT", b.ports.KKT); err != nil {
			return err
		}
	}
	device := b.shop.kkt(b.ports.OFD)
	device.Protocol = shtrihtest.Protocol(o.Protocol)
	port := ""
	if o.serial() {
		port = b.home.Path("dev", "kkt")
	}
	b.kkt, err = newKKT(b.home.Path(kktFile), port, l, device, b.watch.touch, b.gpio.spring, log)
	if err != nil && l != nil {
		err = errors.Join(err, l.Close())
	}
	if err != nil {
		return err
	}
	b.later(b.kkt.close)
	return b.kkt.plug()
}

// newKKT brings the device at path to life on l, unless that is nil; link is
// where its serial port will be, "" for none.
func newKKT(path, link string, l net.Listener, o shtrihtest.Options, touch, drawer func(), log *slog.Logger) (*kkt, error) {
	o.StatePath, o.Columns, o.Log, o.Now = path, kktColumns, log, func() time.Time { return time.Now().In(moscow) }
	device, err := shtrihtest.Open(o)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &kkt{device: device, drawer: drawer, stop: stop, died: make(chan error, 1),
		pulses: device.State().DrawerPulses, values: map[string]string{}}
	k.cable = cable{link: link, device: func(ctx context.Context, port *boardtest.PTY) {
		if err := device.ServeConn(ctx, plug{port}); err != nil {
			log.Warn("KKT's serial line", "err", err)
		}
	}}
	k.done.Go(func() { device.Network(ctx, (&net.Dialer{}).DialContext) }) // when a technician gives it one
	if l != nil {
		k.tcp = l.Addr().String()
		k.done.Go(func() {
			if err := device.ListenAndServe(ctx, l); err != nil {
				k.died <- err
			}
		})
	}
	k.done.Go(func() {
		forward(ctx, device.Changed, func() {
			k.follow()
			touch()
		})
	})
	return k, nil
}

// plug is a port lent to the device, which closes what it is given: the cable
// closes the port itself, so closing only wakes who waits.
type plug struct{ *boardtest.PTY }

// Close wakes pending calls.
func (p plug) Close() error {
	err := p.SetDeadline(time.Unix(1, 0))
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// follow tells of pulses on the drawer's connector.
func (k *kkt) follow() {
	now := k.device.State().DrawerPulses
	k.mu.Lock()
	kicked := now > k.pulses
	k.pulses = now
	k.mu.Unlock()
	if kicked {
		k.drawer()
	}
}

func (k *kkt) close() error {
	err := k.cable.unplug()
	k.stop()
	err = errors.Join(err, k.device.Close())
	k.done.Wait()
	return err
}

func (k *kkt) state() KKT {
	s := k.device.State()
	shown := KKT{
		Plugged: s.Plugged, TCP: k.tcp, PTY: k.cable.link, Serial: s.Serial, FN: s.FN, Mode: s.Mode, SubMode: s.SubMode,
		Shift: "closed", ShiftNumber: s.Shift, LastFD: s.LastFD, Unsent: s.Unsent, Paper: s.Paper, LidOpen: s.LidOpen,
		Documents: int(s.LastFD), DrawerPulses: s.DrawerPulses,
	}
	const expired = 3 // mode: more than 24 hours
	switch {
	case s.Mode == expired:
		shown.Shift = "expired"
	case s.ShiftOpen:
		shown.Shift = "open"
	}
	shown.Tape, shown.Printed = k.tape()
	shown.Slips = nonNil(k.device.Slips(SlipsShown))
	return shown
}

// tape gives the end of the paper and the position it ends at.
func (k *kkt) tape() (lines []string, end int64) {
	_, end = k.device.PaperAfter(math.MaxInt64)
	text, end := k.device.PaperAfter(max(0, end-tapeBytes))
	lines = paperLines(text)
	return lines[max(0, len(lines)-TapeShown):], end
}

// paperLines cuts printed text into lines.
func paperLines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return []string{}
	}
	return strings.Split(text, "\n")
}

// mends tells how each lasting fault of the device is taken back; those that
// pass by themselves are missing.
var mends = map[string]string{
	"unplug": "replug", "paper-out": "paper-in", "lid-open": "lid-close", "hang": "unhang", "garbage": "garbage off",
	"clock-wrong": "clock-set", "clock-lost": "clock-set", "fn-expires": "fn-expires 1000", "fn-archive": "fn-archive 0",
	"battery-low": "battery-new", "cutter-broken": "cutter-broken off", "terse": "terse off", "chatty": "chatty off",
	"mark-server": "mark-server ok", "mark-local": "mark-local auto", "mark-strict": "mark-strict off", "mark-inside": "mark-inside off",
	"mark-blocked": "mark-blocked off", "mark-slow": "mark-slow 0", "keys-slow": "keys-slow 0", "notices": "notices 0",
	"stray-ff": "stray-ff off", "delay": "delay 0", "lag": "lag 0", faultDrift: "clock-drift 0s", faultPaper: faultPaper + " 0",
}

// given are the arguments that a lasting fault gets when none is written.
var given = map[string]string{"clock-wrong": "7m", "fn-expires": "10", "fn-archive": "90", "mark-server": "bad", "mark-local": "bad",
	"mark-slow": "8000", "keys-slow": "60000", "notices": "200", "delay": "3000", "lag": "1500", faultDrift: "10m", faultPaper: "3000"}

// kktTexts are the faults in a few words: Russian, English.
var kktTexts = map[string][2]string{
	"unplug":         {"выдернуть кабель", "pull the cable"},
	"power-cycle":    {"выключить и включить", "power off and on"},
	"paper-out":      {"кончилась бумага", "paper is out"},
	"lid-open":       {"открыть крышку", "open the lid"},
	"drop-answer":    {"выполнить, не ответить", "execute, lose the answer"},
	"drop-request":   {"не услышать команду", "miss a command"},
	"nak-request":    {"принять команду за битую", "take a command for damaged"},
	"drop-ack":       {"потерять подтверждение", "lose a confirmation"},
	"corrupt-answer": {"исказить ответ", "damage an answer"},
	"disconnect":     {"выполнить и оборвать связь", "execute, break the link"},
	"cut-before":     {"выключиться, не выполнив", "power cut before executing"},
	"cut-after":      {"выключиться, выполнив", "power cut after executing"},
	"oversized":      {"ответить длиннее положенного", "answer with a long tail"},
	"split":          {"замолчать посреди ответа", "stop in the middle of an answer"},
	"garbage":        {"отвечать мусором", "talk nonsense"},
	"stray-ff":       {"лишний байт FF", "stray FF bytes"},
	"delay":          {"отвечать с задержкой", "answer late"},
	"lag":            {"говорить с опозданием", "talk with a lag"},
	"hang":           {"зависнуть", "hang"},
	faultDrift:       {"сбить часы", "clock is off"},
	"shift-expired":  {"состарить смену на сутки", "age the shift by a day"},
	faultPaper:       {"печатать медленно", "print slowly"},
	"clock-wrong":    {"часы врут относительно ФН", "clock differs from the FN's"},
	"clock-lost":     {"часы сбросились", "clock was lost"},
	"fn-expires":     {"у ФН кончается срок", "FN expires soon"},
	"fn-archive":     {"архив ФН заполнен", "FN archive is full"},
	"battery-low":    {"села батарейка часов", "clock battery is low"},
	"cutter-broken":  {"сломан отрезчик", "cutter is broken"},
	"terse":          {"отвечать короче", "shorter answers"},
	"chatty":         {"отвечать длиннее", "longer answers"},
	"mark-server":    {"Честный знак отвечает", "marking system says"},
	"mark-local":     {"проверка кода в ФН", "FN's check of codes"},
	"mark-strict":    {"только проверенные коды", "checked codes only"},
	"mark-inside":    {"проверка только в чеке", "checks within a receipt"},
	"mark-blocked":   {"маркировка запрещена", "marking is blocked"},
	"mark-slow":      {"Честный знак медлит", "marking system is slow"},
	"keys-slow":      {"долго обновлять ключи", "keys take long"},
	"notices":        {"очередь уведомлений", "queue of notices"},
	faultOFD:         {"ОФД забрал документы", "OFD takes the documents"},
}

// faultOFD is no fault of the device but what the world does to it.
const faultOFD = "ofd-takes-all"

// The device keeps its clock's drift; less than this is its resolution.
const (
	faultDrift = "clock-drift"
	faultPaper = "print-delay" // the one the device does not tell of
	faultRoll  = "paper-out"
	driftShown = 3 * time.Second
)

func (k *kkt) faults() []Fault {
	state := k.device.State()
	on := map[string]bool{faultRoll: !state.Paper || state.PaperLeft >= 0, "lid-open": state.LidOpen}
	for _, name := range state.Faults {
		on[name] = true
	}
	values := map[string]string{}
	if state.Paper && state.PaperLeft >= 0 {
		values[faultRoll] = fmt.Sprintf("in %d lines", state.PaperLeft)
	}
	// The clock shows whole seconds, so it is half a second late on average.
	if drift := (time.Until(state.Clock) + time.Second/2).Round(time.Second); drift.Abs() >= driftShown {
		on[faultDrift], values[faultDrift] = true, drift.String()
	}
	k.mu.Lock()
	for name, v := range k.values {
		on[name] = on[name] || name == faultPaper
		if on[name] {
			values[name] = v
		}
	}
	k.mu.Unlock()
	all := []Fault{}
	for _, f := range shtrihtest.Faults() {
		if mending(f.Name) {
			continue
		}
		mend := mends[f.Name]
		args := f.Args
		if mend != "" && args == "on|off" {
			args = ""
		} else if given[f.Name] != "" {
			args = "[" + args + "]"
		}
		all = append(all, Fault{Device: "kkt", Name: f.Name, Args: args, Default: given[f.Name], Mend: mend, On: on[f.Name], Value: values[f.Name],
			Text: both(kktTexts[f.Name], f.Name), Help: f.Text})
	}
	return append(all, Fault{Device: "kkt", Name: faultOFD, Text: both(kktTexts[faultOFD], faultOFD),
		Help: "every waiting document reaches the OFD"})
}

// mending tells whether a fault's name is another one's way back, or is done
// with the drawer itself.
func mending(name string) bool {
	if name == "drawer-close" {
		return true
	}
	for _, m := range mends {
		if m == name {
			return true
		}
	}
	return false
}

func (k *kkt) fault(name string, args []string) error {
	if name == faultOFD {
		_, err := k.device.SendToOFD()
		return err
	}
	if len(args) == 0 && given[name] != "" {
		args = []string{given[name]}
	}
	if err := k.device.Fault(name, args...); err != nil {
		return &BadRequest{"kkt " + err.Error()}
	}
	k.remember(name, args)
	switch name {
	case "unplug":
		return k.cable.unplug()
	case "replug":
		return k.plug()
	}
	return nil
}

// plug puts the serial cable in, where there is one.
func (k *kkt) plug() error {
	if k.cable.link == "" {
		return nil
	}
	return k.cable.plug()
}

// remember keeps the value of a setting until it is taken back.
func (k *kkt) remember(name string, args []string) {
	if given[name] == "" || name == faultDrift {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.values[name] = strings.Join(args, " ")
	if fmt.Sprint(name, " ", k.values[name]) == mends[name] {
		delete(k.values, name)
	}
}

// Paper gives everything printed, as far as it is remembered.
func (b *Bench) Paper() []string { return paperLines(b.kkt.device.Paper()) }

// Slips gives the latest pieces of paper, newest last.
func (b *Bench) Slips() []shtrihtest.Slip { return nonNil(b.kkt.device.Slips(SlipsShown)) }

// KKTDocuments gives the FN's archive, oldest first.
func (b *Bench) KKTDocuments() []shtrihtest.Document { return nonNil(b.kkt.device.Documents()) }

// KKTState gives all the device tells of itself.
func (b *Bench) KKTState() shtrihtest.State { return b.kkt.device.State() }

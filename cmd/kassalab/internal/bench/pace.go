package bench

import (
	"io"
	"sync/atomic"
	"time"
)

// slowByte is how long a byte takes on a slow cable: some twenty a second, as if
// the speed were set to 300 bit/s.
const slowByte = 50 * time.Millisecond

// pace is how a device's bytes go over its cable: at once, slowly, or not at
// all.
type pace struct {
	hung hung
	slow atomic.Bool
}

// through is the port as the device has it.
func (p *pace) through(port io.ReadWriter) io.ReadWriter { return &paced{port, p} }

type paced struct {
	io.ReadWriter
	pace *pace
}

// Read waits until the device goes on. What it had asked for before it hung may
// still come through: a device takes a byte more than one thinks.
func (c *paced) Read(b []byte) (int, error) {
	c.wait()
	if c.pace.slow.Load() && len(b) > 1 {
		b = b[:1]
	}
	n, err := c.ReadWriter.Read(b)
	if c.pace.slow.Load() {
		time.Sleep(slowByte)
	}
	return n, err
}

func (c *paced) Write(b []byte) (n int, err error) {
	for n < len(b) {
		c.wait()
		if !c.pace.slow.Load() {
			k, err := c.ReadWriter.Write(b[n:])
			return n + k, err
		}
		k, err := c.ReadWriter.Write(b[n : n+1])
		if n += k; err != nil {
			return n, err
		}
		time.Sleep(slowByte)
	}
	return n, nil
}

func (c *paced) wait() {
	for over := c.pace.hung.open(); over != nil; over = c.pace.hung.open() {
		<-over
	}
}

// slows is the fault of a cable, or a device, that takes its time.
const slow = "slow"

func slows(device string, on bool) Fault {
	return Fault{Device: device, Name: slow, Mend: "slow off", On: on,
		Text: map[string]string{"ru": "замедлить", "en": "slow down"}, Help: "twenty bytes a second, both ways"}
}

// paceFaults are those that every cable has.
func (c *cable) paceFaults(device string) []Fault {
	return []Fault{unplug(device, !c.plugged()), hangs(device, c.pace.hung.on()), slows(device, c.pace.slow.Load())}
}

// paceFault carries one of them out; false: it is none of them.
func (c *cable) paceFault(device, name string, args []string) (bool, error) {
	off := len(args) == 1 && args[0] == "off"
	switch {
	case name == slow && (len(args) == 0 || off):
		c.pace.slow.Store(!off)
	case (name == hang || name == unhang) && len(args) == 0:
		c.pace.hung.set(name == hang)
	case name == "unplug" || name == "replug":
		return true, plugFault(c, device, name, args)
	case name == slow || name == hang || name == unhang:
		return true, wanted(nil, device, name, args)
	default:
		return false, nil
	}
	return true, nil
}

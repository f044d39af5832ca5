package shtrih

import (
	"fmt"
	"time"
)

// repetition says what may be done when a command's answer is lost.
type repetition int

const (
	// readOnly commands change nothing and may be repeated at will.
	readOnly repetition = iota
	// changing commands change the device, but no document: what surely did
	// not arrive may be sent again.
	changing
	// registering commands make a fiscal document: sent once.
	registering
)

// command describes one command of the protocol.
type command struct {
	code     []byte
	open     bool // without a password
	operator bool // the answer's first byte is the operator
	repeat   repetition
	timeout  func(Timeouts) time.Duration
}

// String gives the code as the protocol writes it, "FF45h".
func (c command) String() string { return fmt.Sprintf("%Xh", c.code) }

func usual(t Timeouts) time.Duration { return t.Command }
func short(t Timeouts) time.Duration { return t.Short }

func marking(t Timeouts) time.Duration { return t.Marking }

// The commands the driver uses.
var (
	cmdBeep         = command{code: []byte{0x13}, operator: true, repeat: changing, timeout: usual}
	cmdShortStatus  = command{code: []byte{0x10}, operator: true, timeout: short}
	cmdStatus       = command{code: []byte{0x11}, operator: true, timeout: short}
	cmdMoney        = command{code: []byte{0x1A}, operator: true, timeout: usual}
	cmdWriteTable   = command{code: []byte{0x1E}, repeat: changing, timeout: usual}
	cmdReadTable    = command{code: []byte{0x1F}, timeout: usual}
	cmdSetTime      = command{code: []byte{0x21}, repeat: changing, timeout: usual}
	cmdSetDate      = command{code: []byte{0x22}, repeat: changing, timeout: usual}
	cmdConfirmDate  = command{code: []byte{0x23}, repeat: changing, timeout: usual}
	cmdFont         = command{code: []byte{0x26}, timeout: usual}
	cmdFeed         = command{code: []byte{0x29}, operator: true, repeat: changing, timeout: usual}
	cmdPrintLine    = command{code: []byte{0x17}, operator: true, repeat: changing, timeout: usual}
	cmdPrintFont    = command{code: []byte{0x2F}, operator: true, repeat: changing, timeout: usual}
	cmdCut          = command{code: []byte{0x25}, operator: true, repeat: changing, timeout: usual}
	cmdDrawer       = command{code: []byte{0x28}, operator: true, repeat: changing, timeout: usual}
	cmdTableInfo    = command{code: []byte{0x2D}, timeout: usual}
	cmdFieldInfo    = command{code: []byte{0x2E}, timeout: usual}
	cmdXReport      = command{code: []byte{0x40}, operator: true, repeat: changing, timeout: func(t Timeouts) time.Duration { return t.XReport }}
	cmdZReport      = command{code: []byte{0x41}, operator: true, repeat: registering, timeout: func(t Timeouts) time.Duration { return t.ZReport }}
	cmdCashIn       = command{code: []byte{0x50}, operator: true, repeat: registering, timeout: usual}
	cmdCashOut      = command{code: []byte{0x51}, operator: true, repeat: registering, timeout: usual}
	cmdErrorText    = command{code: []byte{0x6B}, open: true, timeout: usual}
	cmdCancel       = command{code: []byte{0x88}, operator: true, repeat: changing, timeout: usual}
	cmdCopy         = command{code: []byte{0x8C}, operator: true, repeat: changing, timeout: usual}
	cmdBarcode      = command{code: []byte{0xC2}, operator: true, repeat: changing, timeout: usual}
	cmdSubtotal     = command{code: []byte{0x89}, operator: true, timeout: usual}
	cmdOpenReceipt  = command{code: []byte{0x8D}, operator: true, repeat: changing, timeout: usual}
	cmdContinue     = command{code: []byte{0xB0}, operator: true, repeat: changing, timeout: usual}
	cmdOpenShift    = command{code: []byte{0xE0}, operator: true, repeat: registering, timeout: func(t Timeouts) time.Duration { return t.Shift }}
	cmdDeviceType   = command{code: []byte{0xFC}, open: true, timeout: usual}
	cmdExtended     = command{code: []byte{0xF7}, open: true, timeout: usual}
	cmdFNStatus     = command{code: []byte{0xFF, 0x01}, timeout: usual}
	cmdFNExpiry     = command{code: []byte{0xFF, 0x03}, timeout: usual}
	cmdFNVersion    = command{code: []byte{0xFF, 0x04}, timeout: usual}
	cmdFNMemory     = command{code: []byte{0xFF, 0x63}, timeout: usual}
	cmdTicket       = command{code: []byte{0xFF, 0x3C}, timeout: usual}
	cmdUnconfirmed  = command{code: []byte{0xFF, 0x3F}, timeout: usual}
	cmdCheckMark    = command{code: []byte{0xFF, 0x61}, repeat: changing, timeout: marking}
	cmdBindMark     = command{code: []byte{0xFF, 0x67}, repeat: changing, timeout: marking}
	cmdNotices      = command{code: []byte{0xFF, 0x68}, timeout: usual}
	cmdAcceptMark   = command{code: []byte{0xFF, 0x69}, repeat: changing, timeout: usual}
	cmdMarkState    = command{code: []byte{0xFF, 0x70}, timeout: usual}
	cmdFNCancel     = command{code: []byte{0xFF, 0x08}, repeat: changing, timeout: usual}
	cmdRegistration = command{code: []byte{0xFF, 0x09}, timeout: usual}
	cmdFindDocument = command{code: []byte{0xFF, 0x0A}, timeout: usual}
	cmdTag          = command{code: []byte{0xFF, 0x0C}, repeat: changing, timeout: usual}
	cmdBeginCorrect = command{code: []byte{0xFF, 0x35}, repeat: changing, timeout: usual}
	cmdBeginState   = command{code: []byte{0xFF, 0x37}, repeat: changing, timeout: usual}
	cmdStateReport  = command{code: []byte{0xFF, 0x38}, repeat: registering, timeout: usual}
	cmdBufferState  = command{code: []byte{0xFF, 0x30}, timeout: short}
	cmdBufferRead   = command{code: []byte{0xFF, 0x31}, timeout: short}
	cmdBufferBegin  = command{code: []byte{0xFF, 0x32}, repeat: changing, timeout: short}
	cmdBufferWrite  = command{code: []byte{0xFF, 0x33}, repeat: changing, timeout: usual} // with the last block the FN works
	cmdExchange     = command{code: []byte{0xFF, 0x39}, timeout: usual}
	cmdDocumentTLV  = command{code: []byte{0xFF, 0x3A}, repeat: changing, timeout: usual} // moves the reading place
	cmdNextTLV      = command{code: []byte{0xFF, 0x3B}, repeat: changing, timeout: usual}
	cmdShiftState   = command{code: []byte{0xFF, 0x40}, timeout: usual}
	cmdBeginOpen    = command{code: []byte{0xFF, 0x41}, repeat: changing, timeout: usual}
	cmdBeginClose   = command{code: []byte{0xFF, 0x42}, repeat: changing, timeout: usual}
	cmdCloseReceipt = command{code: []byte{0xFF, 0x45}, repeat: registering, timeout: usual}
	cmdItem         = command{code: []byte{0xFF, 0x46}, repeat: changing, timeout: usual}
	cmdCorrect      = command{code: []byte{0xFF, 0x4A}, repeat: registering, timeout: usual}
	cmdParameter    = command{code: []byte{0xFF, 0x60}, timeout: usual}
	cmdBufferTag    = command{code: []byte{0xFF, 0x64}, repeat: changing, timeout: usual}
	cmdItemTag      = command{code: []byte{0xFF, 0x4D}, repeat: changing, timeout: usual}
)

// payload builds a request.
func (c command) payload(password uint32, params []byte) []byte {
	p := pack().bytes(c.code...)
	if !c.open {
		p.u(uint64(password), 4)
	}
	return p.bytes(params...).b
}

// parse takes an answer apart: the device's error code and the data after it
// and after the operator.
func (c command) parse(answer []byte) (code byte, data []byte, err error) {
	n := len(c.code)
	if len(answer) <= n || string(answer[:n]) != string(c.code) {
		return 0, nil, errNoise
	}
	code, data = answer[n], answer[n+1:]
	if code == 0 && c.operator && len(data) > 0 { // E0h leaves it out on some models
		data = data[1:]
	}
	return code, data, nil
}

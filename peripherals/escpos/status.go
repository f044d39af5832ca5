package escpos

// Status is what a printer says of itself.
type Status struct {
	Known      bool `json:"known"` // it has said something since the link was opened
	Offline    bool `json:"offline"`
	CoverOpen  bool `json:"cover_open"`
	PaperOut   bool `json:"paper_out"`
	PaperLow   bool `json:"paper_low"`
	Cutter     bool `json:"cutter"`
	Hot        bool `json:"overheated"`
	Broken     bool `json:"broken"`
	DrawerHigh bool `json:"drawer_high"` // level of the drawer's switch; which one is open depends on the drawer
}

// Trouble is the gravest thing that keeps the printer from printing.
func (s Status) Trouble() Trouble {
	switch {
	case s.Broken:
		return Broken
	case s.Cutter:
		return Cutter
	case s.CoverOpen:
		return CoverOpen
	case s.PaperOut:
		return PaperOut
	case s.Hot:
		return Hot
	case s.Offline:
		return Offline
	}
	return Fine
}

// Kind is what a byte from a printer turned out to be.
type Kind int

// The kinds.
const (
	More     Kind = iota // part of something longer
	Realtime             // an answer to DLE EOT, the byte itself
	Auto                 // the last byte of an automatic status: Parser.Status is new
	Answer               // an answer to GS r: everything before it is processed
	Stop                 // XOFF: send no more
	Go                   // XON
	Junk                 // nothing that a printer says
)

// Parser tells a printer's bytes apart. The zero Parser is at the start of a
// stream.
//
//	answer to DLE EOT  0xx1xx10
//	automatic status   0xx1xx00, then three of 0xx0xxxx
//	answer to GS r     0000xxxx
//	XON, XOFF          11h, 13h
//
// XON and XOFF may stand inside of an automatic status, and so may an answer to
// DLE EOT of some models; anything else there means that the rest was lost.
type Parser struct {
	status Status
	auto   [4]byte
	have   int
}

// Status is what automatic status and answers have told so far.
func (p *Parser) Status() Status { return p.status }

// Feed takes the next byte.
func (p *Parser) Feed(b byte) Kind {
	switch {
	case b == 0x11:
		return Go
	case b == 0x13:
		return Stop
	case b&0x93 == 0x12:
		return Realtime
	case b&0x93 == 0x10:
		p.auto[0], p.have = b, 1
		return More
	case b&0x90 != 0:
		p.have = 0
		return Junk
	case p.have == 0 && b&0xF0 != 0:
		return Junk
	case p.have == 0:
		p.setPaper(b)
		return Answer
	}
	p.auto[p.have] = b
	if p.have++; p.have < len(p.auto) {
		return More
	}
	p.have = 0
	p.setAuto()
	return Auto
}

// setPaper is the answer to GS r 1: bits 2 and 3 paper out, 0 and 1 low.
func (p *Parser) setPaper(b byte) {
	p.status.Known = true
	p.status.PaperLow, p.status.PaperOut = b&0x03 != 0, b&0x0C != 0
}

func (p *Parser) setAuto() {
	a, s := p.auto, &p.status
	s.Known = true
	s.DrawerHigh, s.Offline, s.CoverOpen = a[0]&0x04 != 0, a[0]&0x08 != 0, a[0]&0x20 != 0
	s.Cutter, s.Broken, s.Hot = a[1]&0x08 != 0, a[1]&0x20 != 0, a[1]&0x40 != 0
	s.PaperLow, s.PaperOut = a[2]&0x03 != 0, a[2]&0x0C != 0
}

// Told takes the answer to DLE EOT n: the byte itself does not say to which.
func (p *Parser) Told(n, b byte) {
	s := &p.status
	s.Known = true
	switch n {
	case 1:
		s.DrawerHigh, s.Offline = b&0x04 != 0, b&0x08 != 0
	case 2:
		s.CoverOpen = b&0x04 != 0
		s.PaperOut = s.PaperOut || b&0x20 != 0
	case 3:
		s.Cutter, s.Broken, s.Hot = b&0x08 != 0, b&0x20 != 0, b&0x40 != 0
	case 4:
		s.PaperLow, s.PaperOut = b&0x0C != 0, b&0x60 != 0
	}
}

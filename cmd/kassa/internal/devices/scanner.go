package devices

import (
	"context"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scanner"
)

// Scanner is a barcode scanner kept running.
type Scanner struct {
	name string
	link link.Opener
	o    scanner.Options
	out  func(scanner.Scan)
}

// NewScanner makes a device of a scanner. out is called for every scan, in
// order, and must not block.
func NewScanner(open link.Opener, o scanner.Options, out func(scanner.Scan)) (*Scanner, error) {
	if _, err := scanner.New(open, o); err != nil {
		return nil, err
	}
	return &Scanner{name: o.Name, link: open, o: o, out: out}, nil
}

// Name is the scanner's name.
func (s *Scanner) Name() string { return s.name }

// Kind is KindScanner.
func (s *Scanner) Kind() Kind { return KindScanner }

// Run reads the scanner until it is lost. It is ready as soon as its port is
// open: scanners do not answer.
func (s *Scanner) Run(ctx context.Context, ready func()) error {
	sc, err := scanner.New(telling{s.link, ready}, s.o)
	if err != nil {
		return err
	}
	return sc.Run(ctx, s.out)
}

// telling is a link that tells when it was opened.
type telling struct {
	link.Opener
	opened func()
}

func (t telling) Open(ctx context.Context) (link.Conn, error) {
	c, err := t.Opener.Open(ctx)
	if err == nil {
		t.opened()
	}
	return c, err
}

package daemon

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
)

// A till that nobody knows yet shows, on the customer display and on paper, where
// it can be set up from another machine and the code that this takes.

const (
	codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // 32 that nobody takes for another
	codeLength  = 8
	codeLook    = 2 * time.Second // how often an address or a printer is looked for
)

// newCode is forty random bits as people read them: "7K4M-9PXQ".
func newCode() string {
	raw := make([]byte, codeLength)
	rand.Read(raw) // never fails: it would crash the program instead
	for i, b := range raw {
		raw[i] = codeLetters[int(b)%len(codeLetters)]
	}
	return string(raw[:codeLength/2]) + "-" + string(raw[codeLength/2:])
}

// Code is what has to be typed elsewhere to set the till up; "": nobody can.
func (s *setup) Code() string {
	if !s.d.public() || s.Step() != console.SetupOwner {
		return ""
	}
	return s.code
}

// setupAddress is where another machine finds the till; "": it has no address
// yet.
func (d *daemon) setupAddress() string {
	at, ok := d.listener.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		all := machineAddresses()
		if len(all) == 0 {
			return ""
		}
		host = all[0]
	}
	return net.JoinHostPort(host, fmt.Sprint(at.Port))
}

// setupWords are code and address as the display has them.
func (d *daemon) setupWords() string {
	code := d.setup.Code()
	if code == "" {
		return ""
	}
	return strings.TrimSpace(code + " " + d.setupAddress())
}

// printSetup puts them on paper, once a start, as soon as there is an address and
// a printer that works.
func (d *daemon) printSetup(ctx context.Context) {
	if d.setup.Code() == "" {
		return
	}
	tick := time.NewTicker(codeLook)
	defer tick.Stop()
	for {
		code, address := d.setup.Code(), d.setupAddress()
		if code == "" {
			return // somebody has
		}
		if address != "" && d.printedSetup(ctx, code, address) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (d *daemon) printedSetup(ctx context.Context, code, address string) bool {
	scheme := "https://"
	if d.cfg.Console.PlainHTTP() {
		scheme = "http://"
	}
	lines := []string{"Настройка кассы", scheme + address + "/", "Код " + code, "Он же на дисплее; годен, пока у кассы нет владельца"}
	if d.cfg.Language == "en" {
		lines = []string{"Setting up the till", scheme + address + "/", "Code " + code, "It is on the display as well, and good until the till has an owner"}
	}
	if p := d.devices.printer; p != nil {
		if s, ready := p.Status(); !ready || s.Trouble() != "" {
			return false
		}
		if err := p.Print(ctx, (printerFace{d}).maker().Words(lines)); err != nil {
			d.log.Warn("the code of the first start was not printed", "err", err)
			return false
		}
		return true
	}
	t := d.technician()
	if v, _ := d.loop.View(); t == nil || !v.KKT.Ready || !v.KKT.Status.Paper {
		return false
	}
	if err := t.Print(ctx, lines); err != nil {
		d.log.Warn("the code of the first start was not printed", "err", err)
		return false
	}
	return true
}

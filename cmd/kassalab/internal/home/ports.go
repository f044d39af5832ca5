package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
)

// New ports are taken from below the range that Linux hands out to outgoing
// connections (32768 and up): while the bench is down no browser or download
// can sit on its port by accident.
const (
	lowestPort  = 20000
	highestPort = 32000
	portTries   = 200
)

// loopback is where everything but the page always listens.
const loopback = "127.0.0.1"

// Ports are the addresses ("host:port") of a bench's servers. Console is kept
// for the till's console: the bench never listens there itself.
type Ports struct {
	Bench   string `json:"bench"`
	KKT     string `json:"kkt"`
	Cloud   string `json:"cloud"`
	Console string `json:"console"`
	OFD     string `json:"ofd"`

	Register string `json:"register"` // of a Belarusian shop
	Terminal string `json:"terminal"` // of a bench with one
	Printer  string `json:"printer"`  // the same
}

// Ports reads the directory's ports, choosing them at the first start. page
// is the wanted address of the bench's page; its port 0 means "the one of
// last time", any other becomes the new one.
func (h *Home) Ports(page string) (Ports, error) {
	host, port, err := net.SplitHostPort(page)
	if err != nil {
		return Ports{}, fmt.Errorf("listen address: %w", err)
	}
	p, err := h.readPorts()
	if err != nil {
		return Ports{}, err
	}
	before := p
	if port == "0" {
		_, port, err = net.SplitHostPort(p.Bench)
		if err != nil { // chosen now for the first time
			port = "0"
		}
	}
	p.Bench = net.JoinHostPort(host, port)
	if err := p.fill(); err != nil {
		return Ports{}, err
	}
	if p == before {
		return p, nil
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return Ports{}, err
	}
	return p, h.Write(portsFile, append(text, '\n'))
}

func (h *Home) readPorts() (Ports, error) {
	text, err := os.ReadFile(h.Path(portsFile))
	if errors.Is(err, os.ErrNotExist) {
		return Ports{}, nil
	}
	if err != nil {
		return Ports{}, fmt.Errorf("read ports: %w", err)
	}
	var p Ports
	if err := json.Unmarshal(text, &p); err != nil {
		return Ports{}, fmt.Errorf("read ports: %s: %w", h.Path(portsFile), err)
	}
	for _, addr := range []string{p.Bench, p.KKT, p.Cloud, p.Console} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return Ports{}, fmt.Errorf("read ports: %s: %w", h.Path(portsFile), err)
		}
	}
	return p, nil
}

// fill chooses what is still missing.
func (p *Ports) fill() error {
	for _, addr := range []*string{&p.Bench, &p.KKT, &p.Cloud, &p.Console, &p.OFD, &p.Register, &p.Terminal, &p.Printer} {
		host, port, err := net.SplitHostPort(*addr)
		if err != nil {
			host, port = loopback, "0"
		}
		if port != "0" {
			continue
		}
		taken := []string{portOf(p.Bench), portOf(p.KKT), portOf(p.Cloud), portOf(p.Console), portOf(p.OFD), portOf(p.Register), portOf(p.Terminal), portOf(p.Printer)}
		if *addr, err = freePort(host, taken); err != nil {
			return err
		}
	}
	return nil
}

func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return port
}

// freePort finds a port nobody listens on.
func freePort(host string, taken []string) (string, error) {
	var last error
	for range portTries {
		port := strconv.Itoa(lowestPort + rand.IntN(highestPort-lowestPort))
		if slices.Contains(taken, port) {
			continue
		}
		addr := net.JoinHostPort(host, port)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			last = err
			continue
		}
		if err := l.Close(); err != nil {
			return "", fmt.Errorf("choose port: %w", err)
		}
		return addr, nil
	}
	return "", fmt.Errorf("choose port: none of %d tried is free: %w", portTries, last)
}

// Listen opens a server on an address of Ports. what names it for a person.
func (h *Home) Listen(what, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the %s keeps to its port of last time, and that can not be had: %w "+
			"(end the program that holds it, or remove %s to choose new ports)", what, err, h.Path(portsFile))
	}
	return l, nil
}

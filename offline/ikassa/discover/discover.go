// Package discover finds registers that speak the cheques API on the local
// network, and lets a till be found as one: SSDP (UPnP Device Architecture 1.1,
// section 1.3) with the search target "ikassa-smartx". A search is one UDP
// packet to a multicast address, an answer one packet back to who asked.
//
// Whatever comes in is hostile: an answer goes to nobody outside the local
// network, is not much larger than the question, and there are only so many of
// them in a second, so that nobody uses the till to flood another.
//
// Serve and Search may run in several goroutines, each with its own connection.
package discover

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// How a search is addressed.
const (
	Group  = "239.255.255.250:1900"
	Target = "ikassa-smartx"
)

// Limits.
const (
	maxPacket = 2048 // bytes of a question or an answer
	maxAnswer = 20   // answers in a second
	maxFound  = 64   // registers that one search tells of
	maxAge    = 1800 // seconds an answer may be believed
)

// Me is what a till tells of itself.
type Me struct {
	ID      string // the same over restarts
	Version string
	Port    int // the API's
	Now     func() time.Time
	Log     *slog.Logger
}

// Listen joins the group. It shares the port with other programs of the
// machine.
func Listen() (net.PacketConn, error) {
	group, err := net.ResolveUDPAddr("udp4", Group)
	if err != nil {
		return nil, err
	}
	return net.ListenMulticastUDP("udp4", nil, group)
}

// Serve answers searches until ctx ends, and closes conn.
func Serve(ctx context.Context, conn net.PacketConn, me Me) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the read below says so
	defer stop()
	buf := make([]byte, maxPacket)
	var second time.Time
	answered := 0
	for {
		n, from, err := conn.ReadFrom(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return errors.Join(fmt.Errorf("searches: %w", err), conn.Close())
		}
		if !wanted(buf[:n]) || !near(from) {
			continue
		}
		if now := me.Now(); now.Sub(second).Abs() >= time.Second {
			second, answered = now, 0
		}
		if answered++; answered > maxAnswer {
			continue
		}
		text, err := answer(me, from)
		if err == nil {
			_, err = conn.WriteTo(text, from)
		}
		if err != nil {
			me.Log.Debug("a search was not answered", "to", from.String(), "err", err)
		}
	}
}

// wanted tells whether a packet is a search for what we are.
func wanted(b []byte) bool {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil || r.Method != "M-SEARCH" || strings.Trim(r.Header.Get("Man"), `"`) != "ssdp:discover" {
		return false
	}
	st := r.Header.Get("St")
	return st == Target || st == "ssdp:all"
}

// near tells whether somebody is of the local network.
func near(a net.Addr) bool {
	u, ok := a.(*net.UDPAddr)
	if !ok {
		return false
	}
	ip := u.AddrPort().Addr().Unmap()
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}

// answer says where we are, by the address that who asked can reach.
func answer(me Me, to net.Addr) ([]byte, error) {
	way, err := net.Dial("udp", to.String()) // sends nothing: it only chooses a way
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(way.LocalAddr().String())
	if err := errors.Join(err, way.Close()); err != nil {
		return nil, err
	}
	at := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(me.Port)), Path: ikassa.Path}
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=%d\r\nEXT:\r\nLOCATION: %s\r\nSERVER: Kassa/%s UPnP/1.1\r\nST: %s\r\nUSN: uuid:%s::%s\r\n\r\n",
		maxAge, at.String(), me.Version, Target, me.ID, Target), nil
}

// Found is a register that has answered.
type Found struct {
	Address string `json:"address"`          // http://host:port
	Server  string `json:"server,omitempty"` // what it says it is
	ID      string `json:"id,omitempty"`
}

// Search asks a group, or one address, and gathers answers until ctx ends. Those
// who tell of another machine than the one that answers are left out.
func Search(ctx context.Context, to string) ([]Found, error) {
	group, err := net.ResolveUDPAddr("udp4", to)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp4", ":0")
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the read below
	defer stop()
	ask := fmt.Appendf(nil, "M-SEARCH * HTTP/1.1\r\nHOST: %s\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: %s\r\n\r\n", Group, Target)
	if _, err := conn.WriteTo(ask, group); err != nil {
		return nil, errors.Join(fmt.Errorf("search: %w", err), conn.Close())
	}
	found := []Found{}
	buf := make([]byte, maxPacket)
	for len(found) < maxFound {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			break
		}
		if f, ok := read(buf[:n], from); ok && !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	if ctx.Err() == nil {
		return found, conn.Close()
	}
	return found, nil
}

// maxSaid is how much of what somebody says of himself is shown, in bytes.
const maxSaid = 100

// read reads an answer.
func read(b []byte, from net.Addr) (Found, bool) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil {
		return Found{}, false
	}
	defer r.Body.Close()
	at, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.StatusCode != http.StatusOK || r.Header.Get("St") != Target || at.Scheme != "http" || at.User != nil {
		return Found{}, false
	}
	said, err := netip.ParseAddr(at.Hostname())
	u, ok := from.(*net.UDPAddr)
	if err != nil || !ok || said.Unmap() != u.AddrPort().Addr().Unmap() {
		return Found{}, false
	}
	port, err := strconv.ParseUint(at.Port(), 10, 16)
	if err != nil || port == 0 {
		return Found{}, false
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Usn"), "uuid:"), "::")
	return Found{Address: "http://" + net.JoinHostPort(said.String(), at.Port()), Server: short(r.Header.Get("Server")), ID: short(id)}, true
}

// short is text that may be shown.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return s[:min(len(s), maxSaid)]
}

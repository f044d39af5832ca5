package discover

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const question = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: %s\r\n\r\n"

// serve lets a till be found on loopback, by a clock that stands still.
func serve(t *testing.T) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	at := time.Now()
	go func() {
		served <- Serve(ctx, conn, Me{ID: "K1", Version: "1.0", Port: 37015, Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler)})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return conn.LocalAddr().String()
}

// asked sends packets and counts the answers to them; the last one is a good
// search, whose answer tells that all have been looked at.
func asked(t *testing.T, address string, packets ...string) (answers []string) {
	t.Helper()
	conn, err := net.Dial("udp4", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, p := range packets {
		if _, err := conn.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, maxPacket)
	for {
		wait := 300 * time.Millisecond // behind the last answer
		if len(answers) == 0 {
			wait = 20 * time.Second
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(b)
		if err != nil {
			return answers
		}
		answers = append(answers, string(b[:n]))
	}
}

func TestSearch(t *testing.T) {
	at := serve(t)
	good := fmt.Sprintf(question, Target)
	got := asked(t, at, "", "x", "GET / HTTP/1.1\r\n\r\n", fmt.Sprintf(question, "upnp:rootdevice"), strings.Replace(good, "ssdp:discover", "ssdp:x", 1), strings.Repeat("M", 5000), good)
	if len(got) != 1 || !strings.HasPrefix(got[0], "HTTP/1.1 200 OK\r\n") || !strings.Contains(got[0], "LOCATION: http://127.0.0.1:37015/v1\r\n") || !strings.Contains(got[0], "ST: ikassa-smartx\r\n") ||
		!strings.Contains(got[0], "USN: uuid:K1::ikassa-smartx\r\n") || len(got[0]) > 4*len(good) {
		t.Errorf("%q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	found, err := Search(ctx, at)
	if err != nil || len(found) != 1 || found[0] != (Found{Address: "http://127.0.0.1:37015", Server: "Kassa/1.0 UPnP/1.1", ID: "K1"}) {
		t.Errorf("%+v %v", found, err)
	}
}

// A flood is not answered in full: the clock of this till stands still.
func TestFlood(t *testing.T) {
	var many []string
	for range 5 * maxAnswer {
		many = append(many, fmt.Sprintf(question, "ssdp:all"))
	}
	if got := asked(t, serve(t), many...); len(got) != maxAnswer {
		t.Errorf("%d answers", len(got))
	}
}

func TestNear(t *testing.T) {
	for ip, want := range map[string]bool{"192.168.1.7": true, "10.0.0.1": true, "169.254.3.3": true, "127.0.0.1": true, "::ffff:10.0.0.1": true, "8.8.8.8": false, "fe80::1": true, "2001:db8::1": false} {
		if got := near(&net.UDPAddr{IP: net.ParseIP(ip), Port: 1}); got != want {
			t.Errorf("%s: %t", ip, got)
		}
	}
}

// FuzzAnswer: nobody on the network sends a search elsewhere.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.7:37015/v1\r\nST: ikassa-smartx\r\nUSN: uuid:1::x\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nLOCATION: http://8.8.8.8:37015/v1\r\nST: ikassa-smartx\r\n\r\n"))
	f.Add([]byte(fmt.Sprintf(question, Target)))
	f.Fuzz(func(t *testing.T, b []byte) {
		wanted(b)
		if found, ok := read(b, &net.UDPAddr{IP: net.IPv4(192, 168, 1, 7), Port: 1900}); ok && (!strings.HasPrefix(found.Address, "http://192.168.1.7:") || len(found.Server) > maxSaid || len(found.ID) > maxSaid) {
			t.Errorf("%+v", found)
		}
	})
}

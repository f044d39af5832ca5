package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kassa-pos/kassa/offline/permit/permittest"
	"github.com/kassa-pos/kassa/peripherals/link/record"
)

// plug listens where the till looks for a device, and hands on each connection.
func plug(t *testing.T, use func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var using sync.WaitGroup
	using.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			using.Go(func() {
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // wakes who reads
				use(conn)
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		using.Wait()
	})
	return "tcp://" + l.Addr().String()
}

// A sale of a marked unit by card to a customer who left an address is in the
// recordings of the devices; the card, the code, the address and the operator's
// password are not.
func TestRecord(t *testing.T) {
	r, _ := bankRig(t)
	r.withMarked(&permittest.System{})
	codes := make(chan string)
	scanner := plug(t, func(c net.Conn) {
		for code := range codes {
			if _, err := io.WriteString(c, code+"\r"); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(func() { close(codes) })                                     // before the plug is pulled
	display := plug(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }) // until the till hangs up
	r.configure("[scanner]\nname = \"scanner\"\naddress = \"" + scanner + "\"\n[display]\ndriver = \"cd5220\"\naddress = \"" + display + "\"\n")
	dir := filepath.Join(r.dir, "devices")
	t.Setenv(recordEnv, dir)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.must("POST", "/api/v1/shift/open", nil)
	lines := func() int {
		var s struct {
			Cheque struct{ Lines []any }
		}
		if err := r.call("GET", "/api/v1/status", nil, &s); err != nil {
			return 0
		}
		return len(s.Cheque.Lines)
	}
	codes <- water
	r.await("it is in the cheque", func() bool { return lines() == 1 })
	const mail = "ivan.petrov@example.com"
	r.must("POST", "/api/v1/cheque/contact", map[string]string{"contact": mail})
	r.run("pay", "card")
	r.stop()
	if docs := r.dev.Documents(); !strings.Contains(string(docs[len(docs)-1].TLV), mail) {
		t.Fatal("the device did not hear of the customer")
	}

	for device, want := range map[string]string{
		"kkt": "> 02 ", "scanner": "30 31 30 34 36 30 37", "display": "1B 51 41", "terminal": "7B 22 6E 22",
	} {
		text, err := os.ReadFile(filepath.Join(dir, device+".rec.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: no %q in\n%.2000s", device, want, text)
		}
		rec, err := record.Read(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(device, err)
		}
		passed := map[record.Way]*strings.Builder{record.Sent: {}, record.Heard: {}}
		for _, s := range rec.Steps {
			for _, x := range s.Bytes {
				if x == record.Hidden {
					x = '?'
				}
				passed[s.Way].WriteByte(byte(x))
			}
		}
		for _, secret := range []string{mail, "petrov", "5=xk8E", "93abcd", "220070", "\x1e\x00\x00\x00"} {
			if secret == "\x1e\x00\x00\x00" && device != "kkt" {
				continue
			}
			if strings.Contains(passed[record.Sent].String(), secret) || strings.Contains(passed[record.Heard].String()+string(text), secret) && secret[0] != 0x1E {
				t.Errorf("%s: %q is written down", device, secret)
			}
		}
		if s, err := os.Stat(filepath.Join(dir, device+".rec.txt")); err != nil || s.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", device, s.Mode(), err)
		}
	}
}

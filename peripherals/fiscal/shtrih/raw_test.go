package shtrih_test

import (
	"context"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// rawClient speaks framing v1 by hand and without ENQ, as a simple host may.
type rawClient struct {
	t    *testing.T
	conn link.Conn
}

func dial(t *testing.T, open link.Opener) *rawClient {
	t.Helper()
	conn, err := open.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the device may have done it
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &rawClient{t: t, conn: conn}
}

func (c *rawClient) send(b ...byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *rawClient) read(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(c.conn, b); err != nil {
		c.t.Fatal(err)
	}
	return b
}

// ask sends a command (hexadecimal, in pieces) and returns the answer's
// payload.
func (c *rawClient) ask(pieces ...string) []byte {
	c.t.Helper()
	payload, err := hex.DecodeString(strings.ReplaceAll(strings.Join(pieces, ""), " ", ""))
	if err != nil {
		c.t.Fatal(err)
	}
	check := byte(len(payload))
	for _, b := range payload {
		check ^= b
	}
	c.send(append(append([]byte{0x02, byte(len(payload))}, payload...), check)...)
	if b := c.read(1)[0]; b != 0x06 {
		c.t.Fatalf("%X confirmed with %02X", payload, b)
	}
	head := c.read(2)
	body := c.read(int(head[1]) + 1)
	c.send(0x06)
	return body[:head[1]]
}

// ok is ask where the device must accept.
func (c *rawClient) ok(pieces ...string) []byte {
	c.t.Helper()
	answer := c.ask(pieces...)
	n := 1
	if answer[0] == 0xFF {
		n = 2
	}
	if answer[n] != 0 {
		c.t.Fatalf("%s refused with %02X", pieces, answer[n])
	}
	return answer[n+1:]
}

package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa/discover"
)

// The command finds what answers searches for registers.
func TestRegistersAreFound(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- discover.Serve(ctx, conn, discover.Me{ID: "K1", Version: "1.0", Port: 37015, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	}()
	var out strings.Builder
	a := &app{in: strings.NewReader(""), out: &out}
	root := a.root()
	root.SetArgs([]string{"kkt", "registers", "--at", conn.LocalAddr().String(), "--json"})
	root.SetErr(io.Discard)
	err = root.ExecuteContext(t.Context())
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	var found []discover.Found
	if err != nil || json.Unmarshal([]byte(out.String()), &found) != nil || len(found) != 1 || found[0].Address != "http://127.0.0.1:37015" {
		t.Errorf("%v: %s", err, out.String())
	}
}

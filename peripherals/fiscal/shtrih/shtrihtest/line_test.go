package shtrihtest

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestLine: the states of framing v1.
func TestLine(t *testing.T) {
	d := open(t, Options{ByteTimeout: 50 * time.Millisecond})
	h := connect(t, d)
	status := frame(unhex(t, "10", pwd))

	h.send(enq)
	h.want(nak) // idle

	h.send(0, 0, 0, 0) // some hosts do
	h.send(status...)  // and without ENQ
	h.want(ack)
	first := h.answer()
	h.silent(100 * time.Millisecond) // not confirmed: kept, not repeated

	h.send(enq)
	h.want(ack)
	if again := h.answer(); !bytes.Equal(again, first) {
		t.Errorf("kept % X, repeated % X", first, again)
	}
	h.send(nak) // still not
	h.send(enq)
	h.want(ack)
	h.answer()
	h.send(ack)
	h.send(enq)
	h.want(nak) // forgotten

	damaged := append([]byte(nil), status...)
	damaged[len(damaged)-1] ^= 1
	h.send(damaged...)
	h.want(nak)

	h.send(status[:4]...)
	h.silent(120 * time.Millisecond) // byte time-out, silently
	h.send(enq)
	h.want(nak)

	h.send(status...)
	h.want(ack)
	h.answer() // not confirmed
	h.silent(80 * time.Millisecond)
	if got := h.code("FF40", pwd); got != 0 { // a new command drops what was kept
		t.Errorf("%02X", got)
	}
	h.send(enq)
	h.want(nak)
}

// TestBusy: ENQ during the execution is answered, and the answer follows.
func TestBusy(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	d := open(t, Options{Hook: func(s Stage, cmd uint16) {
		if s == Received && cmd == 0x10 {
			close(busy)
			<-release
		}
	}})
	h := connect(t, d)
	h.send(frame(unhex(t, "10", pwd))...)
	h.want(ack)
	<-busy
	for range 3 {
		h.send(enq)
		h.want(ack)
	}
	close(release)
	h.answer()
	h.send(ack)
}

// TestNaiveHost: a host that sends a frame again because its confirmation was
// lost has it executed twice. That is what drop-ack is there to show.
func TestNaiveHost(t *testing.T) {
	d := open(t, Options{ByteTimeout: 30 * time.Millisecond})
	h := connect(t, d)
	h.ok(openShiftHex)
	h.ok(openSale)
	if err := d.Fault("drop-ack"); err != nil {
		t.Fatal(err)
	}
	h.send(frame(unhex(t, bread))...)
	h.answer() // which the naive host does not expect
	h.silent(60 * time.Millisecond)
	h.ok(bread)
	if got := h.ok("89", pwd); !bytes.Equal(got[1:], le(nil, 4000, 5)) {
		t.Errorf("subtotal % X, want twice the bread", got)
	}
}

// TestVectors plays captured requests to the device and compares the answers
// where they do not depend on the captured device's own state.
func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("../testdata/v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	captured := map[string][2][]byte{}
	for _, block := range strings.Split(string(raw), "\n\n")[1:] {
		field := map[string]string{}
		for l := range strings.Lines(block) {
			k, v, _ := strings.Cut(strings.TrimSpace(l), ": ")
			field[k] = v
		}
		captured[field["name"]] = [2][]byte{unhex(t, field["request"]), unhex(t, field["answer"])}
	}
	d := open(t, Options{})
	h := connect(t, d)
	play := func(name string) []byte {
		t.Helper()
		v, ok := captured[name]
		if !ok {
			t.Fatalf("no vector %q", name)
		}
		h.send(v[0]...)
		h.want(ack)
		a := h.answer()
		h.send(ack)
		return frame(a)
	}
	same := func(name string) {
		t.Helper()
		if got := play(name); !bytes.Equal(got, captured[name][1]) {
			t.Errorf("%s: answered % X, captured % X", name, got, captured[name][1])
		}
	}
	same("line with font")
	h.ok("FF41", pwd)
	same("cancel FN document")
	h.ok("FF41", pwd)
	same("cashier tag")
	h.ok(openShiftHex)
	if cashier := d.Documents()[1].Cashier; cashier != "Соболев И." {
		t.Errorf("cashier %q", cashier)
	}
	h.ok(openSale)
	same("operation")
	if got := play("FN status"); got[6] != receiptDoc || len(got) != len(captured["FN status"][1]) {
		t.Errorf("FN status % X", got)
	}
	for _, name := range []string{"short status, 17 bytes", "short status, 16 bytes"} {
		if got := play(name); got[4] != captured[name][1][4] || got[3] != 0 {
			t.Errorf("%s: % X", name, got)
		}
	}
	got := play("close, 50.00 cash")
	if len(got) != len(captured["close, 50.00 cash"][1]) || !bytes.Equal(got[5:14], unhex(t, "E803000000", "03000000")) {
		t.Errorf("close: % X", got)
	}
	docs := d.Documents()
	if r := docs[2]; r.Total != 40_00 || r.Change != 10_00 || r.Items[0].Name != "Позиция 1" || r.Items[0].Qty != 3000 || r.Items[0].Price != 13_33 {
		t.Errorf("%+v", r)
	}
	if got := play("begin correction"); got[4] != errSetting { // FFD 1.2 has corrections with items
		t.Errorf("begin correction: % X", got)
	}
	then := time.Date(2021, 8, 12, 11, 35, 28, 0, time.UTC)
	marked := open(t, Options{Now: func() time.Time { return then }})
	h = connect(t, marked)
	h.ok(openShiftHex)
	if err := marked.Fault("mark-server", ServerBad); err != nil {
		t.Fatal(err)
	}
	same("marking check")
	// The captured device's FN: a receipt is open after document 22, and the OFD
	// has not got the first ones for too long.
	stand := time.Date(2019, 1, 13, 21, 49, 0, 0, time.UTC)
	clock := stand.AddDate(0, 0, -20)
	fn := open(t, Options{FN: "9999078902000273", Now: func() time.Time { return clock }})
	h = connect(t, fn)
	h.ok(openShiftHex)
	h.ok(openSale)
	clock = stand
	fn.mu.Lock()
	fn.s.LastFD, fn.s.LastTime = 22, stand
	fn.mu.Unlock()
	if got, want := play("FN status"), captured["FN status"][1]; !bytes.Equal(got, want) {
		t.Errorf("FN status: answered % X, captured % X", got, want)
	}
	h = connect(t, open(t, Options{Layout: AndroidLayout}))
	for _, name := range []string{"table info", "table cell"} {
		if got, want := play(name), captured[name][1]; !bytes.Equal(got, want) {
			t.Errorf("%s: answered % X, captured % X", name, got, want)
		}
	}
	old := connect(t, open(t, Options{FFD: "1.05"}))
	old.ok(openShiftHex)
	h = old
	same("begin correction")
}

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/qty"
)

// TestADayOfScans: a busy day at the counter, in bursts of twenty codes from a
// serial scanner, a cheque a hundred. Every scan is in a receipt, and neither
// memory nor goroutines grow. The plain run has 400 scans, the long one 20,000.
func TestADayOfScans(t *testing.T) {
	plainOnly(t)
	const burst, cheque = 20, 100
	scans := 400
	if os.Getenv("KASSA_LONG") != "" {
		scans = 20_000
	}
	r := newRig(t, "")
	gun, err := boardtest.NewPTY()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gun.Close(); err != nil {
			t.Error(err)
		}
	})
	r.configure(fmt.Sprintf("[scanner]\nname = \"gun\"\naddress = \"serial://%s?baud=9600\"\n", gun.Path))
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.await("the scanner is there", func() bool { return strings.Contains(r.log(), "gun ready") })
	codes := []string{"4600000000015", "4600000000022"}
	inCheque := func() (sum qty.Milli) {
		s, err := r.status()
		if err != nil {
			return -1
		}
		for _, l := range s.Cheque.Lines {
			sum += l.Qty
		}
		return sum
	}
	var memory, routines []int
	for done := 0; done < scans; {
		for range cheque / burst {
			var text strings.Builder
			for i := range burst {
				text.WriteString(codes[i%len(codes)] + "\r")
			}
			if _, err := gun.Write([]byte(text.String())); err != nil {
				t.Fatal(err)
			}
			done += burst
			want := qty.Milli((done-1)%cheque+1) * qty.One
			r.await(fmt.Sprintf("%d scans are in the cheque", done), func() bool { return inCheque() == want })
		}
		// By one connection: each command of its own would leave an idle one open.
		r.must("POST", "/api/v1/pay", map[string]string{"type": "card"})
		memory, routines = append(memory, r.anonymous()), append(routines, r.figure("kassa_goroutines"))
	}
	half := len(memory) / 2
	t.Logf("RssAnon %d kB after the first half, %d kB at the end; goroutines %d, %d", memory[half], memory[len(memory)-1], routines[half], routines[len(routines)-1])
	if grown := memory[len(memory)-1] - memory[half]; grown > 16<<10 {
		t.Errorf("RssAnon has grown by %d kB over half a day", grown)
	}
	r.await("no goroutine is left", func() bool { return r.figure("kassa_goroutines") <= routines[half]+2 })
	r.stop()
	sold := qty.Milli(0)
	for _, d := range r.documents() {
		if d.Type == doc.Sell {
			for _, l := range d.Receipt.Lines {
				sold += l.Qty
			}
		}
	}
	if want := qty.Milli(scans) * qty.One; sold != want {
		t.Errorf("%s sold of %s scanned", sold, want)
	}
}

// figure is a whole number among the till's metrics.
func (r *rig) figure(name string) int {
	r.t.Helper()
	n, err := strconv.Atoi(r.metric(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// anonymous is the running till's own memory, in kB.
func (r *rig) anonymous() int {
	r.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.child.Process.Pid))
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kb int
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kb); err == nil {
			return kb
		}
	}
	r.t.Fatal("the kernel does not tell RssAnon")
	return 0
}

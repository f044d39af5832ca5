package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/peripherals/scale/scaletest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Goods by weight are scanned and weighed; without a good weight they are not
// sold, and the rest of the till does not mind.
func TestScale(t *testing.T) {
	r := newRig(t, "")
	db, err := catalogdb.Open(t.Context(), catalogdb.Options{Dir: r.dir + "/data/catalog"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := db.Begin(t.Context())
	if err == nil {
		err = b.PutItems([]catalog.Item{{ID: itemID("7"), Type: catalog.Product, Name: "Сыр", Code: "77", Rate: tax.VAT10, ByWeight: true, Unit: "кг", UnitCode: 11,
			Prices: []catalog.Price{{Type: "retail", Value: 79900}}}})
		info := db.Current()
		err = errors.Join(err, b.SetStore(info.Store))
	}
	if err == nil {
		_, err = b.Commit()
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	counter, served := scaletest.New(), make(chan error, 1)
	go func() { served <- counter.ListenAndServe(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	f, err := os.OpenFile(r.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(f, "[scale]\ndriver = \"cas\"\naddress = \"tcp://%s\"\n", l.Addr())
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	shows := func(text string) {
		t.Helper()
		r.await("the scale shows "+text, func() bool { out, _, code := r.kassa("", "scale"); return code == 0 && strings.Contains(out, text) })
	}
	shows("0.000 kg, still")
	r.notScanned(fault.ScaleEmpty, "77")
	counter.Lay(535, true)
	shows("0.535 kg, still")
	r.scanned("77")
	counter.Suffer(scale.Overload)
	shows("overload")
	r.notScanned(fault.ScaleTrouble, "77")
	counter.Break(scaletest.Silent)
	r.await("the scale is missed", func() bool {
		_, errOut, code := r.kassa("", "scale")
		return code != 0 && strings.Contains(errOut, string(fault.ScaleDown))
	})
	r.notScanned(fault.ScaleDown, "77")
	r.run("scan", "0.100*77") // typed
	r.run("pay", "cash", "1000")
	sold := r.dev.Documents()
	if last := sold[len(sold)-1]; last.Total != 50737 {
		t.Errorf("sold for %v", last.Total)
	}
}

package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/doc"
)

var update = flag.Bool("update", false, "write testdata anew")

// Every type of document reads as a person would want it: the golden journal's
// documents, printed. A change of the words is a change of testdata.
func TestDocumentText(t *testing.T) {
	b, err := os.ReadFile("../../offline/journal/testdata/golden/v1/records.json")
	if err != nil {
		t.Fatal(err)
	}
	var records []struct {
		Kind string          `json:"kind"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(b, &records); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, r := range records {
		if r.Kind != "document" {
			continue
		}
		var d doc.Document
		if err := json.Unmarshal(r.Data, &d); err != nil {
			t.Fatal(err)
		}
		if d.Receipt != nil && d.Receipt.Lines[0].Mark != "" && strings.Contains(documentText(&d), d.Receipt.Lines[0].Mark) {
			t.Errorf("%s shows a marking code", d.Name)
		}
		got.WriteString(documentText(&d) + "\n")
	}
	name := filepath.Join("testdata", "documents.txt")
	if *update {
		if err := os.WriteFile(name, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("-update writes %s anew; got\n%s", name, got.String())
	}
}

// What comes from a catalogue or a foreign copy does not steer the terminal.
func TestPrintable(t *testing.T) {
	if got := printable("Молоко\x1b]0;title\x07\r\u009b2J\tx\n"); got != "Молоко\ufffd]0;title\ufffd\ufffd\ufffd2J\tx\n" {
		t.Errorf("%q", got)
	}
}

// A payment shows what the terminal said of it.
func TestSlipText(t *testing.T) {
	var b strings.Builder
	slipText(&b, nil)
	slipText(&b, &doc.Slip{Kind: doc.SlipCard, Sum: 50_00, PAN: "220070******1234", System: "МИР", RRN: "612345678901", AuthCode: "A1B2", Terminal: "00012345", Number: "7", ByHand: true})
	slipText(&b, &doc.Slip{Kind: doc.SlipQR, Sum: 7_00, QRID: "AD1000"})
	want := "    card 50.00  220070******1234  МИР  RRN 612345678901  code A1B2  TID 00012345  No 7  (by a person's word)\n    qr 7.00  QR AD1000\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

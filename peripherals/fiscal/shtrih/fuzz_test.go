package shtrih

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

func FuzzDecodeFrame(f *testing.F) {
	for _, v := range readVectors(f, "v1.txt") {
		f.Add(v.answer)
		f.Add(v.request)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(b)
		if err != nil {
			return
		}
		if again := encodeFrame(p); !bytes.HasPrefix(b, again) {
			t.Errorf("% X decodes to % X, which encodes to % X", b, p, again)
		}
	})
}

func FuzzDecodeFrame2(f *testing.F) {
	for _, v := range readVectors(f, "v2.txt") {
		f.Add(v.answer)
		f.Add(v.request)
	}
	f.Add([]byte{start2, 5, 0, start2, start2, escape, start2, 2, 0, 1, 0, 0x99, 0x5A})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode2(b)
		if err != nil || len(got.payload) == 0 {
			return
		}
		if again := encodeFrame2(got.number, got.payload); !bytes.Contains(b, again) {
			t.Errorf("% X decodes to %+v, which encodes to % X", b, got, again)
		}
	})
}

func FuzzTLV(f *testing.F) {
	f.Add(textTag(tagCashier, "Соболев И.", maxTitle).encode())
	f.Add([]byte{0x35, 0x04, 6, 0, 0x31, 0x04, 0x3E, 0x0B, 0xBF, 0xF2, 0x0E, 0x04, 4, 0, 0x0C, 0, 0, 0})
	f.Add([]byte{0xA8, 0x04, 0xFF, 0xFF, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseTLV(b)
		if err != nil {
			return
		}
		var again []byte
		for _, v := range all {
			again = append(again, v.encode()...)
			v.uint()
			v.text()
		}
		if !bytes.Equal(again, b) {
			t.Errorf("% X became % X", b, again)
		}
	})
}

// FuzzTexts: whatever people type goes whole into a tag that reads back, or is
// refused; the reason never tells what it was.
func FuzzTexts(f *testing.F) {
	f.Add("8 (912) 345-67-89", "ООО «Ромашка»", "7707083893", "UUID=1&Time=2")
	f.Add("a@b.ru", "", "500100732259", "")
	f.Add("\x00", "\xff", " ", "\n")
	f.Fuzz(func(t *testing.T, contact, name, inn, value string) {
		op := kkt.Operation{Kind: kkt.OpSale, Receipt: &doc.Receipt{}, People: &doc.People{Contact: contact, Buyer: &doc.Buyer{Name: name, INN: inn, Address: value}}}
		for _, format := range []string{"1.05", "1.2"} {
			tags, err := receiptTags(op, format)
			if err != nil {
				if len(contact) > 6 && strings.Contains(err.Error(), contact) {
					t.Errorf("%q is in %v", contact, err)
				}
				continue
			}
			for _, v := range tags {
				again, err := parseTLV(v.encode())
				if err != nil || len(again) != 1 || again[0].tag != v.tag || !bytes.Equal(again[0].value, v.value) {
					t.Errorf("%+v became %+v, %v", v, again, err)
				}
				if v.tag == tagContact && (len(v.value) == 0 || len(v.value) > maxContact) {
					t.Errorf("contact of %d bytes", len(v.value))
				}
			}
		}
		l := &doc.Line{Permit: &doc.Permit{FOIV: "030", Date: name, Number: inn, Value: value}, Attribute: name, Supplier: &doc.Supplier{Name: value, INN: inn, Phones: []string{contact}}}
		tags, err := itemTags(l, "1.2")
		for _, v := range tags {
			if err == nil && len(v.encode()) > 4+4*4+3+10+32+256 {
				t.Errorf("%d has %d bytes", v.tag, len(v.value))
			}
		}
	})
}

// FuzzAnswers: no answer, however short or wild, may do worse than an error.
func FuzzAnswers(f *testing.F) {
	for _, v := range readVectors(f, "v1.txt") {
		if p, err := decode(v.answer); err == nil {
			f.Add(p)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 {
			c := command{code: b[:codeLen(b)], operator: true}
			if code, data, err := c.parse(b); err == nil && code == 0 && len(data) >= len(b) {
				t.Errorf("%d bytes of data in an answer of %d", len(data), len(b))
			}
		}
		if s, err := parseFNStatus(b, time.UTC); err == nil && !digits(s.fn) {
			t.Errorf("FN %q", s.fn)
		}
		if d, err := parseStored(b, time.UTC); err == nil && (d.total < 0 || d.total >= 1<<40 || d.dateBad != d.time.IsZero()) {
			t.Errorf("%+v", d)
		}
		if c, err := parseClosed(b, time.UTC); err == nil && (c.change < 0 || c.change >= 1<<40) {
			t.Errorf("%+v", c)
		}
		if receipt, c, err := parseCorrected(b, time.UTC); err == nil && (receipt < 0 || receipt > 1<<16) {
			t.Errorf("%d, %+v", receipt, c)
		}
		if c, err := parseReported(b, time.UTC); err == nil && c.change != 0 {
			t.Errorf("%+v", c)
		}
		if s, err := parseShortStatus(b); err == nil && (s.mode > 15 || s.operations > 1<<16) {
			t.Errorf("%+v", s)
		}
		if r, err := parseRegistration(b, time.UTC); err == nil && len(r.systems) > 6 {
			t.Errorf("%+v", r)
		}
		if c, err := parseMarkCheck(b); err == nil && (len(b) < 4 || c.Result > 255 || c.FN > 255) {
			t.Errorf("% X: %+v", b, c)
		}
		if n, err := parseNotices(b, time.Unix(0, 0), time.UTC); err == nil && (len(b) < 7 || n.Fill > 255) {
			t.Errorf("% X: %+v", b, n)
		}
		if got := parseExpiry(b, time.UTC); !got.IsZero() && len(b) < 3 {
			t.Errorf("% X: %s", b, got)
		}
		if f, err := parseField(b); err == nil && !f.text && f.size <= maxNumber && f.size > 0 && f.low > f.high {
			t.Errorf("% X: %+v", b, f)
		}
		if got, err := scanTags([][]byte{b, b}); err == nil && got.items < 0 {
			t.Errorf("% X: %+v", b, got)
		}
		for _, parse := range []func() error{
			func() error { _, err := parseFullStatus(b, time.UTC); return err },
			func() error { _, err := parseShiftState(b); return err },
			func() error { _, err := parseBacklog(b, time.UTC); return err },
			func() error { _, err := parseModel(b); return err },
			func() error { _, err := parseTable(1, b); return err },
			func() error { _, err := parseField(b); return err },
		} {
			if err := parse(); err == nil && len(b) < 5 {
				t.Errorf("% X passed for an answer", b)
			}
		}
	})
}

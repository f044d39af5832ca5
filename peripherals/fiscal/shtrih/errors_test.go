package shtrih

import (
	"context"
	"errors"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TestClasses: what can be done about the codes that matter.
func TestClasses(t *testing.T) {
	for class, codes := range map[fiscal.Class][]byte{
		fiscal.RetryLater: {0x50, 0x58},
		fiscal.UserAction: {0x46, 0x59, 0x5C, 0x6B, 0x71, 0x72, 0x77, 0xC8, 0xC9, 0xD3},
		fiscal.CloseShift: {0x16, 0x4E},
		fiscal.FixClock:   {0x07, 0x17, 0x7C, 0xC0},
		fiscal.Programmer: {0x33, 0x35, 0x36, 0x37, 0x45, 0x49, 0x4A, 0x4D, 0x55, 0x7E, 0x8E, 0x94},
		fiscal.FNFatal:    {0x03, 0x04, 0x05, 0x06, 0x12, 0x2F, 0x30},
		fiscal.OFDSilent:  {0x14, 0x15},
	} {
		for _, code := range codes {
			if e := deviceError("FF45h", code, ""); e.Class != class || e.Text == "" {
				t.Errorf("%02Xh is %s (%s), want %s", code, e.Class, e.Text, class)
			}
		}
	}
	for code, r := range refusals {
		if r.text == "" || r.class == "" {
			t.Errorf("%02Xh: %+v", code, r)
		}
	}
}

// TestAllCodes: the device's document names these; each has words of its own.
func TestAllCodes(t *testing.T) {
	var codes []byte
	for _, r := range [][2]byte{{0x01, 0x09}, {0x10, 0x12}, {0x14, 0x17}, {0x20, 0x20}, {0x2F, 0x30}, {0x33, 0x3A}, {0x3C, 0x56}, {0x58, 0x59},
		{0x5B, 0x63}, {0x65, 0x66}, {0x68, 0x6B}, {0x6D, 0x6F}, {0x71, 0x75}, {0x77, 0x7F}, {0x84, 0x8E}, {0x90, 0x94}, {0xA0, 0xA5}, {0xC0, 0xC0},
		{0xC2, 0xC2}, {0xC4, 0xC4}, {0xC7, 0xCA}, {0xD1, 0xD5}} {
		for c := r[0]; c <= r[1]; c++ {
			codes = append(codes, c)
		}
	}
	seen := map[string]byte{}
	for _, c := range codes {
		r, ok := refusals[c]
		if !ok {
			t.Errorf("%02Xh has no words", c)
			continue
		}
		if other, twice := seen[r.text]; twice {
			t.Errorf("%02Xh and %02Xh say the same: %s", c, other, r.text)
		}
		seen[r.text] = c
	}
}

// TestWarningBit: a code of the FN may carry bit 7. A success with it is one,
// except where it would be fatal to be wrong.
func TestWarningBit(t *testing.T) {
	for code, want := range map[byte]byte{0x83: 0x03, 0x96: 0x16, 0x97: 0x17} {
		if e := deviceError("FF38h", code, ""); e.Text != refusals[want].text || e.Class != refusals[want].class {
			t.Errorf("%02Xh: %+v", code, e)
		}
	}
	if e := deviceError("40h", 0x83, ""); e.Text == refusals[0x03].text {
		t.Errorf("a code that is not the FN's: %+v", e)
	}
	if e := deviceError("FF45h", 0x84, ""); e.Text != refusals[0x84].text {
		t.Errorf("a code of the device's own: %+v", e)
	}
	p := scripted(script{"\xFF\x01": func([]byte) []byte { b := fnAnswer(7); b[0] = fnWarning; return b }, "\xFF\x45": says(fnWarning)})
	if st, err := p.fnStatus(context.Background()); err != nil || st.lastFD != 7 {
		t.Errorf("%+v, %v", st, err)
	}
	if _, err := p.register(context.Background(), cmdCloseReceipt, nil); errors.Is(err, fiscal.ErrRefused) || !errors.Is(err, fiscal.ErrNoAnswer) {
		t.Errorf("registered with a warning: %v", err)
	}
}

// TestMissingTag: A4h, and AAh of some firmware, name the tag.
func TestMissingTag(t *testing.T) {
	for _, code := range []byte{0xA4, 0xAA} {
		p := scripted(script{
			"\xFF\x45": says(code, 0x9A, 0x04),
			"\x6B":     says(append([]byte{0}, text.CP1251.Encode("0x00A4049A Нет тега")...)...),
		})
		_, err := p.register(context.Background(), cmdCloseReceipt, nil)
		var e *fiscal.DeviceError
		if !errors.As(err, &e) || e.Tag != 1178 || e.Text != "нет необходимых реквизитов документа: нет тега 1178" || e.Said != "0x00A4049A Нет тега" || !errors.Is(err, fiscal.ErrRefused) {
			t.Errorf("%02Xh: %v", code, err)
		}
	}
	if e := deviceError("FF45h", 0xA4, ""); e.Tag != 0 {
		t.Errorf("%+v", e)
	}
}

// TestForeignCorrection: kinds and directions are told apart without the
// device's help.
func TestForeignCorrection(t *testing.T) {
	op := kkt.Operation{Kind: kkt.OpCorrection, Receipt: &doc.Receipt{Total: 5_00, Correction: &doc.Ground{Of: doc.Payback}, VAT: []doc.VATSum{{Rate: tax.VAT10}}}}
	for _, d := range []stored{{form: 3, optype: 2, total: 5_00}, {form: 31, optype: 1, total: 5_00}, {form: 31, optype: 2, total: 5_01}, {form: 21}, {form: 31, optype: 2, total: 5_00, dateBad: true}} {
		if disagree(d, op) == "" {
			t.Errorf("%+v passed", d)
		}
	}
	for _, form := range []byte{31, 41} {
		if why := disagree(stored{form: form, optype: 2, total: 5_00}, op); why != "" {
			t.Error(why)
		}
	}
}

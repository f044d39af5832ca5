package shtrih

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// script is a transport whose answers are given by command.
type script map[string]func(payload []byte) []byte

func (s script) exchange(_ context.Context, payload []byte, _ time.Duration, _ bool) ([]byte, error) {
	code := string(payload[:codeLen(payload)])
	answer, ok := s[code]
	if !ok {
		return append([]byte(code), codeUnsupported), nil
	}
	return append([]byte(code), answer(payload)...), nil
}

func (script) probe(context.Context) error { return nil }
func (script) longest() int                { return maxPayload }

func says(b ...byte) func([]byte) []byte { return func([]byte) []byte { return b } }

type nowhere struct{ link.Conn }

func (nowhere) Close() error { return nil }

// scripted is a printer whose line is s, connected.
func scripted(s script) *Printer {
	p := New(link.NewPair(), Options{Timeouts: Timeouts{Print: 20 * time.Millisecond, Poll: time.Millisecond}})
	p.conn, p.line = nowhere{}, s
	return p
}

func fnAnswer(fd uint32) []byte {
	b := append([]byte{0, 3, 0, 0, 1, 0, 26, 11, 20, 12, 0}, "9999078900054321"...)
	return binary.LittleEndian.AppendUint32(b, fd)
}

func TestUnknownCodeIsAskedOfTheDevice(t *testing.T) {
	p := scripted(script{
		"\x40": says(0xEE),
		"\x6B": says(append([]byte{0}, text.CP1251.Encode("Заело")...)...),
	})
	err := p.Report(context.Background())
	var e *fiscal.DeviceError
	if !errors.As(err, &e) || e.Text != "Заело" || e.Code != 0xEE || e.Command != "40h" || !errors.Is(err, fiscal.ErrRefused) {
		t.Errorf("%v", err)
	}
	mute := scripted(script{"\x40": says(0xEE)})
	if err := mute.Report(context.Background()); !errors.As(err, &e) || !strings.Contains(e.Text, "EEh") {
		t.Errorf("without 6Bh: %v", err)
	}
}

// TestSilentFNIsNoRefusal: when the FN did not answer the device, nobody knows
// whether the receipt is in it.
func TestSilentFNIsNoRefusal(t *testing.T) {
	op := kkt.Operation{Kind: kkt.OpSale, ID: uuid.New(), Receipt: &doc.Receipt{TaxSystem: tax.General}}
	for _, code := range []byte{0x2F, 0x30} {
		p := scripted(script{
			"\xFF\x01": says(fnAnswer(5)...),
			"\xFF\x40": says(0, 1, 1, 0, 0, 0),
			"\xFF\x45": says(code),
		})
		p.ready = &prepared{id: op.ID}
		_, err := p.Commit(context.Background(), kkt.Mark{FN: "9999078900054321", FD: 5, ShiftOpen: true, Shift: 1}, op)
		if !errors.Is(err, fiscal.ErrNoAnswer) || errors.Is(err, fiscal.ErrRefused) {
			t.Errorf("%02Xh: %v", code, err)
		}
	}
}

// TestEndlessTags: a device that never ends a document's tags is refused.
func TestEndlessTags(t *testing.T) {
	asked := 0
	p := scripted(script{
		"\xFF\x3A": says(0, 3, 0, 9, 0),
		"\xFF\x3B": func([]byte) []byte {
			asked++
			return []byte{0, 0x0E, 0x04, 1, 0, 7}
		},
	})
	if _, err := p.readTags(context.Background(), 1); !errors.Is(err, fiscal.ErrGarbage) {
		t.Error(err)
	}
	if asked != maxTags {
		t.Errorf("asked %d times", asked)
	}
}

// TestPrintingForEver: field devices have been seen to print for ever.
func TestPrintingForEver(t *testing.T) {
	p := scripted(script{
		"\x10": says(0, 30, 0x92, 2, modeOpen, subPrinting, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"\x40": says(codePrinting),
	})
	for name, call := range map[string]func(context.Context) error{"settle": p.Settle, "report": p.Report} {
		err := call(context.Background())
		var e *fiscal.DeviceError
		if !errors.As(err, &e) || e.Class != fiscal.RetryLater {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestItemName(t *testing.T) {
	long := strings.Repeat("ы", 200)
	for in, want := range map[string]string{
		"Хлеб": "Хлеб", "// скрытый": "/ скрытый", " ///x": "/x", "a\x00b\n": "a b", "5 ₽": "5 р.", long: long[:2*maxName],
	} {
		if got := text.CP1251.Decode(itemName(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestLongCommand: what the line can not carry is refused before it is sent.
func TestLongCommand(t *testing.T) {
	sent := 0
	p := scripted(script{"\xFF\x0C": func([]byte) []byte { sent++; return []byte{0} }})
	for n, ok := range map[int]bool{maxPayload - 6: true, maxPayload - 5: false} {
		if _, err := p.call(context.Background(), cmdTag, make([]byte, n)); (err == nil) != ok || errors.Is(err, fiscal.ErrNoAnswer) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if sent != 1 || p.line == nil {
		t.Errorf("%d sent; line %v", sent, p.line)
	}
	x := newV2(nowhere{}, DefaultTimeouts())
	for told, want := range map[int]int{0: 255, 100: 255, 1455: 1455, 60000: maxAnswer2} {
		if x.allow(told); x.longest() != want {
			t.Errorf("told %d, takes %d, want %d", told, x.longest(), want)
		}
	}
}

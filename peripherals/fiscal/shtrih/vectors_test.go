package shtrih

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// vector is one exchange of a file of testdata.
type vector struct {
	name, expect    string
	request, answer []byte
}

func readVectors(t testing.TB, file string) []vector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for _, block := range strings.Split(string(raw), "\n\n")[1:] {
		var v vector
		for l := range strings.Lines(block) {
			key, value, ok := strings.Cut(strings.TrimSpace(l), ": ")
			if !ok {
				t.Fatalf("vector line %q", l)
			}
			switch key {
			case "name":
				v.name = value
			case "expect":
				v.expect = value
			case "request", "answer":
				b, err := hex.DecodeString(strings.ReplaceAll(value, " ", ""))
				if err != nil {
					t.Fatal(v.name, err)
				}
				if key == "request" {
					v.request = b
				} else {
					v.answer = b
				}
			}
		}
		all = append(all, v)
	}
	return all
}

// decode reads a whole frame, STX included.
func decode(b []byte) ([]byte, error) {
	in := bytes.NewReader(b)
	if c, err := in.ReadByte(); err != nil || c != stx {
		return nil, errFrame
	}
	return decodeFrame(in.ReadByte)
}

// requests are what the driver itself sends in the place of a captured
// request, where it sends the same bytes.
func requests(t *testing.T) map[string][]byte {
	paid := func(cash money.Amount) []byte {
		r := &doc.Receipt{TaxSystem: tax.General, Payments: []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: cash}}}
		params, err := closeParams(r, [6]money.Amount{})
		if err != nil {
			t.Fatal(err)
		}
		return cmdCloseReceipt.payload(30, params)
	}
	return map[string][]byte{
		"device type":            cmdDeviceType.payload(30, nil),
		"short status, 17 bytes": cmdShortStatus.payload(30, nil),
		"short status, 16 bytes": cmdShortStatus.payload(28, nil),
		"FN status":              cmdFNStatus.payload(30, nil),
		"cancel FN document":     cmdFNCancel.payload(30, nil),
		"cashier tag":            cmdTag.payload(30, textTag(tagCashier, "Соболев И.", maxTitle).encode()),
		"close, 50.00 cash":      paid(50_00),
		"close, 100.00 cash":     paid(100_00),
		"marking check":          cmdCheckMark.payload(30, checkParams(kkt.MarkQuery{Code: "04606203103348a3=EfODAB=UpGbL", Status: 1})),
		"table info":             cmdTableInfo.payload(30, []byte{10}),
		"table cell":             cmdReadTable.payload(30, pack().u(10, 1).u(1, 2).u(0x1D, 1).b),
	}
}

// findings are what the driver's parsers read out of an answer's data, in the
// words of the vectors.
var findings = map[string]func(data []byte) (string, error){
	"device type": func(b []byte) (string, error) {
		m, err := parseModel(b)
		return "model " + m, err
	},
	"short status, 17 bytes": shortFinding,
	"short status, 16 bytes": shortFinding,
	"FN status": func(b []byte) (string, error) {
		s, err := parseFNStatus(b, time.UTC)
		open := map[bool]string{true: "open", false: "closed"}[s.shift]
		return fmt.Sprintf("phase %d, document %02X, shift %s, warnings %02X, FN %s, FD %d", s.phase, s.document, open, s.warnings, s.fn, s.lastFD), err
	},
	"close, 50.00 cash": func(b []byte) (string, error) {
		c, err := parseClosed(b, time.UTC)
		return fmt.Sprintf("change %s, FD %d, sign %d", c.change, c.fd, c.sign), err
	},
	"marking check": func(b []byte) (string, error) {
		c, err := parseMarkCheck(b)
		return fmt.Sprintf("local %d, reason %d, type %d, FN %d, result %02X, bad %t", c.Local, c.Reason, c.Type, c.FN, c.Result, c.Bad()), err
	},
	"table info": func(b []byte) (string, error) {
		t, err := parseTable(0, b)
		return fmt.Sprintf("table %s, %d row, %d fields", t.name, t.rows, t.fields), err
	},
	"table cell": func(b []byte) (string, error) {
		u := unpacker{b: b}
		return fmt.Sprintf("value %d", u.u(len(b))), nil
	},
}

func shortFinding(b []byte) (string, error) {
	s, err := parseShortStatus(b)
	return fmt.Sprintf("mode %d, sub-mode %d, flags %04X", s.mode, s.subMode, s.flags), err
}

func TestVectors(t *testing.T) {
	sent := requests(t)
	used := map[string]bool{}
	for _, v := range readVectors(t, "v1.txt") {
		t.Run(v.name, func(t *testing.T) {
			if v.expect == "broken" {
				if p, err := decode(v.answer); !errors.Is(err, errFrame) && !errors.Is(err, io.EOF) {
					t.Fatalf("a broken frame gave %X, %v", p, err)
				}
				return
			}
			request, err := decode(v.request)
			if err != nil {
				t.Fatal("request: ", err)
			}
			if again := encodeFrame(request); !bytes.Equal(again, v.request) {
				t.Errorf("encoded % X, captured % X", again, v.request)
			}
			if want, ok := sent[v.name]; ok {
				used[v.name] = true
				if !bytes.Equal(request, want) {
					t.Errorf("the driver sends\n% X, captured\n% X", want, request)
				}
			}
			if v.answer == nil {
				return
			}
			answer, err := decode(v.answer)
			if err != nil {
				t.Fatal("answer: ", err)
			}
			played, err := converse(t, plainV1, nil, request, time.Second, true,
				turn{[]byte{enq}, []byte{nak}}, turn{v.request, append([]byte{ack}, v.answer...)}, turn{[]byte{ack}, nil})
			if err != nil || !bytes.Equal(played, answer) {
				t.Errorf("played: % X, %v", played, err)
			}
			n := codeLen(request)
			if !sameCommand(request, answer) || answer[n] != 0 {
				t.Fatalf("answer % X to % X", answer, request)
			}
			data := answer[n+1:]
			if n == 1 && request[0] == 0x10 { // with the operator's byte
				_, data, err = cmdShortStatus.parse(answer)
				if err != nil {
					t.Fatal(err)
				}
			}
			if find, ok := findings[v.name]; ok {
				used[v.name] = true
				got, err := find(data)
				if err != nil || got != v.expect {
					t.Errorf("found %q, %v, want %q", got, err, v.expect)
				}
			} else if v.expect == "done" && n == 2 && len(data) > 0 {
				t.Errorf("data % X in an answer without data", data)
			}
		})
	}
	for name := range findings {
		if !used[name] {
			t.Errorf("no vector %q", name)
		}
	}
	for name := range sent {
		if !used[name] {
			t.Errorf("no vector %q", name)
		}
	}
}

// decode2 reads a whole frame of framing v2, start byte included.
func decode2(b []byte) (frame2, error) {
	in := bytes.NewReader(b)
	if c, err := in.ReadByte(); err != nil || c != start2 {
		return frame2{}, errFrame
	}
	return decodeFrame2(in.ReadByte)
}

// findings2 are what the driver reads out of an answer of framing v2.
func findings2(b []byte) (string, error) {
	if len(b) == 3 && b[2] != 0 {
		return fmt.Sprintf("refused %02X", b[2]), nil
	}
	switch b[0] {
	case 0x10:
		_, data, err := cmdShortStatus.parse(b)
		if err != nil {
			return "", err
		}
		return shortFinding(data)
	case 0x11:
		_, data, err := cmdStatus.parse(b)
		if err != nil {
			return "", err
		}
		s, err := parseFullStatus(data, time.UTC)
		return fmt.Sprintf("mode %d, sub-mode %d, flags %04X, serial %d, firmware %s, clock %s",
			s.mode, s.subMode, s.flags, s.serial, s.firmware, s.clock.Format(time.DateTime)), err
	}
	switch data := b[3:]; b[1] {
	case 0x45:
		return findings["close, 50.00 cash"](data)
	case 0x3B:
		tags, err := parseTLV(data)
		if err != nil || len(tags) != 1 {
			return "", fmt.Errorf("tags %v: %w", tags, err)
		}
		return fmt.Sprintf("tag %d %X", tags[0].tag, tags[0].value), nil
	}
	return "done", nil
}

func TestVectors2(t *testing.T) {
	sent := map[string][]byte{"full status": cmdStatus.payload(30, nil), "short status": cmdShortStatus.payload(1, nil),
		"binding a marking code, unknown to the device": cmdBindMark.payload(30, bindParams("010290000101456421gOZdDD:ZVshH2"))}
	for _, v := range readVectors(t, "v2.txt") {
		t.Run(v.name, func(t *testing.T) {
			answer, err := decode2(v.answer)
			switch {
			case v.expect == "broken":
				if !errors.Is(err, errFrame) && !errors.Is(err, io.EOF) {
					t.Fatalf("a broken frame gave %+v, %v", answer, err)
				}
				return
			case err != nil:
				t.Fatal(err)
			case len(answer.payload) == 0:
				if got := fmt.Sprintf("number %d", answer.number); got != v.expect || !bytes.Equal(v.request, ping) {
					t.Errorf("%s after % X, want %s", got, v.request, v.expect)
				}
				return
			}
			if again := encodeFrame2(answer.number, answer.payload); !bytes.Equal(again, v.answer) {
				t.Errorf("encoded % X, captured % X", again, v.answer)
			}
			if got, err := findings2(answer.payload); err != nil || got != v.expect {
				t.Errorf("found %q, %v, want %q", got, err, v.expect)
			}
			if v.request == nil {
				return
			}
			n := len(v.request)
			request := v.request[5 : n-2]
			if want, ok := sent[v.name]; ok && !bytes.Equal(request, want) {
				t.Errorf("the driver sends\n% X, captured\n% X", want, request)
			}
			line := func(conn link.Conn, t Timeouts) transport {
				x := newV2(conn, t)
				x.synced, x.last = true, answer.number-1
				return x
			}
			played, err := converse(t, line, nil, request, time.Second, true, turn{v.request, v.answer})
			if err != nil || !bytes.Equal(played, answer.payload) {
				t.Errorf("played: % X, %v", played, err)
			}
		})
	}
}

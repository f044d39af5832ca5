package main

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// tagged is a run of tags as the FN keeps it, each value as it is.
type tagged []struct {
	id    uint16
	value []byte
}

func tagsOf(t *testing.T, b []byte) (all tagged) {
	t.Helper()
	for len(b) > 0 {
		n := 4 + int(binary.LittleEndian.Uint16(b[2:]))
		all = append(all, struct {
			id    uint16
			value []byte
		}{binary.LittleEndian.Uint16(b), b[4:n]})
		b = b[n:]
	}
	return all
}

func (all tagged) get(id uint16) []byte {
	for _, t := range all {
		if t.id == id {
			return t.value
		}
	}
	return nil
}

func (all tagged) number(id uint16) (n uint64) {
	v := all.get(id)
	for i := range v {
		n |= uint64(v[i]) << (8 * i)
	}
	return n
}

func (all tagged) text(id uint16) string { return strings.TrimSpace(text.CP866.Decode(all.get(id))) }

// registered reads what the rules are about of a registered receipt: its form,
// 1054, 1055, the payments, of every line 1214, 1212 and 1199, the ground of a
// correction, and the buyer.
func registered(t *testing.T, d *shtrihtest.Document) string {
	t.Helper()
	all := tagsOf(t, d.TLV)
	s := fmt.Sprintf("form %d 1054=%d 1055=%d", d.Form, all.number(1054), all.number(1055))
	for _, id := range []uint16{1031, 1081, 1215, 1216, 1217} {
		if sum := money.Amount(all.number(id)); sum != 0 {
			s += fmt.Sprintf(" %d=%s", id, sum)
		}
	}
	for _, tag := range all {
		if tag.id != 1059 {
			continue
		}
		l := tagsOf(t, tag.value)
		s += fmt.Sprintf(" | %d/%d/%d %s", l.number(1214), l.number(1212), l.number(1199), money.Amount(l.number(1043)))
	}
	if g := all.get(1174); g != nil {
		ground := tagsOf(t, g)
		day := time.Unix(int64(ground.number(1178)), 0).UTC().Format(time.DateOnly)
		if day == d.Time.Format(time.DateOnly) {
			day = "the same day"
		}
		s += fmt.Sprintf(" | 1173=%d 1178=%s 1179=%s", all.number(1173), day, ground.text(1179))
	}
	if sign := all.text(1192); sign != "" && strings.Trim(sign, "0123456789") == "" && len(sign) < 11 { // another receipt's fiscal sign
		s += " | 1192"
	}
	if b := all.get(1256); b != nil {
		buyer := tagsOf(t, b)
		s += fmt.Sprintf(" | 1227=%s 1228=%s", buyer.text(1227), buyer.text(1228))
	}
	if all.get(1227) != nil {
		s += fmt.Sprintf(" | 1227=%s 1228=%s", all.text(1227), all.text(1228))
	}
	return s
}

// flow is a deed at the till and what the FN has registered by it: the receipts,
// in order. Words of a command that begin with @ name the document that the
// deed of that name has made last.
type flow struct {
	name string
	do   []string
	want []string
}

// play does what a flow says and compares what was registered.
func (f flow) play(t *testing.T, r *rig, made map[string]string) {
	before := len(r.dev.Documents())
	for _, line := range f.do {
		line, in, _ := strings.Cut(line, " < ")
		words := strings.Fields(line)
		for i, w := range words {
			if before, name, is := strings.Cut(w, "@"); is && made[name] != "" {
				words[i] = before + made[name]
			}
		}
		if out, errOut, code := r.kassa(in, words...); code != 0 {
			t.Fatalf("%s: kassa %v: %d %s%s", f.name, words, code, out, errOut)
		}
	}
	var got []string
	for _, d := range r.dev.Documents()[before:] {
		got = append(got, registered(t, &d))
	}
	if !slices.Equal(got, f.want) {
		t.Errorf("%s:\n\t%s\nwant\n\t%s", f.name, strings.Join(got, "\n\t"), strings.Join(f.want, "\n\t"))
	}
	var names []string
	for _, d := range r.documents() {
		if d.Type.Receipt() {
			made[f.name], made[f.name+".sign"] = d.Name, strconv.FormatUint(uint64(d.Fiscal.Sign), 10)
			names = append(names, d.Name)
		}
	}
	if n := len(got); n > 1 && n <= len(names) {
		for k, name := range names[len(names)-n:] {
			made[fmt.Sprintf("%s.%d", f.name, k+1)] = name
		}
	}
}

const (
	scanBread = "scan 4600000000015" // 49.90 at 10 %
	scanSoap  = "scan 4600000000022" // 123.45 at 22 %
	scanTea   = "scan 4600000000039" // 7.77 without VAT, УСН
)

// TestTagsOfEveryFlow: every way money and goods change hands, through a whole
// till, as the FN has it. 1214: 1 prepaid, 2 prepaid in part, 3 advance, 4 paid
// and handed over, 5 and 6 on credit in part and whole, 7 credit paid off. 1212:
// 1 goods, 10 a payment. 1199: 2 and 11 are 10 % and 22 %, 4 and 12 the
// calculated 10/110 and 22/122 of money before the goods, 6 none.
func TestTagsOfEveryFlow(t *testing.T) { playAll(t, "1.2", flows) }

// TestTagsOfOldCorrections: FFD 1.05 has correction receipts without items, of
// sales and purchases only; a wrong receipt is undone by an ordinary return.
func TestTagsOfOldCorrections(t *testing.T) { playAll(t, "1.05", oldFlows) }

func playAll(t *testing.T, format string, flows []flow) {
	r := newRigWith(t, t.TempDir(), "", func(o *shtrihtest.Options) {
		o.FFD, o.TaxSystems = format, []tax.System{tax.General, tax.SimplifiedIncome}
	})
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	made := map[string]string{}
	for _, f := range flows {
		f.play(t, r, made)
	}
	r.run("shift", "close")
	r.stop()
	r.agree()
}

var flows = []flow{
	{"sale", []string{scanBread, "pay cash 100"}, []string{
		"form 3 1054=1 1055=1 1031=49.90 | 4/1/2 49.90",
	}},
	{"split", []string{scanBread, scanSoap, "pay split card=100 cash=100"}, []string{
		"form 3 1054=1 1055=1 1031=73.35 1081=100.00 | 4/1/2 49.90 | 4/1/11 123.45",
	}},
	{"qr", []string{scanBread, "pay qr"}, []string{
		"form 3 1054=1 1055=1 1081=49.90 | 4/1/2 49.90",
	}},
	{"groups", []string{scanBread, scanTea, scanSoap, "pay split card=50 cash=200"}, []string{
		"form 3 1054=1 1055=1 1031=125.49 1081=47.86 | 4/1/2 49.90 | 4/1/11 123.45",
		"form 3 1054=1 1055=2 1031=5.63 1081=2.14 | 4/1/6 7.77",
	}},
	{"return", []string{"return @split 1"}, []string{
		"form 3 1054=2 1055=1 1031=21.11 1081=28.79 | 4/1/2 49.90",
	}},
	{"return-of-group", []string{"return @groups.1", "return @groups.2"}, []string{
		"form 3 1054=2 1055=1 1031=125.49 1081=47.86 | 4/1/2 49.90 | 4/1/11 123.45",
		"form 3 1054=2 1055=2 1031=5.63 1081=2.14 | 4/1/6 7.77",
	}},
	{"advance", []string{"advance 100"}, []string{
		"form 3 1054=1 1055=1 1031=100.00 | 3/10/12 100.00",
	}},
	{"advance-used", []string{scanSoap, "pay split advance:@advance cash"}, []string{
		"form 3 1054=1 1055=1 1031=23.45 1215=100.00 | 4/1/11 123.45",
	}},
	{"certificate", []string{"certificate ПС-1 100 --pay card=40,cash"}, []string{
		"form 3 1054=1 1055=1 1031=60.00 1081=40.00 | 3/10/12 100.00",
	}},
	{"certificate-used", []string{scanBread, "pay split certificate:ПС-1"}, []string{
		"form 3 1054=1 1055=1 1215=49.90 | 4/1/2 49.90",
	}},
	{"certificate-back", []string{"return @certificate"}, []string{
		"form 3 1054=2 1055=1 1031=30.06 1081=20.04 | 3/10/12 50.10",
	}},
	{"goods-back-onto", []string{"return @certificate-used"}, []string{
		"form 3 1054=2 1055=1 1215=49.90 | 4/1/2 49.90",
	}},
	{"prepayment", []string{scanBread, scanSoap, "prepay"}, []string{
		"form 3 1054=1 1055=1 1031=173.35 | 1/1/4 49.90 | 1/1/12 123.45",
	}},
	{"handed-in-part", []string{"hand-over @prepayment 1"}, []string{
		"form 3 1054=1 1055=1 1215=49.90 | 4/1/2 49.90",
	}},
	{"handed-back", []string{"return @handed-in-part"}, []string{
		"form 3 1054=2 1055=1 1215=49.90 | 4/1/2 49.90",
	}},
	{"prepayment-back", []string{"return @prepayment"}, []string{
		"form 3 1054=2 1055=1 1031=173.35 | 1/1/4 49.90 | 1/1/12 123.45",
	}},
	{"part-prepaid", []string{scanBread, scanSoap, "prepay 100 --pay card"}, []string{
		"form 3 1054=1 1055=1 1081=100.00 | 2/1/4 28.79 | 2/1/12 71.21",
	}},
	{"handed-scanned", []string{scanSoap, "hand-over @part-prepaid --pay cash=100"}, []string{
		"form 3 1054=1 1055=1 1031=52.24 1215=71.21 | 4/1/11 123.45",
	}},
	{"part-back", []string{"return @part-prepaid"}, []string{
		"form 3 1054=2 1055=1 1081=28.79 | 2/1/4 28.79",
	}},
	{"money-back", []string{"return @handed-scanned --payment money"}, []string{
		"form 3 1054=2 1055=1 1031=52.24 1081=71.21 | 4/1/11 123.45",
	}},
	{"credit", []string{scanBread, scanSoap, "pay split credit"}, []string{
		"form 3 1054=1 1055=1 1216=173.35 | 6/1/2 49.90 | 6/1/11 123.45",
	}},
	{"part-credit", []string{scanBread, scanSoap, "pay split card=100 credit"}, []string{
		"form 3 1054=1 1055=1 1081=100.00 1216=73.35 | 5/1/2 49.90 | 5/1/11 123.45",
	}},
	{"repay", []string{"repay @part-credit 50"}, []string{
		"form 3 1054=1 1055=1 1031=50.00 | 7/10/6 50.00",
	}},
	{"repay-back", []string{"return @repay"}, []string{
		"form 3 1054=2 1055=1 1031=50.00 | 7/10/6 50.00",
	}},
	{"credit-back", []string{"return @part-credit"}, []string{
		"form 3 1054=2 1055=1 1081=100.00 1216=73.35 | 5/1/2 49.90 | 5/1/11 123.45",
	}},
	{"exchange", []string{scanSoap, "exchange @sale --pay card"}, []string{
		"form 3 1054=2 1055=1 1031=49.90 | 4/1/2 49.90",
		"form 3 1054=1 1055=1 1031=49.90 1081=73.55 | 4/1/11 123.45",
	}},
	{"exchange-free", []string{scanSoap, "exchange --back 4600000000015@40 --reason брак --pay cash"}, []string{
		"form 3 1054=2 1055=1 1031=40.00 | 4/1/2 40.00",
		"form 3 1054=1 1055=1 1031=123.45 | 4/1/11 123.45",
	}},
	{"take-back", []string{scanTea, "take-back --reason брак --payment card"}, []string{
		"form 3 1054=2 1055=2 1081=7.77 | 4/1/6 7.77",
	}},
	{"buyer", []string{scanBread, "cheque buyer < 7707083893 ООО Ромашка", "pay cash 50"}, []string{
		"form 3 1054=1 1055=1 1031=49.90 | 4/1/2 49.90 | 1227=ООО Ромашка 1228=7707083893",
	}},
	{"missed", []string{scanBread, scanSoap, "correct --reason проверка --date 2026-11-01 --order 17-А --pay advance=100,credit=20,card=30,cash"}, []string{
		"form 31 1054=1 1055=1 1031=23.35 1081=30.00 1215=100.00 1216=20.00 | 5/1/2 49.90 | 5/1/11 123.45 | 1173=1 1178=2026-11-01 1179=17-А",
	}},
	{"missed-return", []string{scanBread, "correct --of PAYBACK --reason проверка --date 2026-11-01 --payment card"}, []string{
		"form 31 1054=2 1055=1 1081=49.90 | 4/1/2 49.90 | 1173=0 1178=2026-11-01 1179=",
	}},
	{"missed-in-2025", []string{scanSoap, "correct --reason проверка --date 2025-12-20 --payment cash"}, []string{
		"form 31 1054=1 1055=1 1031=123.45 | 4/1/1 123.45 | 1173=0 1178=2025-12-20 1179=",
	}},
	{"missed-prepayment", []string{scanSoap, "correct --prepaid --reason проверка --date 2026-11-01 --payment card"}, []string{
		"form 31 1054=1 1055=1 1081=123.45 | 1/1/12 123.45 | 1173=0 1178=2026-11-01 1179=",
	}},
	{"missed-barter", []string{scanBread, "correct --reason проверка --date 2026-11-01 --payment counter"}, []string{
		"form 31 1054=1 1055=1 1217=49.90 | 4/1/2 49.90 | 1173=0 1178=2026-11-01 1179=",
	}},
	{"undone", []string{"correct @buyer --reason ошибка"}, []string{
		"form 31 1054=2 1055=1 1031=49.90 | 4/1/2 49.90 | 1173=0 1178=the same day 1179= | 1192 | 1227=ООО Ромашка 1228=7707083893",
	}},
	{"anew", []string{scanBread, scanBread, "correct --reason ошибка --date 2026-11-01 --sign @buyer.sign --payment cash"}, []string{
		"form 31 1054=1 1055=1 1031=99.80 | 4/1/2 99.80 | 1173=0 1178=2026-11-01 1179= | 1192",
	}},
}

var oldFlows = []flow{
	{"sale", []string{scanBread, "pay card"}, []string{
		"form 3 1054=1 1055=1 1081=49.90 | 4/1/2 49.90",
	}},
	{"buyer", []string{scanBread, "cheque buyer < 7707083893 ООО Ромашка", "pay cash 50"}, []string{
		"form 3 1054=1 1055=1 1031=49.90 | 4/1/2 49.90 | 1227=ООО Ромашка 1228=7707083893",
	}},
	{"missed", []string{scanBread, scanBread, scanBread, scanBread, "correct --reason проверка --date 2026-11-01 --order 17-А --pay advance=100,credit=20,card=30,cash"}, []string{
		"form 31 1054=1 1055=1 1031=49.60 1081=30.00 1215=100.00 1216=20.00 | 1173=1 1178=2026-11-01 1179=17-А",
	}},
	{"undone", []string{"correct @sale --reason ошибка"}, []string{
		"form 3 1054=2 1055=1 1081=49.90 | 4/1/2 49.90 | 1192",
	}},
	{"anew", []string{scanBread, scanBread, "correct --reason ошибка --date 2026-11-01 --sign @sale.sign --payment cash"}, []string{
		"form 3 1054=1 1055=1 1031=99.80 | 4/1/2 99.80 | 1192",
	}},
	{"missed-mixed", []string{scanBread, scanTea, "correct --reason проверка --date 2026-11-01 --pay credit=20,cash"}, []string{
		"form 31 1054=1 1055=1 1031=32.59 1216=17.31 | 1173=0 1178=2026-11-01 1179=б/н",
		"form 31 1054=1 1055=2 1031=5.08 1216=2.69 | 1173=0 1178=2026-11-01 1179=б/н",
	}},
}

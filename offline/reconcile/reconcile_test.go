package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

const fn = "9999078900000001"

// agreed is a period on which all four witnesses agree.
func agreed(t *rapid.T) Input {
	var docs []doc.Document
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.FixedZone("", 3*3600))
	fd := uint32(rapid.IntRange(1, 500).Draw(t, "first"))
	add := func(typ doc.Type, shift int64) *doc.Document {
		docs = append(docs, doc.Document{ID: uuid.New(), Type: typ, Number: int64(len(docs) + 1), Name: fmt.Sprint("K-", len(docs)+1), Time: at,
			Fiscal: &doc.Fiscal{FN: fn, FD: fd, Shift: shift, Sign: 1000 + fd, Time: at, RegNumber: "1"}})
		fd++
		at = at.Add(10 * time.Minute)
		return &docs[len(docs)-1]
	}
	for shift := range int64(rapid.IntRange(1, 3).Draw(t, "shifts")) {
		add(doc.PosOpenSession, shift+1)
		for range rapid.IntRange(1, 6).Draw(t, "receipts") {
			d := add(rapid.SampledFrom([]doc.Type{doc.Sell, doc.Sell, doc.Payback, doc.Buy, doc.Buyback, doc.Correction}).Draw(t, "type"), shift+1)
			d.Receipt = &doc.Receipt{TaxSystem: tax.General}
			if d.Type == doc.Correction {
				d.Receipt.Correction = &doc.Ground{Of: doc.Sell}
			}
			for _, w := range rapid.SliceOfNDistinct(rapid.SampledFrom([]doc.PaymentType{doc.PayCash, doc.PayElectron, doc.PayAdvance, doc.PayCredit, doc.PayCounter}), 1, 3, rapid.ID).Draw(t, "ways") {
				sum := money.Amount(rapid.Int64Range(1, 100_000).Draw(t, "sum"))
				d.Receipt.Payments = append(d.Receipt.Payments, doc.Payment{Type: w, Sum: sum})
				d.Receipt.Total += sum
			}
		}
		cash := add(doc.CashIncome, shift+1)
		cash.Cash, cash.Fiscal = &doc.Cash{Sum: 500}, nil
		fd--
		add(doc.ZReport, shift+1)
		closed := add(doc.CloseSession, shift+1)
		fd--
		closed.ShiftID = uuid.New()
		docs[len(docs)-2].ShiftID = closed.ShiftID
	}
	in := Input{Journal: docs, FN: FN{Number: fn, First: docs[0].Fiscal.FD, Last: fd - 1},
		Cloud: Cloud{Wants: []doc.Type{doc.Sell, doc.Payback, doc.CashIncome, doc.ZReport, doc.CloseSession}, Sent: map[uuid.UUID]Sent{}, Places: map[uuid.UUID]Place{}, Looks: map[uuid.UUID]Looked{}, Unasked: "no network"}}
	var book ofd.Book
	for i := range docs {
		d := &docs[i]
		if e, ok := ofd.EventOf(d); ok {
			book.Add(e)
			a := kkt.FNDocument{FN: fn, FD: d.Fiscal.FD, Form: forms[d.Type], Time: d.Fiscal.Time, Sign: d.Fiscal.Sign, OpType: operation(d) + 1, Ticket: &kkt.Ticket{}}
			if d.Receipt != nil {
				a.Total = int64(d.Receipt.Total)
				a.Paid = &kkt.Paid{Cash: int64(e.Cash), Electron: int64(e.Ecash), Prepaid: int64(e.Prepaid), Credit: int64(e.Credit), Provision: int64(e.Provision)}
			}
			in.FN.Documents = append(in.FN.Documents, a)
		}
		if slices.Contains(in.Cloud.Wants, d.Type) && d.Type != doc.CloseSession { // the queue sends the Z report for both
			in.Cloud.Sent[d.ID] = Delivered
			place := Place{Sum: sumOf(d), Day: d.Time.Format(time.DateOnly)}
			if e, ok := ofd.EventOf(d); ok {
				place.Ways = waysOf(&e)
			}
			if !closes(d) {
				in.Cloud.Places[d.ID] = place
				in.Cloud.Looks[d.ID] = Looked{There: true, Place: place}
			}
		}
	}
	report, err := book.Report(ofd.Query{From: "2026-01-01", To: "2026-12-31"})
	if err != nil {
		t.Fatal(err)
	}
	in.OFD.Shifts = report.Data
	return in
}

func codes(r Result) (list []fault.Code) {
	for _, d := range r.Differences {
		list = append(list, d.Code)
		if text := d.Text("ru"); text == "" || strings.Contains(text, "{") {
			panic(fmt.Sprintf("%s: text %q", d.Code, text))
		}
	}
	return list
}

// receipts lists the places of receipts.
func receipts(in Input) (list []int) {
	for i := range in.Journal {
		if in.Journal[i].Receipt != nil {
			list = append(list, i)
		}
	}
	return list
}

func TestWhoAgreesAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := agreed(t)
		r := Compare(in)
		if !r.OK || r.Pending != 0 || len(r.Differences) != 0 || len(r.Silent) != 0 {
			t.Fatalf("%+v", r)
		}
		for _, row := range r.Rows {
			if row.Journal == nil || row.InFN == nil || row.OFD == nil || *row.Journal != *row.InFN || *row.Journal != *row.OFD || row.Open == "" || row.Close == "" {
				t.Fatalf("%+v %+v %+v", row, row.Journal, row.InFN)
			}
		}
	})
}

// One thing is wrong: exactly that is told, and nothing else contradicts.
func TestWhatIsWrongIsNamed(t *testing.T) {
	mishaps := map[string]struct {
		do      func(t *rapid.T, in *Input, at int)
		want    fault.Code
		pending bool
		more    []fault.Code // what else follows
	}{
		"not in the FN": {func(_ *rapid.T, in *Input, at int) {
			fd := in.Journal[at].Fiscal.FD
			in.FN.Documents = slices.DeleteFunc(in.FN.Documents, func(a kkt.FNDocument) bool { return a.FD == fd })
		}, fault.ReconcileNotInFN, false, nil},
		"another sign":      {func(_ *rapid.T, in *Input, at int) { inFN(in, at).Sign++ }, fault.ReconcileDiffers, false, nil},
		"another sum":       {func(_ *rapid.T, in *Input, at int) { inFN(in, at).Total++ }, fault.ReconcileDiffers, false, nil},
		"another operation": {func(_ *rapid.T, in *Input, at int) { inFN(in, at).OpType = inFN(in, at).OpType%4 + 1 }, fault.ReconcileDiffers, false, nil},
		"no receipt there":  {func(_ *rapid.T, in *Input, at int) { inFN(in, at).Form = 2 }, fault.ReconcileDiffers, false, nil},
		"printed, not journaled": {func(_ *rapid.T, in *Input, _ int) {
			last := in.FN.Documents[len(in.FN.Documents)-1]
			last.FD, last.Form, last.OpType, last.Total = last.FD+1, 3, 1, 100
			in.FN.Documents, in.FN.Last = append(in.FN.Documents, last), last.FD
		}, fault.ReconcilePrinted, false, nil},
		"another's shift report": {func(_ *rapid.T, in *Input, _ int) {
			last := in.FN.Documents[len(in.FN.Documents)-1]
			last.FD, last.Form = last.FD+1, 2
			in.FN.Documents, in.FN.Last = append(in.FN.Documents, last), last.FD
		}, fault.ReconcileForeign, false, nil},
		"a technician's registration": {func(_ *rapid.T, in *Input, _ int) {
			last := in.FN.Documents[len(in.FN.Documents)-1]
			last.FD, last.Form = last.FD+1, 11
			in.FN.Documents, in.FN.Last = append(in.FN.Documents, last), last.FD
		}, "", true, nil},
		"the operator waits for a receipt": {func(_ *rapid.T, in *Input, at int) {
			inFN(in, at).Ticket = nil
			d := in.Journal[at]
			for i := range in.OFD.Shifts {
				if s := &in.OFD.Shifts[i]; s.Shift == d.Fiscal.Shift {
					less(*s.Blocks()[operation(&d)], &d)
				}
			}
		}, fault.ReconcileUnsent, true, []fault.Code{fault.ReconcileOFDLate}},
		"the operator has less": {func(_ *rapid.T, in *Input, at int) {
			d := in.Journal[at]
			for i := range in.OFD.Shifts {
				if s := &in.OFD.Shifts[i]; s.Shift == d.Fiscal.Shift {
					less(*s.Blocks()[operation(&d)], &d)
				}
			}
		}, fault.ReconcileOFDSum, false, []fault.Code{fault.ReconcileOFDSum}},
		"the operator knows nothing of the shift": {func(_ *rapid.T, in *Input, at int) {
			number := in.Journal[at].Fiscal.Shift
			in.OFD.Shifts = slices.DeleteFunc(in.OFD.Shifts, func(s ofd.Shift) bool { return s.Shift == number })
		}, fault.ReconcileNoShift, false, nil},
		"the operator leaves figures out": {func(_ *rapid.T, in *Input, at int) {
			for i := range in.OFD.Shifts {
				in.OFD.Shifts[i].Outcome = nil
				*in.OFD.Shifts[i].Income = ofd.Block{Total: in.OFD.Shifts[i].Income.Total}
			}
		}, "", true, nil},
		"paid in another way":       {func(_ *rapid.T, in *Input, at int) { p := inFN(in, at).Paid; p.Cash, p.Credit = p.Cash+1, p.Credit-1 }, fault.ReconcileDiffers, false, nil},
		"the archive tells no ways": {func(_ *rapid.T, in *Input, at int) { inFN(in, at).Paid = nil }, "", true, nil},
		"parked, and not there": {func(_ *rapid.T, in *Input, _ int) {
			in.Cloud.Sent[sold(in)], in.Cloud.Looks[sold(in)] = Parked, Looked{}
		}, fault.ReconcileParked, false, nil},
		"parked, and there": {func(_ *rapid.T, in *Input, _ int) { in.Cloud.Sent[sold(in)] = Parked }, fault.ReconcileParkedThere, false, nil},
		"queued": {func(_ *rapid.T, in *Input, _ int) {
			delete(in.Cloud.Sent, sold(in))
			in.Cloud.Looks[sold(in)] = Looked{}
		}, fault.ReconcileQueued, true, nil},
		"queued, and there": {func(_ *rapid.T, in *Input, _ int) { delete(in.Cloud.Sent, sold(in)) }, fault.ReconcileArrived, true, nil},
		"deleted":           {func(_ *rapid.T, in *Input, _ int) { in.Cloud.Looks[sold(in)] = Looked{} }, fault.ReconcileLost, false, nil},
		"changed":           {func(_ *rapid.T, in *Input, _ int) { alter(in, func(l *Looked) { l.Sum++ }) }, fault.ReconcileCloudSum, false, nil},
		"under another day": {func(_ *rapid.T, in *Input, _ int) { alter(in, func(l *Looked) { l.Day = "2026-10-31" }) }, fault.ReconcileCloudDay, false, nil},
		"without its day":   {func(_ *rapid.T, in *Input, _ int) { alter(in, func(l *Looked) { l.Day = "" }) }, "", true, nil},
		"paid in another way there": {func(_ *rapid.T, in *Input, at int) {
			d := in.Journal[at]
			if look, ok := in.Cloud.Looks[d.ID]; ok {
				w := *look.Ways
				w[0], w[1] = w[0]+1, w[1]-1
				look.Ways = &w
				in.Cloud.Looks[d.ID] = look
			} else {
				alter(in, func(l *Looked) { l.Sum++ })
			}
		}, fault.ReconcileCloudWay, false, []fault.Code{fault.ReconcileCloudSum}},
		"not asked about one": {func(_ *rapid.T, in *Input, _ int) { delete(in.Cloud.Looks, sold(in)) }, fault.ReconcileUnasked, true, nil},
		"never looked":        {func(_ *rapid.T, in *Input, _ int) { in.Cloud.Looks = nil }, fault.ReconcileUnasked, true, nil},
		"nothing to look for": {func(_ *rapid.T, in *Input, _ int) { in.Cloud.Looks, in.Cloud.Places = nil, nil }, "", true, nil},
		"another FN in the device": {func(_ *rapid.T, in *Input, at int) {
			in.FN = FN{Number: "9999078900000002", First: 1, Last: 9}
		}, "", true, nil},
	}
	for name, m := range mishaps {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := agreed(t)
				m.do(t, &in, rapid.SampledFrom(receipts(in)).Draw(t, "at"))
				r := Compare(in)
				got := codes(r)
				if m.want == "" {
					if len(got) != 0 {
						t.Fatalf("%+v", r.Differences)
					}
					return
				}
				if !slices.Contains(got, m.want) && !slices.ContainsFunc(got, func(c fault.Code) bool { return slices.Contains(m.more, c) }) || r.OK != m.pending || m.pending && r.Pending != len(got) {
					t.Fatalf("ok %t, %d pending, %+v", r.OK, r.Pending, r.Differences)
				}
				for _, code := range got {
					if code != m.want && !slices.Contains(m.more, code) {
						t.Fatalf("%s too: %+v", code, r.Differences)
					}
				}
			})
		})
	}
}

func inFN(in *Input, at int) *kkt.FNDocument {
	fd := in.Journal[at].Fiscal.FD
	i := slices.IndexFunc(in.FN.Documents, func(a kkt.FNDocument) bool { return a.FD == fd })
	return &in.FN.Documents[i]
}

// sold is a document that goes to the cloud.
func sold(in *Input) uuid.UUID {
	for _, d := range in.Journal {
		if slices.Contains(in.Cloud.Wants, d.Type) {
			return d.ID // never one of a pair
		}
	}
	panic("every shift has a movement of cash")
}

// alter changes how the cloud has it.
func alter(in *Input, how func(*Looked)) {
	look := in.Cloud.Looks[sold(in)]
	how(&look)
	in.Cloud.Looks[sold(in)] = look
}

// less takes a document out of a block.
func less(b *ofd.Block, d *doc.Document) {
	e, _ := ofd.EventOf(d)
	for i, f := range []*ofd.Figure{&b.Cash, &b.Ecash, &b.Prepaid, &b.Credit, &b.Provision, &b.Total} {
		sum := []money.Amount{e.Cash, e.Ecash, e.Prepaid, e.Credit, e.Provision, e.Total}[i]
		*f.Sum -= sum
		if sum != 0 {
			*f.Count--
		}
	}
}

// Who is silent is named and proves nothing.
func TestSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := agreed(t)
		in.FN, in.OFD, in.Cloud = FN{Why: "unplugged"}, OFD{Why: "no network"}, Cloud{Why: "none is configured"}
		r := Compare(in)
		if !r.OK || len(r.Differences) != 0 || len(r.Silent) != 3 || r.Silent[SideFN] != "unplugged" {
			t.Fatalf("%+v", r)
		}
		for _, row := range r.Rows {
			if row.Journal == nil || row.InFN != nil || row.OFD != nil || row.Cloud != nil {
				t.Fatalf("%+v", row)
			}
		}
	})
}

// A flood of differences is counted, not listed.
func TestManyDifferences(t *testing.T) {
	in := Input{OFD: OFD{Why: "x"}, Cloud: Cloud{Why: "x"}, FN: FN{Number: fn, First: 1, Last: 3000}}
	for i := range uint32(3000) {
		in.FN.Documents = append(in.FN.Documents, kkt.FNDocument{FN: fn, FD: i + 1, Form: 3, OpType: 1, Total: 1, Shift: 1})
	}
	r := Compare(in)
	if r.OK || len(r.Differences) != MaxDifferences || r.More != 3000-MaxDifferences || *r.Rows[0].InFN != (Figures{Sums: [4]money.Amount{3000}, Counts: [4]int64{3000}, Partly: true}) {
		t.Errorf("%t %d %d %+v", r.OK, len(r.Differences), r.More, r.Rows)
	}
}

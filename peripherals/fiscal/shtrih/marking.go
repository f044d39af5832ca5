package shtrih

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Marked goods in FFD 1.2. A code is checked by FF61h and accepted or rejected
// by FF69h; accepted ones wait in the FN's buffer until a receipt binds them
// (FF67h) or ends. They are checked before the receipt is opened: a bad one
// costs nothing then. What was checked when it was scanned is not asked again
// when it is paid for, unless the buffer may have lost it, holds more than this
// receipt, or too much time has passed.
const (
	maxMarks = 128 // codes of a receipt
	maxMark  = 200 // bytes of a code, so that it fits into a frame with its quantity

	markReject = 0
	markAccept = 1
	markClear  = 2
)

var _ fiscal.Checker = (*Printer)(nil)

// CheckMark implements fiscal.Checker.
func (p *Printer) CheckMark(ctx context.Context, q kkt.MarkQuery) (kkt.MarkAnswer, error) {
	ctx, end := p.begin(ctx)
	defer end()
	id, err := p.identify(ctx)
	if err != nil {
		return kkt.MarkAnswer{}, err
	}
	if id.FFD != "1.2" || !id.Marking {
		return kkt.MarkAnswer{}, fmt.Errorf("%w: checking of marking codes", fiscal.ErrUnsupported)
	}
	if err := checkQuery(q); err != nil {
		return kkt.MarkAnswer{}, err
	}
	if err := p.lookAtBuffer(ctx, id, nil, false); err != nil {
		return kkt.MarkAnswer{}, err
	}
	if known, ok := p.buffer.find(q, p.o.Now()); ok {
		return kkt.MarkAnswer{MarkCheck: known}, nil
	}
	if len(p.buffer.list) >= maxMarks { // of cheques that were never paid
		if err := p.clearMarks(ctx); err != nil {
			return kkt.MarkAnswer{}, err
		}
	}
	check, err := p.checkMark(ctx, q, false)
	return kkt.MarkAnswer{MarkCheck: check, Why: whyBad(check)}, err
}

func checkQuery(q kkt.MarkQuery) error {
	if len(q.Code) == 0 || len(q.Code) > maxMark || q.Status < 1 || q.Status > 4 || q.Unit < 0 || q.Unit > 255 ||
		(measured(q.Status) && !q.Qty.Valid()) {
		return fmt.Errorf("shtrih: marking code of %d bytes, status %d, quantity %s, unit %d", len(q.Code), q.Status, q.Qty, q.Unit)
	}
	return nil
}

func measured(status int) bool { return status == 2 || status == 4 }

// checkMark asks about a code and settles what becomes of it: a good one, or
// one that is wanted anyway, goes into the buffer.
func (p *Printer) checkMark(ctx context.Context, q kkt.MarkQuery, anyway bool) (doc.MarkCheck, error) {
	data, err := p.call(ctx, cmdCheckMark, checkParams(q))
	if verdict, known := refusedMark(err); known && !anyway {
		return verdict, nil
	}
	if err != nil {
		return doc.MarkCheck{}, err
	}
	check, err := parseMarkCheck(data)
	if err != nil {
		return check, err
	}
	action := byte(markAccept)
	if check.Bad() && !anyway {
		action = markReject
	}
	if data, err = p.call(ctx, cmdAcceptMark, []byte{action}); err != nil {
		return check, err
	}
	if len(data) > 0 { // after it the FN knows best
		check.Result = int(data[0])
	}
	switch {
	case action == markReject:
	case check.Bad() && !anyway: // bad by the result of accepting only
		return check, p.clearMarks(ctx)
	default:
		p.buffer.list = append(p.buffer.list, checked{q, check, p.o.Now()})
	}
	return check, nil
}

// checkParams lays out FF61h after the password. Measured goods carry how much
// of them is sold.
func checkParams(q kkt.MarkQuery) []byte {
	var quantity []byte
	if measured(q.Status) {
		quantity = append(tlv{tagUnit, []byte{byte(q.Unit)}}.encode(), tlv{tagQuantity, fvln(uint64(q.Qty), 3)}.encode()...)
		if q.Unit == pieces && q.Qty < qty.One {
			quantity = fraction(q.Qty).encode()
		}
	}
	return pack().bytes(byte(q.Status), 0, byte(len(q.Code)), byte(len(quantity))).bytes([]byte(q.Code)...).bytes(quantity...).b
}

// pieces is tag 2108 of what is counted.
const pieces = 0

// fraction is tag 1291, the part of a marked piece that is sold: a numerator and
// a denominator.
func fraction(q qty.Milli) tlv {
	n, d := uint64(q), uint64(qty.One)
	for a, b := n, d; ; a, b = b, a%b {
		if b == 0 {
			n, d = n/a, d/a
			break
		}
	}
	return nest(tagFraction, tlv{tagNumerator, vln(n)}, tlv{tagDenominator, vln(d)})
}

// inPart tells whether a line is a part of a marked piece. FFD 1.2 wants the
// quantity of what has a marking code and is counted to be 1: the part stands in
// tag 1291, and the price is that of the part.
func inPart(l *doc.Line) bool { return l.Mark != "" && l.UnitCode == pieces && l.Qty < qty.One }

// fvln is a decimal number: how many digits stand after the point, then the
// integer.
func fvln(v uint64, decimals byte) []byte { return append([]byte{decimals}, vln(v)...) }

// parseMarkCheck reads FF61h. The device's document has the FN's code before
// tag 2106, and so do captures; there is neither without a link to the marking
// system, and no 2106 when that did not answer.
func parseMarkCheck(data []byte) (doc.MarkCheck, error) {
	u := unpacker{b: data}
	c := doc.MarkCheck{Local: int(u.byte()), Reason: int(u.byte()), Type: int(u.byte())}
	block := unpacker{b: u.bytes(int(u.byte()))}
	if u.short {
		return doc.MarkCheck{}, answerError(cmdCheckMark)
	}
	if c.Local&1 != 0 { // all there is when the marking system says nothing
		c.Result = c.Local & 3
	}
	if len(block.b) > 0 {
		c.FN = int(block.byte())
	}
	if c.FN == 0 && len(block.b) > 0 {
		c.Result = int(block.byte())
	}
	return c, nil
}

// refusedMark turns the device's own words about a code into a verdict.
func refusedMark(err error) (doc.MarkCheck, bool) {
	const asked, checked = 1 << 2, 1 << 0
	switch {
	case refusedWith(err, codeMarkGone):
		return doc.MarkCheck{Result: asked, FN: codeMarkGone}, true
	case refusedWith(err, codeMarkForged, codeMarkAlien):
		return doc.MarkCheck{Result: checked, FN: codeMarkForged}, true
	}
	return doc.MarkCheck{}, false
}

// whyBad says in Russian what is wrong with a code; "" when nothing is known to
// be.
func whyBad(c doc.MarkCheck) string {
	switch {
	case !c.Bad():
		return ""
	case c.FN == codeMarkGone:
		return "товар не произведён или выбыл из оборота"
	case c.Result&0x03 == 0x01:
		return "подпись кода неверна, код поддельный или искажён"
	}
	return "по данным системы маркировки товар с этим кодом нельзя продать (вернуть)"
}

// queryOf asks about the unit of a line.
func queryOf(op kkt.Operation, l *doc.Line) kkt.MarkQuery {
	q := kkt.MarkQuery{Code: l.Mark, Status: l.MarkStatus, Unit: l.UnitCode}
	if q.Status == 0 {
		q.Status = 1
		if l.UnitCode != pieces || l.Qty%qty.One != 0 {
			q.Status = 2
		}
		if kind := direction(op); kind == kkt.OpSaleReturn || kind == kkt.OpBuy {
			q.Status += 2
		}
	}
	if measured(q.Status) {
		q.Qty = l.Qty
	} else {
		q.Unit = 0
	}
	return q
}

// checkMarks makes sure that every code of a receipt is checked and accepted,
// and that the buffer holds nothing else. It refuses the line whose code is
// bad. In FFD 1.05 there is nothing to check.
func (p *Printer) checkMarks(ctx context.Context, op kkt.Operation, id kkt.Identity, ready *prepared) error {
	queries, err := markQueries(op)
	if err != nil || id.FFD != "1.2" {
		return err
	}
	if len(queries) > 0 && !id.Marking {
		return refuse(deviceError(cmdCheckMark.String(), codeNoMarking, ""))
	}
	if err := p.lookAtBuffer(ctx, id, queries, true); err != nil {
		return err
	}
	ready.checks = nil
	for i := range op.Receipt.Lines {
		l := &op.Receipt.Lines[i]
		if l.Mark == "" {
			continue
		}
		q := queryOf(op, l)
		check, ok := p.buffer.find(q, p.o.Now())
		if !ok {
			if check, err = p.checkMark(ctx, q, l.MarkAnyway); err != nil {
				return fmt.Errorf("line %d: %w", i+1, err)
			}
		}
		check.Line, check.Accepted = l.ID, true
		if check.Bad() && !l.MarkAnyway || !check.Good() && l.MarkProven {
			check.Accepted = false
			return badMark(i+1, check)
		}
		ready.checks = append(ready.checks, check)
	}
	return nil
}

// badMark refuses a line.
func badMark(line int, check doc.MarkCheck) error {
	code := byte(codeMarkGone)
	if check.Result&0x03 == 0x01 {
		code = codeMarkForged
	}
	why := whyBad(check)
	if why == "" {
		why = "код маркировки проверен не до конца, а магазин продаёт только проверенное"
	}
	return fmt.Errorf("%w: %w: %w", fiscal.ErrRefused, &fiscal.MarkError{Line: line, Check: check, Why: why}, ourError(cmdAcceptMark, code, why))
}

// markQueries are the codes of a receipt. One that is there twice can only be
// a mistake: a code is one unit.
func markQueries(op kkt.Operation) ([]kkt.MarkQuery, error) {
	var all []kkt.MarkQuery
	seen := map[string]bool{}
	for i := range op.Receipt.Lines {
		l := &op.Receipt.Lines[i]
		if l.Mark == "" {
			continue
		}
		q := queryOf(op, l)
		if err := checkQuery(q); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if seen[l.Mark] {
			const twice = "этот код маркировки уже есть в чеке"
			return nil, fmt.Errorf("%w: %w: %w", fiscal.ErrRefused,
				&fiscal.MarkError{Line: i + 1, Check: doc.MarkCheck{Line: l.ID}, Why: twice}, ourError(cmdCheckMark, codeBadParams, twice))
		}
		seen[l.Mark] = true
		all = append(all, q)
	}
	if len(all) > maxMarks {
		return nil, refuse(deviceError(cmdCheckMark.String(), codeMarksFull, ""))
	}
	return all, nil
}

// bindMark is called after an item's last tag: a marking code has to be the
// last thing said of it. In FFD 1.2 it is bound by FF67h; before it is tag
// 1162. When the device lost its checks meanwhile it checks by itself here,
// and the receipt goes on only if that is no worse.
func (p *Printer) bindMark(ctx context.Context, e entry, format string) error {
	l := e.line
	if l.Mark == "" {
		return nil
	}
	if format != "1.2" {
		code, err := productCode(l.Mark)
		if err != nil {
			return refuse(ourError(cmdItemTag, codeBadParams, err.Error()))
		}
		return p.tag(ctx, cmdItemTag, tlv{tagProduct, code})
	}
	data, err := p.call(ctx, cmdBindMark, bindParams(l.Mark))
	if verdict, known := refusedMark(err); known {
		verdict.Line = l.ID
		return badMark(e.number, verdict)
	}
	if err != nil {
		return err
	}
	const head = 2 + 1 // first bytes of the product code, kind
	if len(data) <= head {
		return nil
	}
	check, broken := parseMarkCheck(data[head:])
	if broken == nil && check.Bad() && !l.MarkAnyway {
		check.Line = l.ID
		return badMark(e.number, check)
	}
	return nil
}

// bindParams lays out FF67h after the password.
func bindParams(code string) []byte { return append([]byte{byte(len(code))}, code...) }

// storedChecks tells how the codes of a registered receipt were checked, as
// the FN keeps it.
func storedChecks(r *doc.Receipt, results map[int]int) []doc.MarkCheck {
	if r == nil {
		return nil
	}
	var all []doc.MarkCheck
	for i := range r.Lines {
		result, ok := results[i+1]
		if l := &r.Lines[i]; ok && l.Mark != "" && l.ID != uuid.Nil {
			all = append(all, doc.MarkCheck{Line: l.ID, Result: result, Accepted: true})
		}
	}
	return all
}

package shtrih

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/ffd"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// ticketSign is the length of the OFD's sign in the answer to FF3Ch.
const ticketSign = 18

// Document implements fiscal.Service.
func (p *Printer) Document(ctx context.Context, fd uint32) (kkt.FNDocument, error) {
	ctx, end := p.begin(ctx)
	defer end()
	fn, err := p.fnStatus(ctx)
	if err != nil {
		return kkt.FNDocument{}, err
	}
	card, err := p.stored(ctx, fd)
	if refusedWith(err, codeNoData) {
		return kkt.FNDocument{}, fmt.Errorf("%w: FD %d", fiscal.ErrNoDocument, fd)
	}
	if err != nil {
		return kkt.FNDocument{}, err
	}
	d := kkt.FNDocument{FN: fn.fn, FD: card.fd, Form: int(card.form), Time: card.time, Sign: card.sign, OpType: int(card.optype),
		Total: int64(card.total), Shift: card.shift}
	answers, err := p.archived(ctx, fd)
	if err != nil {
		return d, err
	}
	if d.Tags, err = ffd.Describe(bytes.Join(answers, nil)); err != nil {
		p.log.Warn("a document's tags can not be read to their end", "doc", fd, "err", err)
	}
	if d.Ticket, err = p.ticket(ctx, fd); err != nil {
		return d, err
	}
	own, err := scanTags(answers)
	if d.Shift == 0 {
		d.Shift = own.shift
	}
	d.System, d.Paid = own.system, own.paid
	return d, err
}

// ticket reads what the OFD said of a document, nil while it has not.
func (p *Printer) ticket(ctx context.Context, fd uint32) (*kkt.Ticket, error) {
	data, err := p.optional(ctx, cmdTicket, pack().u(uint64(fd), 4).b)
	if err != nil || data == nil {
		return nil, err
	}
	u := unpacker{b: data}
	t := kkt.Ticket{Time: u.minute(p.o.Zone), Sign: strings.ToUpper(hex.EncodeToString(u.bytes(ticketSign)))}
	if u.short {
		return nil, answerError(cmdTicket)
	}
	return &t, nil
}

// archived reads a document's tags, as far as the device gives them: one
// answer of FF3Bh after the other, until it has no more. A structured tag too
// long for one answer comes as its bare head, its tags after it; joined, the
// answers are the document again. UNVERIFIED: the protocol does not say how
// long ones come, and either way is read.
func (p *Printer) archived(ctx context.Context, fd uint32) ([][]byte, error) {
	if _, err := p.call(ctx, cmdDocumentTLV, pack().u(uint64(fd), 4).b); err != nil {
		return nil, unlessRefused(err)
	}
	var answers [][]byte
	for range maxTags {
		data, err := p.call(ctx, cmdNextTLV, nil)
		if err != nil {
			return answers, unlessRefused(err)
		}
		answers = append(answers, bytes.Clone(data))
	}
	return answers, fmt.Errorf("%w: %s: more than %d tags in FD %d", fiscal.ErrGarbage, cmdNextTLV, maxTags, fd)
}

// tags are the tags of a stored document that tell whose it is.
type tags struct {
	shift     int64
	receipt   int64
	requisite string
	system    tax.System
	items     int
	checks    map[int]int // of item 1, 2..: how its marking code was checked, tag 2106
	paid      *kkt.Paid   // nil: none of its tags is there
}

// way gives the place of a sum by its tag, nil when it is none.
func (t *tags) way(tag uint16) *int64 {
	if tag != tagCash && tag != tagElectron && tag != tagPrepaid && tag != tagCredit && tag != tagProvision {
		return nil
	}
	if t.paid == nil {
		t.paid = &kkt.Paid{}
	}
	return map[uint16]*int64{tagCash: &t.paid.Cash, tagElectron: &t.paid.Electron, tagPrepaid: &t.paid.Prepaid, tagCredit: &t.paid.Credit, tagProvision: &t.paid.Provision}[tag]
}

// readTags reads them from the archive.
func (p *Printer) readTags(ctx context.Context, fd uint32) (tags, error) {
	answers, err := p.archived(ctx, fd)
	if err != nil {
		return tags{}, err
	}
	return scanTags(answers)
}

func scanTags(answers [][]byte) (tags, error) {
	t := tags{checks: map[int]int{}}
	for _, data := range answers {
		if opensNested(data) {
			t.take(tlv{tag: uint16(data[0]) | uint16(data[1])<<8})
			continue
		}
		list, err := parseTLV(data)
		if err != nil {
			return t, fmt.Errorf("%w: %s: %w", fiscal.ErrGarbage, cmdNextTLV, err)
		}
		for _, v := range list {
			t.take(v)
		}
	}
	return t, nil
}

func (t *tags) take(v tlv) {
	if sum := t.way(v.tag); sum != nil {
		*sum = int64(v.uint())
		return
	}
	switch v.tag {
	case tagShift:
		t.shift = int64(v.uint())
	case tagReceipt:
		t.receipt = int64(v.uint())
	case tagRequisite:
		t.requisite = v.text()
	case tagSystem:
		t.system = tax.System(v.uint())
	case tagMarkResult:
		t.checks[t.items] = int(v.uint())
	case tagItem:
		t.items++
		inner, err := parseTLV(v.value)
		if err != nil {
			return // of the item nothing but its check is wanted
		}
		for _, in := range inner {
			if in.tag == tagMarkResult {
				t.take(in)
			}
		}
	}
}

// opensNested tells whether an answer is the bare head of a structured tag.
func opensNested(data []byte) bool {
	return len(data) == 4 && (data[2] != 0 || data[3] != 0)
}

// isRefusal tells whether the device said no, which a caller may live with.
func isRefusal(err error) bool { return errors.Is(err, fiscal.ErrRefused) }

// unlessRefused drops a refusal: the end of the tags, or a device without
// them.
func unlessRefused(err error) error {
	if isRefusal(err) {
		return nil
	}
	return err
}

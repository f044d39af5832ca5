package shtrih

import (
	"context"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// Longest values of the tags of a receipt, in bytes of cp866.
const (
	maxTitle        = 64
	maxContact      = 64
	maxBuyer        = 256
	maxAddress      = 256
	maxRequisite    = 16
	maxGroundText   = 256
	maxGroundNumber = 32
	innLength       = 12
	maxTLV          = 249 // of one FF0Ch or FF4Dh: 250, less one for the length byte of framing v1
)

// exact makes a text tag that is never cut: what is stored goes whole, or the
// receipt is refused.
func exact(tag uint16, what, s string, limit int) (tlv, error) {
	b := text.CP866.EncodeMax(strings.TrimSpace(s), limit+1)
	if len(b) == 0 || len(b) > limit {
		return tlv{}, refuse(ourError(cmdTag, codeBadParams, fmt.Sprintf("%s (тег %d): от 1 до %d знаков", what, tag, limit)))
	}
	return tlv{tag, b}, nil
}

// innTag makes a tag of an INN: an organisation's is padded to 12.
func innTag(tag uint16, inn string) (tlv, error) {
	if !doc.ValidINN(inn) {
		return tlv{}, refuse(ourError(cmdTag, codeBadParams, fmt.Sprintf("неверный ИНН (тег %d)", tag)))
	}
	return tlv{tag, []byte(fmt.Sprintf("%-*s", innLength, inn))}, nil
}

// tagList gathers tags until one can not be made.
type tagList struct {
	all []tlv
	err error
}

func (l *tagList) add(t tlv, err error) {
	if l.err == nil {
		l.all, l.err = append(l.all, t), err
	}
}

// check takes over the error of a tag that goes another way.
func (l *tagList) check(_ tlv, err error) { l.err = firstError(l.err, err) }

// text adds a text tag unless the text is empty.
func (l *tagList) text(tag uint16, what, s string, limit int) {
	if strings.TrimSpace(s) != "" {
		l.add(exact(tag, what, s, limit))
	}
}

// cashierTags say who is at the till. 1203 goes only when it is a person's
// INN: devices refuse any other.
func cashierTags(c doc.Cashier) []tlv {
	var tags []tlv
	if title := strings.TrimSpace(c.Title()); title != "" {
		tags = append(tags, textTag(tagCashier, title, maxTitle))
	}
	if len(c.INN) == innLength && doc.ValidINN(c.INN) {
		tags = append(tags, textTag(tagCashierINN, c.INN, innLength))
	}
	return tags
}

// receiptTags are the tags of a receipt as a whole, 1192 and the machine's
// number apart.
func receiptTags(op kkt.Operation, format string) ([]tlv, error) {
	var l tagList
	if !op.Receipt.Automatic {
		l.all = cashierTags(op.Cashier)
	}
	if g := op.Receipt.Correction; g != nil {
		l.all = append(l.all, groundTags(g, format)...)
	}
	l.check(exact(tagRequisite, "фискальный признак", requisite(op), maxRequisite))
	if op.People != nil {
		l.people(op.People, format)
	}
	if agent := commonAgent(op.Receipt.Lines); agent != 0 && format != "1.1" && format != "1.2" {
		l.add(tlv{tagAgentOld, []byte{agent}}, nil)
	}
	return l.all, l.err
}

// people adds who gets the receipt and who buys. The errors name no person:
// they go to logs.
func (l *tagList) people(who *doc.People, format string) {
	if who.Contact != "" {
		contact, err := doc.ParseContact(who.Contact)
		if err != nil {
			err = refuse(ourError(cmdTag, codeBadParams, "неверный телефон или почта покупателя"))
		}
		l.add(textTag(tagContact, contact, maxContact), err)
	}
	if who.Buyer == nil {
		return
	}
	var buyer tagList
	buyer.text(tagBuyer, "покупатель", who.Buyer.Name, maxBuyer)
	if who.Buyer.INN != "" {
		buyer.add(innTag(tagBuyerINN, who.Buyer.INN))
	}
	if format != "1.2" { // without a place for the address
		l.all, l.err = append(l.all, buyer.all...), firstError(l.err, buyer.err)
		return
	}
	buyer.text(tagBuyerAddress, "адрес покупателя", who.Buyer.Address, maxAddress)
	l.add(nest(tagBuyerData, buyer.all...), buyer.err)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// commonAgent is the agent's kind when every line has the same, else 0.
func commonAgent(lines []doc.Line) byte {
	kind := 0
	for i := range lines {
		a := lines[i].Agent
		if a == nil || (kind != 0 && a.Type != kind) {
			return 0
		}
		kind = a.Type
	}
	return byte(kind)
}

// tagReceipt sends the tags of the receipt as a whole.
func (p *Printer) tagReceipt(ctx context.Context, op kkt.Operation, tags []tlv) error {
	for _, t := range tags {
		if err := p.tag(ctx, cmdTag, t); err != nil {
			return err
		}
	}
	if op.Receipt.Automatic {
		if err := p.tagMachine(ctx); err != nil {
			return err
		}
	}
	return p.tagRequisite(ctx, op)
}

// tagRequisite marks the receipt as ours, or names the one it puts right. A
// device that does not want the tag does without; Find then goes by number,
// kind and total.
func (p *Printer) tagRequisite(ctx context.Context, op kkt.Operation) error {
	err := p.tag(ctx, cmdTag, textTag(tagRequisite, requisite(op), maxRequisite))
	if refusedWith(err, codeBadParams, codeBadSetting, codeBadModel, codeUnsupported) {
		p.log.Debug("the device does not take tag 1192", "err", err)
		return nil
	}
	return err
}

// requisite is what tag 1192 holds: the fiscal sign of the receipt this one
// puts right, or else the mark of our own document.
func requisite(op kkt.Operation) string {
	sign := op.Receipt.Instead
	if g := op.Receipt.Correction; g != nil {
		sign = g.Sign
	}
	if sign = strings.TrimSpace(sign); sign != "" {
		return text.CP866.Printable(sign)
	}
	return Digest(op.ID)
}

// tagMachine sends the number of the machine that sells (1036) as it was
// registered. A device that adds it by itself refuses it: fine.
func (p *Printer) tagMachine(ctx context.Context) error {
	data, err := p.call(ctx, cmdParameter, pack().u(0, 1).u(tagMachine, 2).b)
	if refusedWith(err, codeNoData, codeNoAnswer, codeUnsupported, codeBadParams, codeBadModel) {
		return nil
	}
	if err != nil {
		return err
	}
	number := text.CP866.DecodeZ(data)
	if tags, err := parseTLV(data); err == nil && len(tags) == 1 && tags[0].tag == tagMachine {
		number = tags[0].text() // some firmware answers with the whole tag
	}
	if number = strings.TrimSpace(number); number == "" {
		return nil
	}
	if err = p.tag(ctx, cmdTag, textTag(tagMachine, number, maxMachine)); refusedWith(err, codeBadParams) {
		return nil
	}
	return err
}

// maxMachine is the longest number of a machine.
const maxMachine = 20

// tag sends a tag of the document (FF0Ch) or of its last item (FF4Dh).
func (p *Printer) tag(ctx context.Context, cmd command, t tlv) error {
	b := t.encode()
	if len(b) > maxTLV {
		return p.longTag(ctx, b)
	}
	_, err := p.call(ctx, cmd, b)
	return err
}

// longTag sends a tag through the device's buffer (FF32h, FF33h, FF64h).
// UNVERIFIED for tags of items: the device is taken to know them by their
// numbers.
func (p *Printer) longTag(ctx context.Context, b []byte) error {
	data, err := p.call(ctx, cmdBufferBegin, pack().u(uint64(len(b)), 2).b)
	if err != nil {
		return err
	}
	u := unpacker{b: data}
	const head = 2 + 4 + 2 + 1 // command, password, place, length
	block := min(int(u.byte()), maxPayload-head)
	if u.short || block == 0 {
		return answerError(cmdBufferBegin)
	}
	for at := 0; at < len(b); at += block {
		part := b[at:min(at+block, len(b))]
		if _, err := p.call(ctx, cmdBufferWrite, pack().u(uint64(at), 2).u(uint64(len(part)), 1).bytes(part...).b); err != nil {
			return err
		}
	}
	_, err = p.call(ctx, cmdBufferTag, nil)
	return err
}

package shtrih

import (
	"context"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Limits of an item, in bytes; texts of tags in cp866.
const (
	maxName        = 128
	maxUnit        = 16
	maxOperation   = 24
	maxPhone       = 19
	maxPhones      = 4
	maxSupplier    = 256
	maxDeclaration = 32
	maxAttribute   = 64
	countryLength  = 3
	maxFOIV        = 3
	permitDate     = 10
	maxPermitNo    = 32
	maxPermit      = 256
)

// department every line goes to; the family wants 1..16.
const department = 1

// entry is a line ready to be sent.
type entry struct {
	number int // in the receipt, from 1
	line   *doc.Line
	params []byte
	tags   []tlv
}

// entries makes every line ready, so that what can not be sent is refused
// before anything is open on the device.
func entries(kind byte, r *doc.Receipt, format string, hostVAT bool) ([]entry, error) {
	all := make([]entry, len(r.Lines))
	for i := range r.Lines {
		l := &r.Lines[i]
		params, err := itemParams(kind, l, hostVAT)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if format == "1.2" && inPart(l) {
			if params, err = itemParams(kind, whole(l), hostVAT); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		}
		tags, err := itemTags(l, format)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		all[i] = entry{i + 1, l, params, tags}
	}
	return all, nil
}

// whole is a part of a piece as the device counts it: one, for what the part
// costs.
func whole(l *doc.Line) *doc.Line {
	one := *l
	one.Qty, one.Price = qty.One, l.Total
	return &one
}

// item registers one line: FF46h, then its tags, then its marking code, in
// this order only.
func (p *Printer) item(ctx context.Context, e entry, format string) error {
	if _, err := p.call(ctx, cmdItem, e.params); err != nil {
		return err
	}
	for _, t := range e.tags {
		if err := p.tag(ctx, cmdItemTag, t); err != nil {
			return err
		}
	}
	return p.bindMark(ctx, e, format)
}

// itemParams lays out FF46h after the password: quantity in millionths, sums
// in kopecks, the amount explicit so that the device only checks it.
func itemParams(kind byte, l *doc.Line, hostVAT bool) ([]byte, error) {
	mask, err := vatMask(l.Rate)
	if err != nil {
		return nil, err
	}
	if !l.Qty.Valid() || !sum(l.Price) || !sum(l.Total) || !sum(l.VAT) || l.UnitCode < 0 || l.UnitCode > 255 ||
		l.Method < 1 || l.Method > 7 || l.Kind < 1 || l.Kind > 33 {
		return nil, fmt.Errorf("shtrih: line out of range: quantity %s, price %s, total %s, unit %d, method %d, kind %d",
			l.Qty, l.Price, l.Total, l.UnitCode, l.Method, l.Kind)
	}
	vat := uint64(notGiven)
	if hostVAT {
		vat = uint64(l.VAT)
	}
	return pack().u(uint64(kind), 1).
		u(uint64(l.Qty)*1000, 6).
		u(uint64(l.Price), 5).
		u(uint64(l.Total), 5).
		u(vat, 5).
		bytes(mask, department, byte(l.Method), byte(l.Kind)).
		bytes(itemName(l.Name)...).b, nil
}

// itemName is the name as the device prints it. A leading "//" would hide the
// line from the paper.
func itemName(name string) []byte {
	name = strings.TrimSpace(name)
	for strings.HasPrefix(name, "//") {
		name = strings.TrimSpace(name[1:])
	}
	return text.CP1251.EncodeMax(name, maxName)
}

func sum(a money.Amount) bool { return a >= 0 && a <= maxSum }

// itemTags are what FF46h has no place for.
func itemTags(l *doc.Line, format string) ([]tlv, error) {
	var tags tagList
	if format == "1.2" {
		tags.add(tlv{tagUnit, []byte{byte(l.UnitCode)}}, nil)
		if inPart(l) {
			tags.add(fraction(l.Qty), nil)
		}
	} else if unit := strings.TrimSpace(l.Unit); unit != "" {
		tags.add(textTag(tagUnitText, unit, maxUnit), nil)
	}
	if l.Agent != nil {
		tags.agent(l.Agent)
	}
	if l.Supplier != nil {
		tags.supplier(l.Supplier)
	}
	if c := l.Country; c != "" {
		if len(c) != countryLength || !digits(c) {
			return nil, refuse(ourError(cmdItemTag, codeBadParams, "код страны происхождения (тег 1230): три цифры ОКСМ"))
		}
		tags.text(tagCountry, "код страны", c, countryLength)
	}
	tags.text(tagDeclaration, "номер декларации", l.Declaration, maxDeclaration)
	if l.Excise != 0 {
		tags.excise(l.Excise)
	}
	tags.text(tagAttribute, "дополнительный реквизит предмета расчёта", l.Attribute, maxAttribute)
	if l.Permit != nil && format == "1.2" {
		tags.permit(l.Permit)
	}
	return tags.all, tags.err
}

// agent adds who really sells: 1222 and, where there is something to say of
// it, 1223.
func (l *tagList) agent(a *doc.Agent) {
	if a.Type <= 0 || a.Type > 64 || a.Type&(a.Type-1) != 0 {
		l.add(tlv{}, refuse(ourError(cmdItemTag, codeBadParams, fmt.Sprintf("признак агента %d: один из битов 1..64", a.Type))))
		return
	}
	l.add(tlv{tagAgent, []byte{byte(a.Type)}}, nil)
	var data tagList
	data.text(tagAgentOperation, "операция платёжного агента", a.Operation, maxOperation)
	data.phones(tagAgentPhone, a.Phones)
	if len(data.all) > 0 || data.err != nil {
		l.add(nest(tagAgentData, data.all...), data.err)
	}
}

// supplier adds whose goods they are: 1224 and 1226.
func (l *tagList) supplier(s *doc.Supplier) {
	var data tagList
	data.phones(tagSupplierPhone, s.Phones)
	data.text(tagSupplierName, "поставщик", s.Name, maxSupplier)
	if len(data.all) > 0 || data.err != nil {
		l.add(nest(tagSupplierData, data.all...), data.err)
	}
	l.add(innTag(tagSupplierINN, s.INN))
}

// phones adds a tag for each number.
func (l *tagList) phones(tag uint16, numbers []string) {
	if len(numbers) > maxPhones {
		l.add(tlv{}, refuse(ourError(cmdItemTag, codeBadParams, fmt.Sprintf("телефонов (тег %d) больше %d", tag, maxPhones))))
		return
	}
	for _, n := range numbers {
		number, err := doc.ParseContact(n)
		if err != nil || strings.Contains(number, "@") {
			err = refuse(ourError(cmdItemTag, codeBadParams, fmt.Sprintf("неверный телефон (тег %d)", tag)))
		}
		l.add(textTag(tag, number, maxPhone), err)
	}
}

func (l *tagList) excise(a money.Amount) {
	var err error
	if !sum(a) {
		err = fmt.Errorf("shtrih: excise of %s: %w", a, money.ErrRange)
	}
	l.add(tlv{tagExcise, vln(uint64(max(a, 0)))}, err)
}

// permit adds the answer that allowed a marked unit into the cheque.
func (l *tagList) permit(permit *doc.Permit) {
	var data tagList
	data.add(exact(tagPermitFOIV, "идентификатор ФОИВ", permit.FOIV, maxFOIV))
	data.add(exact(tagPermitDate, "дата документа основания", permit.Date, permitDate))
	data.add(exact(tagPermitNumber, "номер документа основания", permit.Number, maxPermitNo))
	data.add(exact(tagPermitValue, "значение отраслевого реквизита", permit.Value, maxPermit))
	l.add(nest(tagPermit, data.all...), data.err)
}

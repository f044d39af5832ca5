package shtrihtest

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// tagKind is how the value of a tag is laid out.
type tagKind int

const (
	raw      tagKind = iota
	chars            // cp866
	whole            // integer, little-endian
	amount           // kopecks, as number
	fraction         // FVLN: digits after the point, then the integer
	moment           // seconds since 1970 of the clock on the wall
	date             // the same, of a day
	nested           // tags
	inn              // 12 characters, an organisation's padded
)

// Where a host may send a tag, and in which format.
const (
	ofDocument = 1 << iota
	ofItem
	inOther  // only within another tag
	old      // before FFD 1.1 only
	modern   // since FFD 1.1
	latest   // since FFD 1.2
	notFinal // not in FFD 1.2
)

// tagRule describes a tag. A tag without a place is the device's own.
type tagRule struct {
	name  string
	kind  tagKind
	max   int // bytes
	place int
}

var tagRules = map[uint16]tagRule{
	1001: {"АВТОМАТИЧЕСКИЙ РЕЖИМ", whole, 1, 0},
	1002: {"АВТОНОМНЫЙ РЕЖИМ", whole, 1, 0},
	1008: {"ПОКУПАТЕЛЬ", chars, 64, ofDocument},
	1009: {"АДРЕС РАСЧЕТОВ", chars, 256, 0},
	1012: {"ДАТА, ВРЕМЯ", moment, 4, 0},
	1013: {"ЗАВОДСКОЙ НОМЕР ККТ", chars, 20, 0},
	1017: {"ИНН ОФД", inn, 12, 0},
	1018: {"ИНН ПОЛЬЗОВАТЕЛЯ", inn, 12, 0},
	1020: {"ИТОГ", amount, 6, 0},
	1021: {"КАССИР", chars, 64, ofDocument},
	1023: {"КОЛИЧЕСТВО", fraction, 8, 0},
	1030: {"НАИМЕНОВАНИЕ", chars, 128, 0},
	1031: {"НАЛИЧНЫМИ", amount, 6, 0},
	1036: {"НОМЕР АВТОМАТА", chars, 20, ofDocument},
	1037: {"РЕГИСТРАЦИОННЫЙ НОМЕР ККТ", chars, 20, 0},
	1038: {"СМЕНА", whole, 4, 0},
	1040: {"НОМЕР ФД", whole, 4, 0},
	1041: {"НОМЕР ФН", chars, 16, 0},
	1042: {"ЧЕК", whole, 4, 0},
	1043: {"СТОИМОСТЬ", amount, 6, 0},
	1044: {"ОПЕРАЦИЯ АГЕНТА", chars, 24, inOther},
	1046: {"ОФД", chars, 256, 0},
	1048: {"ПОЛЬЗОВАТЕЛЬ", chars, 256, 0},
	1054: {"ПРИЗНАК РАСЧЕТА", whole, 1, 0},
	1055: {"СНО", whole, 1, 0},
	1057: {"ПРИЗНАК АГЕНТА", whole, 1, ofDocument | old},
	1059: {"ПРЕДМЕТ РАСЧЕТА", nested, 1024, 0},
	1060: {"САЙТ ФНС", chars, 256, 0},
	1062: {"СИСТЕМЫ НАЛОГООБЛОЖЕНИЯ", whole, 1, 0},
	1073: {"ТЕЛЕФОН ПЛАТЕЖНОГО АГЕНТА", chars, 19, inOther},
	1077: {"ФПД", raw, 6, 0},
	1079: {"ЦЕНА", amount, 6, 0},
	1081: {"БЕЗНАЛИЧНЫМИ", amount, 6, 0},
	1097: {"НЕ ПЕРЕДАНО ФД", whole, 4, 0},
	1098: {"НЕ ПЕРЕДАНЫ С", date, 4, 0},
	1102: {"СУММА НДС 20%", amount, 6, 0},
	1103: {"СУММА НДС 10%", amount, 6, 0},
	1104: {"ОБОРОТ С НДС 0%", amount, 6, 0},
	1105: {"ОБОРОТ БЕЗ НДС", amount, 6, 0},
	1106: {"СУММА НДС 20/120", amount, 6, 0},
	1107: {"СУММА НДС 10/110", amount, 6, 0},
	1111: {"ФД ЗА СМЕНУ", whole, 4, 0},
	1116: {"ПЕРВЫЙ НЕПЕРЕДАННЫЙ ФД", whole, 4, 0},
	1117: {"ОТПРАВИТЕЛЬ ЧЕКА", chars, 64, ofDocument},
	1118: {"ЧЕКОВ ЗА СМЕНУ", whole, 4, 0},
	1119: {"СУММЫ НДС ЧЕКА", nested, 1024, 0},
	1120: {"СУММА НДС ЧЕКА", nested, 64, 0},
	1162: {"КОД ТОВАРА", raw, 32, ofItem | old},
	1163: {"КОД ТОВАРА", nested, 512, 0},
	1171: {"ТЕЛЕФОН ПОСТАВЩИКА", chars, 19, inOther},
	1173: {"ТИП КОРРЕКЦИИ", whole, 1, ofDocument | modern},
	1174: {"ОСНОВАНИЕ КОРРЕКЦИИ", nested, 512, ofDocument},
	1177: {"ОПИСАНИЕ КОРРЕКЦИИ", chars, 256, inOther},
	1178: {"ДАТА КОРРЕКТИРУЕМОГО РАСЧЕТА", date, 4, inOther},
	1179: {"НОМЕР ПРЕДПИСАНИЯ", chars, 32, inOther},
	1187: {"МЕСТО РАСЧЕТОВ", chars, 256, 0},
	1188: {"ВЕРСИЯ ККТ", chars, 8, 0},
	1189: {"ВЕРСИЯ ФФД ККТ", whole, 1, 0},
	1191: {"ДОП. РЕКВИЗИТ ПРЕДМЕТА", chars, 64, ofItem},
	1192: {"ДОП. РЕКВИЗИТ ЧЕКА", chars, 16, ofDocument},
	1197: {"ЕДИНИЦА", chars, 16, ofItem | notFinal},
	1199: {"СТАВКА НДС", whole, 1, 0},
	1200: {"СУММА НДС", amount, 6, 0},
	1203: {"ИНН КАССИРА", inn, 12, ofDocument},
	1209: {"ВЕРСИЯ ФФД", whole, 1, 0},
	1212: {"ПРИЗНАК ПРЕДМЕТА РАСЧЕТА", whole, 1, 0},
	1214: {"ПРИЗНАК СПОСОБА РАСЧЕТА", whole, 1, 0},
	1215: {"ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА", amount, 6, 0},
	1216: {"ПОСЛЕДУЮЩАЯ ОПЛАТА", amount, 6, 0},
	1217: {"ВСТРЕЧНОЕ ПРЕДОСТАВЛЕНИЕ", amount, 6, 0},
	1222: {"ПРИЗНАК АГЕНТА", whole, 1, ofItem},
	1223: {"ДАННЫЕ АГЕНТА", nested, 512, ofItem},
	1224: {"ДАННЫЕ ПОСТАВЩИКА", nested, 512, ofItem},
	1225: {"ПОСТАВЩИК", chars, 256, inOther},
	1226: {"ИНН ПОСТАВЩИКА", inn, 12, ofItem},
	1227: {"ПОКУПАТЕЛЬ", chars, 256, ofDocument | notFinal},
	1228: {"ИНН ПОКУПАТЕЛЯ", inn, 12, ofDocument | notFinal},
	1229: {"АКЦИЗ", amount, 6, ofItem},
	1230: {"СТРАНА", chars, 3, ofItem},
	1231: {"ДЕКЛАРАЦИЯ", chars, 32, ofItem},
	1254: {"АДРЕС ПОКУПАТЕЛЯ", chars, 256, inOther},
	1256: {"СВЕДЕНИЯ О ПОКУПАТЕЛЕ", nested, 1024, ofDocument | latest},
	1260: {"ОТРАСЛЕВОЙ РЕКВИЗИТ", nested, 512, ofItem | latest},
	1262: {"ФОИВ", chars, 3, inOther},
	1263: {"ДАТА ДОКУМЕНТА", chars, 10, inOther},
	1264: {"НОМЕР ДОКУМЕНТА", chars, 32, inOther},
	1265: {"ЗНАЧЕНИЕ", chars, 256, inOther},
	1300: {"КОД НЕИЗВЕСТНЫЙ", chars, 32, 0},
	1301: {"КОД EAN-8", chars, 8, 0},
	1302: {"КОД EAN-13", chars, 13, 0},
	1303: {"КОД ITF-14", chars, 14, 0},
	1304: {"КОД GS1.0", chars, 38, 0},
	1305: {"КОД GS1.М", chars, 38, 0},
	1306: {"КОД КМК", chars, 38, 0},
	1307: {"КОД МИ", chars, 20, 0},
	2102: {"РЕЖИМ ОБРАБОТКИ КМ", whole, 1, 0},
	2106: {"РЕЗУЛЬТАТ ПРОВЕРКИ КМ", whole, 1, 0},
	2108: {"МЕРА", whole, 1, ofItem | latest},
}

// measures are the codes of tag 2108.
var measures = []uint64{0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255}

// allowed tells whether a host may send a tag at a place in a format. Unknown
// tags pass: the FN does not know all of them either.
func allowed(id uint16, place int, format string) bool {
	r, known := tagRules[id]
	switch {
	case !known:
		return true
	case r.place&place == 0:
		// 1227 and 1228 moved from the document into 1256.
		return place == inOther && r.place&notFinal != 0
	case r.place&old != 0 && format != "1.05", r.place&modern != 0 && format == "1.05",
		r.place&latest != 0 && format != "1.2", r.place&notFinal != 0 && place != inOther && format == "1.2":
		return false
	}
	return true
}

// sound tells whether a tag's value is what the format wants of it.
func (t tag) sound(format string) bool {
	r, known := tagRules[t.Tag]
	if !known {
		return true
	}
	if len(t.Value) == 0 || len(t.Value) > r.max {
		return false
	}
	v := (&reader{t.Value}).u(min(len(t.Value), 8))
	switch t.Tag {
	case 1008:
		given := text.CP866.Decode(t.Value)
		read, err := doc.ParseContact(given)
		return err == nil && read == given
	case 1173:
		return v <= 1
	case 1203:
		return len(t.Value) == 12 && doc.ValidINN(string(t.Value))
	case 1057, 1222:
		return v > 0 && v <= 64 && v&(v-1) == 0
	case 1230:
		return len(t.Value) == 3 && digits(string(t.Value))
	case 2108:
		for _, m := range measures {
			if m == v {
				return true
			}
		}
		return false
	}
	switch r.kind {
	case inn:
		return len(t.Value) == 12 && digits(strings.TrimRight(string(t.Value), " "))
	case date:
		return len(t.Value) == 4 && v > 0 && v%86400 == 0
	case nested:
		inner, ok := parseTLV(t.Value)
		for _, i := range inner {
			ok = ok && allowed(i.Tag, inOther, format) && i.sound(format)
		}
		return ok && len(inner) > 0
	}
	return true
}

// words gives a value as a person reads it.
func (t tag) words() string {
	v := (&reader{t.Value}).u(min(len(t.Value), 8))
	switch tagRules[t.Tag].kind {
	case chars, inn:
		return strings.TrimRight(text.CP866.Decode(t.Value), " ")
	case whole:
		return strconv.FormatUint(v, 10)
	case amount:
		return money.Amount(v).String()
	case fraction:
		if len(t.Value) > 0 && t.Value[0] == 3 {
			return qty.Milli((&reader{t.Value[1:]}).u(min(len(t.Value)-1, 8))).String()
		}
	case moment:
		return time.Unix(int64(v), 0).UTC().Format("02.01.2006 15:04")
	case date:
		return time.Unix(int64(v), 0).UTC().Format("02.01.2006")
	}
	return hex.EncodeToString(t.Value)
}

// Dump lays out a run of tags for people, a tag a line.
func Dump(tlv []byte) string {
	var s strings.Builder
	dump(&s, tlv, "")
	return s.String()
}

func dump(s *strings.Builder, tlv []byte, indent string) {
	tags, ok := parseTLV(tlv)
	if !ok {
		fmt.Fprintf(s, "%s?? %X\n", indent, tlv)
		return
	}
	for _, t := range tags {
		r := tagRules[t.Tag]
		if r.kind == nested && r.name != "" {
			fmt.Fprintf(s, "%s%d %s\n", indent, t.Tag, r.name)
			dump(s, t.Value, indent+"  ")
			continue
		}
		fmt.Fprintf(s, "%s%d %s: %s\n", indent, t.Tag, r.name, t.words())
	}
}

package reconcile

import (
	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Why the operator may not have a document yet, beside what went wrong in the
// words of a device.
const (
	UnsentUnknown  = "unknown"
	UnsentDevice   = "by the device"
	UnsentCarrying = "on its way"
	UnsentOff      = "not carried"
)

// words are the names that differences are told with, Russian and English. An
// argument in the JSON is the name itself.
var words = map[string][2]string{
	"cash":       {"наличными", "cash"},
	"electronic": {"безналичными", "without cash"},
	"prepaid":    {"предоплата", "prepaid"},
	"credit":     {"в кредит", "credit"},
	"provision":  {"встречное предоставление", "in kind"},
	"total":      {"всего", "in all"},

	"income":         {"приход", "sold"},
	"income_return":  {"возврат прихода", "returned"},
	"outcome":        {"расход", "bought"},
	"outcome_return": {"возврат расхода", "given back"},

	"sign":      {"фискальный признак", "fiscal sign"},
	"form":      {"вид документа", "kind of document"},
	"operation": {"признак расчёта", "operation"},

	UnsentUnknown:  {"причина неизвестна", "nobody knows why"},
	UnsentDevice:   {"ККТ передаёт сама", "the KKT sends by itself"},
	UnsentCarrying: {"касса передаёт его", "the till is carrying it"},
	UnsentOff:      {"передача через кассу выключена", "the till is told not to carry"},
}

// WayName and OperationName name a kind of payment and an operation by their
// places in Figures.
func WayName(way int, lang string) string      { return word(ways[way], lang) }
func OperationName(op int, lang string) string { return word(ofd.Operations[op], lang) }

func word(name, lang string) string {
	w, ok := words[name]
	switch {
	case !ok:
		return name
	case lang == "en":
		return w[1]
	}
	return w[0]
}

// Text tells a difference in a language, with what to do about it.
func (d Difference) Text(lang string) string {
	args := make([]string, len(d.Args))
	for i, a := range d.Args {
		args[i] = word(a, lang)
	}
	return fault.Text(d.Code, lang, args...)
}

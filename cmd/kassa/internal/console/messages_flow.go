package console

import "maps"

// flowMessages are what the dialogs and pages of the sale say beside paying.
var flowMessages = map[string]phrase{
	"more.title":  {"Ещё", "More"},
	"more.return": {"Возврат или обмен по чеку", "Return or exchange by receipt"},
	"help.more":   {"Ещё: возврат без чека (RF), ящик (NS) и другое", "More: take back (RF), drawer (NS) and others"},
	"terms.short": {"Скидка", "Discount"},

	"park.title": {"Отложить чек", "Park the cheque"},
	"park.name":  {"Имя или примета, можно не писать", "A name or a sign to know it by, may be left empty"},
	"park.do":    {"Отложить", "Park"},

	"nosale.title": {"Открыть ящик без продажи", "Open the drawer without a sale"},
	"nosale.do":    {"Открыть ящик", "Open the drawer"},

	"take.title": {"Возврат без чека этой кассы", "Take back without this till's receipt"},
	"take.what":  {"Возвращают товары из чека: {0}", "The goods in the cheque come back: {0}"},
	"take.other": {"Чек другой кассы: ФН {0}, ФД {1}, {2}", "Another till's receipt: FN {0}, FD {1}, {2}"},
	"take.left":  {"на {0}, можно вернуть {1}", "of {0}, {1} can come back"},
	"take.do":    {"Принять возврат", "Take back"},

	"swap.new":  {"Новые товары: {0}", "New goods: {0}"},
	"swap.due":  {"Доплата", "To pay"},
	"swap.give": {"Отдать покупателю", "To give back"},
	"swap.only": {"Только вернуть", "Only return"},
	"swap.do":   {"Обменять", "Exchange"},
}

func init() { maps.Copy(messages, flowMessages) }

package console

import "maps"

// kioskMessages are what a kiosk says.
var kioskMessages = map[string]phrase{
	"kiosk.title":       {"Самообслуживание", "Self-checkout"},
	"kiosk.start":       {"Начать покупку", "Start shopping"},
	"kiosk.start.what":  {"Или сразу отсканируйте первый товар", "Or just scan the first item"},
	"kiosk.closed":      {"Эта касса закрыта. Подойдите, пожалуйста, к другой", "This till is closed. Please use another one"},
	"kiosk.scan":        {"Отсканируйте первый товар", "Scan your first item"},
	"kiosk.scan.what":   {"Поднесите штрихкод к сканеру", "Hold its barcode before the scanner"},
	"kiosk.more":        {"Сканируйте дальше или платите", "Scan on, or pay"},
	"kiosk.how":         {"Как вы платите?", "How do you pay?"},
	"kiosk.card":        {"Картой", "By card"},
	"kiosk.qr":          {"По коду QR", "By QR code"},
	"kiosk.noway":       {"Здесь сейчас не заплатить: позовите сотрудника", "Nothing can be paid here now: call the attendant"},
	"kiosk.receipt":     {"Чек", "Receipt"},
	"kiosk.back":        {"К покупкам", "Back to the basket"},
	"kiosk.printing":    {"Печатаем чек…", "Printing the receipt…"},
	"kiosk.again":       {"Следующая покупка", "Next purchase"},
	"kiosk.stuck":       {"Сотрудник сейчас подойдёт", "The attendant is on the way"},
	"kiosk.stuck.what":  {"Не уходите и не платите ещё раз: с деньгами ничего не потеряется", "Please stay, and do not pay again: no money gets lost"},
	"kiosk.wait":        {"Сотрудник сейчас подойдёт и разрешит", "The attendant is on the way to allow it"},
	"kiosk.mark":        {"Отсканируйте квадратный код на упаковке", "Scan the square code on the pack"},
	"kiosk.refuse":      {"Не беру этот товар", "I do not take this item"},
	"kiosk.weigh":       {"Положите товар на весы", "Put the item on the scale"},
	"kiosk.check":       {"Проверяем код…", "Checking the code…"},
	"kiosk.unknown":     {"Этого нет в корзине", "This is not in the basket"},
	"kiosk.out":         {"Касса не может напечатать чек. Сотрудник уже знает, корзина не пропадёт", "The till can not print a receipt. The attendant knows; your basket is kept"},
	"kiosk.help":        {"Помощь", "Help"},
	"kiosk.coming":      {"Сотрудник идёт", "Help is coming"},
	"kiosk.staff":       {"Сотрудник", "Staff"},
	"kiosk.pin":         {"PIN-код сотрудника", "The attendant's PIN"},
	"kiosk.staff.title": {"Касса самообслуживания", "Self-checkout till"},
	"kiosk.staff.what":  {"Ответьте на вопросы слева, уберите лишнее и верните экран покупателю. Нетронутый экран вернётся к нему сам.", "Answer what is asked on the left, take out what is not bought and give the screen back. Untouched, it goes back by itself."},
	"kiosk.leave":       {"Вернуть покупателю", "Give back to the customer"},
	"kiosk.till":        {"Вся касса", "The whole till"},
	"kiosk.there":       {"Вы ещё здесь?", "Are you still there?"},
	"kiosk.here":        {"Я здесь", "I am here"},
	"kiosk.parked":      {"Киоск {0}", "Kiosk {0}"},
	"kiosk.open":        {"Самообслуживание", "Self-checkout"},
}

func init() { maps.Copy(messages, kioskMessages) }

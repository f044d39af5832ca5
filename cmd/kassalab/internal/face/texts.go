package face

import "strconv"

// texts are the page's words: Russian, English.
var texts = map[string][2]string{
	"title":             {"Касса — испытательный стенд", "Kassa — test bench"},
	"brand":             {"Касса", "Kassa"},
	"subtitle":          {"испытательный стенд", "test bench"},
	"console":           {"Консоль кассира", "Operator console"},
	"pin":               {"ПИН кассира", "Cashier's PIN"},
	"config":            {"Настройка кассы", "Till configuration"},
	"copied":            {"Скопировано", "Copied"},
	"till.on":           {"касса на связи", "till connected"},
	"till.off":          {"касса не подключена", "no till connected"},
	"lost":              {"Стенд не отвечает. Жду его возвращения…", "The bench does not answer. Waiting for it to come back…"},
	"other":             {"English", "Русский"},
	"sound":             {"Звук", "Sound"},
	"kkt":               {"ККТ", "Fiscal printer"},
	"kkt.model":         {"ШТРИХ-М · эмулятор", "SHTRIH-M · emulator"},
	"kkt.unplugged":     {"КАБЕЛЬ ВЫДЕРНУТ", "CABLE PULLED"},
	"kkt.shift":         {"смена", "shift"},
	"kkt.mode":          {"режим", "mode"},
	"kkt.fd":            {"последний ФД", "last FD"},
	"kkt.unsent":        {"не в ОФД", "not at OFD"},
	"kkt.paper":         {"бумага", "paper"},
	"kkt.lid":           {"крышка", "lid"},
	"kkt.link":          {"связь", "link"},
	"closed":            {"закрыта", "closed"},
	"open":              {"открыта", "open"},
	"expired":           {"дольше 24 ч", "over 24 h"},
	"tape.void":         {"ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", "TEST, NOT A FISCAL DOCUMENT"},
	"tape.qr":           {"QR-код недействителен", "the QR code is void"},
	"tape.copy":         {"скопировать как текст", "copy as text"},
	"tape.empty":        {"Лента чистая. Откройте смену на кассе — здесь появится отчёт.", "The paper is blank. Open a shift on the till and its report appears here."},
	"scale":             {"Весы", "Scale"},
	"scale.off":         {"снять", "clear"},
	"scale.over":        {"перегруз", "overload"},
	"scale.swing":       {"качается", "swings"},
	"kg":                {"кг", "kg"},
	"vfd":               {"Дисплей покупателя", "Customer display"},
	"vfd.off":           {"дисплей отключён", "display unplugged"},
	"scanner":           {"Сканер штрихкодов", "Barcode scanner"},
	"shelf":             {"Полка: щёлкните по ценнику, чтобы просканировать", "The shelf: click a label to scan it"},
	"find":              {"Найти товар…", "Find goods…"},
	"find.none":         {"Ничего не нашлось", "Nothing found"},
	"code":              {"Любой код", "Any code"},
	"scan":              {"Сканировать", "Scan"},
	"sent.none":         {"Ещё ничего не сканировали", "Nothing scanned yet"},
	"sent.unread":       {"никто не прочёл", "not read yet"},
	"bytes":             {"байт", "bytes"},
	"drawer":            {"Денежный ящик", "Cash drawer"},
	"drawer.open":       {"открыт — толкните, чтобы закрыть", "open — push it shut"},
	"drawer.closed":     {"закрыт", "closed"},
	"drawer.count":      {"открытий", "openings"},
	"drawer.kick":       {"импульс", "pulse"},
	"ms":                {"мс", "ms"},
	"led_power":         {"питание", "power"},
	"led_network":       {"сеть", "network"},
	"led_printer":       {"принтер", "printer"},
	"led_error":         {"ошибка", "error"},
	"buzzer":            {"зуммер", "buzzer"},
	"key_lock":          {"ключ", "key lock"},
	"key_subtotal":      {"подытог", "subtotal"},
	"case_open":         {"корпус вскрыт", "case open"},
	"power_fail":        {"нет питания", "power fails"},
	"permit":            {"Проверка кодов маркировки", "Check of marking codes"},
	"register":          {"Кассовый аппарат", "Cash register"},
	"register.sales":    {"продаж", "sales"},
	"register.drawer":   {"в ящике", "in the drawer"},
	"register.repeated": {"пробито дважды", "sold twice"},
	"register.open":     {"открыть смену", "open the shift"},
	"register.close":    {"закрыть смену", "close the shift"},
	"register.expire":   {"прошло 24 часа", "24 hours pass"},
	"register.number":   {"№", "No."},
	"form.OPEN_SHIFT":   {"Открытие смены", "Shift opened"},
	"form.CLOSE_SHIFT":  {"Закрытие смены", "Shift closed"},
	"form.SALE":         {"Продажа", "Sale"},
	"form.DEPOSIT":      {"Внесение", "Cash in"},
	"ofd":               {"ОФД", "OFD"},
	"ofd.up":            {"на связи", "up"},
	"ofd.down":          {"не отвечает", "does not answer"},
	"ofd.none":          {"Сюда касса передаёт документы ФН: у ККТ на кабеле своей сети нет", "The till brings the FN's documents here: a KKT on a cable has no network of its own"},
	"ofd.has":           {"получено", "received"},
	"ofd.waits":         {"ждут в ФН", "waiting in the FN"},
	"ofd.document":      {"документ", "document"},
	"ofd.fd":            {"ФД", "FD"},
	"ofd.at":            {"время", "at"},

	"form.1":  {"Регистрация", "Registration"},
	"form.2":  {"Открытие смены", "Shift opened"},
	"form.3":  {"Кассовый чек", "Receipt"},
	"form.4":  {"БСО", "Strict form"},
	"form.5":  {"Закрытие смены", "Shift closed"},
	"form.6":  {"Закрытие ФН", "FN closed"},
	"form.11": {"Перерегистрация", "Re-registration"},
	"form.21": {"Состояние расчётов", "State of settlements"},
	"form.31": {"Чек коррекции", "Correction"},
	"form.41": {"БСО коррекции", "Correction form"},

	"cloud":             {"Облако МойСклад", "MoySklad cloud"},
	"cloud.fake":        {"имитация", "fake"},
	"cloud.up":          {"на связи", "up"},
	"cloud.down":        {"недоступно", "down"},
	"cloud.none":        {"Облако ещё ничего не получило", "The cloud has received nothing yet"},
	"cloud.count":       {"документов", "documents"},
	"cloud.kind":        {"документ", "document"},
	"cloud.name":        {"номер", "number"},
	"cloud.sum":         {"сумма", "sum"},
	"books.open":        {"Что лежит в облаке", "What the cloud holds"},
	"books.title":       {"Облако МойСклад — имитация", "MoySklad cloud — a fake"},
	"books.bench":       {"К стенду", "To the bench"},
	"books.kinds":       {"Документы по видам", "Documents by kind"},
	"books.again":       {"повторно", "again"},
	"books.shifts":      {"Смены", "Shifts"},
	"books.opened":      {"открыта", "opened"},
	"books.closed":      {"закрыта", "closed"},
	"books.documents":   {"документов", "documents"},
	"books.sales":       {"продажи", "sales"},
	"books.returns":     {"возвраты", "returns"},
	"books.goods":       {"Остатки: что двигалось", "Stock: what moved"},
	"books.stock":       {"было", "was"},
	"books.sold":        {"продано", "sold"},
	"books.item":        {"товар", "item"},
	"books.rate":        {"Запросов за {0}", "Requests in {0}"},
	"books.most":        {"больше всего было", "the most so far"},
	"books.parallel":    {"одновременно", "at a time"},
	"books.refused":     {"Отказы", "Refused requests"},
	"books.when":        {"время", "time"},
	"books.request":     {"запрос", "request"},
	"books.answer":      {"ответ", "answer"},
	"books.why":         {"почему", "why"},
	"books.queue":       {"Очередь на фискализацию", "Receipts to be registered"},
	"books.status":      {"состояние", "status"},
	"books.receipt":     {"ФН · ФД", "FN · FD"},
	"books.rejected":    {"отклонён", "rejected"},
	"queue.PENDING":     {"ждёт", "waits"},
	"queue.IN_PROGRESS": {"пробивается", "in progress"},
	"queue.OK":          {"пробит", "registered"},
	"books.none":        {"Отказов не было", "Nothing was refused"},
	"books.empty":       {"Пока пусто", "Nothing yet"},
	"books.items":       {"товаров", "items"},
	"books.people":      {"покупателей", "customers"},
	"books.orders":      {"заказов", "orders"},
	"cloud.times":       {"пришёл", "received"},
	"faults":            {"Поломки", "Faults"},

	"kind.retaildemand":         {"Продажа", "Sale"},
	"kind.retailsalesreturn":    {"Возврат", "Return"},
	"kind.openshift":            {"Открытие смены", "Shift opened"},
	"kind.closeshift":           {"Закрытие смены", "Shift closed"},
	"kind.retailshift":          {"Смена", "Shift"},
	"kind.retaildrawercashin":   {"Внесение", "Cash in"},
	"kind.retaildrawercashout":  {"Выплата", "Cash out"},
	"kind.prepayment":           {"Предоплата", "Prepayment"},
	"kind.prepaymentreturn":     {"Возврат предоплаты", "Prepayment returned"},
	"kind.customerorder":        {"Заказ", "Order"},
	"kind.product":              {"Товар", "Product"},
	"kind.counterparty":         {"Покупатель", "Customer"},
	"kind.state":                {"Состояние", "State"},
	"kind.retailstore.attached": {"Привязка кассы", "Till attached"},
}

// text finds a word; one that is missing shows its key.
func text(lang, key string) string {
	t, ok := texts[key]
	if !ok {
		return key
	}
	if lang == "en" {
		return t[1]
	}
	return t[0]
}

// form names a fiscal document by its FFD form; an unknown one keeps its
// number.
func form(lang string, n int) string {
	key := "form." + strconv.Itoa(n)
	if _, ok := texts[key]; !ok {
		return strconv.Itoa(n)
	}
	return text(lang, key)
}

// kind names a document of the cloud; an unknown one keeps the cloud's word.
func kind(lang, k string) string {
	if _, ok := texts["kind."+k]; !ok {
		return k
	}
	return text(lang, "kind."+k)
}

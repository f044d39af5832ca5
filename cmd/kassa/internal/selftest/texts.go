package selftest

import (
	"fmt"
	"strings"
)

// words are texts in one language.
type words int

// wordsOf are the operator's.
func wordsOf(language string) words {
	if language == "en" {
		return 1
	}
	return 0
}

// say is a text; an unknown key is a programmer's mistake and shows itself.
func (w words) say(key string, args ...any) string {
	t, ok := texts[key]
	if !ok {
		return key
	}
	if !strings.Contains(t[w], "%") {
		return t[w]
	}
	return fmt.Sprintf(t[w], args...)
}

// Title is a word of the table's frame: the verdicts and the heads.
func Title(language, key string) string { return wordsOf(language).say(key) }

// texts are what is said, in Russian and in English.
var texts = map[string][2]string{
	"row.scanners": {"сканеры", "scanners"},
	"row.ports":    {"порты", "ports"},
	"row.i2c":      {"шина I2C", "I2C bus"},
	"row.gpio":     {"линии GPIO", "GPIO lines"},
	"row.lights":   {"лампы и зуммер", "lamps and buzzer"},
	"row.drawer":   {"денежный ящик", "cash drawer"},
	"row.display":  {"дисплей", "display"},
	"row.board":    {"плата", "board"},
	"row.disk":     {"диск журнала", "journal's disk"},
	"row.kkt":      {"ККТ", "KKT"},

	"verdict.ok":      {"в порядке", "ok"},
	"verdict.failed":  {"НЕИСПРАВНО", "FAILED"},
	"verdict.unseen":  {"не осмотрено", "unseen"},
	"verdict.skipped": {"пропущено", "skipped"},
	"y_n":             {"[д/н]", "[y/n]"},
	"all_well":        {"Неисправностей нет", "Nothing is wrong"},
	"not_well":        {"Есть неисправности", "Something is wrong"},

	"scale":    {"весы", "scale"},
	"terminal": {"терминал", "terminal"},
	"supply":   {"питание", "supply"},
	"heat":     {"температура", "temperature"},
	"picture":  {"Касса АБВ Ёжик 0123456789 ABC", "Till ABC xyz 0123456789 АБВ"},

	"none":          {"нет", "none"},
	"in_use":        {"занято работающей кассой: остановите её (systemctl stop kassa)", "in use by the running till: stop it (systemctl stop kassa)"},
	"broken_off":    {"прервано", "broken off"},
	"not_wanted":    {"не нужно", "not wanted"},
	"seen":          {"человек подтвердил", "a person has seen it"},
	"not_seen":      {"человек этого не увидел", "a person has not seen it"},
	"unseen":        {"сделано, но никто не смотрел", "done, and nobody looked"},
	"opens":         {"открывается: %s", "opens: %s"},
	"grabbed":       {"захвачен, другим не достаётся: %s", "grabbed, nobody else gets it: %s"},
	"not_grabbed":   {"открылся второй раз: захват не действует", "opened a second time: the grab has no effect"},
	"scanned":       {"прочитан код %s", "read the code %s"},
	"silent":        {"ничего не прочитано", "nothing was read"},
	"garbage":       {"%d байт без конца кода", "%d bytes without an end"},
	"no_suffix":     {"код %s без суффикса", "the code %s without its suffix"},
	"differs":       {"прочитан другой код: %s", "another code was read: %s"},
	"no_lines":      {"линий управления нет", "no control lines"},
	"answers":       {"отвечает", "answers"},
	"lines":         {"занято линий: %d, выходы в покое", "%d lines claimed, outputs idle"},
	"level_on":      {"замкнут", "on"},
	"level_off":     {"разомкнут", "off"},
	"no_role":       {"нет такой пары: выход (не ящик) и вход из таблицы gpio", "no such pair: an output (not the drawer) and an input of the table gpio"},
	"stuck":         {"вход уже включён", "the input is on already"},
	"wrong_level":   {"вход не пошёл за выходом", "the input did not follow the output"},
	"edges":         {"оба фронта пришли", "both edges came"},
	"drawer_open":   {"датчик говорит, что ящик открыт до импульса", "the sensor says that it is open before the pulse"},
	"drawer_still":  {"датчик не увидел открытия", "the sensor did not see it open"},
	"drawer_opened": {"открылся, датчик увидел через %v", "opened, the sensor saw it after %v"},
	"armed":         {"взведён", "armed"},
	"no_rtc":        {"часов с батареей нет: время даст сеть или ККТ", "no clock with a battery: the network or the KKT gives the time"},
	"no_time":       {"часы не показывают времени", "the clock tells no time"},
	"drift":         {"расходятся с часами кассы на %v", "differ from the till's by %v"},
	"weak":          {"напряжение падает", "too weak"},
	"strong":        {"жалоб нет", "nothing to complain of"},
	"not_told":      {"плата не сообщает", "the board does not tell"},
	"no_data":       {"каталога данных ещё нет", "there is no data directory yet"},
	"commits":       {"запись 4 КБ: p50 %v, p99 %v из %d", "a durable 4 KB: p50 %v, p99 %v of %d"},

	"ask.scan":        {"%s: сейчас отсканируйте код %s (есть %d с). Готовы?", "%s: scan the code %s now (%d s). Ready?"},
	"ask.scan_any":    {"%s: сейчас отсканируйте любой напечатанный код (есть %d с). Готовы?", "%s: scan any printed code now (%d s). Ready?"},
	"ask.is_it":       {"Под штрихами напечатано %s?", "Is %s what is printed under the bars?"},
	"ask.lights":      {"Загорелись ли по очереди, а зуммер прозвучал: %s?", "Did each shine in turn, and the buzzer sound: %s?"},
	"ask.drawer_shut": {"Ящик закроют и откроют импульсом. Он закрыт, можно?", "The drawer will be opened by a pulse. It is shut, may it?"},
	"ask.drawer":      {"Ящик открылся?", "Did the drawer open?"},
	"ask.display":     {"Дисплей показывает: %s?", "Does the display show: %s?"},

	"mend.input":          {"добавьте пользователя кассы в группу input или напишите правило udev", "put the till's user into the group input, or write a udev rule"},
	"mend.dialout":        {"добавьте пользователя кассы в группу dialout", "put the till's user into the group dialout"},
	"mend.gone":           {"включено ли и в тот ли порт? Имя %s есть в kassa doctor?", "is it plugged in, and where it was? Does kassa doctor list %s?"},
	"mend.busy":           {"устройство держит другая программа: закройте её (браузер, терминал, вторую кассу)", "another program has it: close it (a browser, a terminal, a second till)"},
	"mend.cable":          {"проверьте кабель, питание и адрес", "check cable, power and address"},
	"mend.grab":           {"ядро не захватывает это устройство: сканер будет печатать и в браузер; переключите его в режим COM", "the kernel does not grab this device: its codes reach a browser too; switch the scanner to serial mode"},
	"mend.scanner_unused": {"добавьте в настройки: [scanner] address = \"%s\"", "add to the configuration: [scanner] address = \"%s\""},
	"mend.silent":         {"горит ли луч? Сканер в том режиме, что в настройках (клавиатура, COM, HID POS)?", "does it shine? Is it in the mode of the configuration (keyboard, serial, HID POS)?"},
	"mend.baud":           {"не та скорость: baud в адресе должен быть как у сканера", "a wrong speed: baud in the address must be the scanner's"},
	"mend.suffix":         {"настройте сканер слать CR или исправьте suffix в настройках", "set the scanner to send CR, or correct suffix in the configuration"},
	"mend.differs":        {"ждали %s: проверьте, нет ли у сканера префикса и той ли он раскладки", "wanted %s: look for a prefix in the scanner's settings, and its country"},
	"mend.differs_any":    {"проверьте, нет ли у сканера префикса и той ли он раскладки", "look for a prefix in the scanner's settings, and its country"},
	"mend.i2c_bus":        {"включите шину (dtparam=i2c_arm=on) и добавьте пользователя кассы в группу i2c", "switch the bus on (dtparam=i2c_arm=on) and put the till's user into the group i2c"},
	"mend.i2c_address":    {"проверьте четыре провода и адрес: 0x27, с PCF8574A 0x3f", "check the four wires and the address: 0x27, or 0x3f with a PCF8574A"},
	"mend.gpio":           {"проверьте имена линий (gpioinfo), группу gpio и не заняты ли линии оверлеем", "check the lines' names (gpioinfo), the group gpio, and that no overlay has the lines"},
	"mend.edge":           {"линия не сообщает об изменениях: выберите другую", "the line does not report changes: choose another"},
	"mend.loop_roles":     {"пишите --loop led_error=key_lock", "write --loop led_error=key_lock"},
	"mend.loop":           {"соедините %s и %s проводом и проверьте уровни (знак \"!\")", "wire %s to %s and check the levels (the sign \"!\")"},
	"mend.lights":         {"проверьте провода, питание ламп и знак \"!\" у линий с активным нулём", "check the wires, the lamps' supply and the sign \"!\" of active-low lines"},
	"mend.drawer":         {"проверьте кабель ящика, его питание и замок (ключ повёрнут?)", "check the drawer's cable, its supply and its lock (is the key turned?)"},
	"mend.drawer_sensor":  {"закройте ящик; проверьте датчик и знак \"!\" у drawer_sensor", "shut the drawer; check the sensor and the sign \"!\" of drawer_sensor"},
	"mend.display":        {"проверьте кабель, питание и адрес дисплея", "check the display's cable, power and address"},
	"mend.display_wrong":  {"пустой: питание, скорость, контраст; не те буквы: driver, codepage и table (rom у панели)", "blank: power, speed, contrast; wrong letters: driver, codepage and table (rom of a panel)"},
	"mend.watchdog":       {"включите сторожевой таймер платы (dtparam=watchdog=on, модуль bcm2835_wdt или iTCO_wdt)", "switch the board's watchdog on (dtparam=watchdog=on; the module bcm2835_wdt or iTCO_wdt)"},
	"mend.rtc":            {"смените батарею часов и установите время: hwclock --systohc", "change the clock's battery and set it: hwclock --systohc"},
	"mend.rtc_drift":      {"когда время кассы верно: hwclock --systohc; если уходит снова, смените батарею", "when the till's time is right: hwclock --systohc; if it drifts again, change the battery"},
	"mend.supply":         {"другой блок питания (5 В, 3 А) или кабель короче и толще", "another adapter (5 V, 3 A), or a shorter, thicker cable"},
	"mend.heat":           {"радиатор или вентилятор, воздух вокруг корпуса", "a cooler, and air around the case"},
	"mend.space":          {"на диске журнала нет места: освободите", "the journal's disk is full: make room"},
	"mend.owner":          {"отдайте каталог данных пользователю кассы", "give the data directory to the till's user"},
	"mend.disk":           {"диск не пишет: снимите копию (kassa journal export) и смените карту", "the disk does not write: take a copy (kassa journal export) and change the card"},
	"mend.slow":           {"карта изношена или слабая: смените на класс A1 «high endurance» или SSD", "the card is worn or weak: change it for a class A1 \"high endurance\" one, or an SSD"},
	"mend.kkt":            {"проверьте кабель, питание и адрес ККТ (kassa kkt)", "check the KKT's cable, power and address (kassa kkt)"},
	"mend.kkt_says":       {"так говорит сама ККТ: подробнее kassa kkt", "the KKT itself says so: kassa kkt tells more"},
}

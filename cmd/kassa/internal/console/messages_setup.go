package console

import "maps"

// setupMessages are what the first start says.
var setupMessages = map[string]phrase{
	"setup.title":        {"Первый запуск", "First start"},
	"setup.step":         {"Шаг {0} из {1}", "Step {0} of {1}"},
	"setup.what":         {"Ответы сохраняются сразу: если свет погаснет, касса спросит дальше. Всё это потом есть в настройках.", "Answers are kept at once: after a power cut the till asks on. All of it is in the settings later."},
	"setup.next":         {"Дальше", "Next"},
	"setup.skip":         {"Пропустить", "Skip"},
	"setup.owner":        {"Кто владелец?", "Who is the owner?"},
	"setup.owner.what":   {"Готового пароля у кассы нет: придумайте свой PIN-код, от 4 цифр. Им вы входите и разрешаете важное.", "The till comes with no password: choose a PIN of your own, 4 digits or more. It logs you in and allows what matters."},
	"setup.pin.again":    {"PIN-код ещё раз", "The PIN again"},
	"setup.place":        {"Язык и место", "Language and place"},
	"setup.language":     {"Язык кассы", "Language of the till"},
	"setup.zone":         {"Часовой пояс", "Time zone"},
	"setup.prefix":       {"Начало номеров, если касс несколько", "Prefix of numbers, where there are several tills"},
	"setup.kkt":          {"Где фискальный регистратор?", "Where is the fiscal device?"},
	"setup.kkt.what":     {"Без него чеки можно только собирать и откладывать.", "Without one cheques can only be filled and parked."},
	"setup.found":        {"Подключено сейчас", "Plugged in now"},
	"setup.address":      {"Адрес", "Address"},
	"setup.test":         {"Проверить", "Test"},
	"setup.answers":      {"Отвечает: {0}", "It answers: {0}"},
	"setup.scanner":      {"Где сканер?", "Where is the scanner?"},
	"setup.scanner.what": {"Сканер-клавиатура выбирается по имени: касса заберёт его нажатия себе.", "A scanner that is a keyboard goes by its name: the till takes its keys for itself."},
	"setup.nothing":      {"Ничего не видно: впишите адрес или пропустите", "Nothing is seen: write an address or skip"},
	"setup.cloud":        {"Товары и сотрудники из МоегоСклада?", "Goods and users from MoySklad?"},
	"setup.cloud.what":   {"Логин и пароль касса спросит в конце и не сохранит. Без облака товары загружают файлом.", "The till asks for login and password at the end and does not keep them. Without a cloud goods come by a file."},
	"setup.cloud.yes":    {"Да, МойСклад", "Yes, MoySklad"},
	"setup.cloud.no":     {"Без облака", "No cloud"},
	"setup.again":        {"Касса запустится с этими настройками", "The till starts with these settings"},
	"setup.again.what":   {"Это несколько секунд. Потом войдите своим PIN-кодом — и дальше.", "It takes some seconds. Then log in with your PIN and go on."},
	"setup.again.do":     {"Перезапустить кассу", "Start the till again"},
	"setup.who":          {"Кто продаёт?", "Who sells?"},
	"setup.who.what":     {"Так зарегистрирована ККТ, и так будет на чеках. Если это не ваша организация, остановитесь: сначала перерегистрируйте ККТ.", "So the KKT is registered, and so receipts will say. If this is not your organisation, stop: register the KKT anew first."},
	"setup.who.none":     {"ККТ не отвечает или её нет. Что на чеках стоит об организации, касса узнаёт от неё: до первой продажи откройте страницу «ККТ».", "There is no KKT, or it does not answer. The till learns from it what receipts say of the organisation: open the page “KKT” before the first sale."},
	"setup.scan":         {"Отсканируйте этот код", "Scan this code"},
	"setup.scan.what":    {"С экрана сканер может не прочесть: тогда напечатайте пробу или возьмите любой товар.", "From a screen a scanner may not read it: print a test then, or take any goods."},
	"setup.scan.good":    {"Сканер работает", "The scanner works"},
	"setup.scan.wait":    {"Жду сканер…", "Waiting for the scanner…"},
	"setup.print":        {"Напечатать пробу", "Print a test"},
	"setup.last":         {"Касса готова", "The till is ready"},
	"setup.attach":       {"Привязать к точке продаж", "Attach to the point of sale"},
	"setup.last.what":    {"Откройте смену, отсканируйте товар и продайте его.", "Open the shift, scan an item and sell it."},
	"setup.sale":         {"К первой продаже", "To the first sale"},
}

func init() { maps.Copy(messages, setupMessages) }

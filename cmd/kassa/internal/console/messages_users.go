package console

import "maps"

// userMessages are what is said of who works at the till.
var userMessages = map[string]phrase{
	"role.cashier":    {"Кассир", "Cashier"},
	"role.senior":     {"Старший кассир", "Senior"},
	"role.technician": {"Техник", "Technician"},
	"role.owner":      {"Владелец", "Owner"},

	"users.title":       {"Сотрудники", "Users"},
	"users.what":        {"Здесь решается, кто работает на кассе и что ему можно. Кто пришёл из облака, тому можно дать роль и PIN-код или закрыть вход; остальное меняют в облаке.", "Here is decided who works at the till and what he may do. Who comes from the cloud can get a role and a PIN or be blocked; the rest is changed in the cloud."},
	"users.rules":       {"Входят по одному PIN-коду, поэтому он у каждого свой: от 4 цифр и не из тех, что легко угадать. Владельца меняет только владелец.", "The PIN alone says who logs in, so everybody has his own: 4 digits or more, none that is easy to guess. Only an owner changes an owner."},
	"users.closed":      {"Сотрудников меняет владелец или техник", "Users are changed by the owner or the technician"},
	"users.add":         {"Добавить сотрудника", "Add a user"},
	"users.add.do":      {"Добавить", "Add"},
	"users.name":        {"Фамилия и имя", "Name"},
	"users.position":    {"Должность для чека", "Position on receipts"},
	"users.role":        {"Роль", "Role"},
	"users.role.fixed":  {"Роль задана в файле настроек", "The role stands in the configuration file"},
	"users.pin":         {"PIN-код", "PIN"},
	"users.pin.new":     {"Новый PIN-код", "New PIN"},
	"users.pin.do":      {"Сменить PIN-код", "Change the PIN"},
	"users.pin.none":    {"нет PIN-кода", "no PIN"},
	"users.pin.is":      {"PIN-код", "PIN"},
	"users.badge":       {"Бейдж", "Badge"},
	"users.badge.is":    {"бейдж", "badge"},
	"users.badge.code":  {"Код с бейджа", "The badge's code"},
	"users.badge.do":    {"Выдать бейдж", "Give the badge"},
	"users.badge.off":   {"Забрать бейдж", "Take the badge away"},
	"users.foreign":     {"из каталога", "from the catalogue"},
	"users.self":        {"это вы", "this is you"},
	"users.blocked":     {"вход закрыт", "blocked"},
	"users.block":       {"Закрыть вход", "Block"},
	"users.unblock":     {"Открыть вход", "Unblock"},
	"users.remove":      {"Удалить", "Remove"},
	"users.remove.sure": {"Точно удалить?", "Remove for good?"},
	"users.save":        {"Сохранить", "Save"},
}

func init() { maps.Copy(messages, userMessages) }

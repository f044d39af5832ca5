package moyskladtest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// refused is an error answer.
type refused struct {
	status    int
	code      int
	parameter string
}

func (r *refused) Error() string { return strconv.Itoa(r.code) + " " + messages[r.code] }

func refuse(code int, parameter string) *refused {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusPreconditionFailed
	}
	return &refused{status: status, code: code, parameter: parameter}
}

// statuses gives the HTTP status of codes that do not answer 412.
var statuses = map[int]int{
	1002: 404, 1021: 404, 12012: 404, 12015: 404, 12013: 403, 12018: 403, 1056: 401, 12017: 401, 12025: 401,
	1039: 405, 3006: 409, 1044: 413, 2007: 413, 1049: 429, 1073: 429, 1040: 400, 1052: 400, 1051: 400, 1055: 400, 1057: 400, 1062: 400,
	1999: 500, 16005: 507, 2001: 400, 2005: 400, 2006: 400, 2010: 400, 2013: 400, 2014: 400, 2016: 400, 2019: 400, 2020: 400, 2025: 400,
}

var messages = map[int]string{
	1002: "Неопознанный путь", 1021: "Объект не найден", 1039: "Метод не поддерживается для ресурса", 1040: "Неверные параметры запроса",
	1044: "Запрос больше 10 МБ", 1049: "Слишком много запросов за интервал", 1051: "Тип не совпадает с meta", 1052: "Неверный UUID",
	1055: "Неизвестное направление", 1056: "Ошибка аутентификации", 1057: "Нет syncid", 1062: "Неверный заголовок Accept",
	1073: "Слишком много одновременных запросов", 1999: "Неизвестная ошибка", 2001: "Тело не является JSON", 2005: "Ожидался объект",
	2006: "Вложенность больше 10", 2007: "Больше 1000 объектов в массиве", 2010: "Нет href", 2013: "Неверный href", 2014: "Нет meta",
	2016: "Неверный тип поля", 2019: "Поле meta расходится с href", 2020: "href не на /entity/", 2025: "Неверный формат даты",
	3000: "Поле не заполнено", 3002: "Отрицательное значение", 3003: "Значение должно быть больше нуля", 3005: "Значение не из списка",
	3006: "Нарушена уникальность", 3008: "Слишком большое число", 12001: "Смена уже закрыта", 12004: "Смена уже закрыта",
	12006: "Открытие смены: retailShift", 12007: "Закрытие смены: retailShift", 12008: "Открытие смены: name", 12009: "Открытие смены: openmoment",
	12010: "Закрытие смены: closemoment", 12012: "Смена не существует", 12013: "Пользователь не кассир точки", 12015: "Точка продаж не найдена",
	12017: "Ключ доступа недействителен", 12018: "Нет авторизованной точки продаж", 12021: "Смена другой точки продаж", 12025: "Неверный логин или пароль",
	16005: "Хранилище заполнено", 17007: "НДС больше 100", 17008: "Скидка больше 100", 17017: "Число серийных номеров", 17021: "Нет ставки НДС",
	1004: "Ошибка разбора объекта", 19001: "Для возврата без основания нужны cashSum и noCashSum",
	48000: "Сумма предоплаты должна быть больше нуля", 48002: "Предоплата больше суммы позиций", 48003: "Предоплата без контрагента",
	49000: "Сумма возврата должна быть больше нуля", 49002: "Возврат больше суммы позиций", 49003: "Возвраты больше предоплаты",
	19003: "Продажа оплачена по QR: возврат только по QR", 19004: "Возврат по QR только для продаж по QR",
	18000: "Суммы оплаты не равны сумме документа", 18005: "qrSum вместе с другой оплатой", 18006: "prepaymentQrSum вместе с другой оплатой",
}

func (r *refused) write(w http.ResponseWriter) {
	one := map[string]any{"error": messages[r.code], "moreInfo": Canonical + "/errors#" + strconv.Itoa(r.code)}
	if r.code != 0 {
		one["code"] = r.code
	} else {
		one["error"] = http.StatusText(r.status)
	}
	if r.parameter != "" {
		one["parameter"] = r.parameter
	}
	if r.status == http.StatusUnauthorized {
		w.Header().Set("X-Lognex-Auth", strconv.Itoa(r.code))
	}
	body, err := json.Marshal(map[string]any{"errors": []any{one}})
	if err != nil {
		panic("moyskladtest: " + err.Error()) // strings and numbers only
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(r.status)
	if _, err := w.Write(body); err != nil {
		panic(http.ErrAbortHandler) // the till hung up
	}
}

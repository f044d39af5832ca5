package ikassa

import (
	"errors"
	"strconv"
)

// Result is a resultCode: how an operation ended. All but OK are errors, and
// Result is used as such: errors.As finds it below any wrapping.
type Result int

// The codes of the guide. It leaves out 417 and 419 to 487; what has no code
// of its own is General.
const (
	OK             Result = 200
	General        Result = 399
	ShiftClosed    Result = 400 // a shift must be opened first
	Unauthorised   Result = 401
	SumTooSmall    Result = 402 // below 0.01
	BadPrice       Result = 403 // below zero or above 99 999 999 999.99
	NegativeTotal  Result = 404 // the cheque's discount is larger than the cheque
	BadToken       Result = 405
	ShiftOpen      Result = 406
	CertExpired    Result = 407
	AlreadyClosed  Result = 408
	Blocked        Result = 409 // the register is blocked or not initialised
	SalePending    Result = 410 // an unfinished sale has to be finished by hand
	NothingToAnnul Result = 411
	ShiftTooLong   Result = 412 // open for more than 24 hours
	BadRequest     Result = 413 // the body
	SumTooLarge    Result = 414
	QtyTooSmall    Result = 415
	QtyTooLarge    Result = 416
	WantsRRN       Result = 418
	NotFound       Result = 488 // one or more cheques
)

// results are the guide's sentences, and ours in English.
var results = map[Result][2]string{
	OK:             {"Операция выполнена", "Done"},
	General:        {"Общая ошибка", "The operation failed"},
	ShiftClosed:    {"Необходимо открыть смену", "A shift must be opened"},
	Unauthorised:   {"Требуется авторизация", "Authorisation required"},
	SumTooSmall:    {"Сумма должна быть >= 0.01", "The sum must be >= 0.01"},
	BadPrice:       {"Получена недействительная цена товарной позиции", "An item's price is not valid"},
	NegativeTotal:  {"Получен отрицательный итог", "The total is negative"},
	BadToken:       {"Ошибка токена", "The token is not valid"},
	ShiftOpen:      {"Смена уже открыта", "The shift is open already"},
	CertExpired:    {"Срок действия сертификата истек", "The certificate has expired"},
	AlreadyClosed:  {"Смена уже закрыта", "The shift is closed already"},
	Blocked:        {"Касса заблокирована или не инициализирована", "The register is blocked or not initialised"},
	SalePending:    {"Невозможно выполнить продажу, пока присутствует незавершенная продажа", "An unfinished sale has to be finished first"},
	NothingToAnnul: {"Нет чека для аннулирования", "There is no cheque to annul"},
	ShiftTooLong:   {"Смена уже открыта более 24 часов", "The shift is open for more than 24 hours"},
	BadRequest:     {"Неверное тело запроса", "The request's body is not valid"},
	SumTooLarge:    {"Сумма должна быть <= 99999999999.99", "The sum must be <= 99999999999.99"},
	QtyTooSmall:    {"Количество должно быть >= 0.001", "The quantity must be >= 0.001"},
	QtyTooLarge:    {"Количество должно быть <= 9999.999", "The quantity must be <= 9999.999"},
	WantsRRN:       {"Для совершения операции требуется RRN", "The operation needs an RRN"},
	NotFound:       {"Один или несколько чеков не найдены", "One or more cheques were not found"},
}

// Titles of an answer.
const (
	TitleOK    = "Успех"
	TitleError = "Ошибка"
)

// Known tells whether the guide has the code.
func (r Result) Known() bool { return results[r] != [2]string{} }

// Text is the code's sentence in Russian, or in English where that is asked.
func (r Result) Text(lang string) string {
	texts, ok := results[r]
	if !ok {
		texts = results[General]
	}
	if lang == "en" {
		return texts[1]
	}
	return texts[0]
}

// Error is the English sentence with the code.
func (r Result) Error() string {
	return "ikassa: " + strconv.Itoa(int(r)) + ": " + r.Text("en")
}

// ResultOf finds the code that an error stands for: OK for nil, General for
// what has none.
func ResultOf(err error) Result {
	var r Result
	switch {
	case err == nil:
		return OK
	case errors.As(err, &r):
		return r
	}
	return General
}

package console

import "maps"

// makeMessages are what is said of what is made at the till.
var makeMessages = map[string]phrase{
	"make.item.short":    {"Завести", "Create"},
	"make.item":          {"Новый товар {0}", "New item {0}"},
	"make.item.do":       {"Завести товар", "Create the item"},
	"make.name":          {"Название", "Name"},
	"make.price":         {"Цена, ₽", "Price"},
	"make.rate":          {"НДС", "VAT"},
	"make.rate.usual":    {"НДС как обычно", "Usual VAT"},
	"make.unit":          {"Единица", "Unit"},
	"make.card":          {"Номер карты", "Card number"},
	"make.customer":      {"Новый покупатель", "New customer"},
	"make.customer.name": {"Имя и фамилия", "Name"},
	"make.customer.do":   {"Записать покупателя", "Keep the customer"},
	"make.order":         {"Новый заказ из чека", "New order of the cheque"},
	"make.order.text":    {"Когда придёт, что ещё важно", "When it is due, what else matters"},
	"make.order.whose":   {"Чей это заказ? Укажите покупателя", "Whose order is it? Name the customer"},
	"make.order.do":      {"Записать заказ", "Keep the order"},
}

func init() { maps.Copy(messages, makeMessages) }

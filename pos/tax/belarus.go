package tax

import (
	"slices"
	"time"
)

// VAT25 is Belarus's rate for services of electric communication. Russia has
// none of that size, and tag 1199 no number for it.
const VAT25 Rate = "25"

// Country says whose law a till goes by, ISO 3166-1. The zero value is Russia.
type Country string

// The countries.
const (
	Russia  Country = ""
	Belarus Country = "BY"
)

// Currencies tills work in, ISO 4217.
const (
	RUB = "RUB"
	BYN = "BYN"
)

// Of is the country a till with a currency stands in.
func Of(currency string) Country {
	if currency == BYN {
		return Belarus
	}
	return Russia
}

// belarusian are the rates of article 122 of the Tax Code of Belarus (special
// part). They are named in a receipt whole: it has no calculated rates.
var belarusian = []Rate{VAT20, VAT10, VAT25, VAT0, None}

// ValidIn tells whether a new sale made in a country at t may use the rate.
func (i Info) ValidIn(c Country, t time.Time) bool {
	if c == Belarus {
		return slices.Contains(belarusian, i.Rate)
	}
	return i.ValidOn(t)
}

// Usual is the rate of most goods of a tax system, for what is sold without a
// rate of its own.
func (c Country) Usual(s System) Rate {
	switch {
	case c == Belarus && s == General:
		return VAT20
	case s == General:
		return VAT22
	}
	return None
}

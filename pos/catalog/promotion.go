package catalog

import (
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Promotion is a rule of a shop's own that makes items cheaper: data with a
// schema, no code. All percents are thousandths of a percent (5 % is 5000),
// all sums kopecks, all days and hours the till's local time.
//
// Promotions work one after the other, by Priority and then by ID; the
// cloud's discounts work together at priority 0. Combine says how a promotion
// gets on with the others.
type Promotion struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Priority int        `json:"priority,omitempty"` // the lower works first
	Combine  Combine    `json:"combine,omitempty"`
	When     Conditions `json:"when,omitzero"`
	On       Scope      `json:"on,omitzero"`
	Give     Effect     `json:"give"`
}

// Combine says how a promotion gets on with others.
type Combine string

// The ways.
const (
	Add   Combine = "add"   // takes its part of what earlier ones left; the default
	Best  Combine = "best"  // of all of this kind only the one that takes most from a line
	Alone Combine = "alone" // only from lines nothing has made cheaper yet; nothing automatic follows
)

// Conditions limit when a promotion works; all that are set must hold.
type Conditions struct {
	From     string       `json:"from,omitempty"`     // first day, 2026-11-01
	Until    string       `json:"until,omitempty"`    // last day
	Weekdays []int        `json:"weekdays,omitempty"` // 1 Monday .. 7 Sunday
	Hours    []Hours      `json:"hours,omitempty"`    // any of
	Tags     []string     `json:"tags,omitempty"`     // the customer has one of
	Known    bool         `json:"known,omitempty"`    // some customer is known
	Coupon   string       `json:"coupon,omitempty"`   // this code was given
	Amount   money.Amount `json:"amount,omitempty"`   // what it covers comes to at least this much
}

// Hours is a part of the day; one that ends before it begins goes over
// midnight.
type Hours struct {
	From  string `json:"from"`  // 18:00
	Until string `json:"until"` // 20:00, the first minute outside
}

// Scope is what a promotion covers. Folders cover everything below them, a
// product its variants.
type Scope struct {
	All           bool     `json:"all,omitempty"`
	Items         []string `json:"items,omitempty"`
	Folders       []string `json:"folders,omitempty"`
	ExceptItems   []string `json:"except_items,omitempty"`
	ExceptFolders []string `json:"except_folders,omitempty"`
}

// EffectKind names what a promotion gives.
type EffectKind string

// The effects. Those of groups count whole units of goods sold by the piece,
// dearest first, and each unit goes into one group of one promotion.
const (
	GivePercent       EffectKind = "percent"        // Percent off every unit
	GiveMoney         EffectKind = "money"          // Sum off every unit
	GivePrice         EffectKind = "price"          // every unit for Sum
	GivePriceType     EffectKind = "price_type"     // every unit for its price of PriceType
	GiveStages        EffectKind = "stages"         // by quantity, see Stages
	GiveNForM         EffectKind = "n_for_m"        // of every N units the cheapest N-M are free
	GiveNth           EffectKind = "nth"            // of every N units the cheapest has Percent off
	GiveSet           EffectKind = "set"            // one set of Parts for Sum
	GiveChequePercent EffectKind = "cheque_percent" // Percent off what it covers, as one sum
	GiveChequeMoney   EffectKind = "cheque_money"   // Sum off what it covers
)

// Effect is what a promotion gives. Which fields count follows from Kind.
type Effect struct {
	Kind      EffectKind   `json:"kind"`
	Percent   int64        `json:"percent,omitempty"`
	Sum       money.Amount `json:"sum,omitempty"`
	PriceType string       `json:"price_type,omitempty"`
	N         int64        `json:"n,omitempty"`
	M         int64        `json:"m,omitempty"`
	Stages    []Stage      `json:"stages,omitempty"`
	Together  bool         `json:"together,omitempty"` // stages count all covered lines, not each
	Parts     []SetPart    `json:"parts,omitempty"`
	Times     int64        `json:"times,omitempty"` // groups or sets a cheque; 0: as many as there are
}

// Stage gives Percent off from so many units on.
type Stage struct {
	From    qty.Milli `json:"from"`
	Percent int64     `json:"percent"`
}

// SetPart is so many units of something.
type SetPart struct {
	Units int64 `json:"units"`
	On    Scope `json:"on"`
}

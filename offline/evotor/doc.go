// Package evotor speaks the document format of Evotor's Customer API,
// version 2: the till's documents in it, for programs that were written
// against Evotor's cloud, and a client that reads another store's documents.
//
// Source: the published description of GET /stores/{store}/documents and of
// the 17 bodies. Where real payloads differ from it this package writes what
// is really sent: elements of arrays are flat, every item of a list has its
// body, paging is always an object.
//
// # Numbers
//
// Money is in roubles with exactly two decimals, quantities have exactly
// three, percents five: 121.50, 1.500. That is legal JSON, and the only form
// that every known client reads right: one of them takes the digits behind
// the point as a whole number. Nothing here is ever a float.
//
// # Time
//
// close_date is when the document became durable. It is what since and until
// ask for, so order, filter and what is shown can not contradict each other.
// When the fiscal device registered a receipt is in its print result.
//
// # Differences to a real terminal
//
// A cheque of several tax systems is one document each, with one print group.
// Whatever made a line cheaper is its position_discount; only dropped kopecks
// are a discount of the document. The till does not know what was in stock
// before a sale and what goods cost: initial_quantity and cost_price are 0.
// CORRECTION and STATE_REPORT, which are not Evotor's, are in no list.
package evotor

// Package ofd speaks the shift report of an operator of fiscal data, as Yandex
// OFD has it: which shifts it knows, and how many receipts for how much money
// of each operation and each way of paying are in them.
//
// Source: POST /v1/docs/aggregations/shifts, with a key for authentication
// (X-Yandex-Key) and one for the client's resources (X-OFD-Key).
//
// A Client asks the operator. A Book makes the same report of the till's own
// documents, for whoever asks the till, and to compare the two.
//
// # What the report does not promise
//
// Any element may be missing, and others may be there that nobody described.
// So every figure is a pointer: nil is unknown, and unknown is not zero. Sums
// are floats in the answer; they are read as decimal text, and more than two
// decimals are refused, not rounded. Times have no zone: they are the
// device's own. Which moment the period is about is not said: ask for more and
// choose by FN and shift. A shift may last for days, and one without an end is
// open. Shift numbers begin again with another FN: the key is (FN, shift).
//
// A receipt may be paid in several ways, so the counts of the ways are not
// parts of the total count; the sums are parts of the total sum.
package ofd

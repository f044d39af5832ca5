// Package reconcile lays what four witnesses know of a till's receipts side by
// side: the till's journal, the archive of the fiscal storage (FN), the
// operator of fiscal data (OFD) and the cloud.
//
// It is a pure function of what they said. A witness who was not asked, or
// gave no answer, is named with the reason and takes part in nothing; nothing
// is ever concluded from silence.
//
//	journal - FN     document by document, by (FN, FD): type, sum, fiscal sign
//	FN - OFD         by the tickets the FN has got, and shift by shift:
//	                 operations and ways of paying, sums and counts
//	journal - cloud  document by document: delivered, on its way, parked,
//	                 not there although it was delivered; what has no place
//	                 there at all is counted and is no difference
//
// What is late is not wrong: a document the operator has not confirmed and one
// that waits in the queue are differences that are Pending, with the reason.
// When the operator has exactly so much less as is on its way to it, that is
// what is said, and not that the sums differ.
//
// A registered receipt wins over everybody's opinion. Nothing here changes
// anything anywhere; every difference says what a person should do about it.
package reconcile

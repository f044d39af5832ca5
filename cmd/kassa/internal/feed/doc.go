// Package feed serves the till's documents in the format of Evotor's cloud, so
// that a program written against that cloud reads them from the till itself:
//
//	GET /stores
//	GET /devices
//	GET /employees
//	GET /stores/{store}/documents
//	GET /stores/{store}/documents/{document}
//	GET /stores/{store}/devices/{device}/documents
//	GET /stores/{store}/devices/{device}/documents/{document}
//
// A token made with "kassa token add NAME --scope documents" is shown in
// X-Authorization, or in Authorization with Bearer or with nothing before it.
//
// # Pages
//
// Documents come in the order they became durable, up to a thousand a page.
// next_cursor carries the whole filter, its until and the last record there
// was when the first page was asked for: what is made meanwhile belongs to a
// later reading, and a cursor is good for ever, through restarts and the end
// of the journal's periods. Every page costs the same, the last one too.
//
// # What a reader can do to a till
//
// Nothing. One reader at a time makes rows, a few dozen and then it is the
// next one's turn; what is made is written to the network outside of that, and
// a reader that does not read is cut off. A token may ask so often, see the
// X-RateLimit headers.
package feed

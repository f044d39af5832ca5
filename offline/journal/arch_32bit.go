//go:build 386 || arm || mips || mipsle

package journal

// Badger's allocator (ristretto/z) computes a buffer's index with a shift of
// a 32-bit int that overflows, and then hands out memory that finished blocks
// still use: of 12,000 documents written on such a machine two thirds could
// not be read back, and no call returned an error. A till must not be built
// for it by accident.
var _ = the_journal_needs_a_64_bit_machine

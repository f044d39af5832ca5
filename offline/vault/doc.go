// Package vault keeps the keys of what a journal stores encrypted: one random
// 256-bit key for one record. Erasing a key makes that record's private part
// unreadable for ever and leaves the record, its hash and every sum as they
// are.
//
// # Files
//
//	keys.a keys.b      the slots, twice; each repairs the other
//	master.a master.b  the key the slots are wrapped with, twice
//	*.aside-TIME       keys that no master key opens any more, kept for a technician
//
// All are 0600. A file of keys begins with one sector of text
//
//	kassa-keys 1 id=<uuid> first=00000000000000000001 check=<hmac-sha256> crc=<crc32c>
//
// and slots of 64 bytes follow: state ('K' key, 'E' erased; all zero: never
// used), form, number, the wrapped key, CRC-32C. A key is wrapped with
// AES-256-GCM under the master key with its slot's number as the nonce, which
// is unique because a number is used once and never again. Files grow by
// pieces of zeros, so that writing a slot changes no metadata.
//
// # Order of writing
//
// Keys are made ahead of need: a reserve of slots is written to one copy,
// flushed, written to the other, flushed, and only then may a record be
// encrypted with one. A record therefore never waits for a flush of the vault
// and never becomes durable before its key. What is left of a reserve when the
// process ends is never used: nobody knows whether it was. A reserve begins on
// a sector of its own, so making keys never rewrites a sector that holds some.
//
// Erasing overwrites the slot in one copy, flushes, then in the other. A cut
// in between leaves a key in one copy only: "erased" in either wins.
//
// # What this protects
//
// Who has the tape, the indexed copy, an export or a backup without this
// directory has no contacts. Who has this directory whole has them all, as the
// till itself must: the master key only protects key files that are copied
// without it. Erasing is as good as the disk's overwriting: flash memory keeps
// old pages until it reuses them, which takes dismantling the card to read; a
// backup of this directory made before the erasing still has the keys.
//
// A Vault may be used by any number of goroutines, a directory by one Vault.
package vault

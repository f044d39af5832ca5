// Package journal keeps everything a till has done, twice: on the tape
// (offline/tape), whose flush is the commit, and in Badger, which has the
// indexes and follows. Whatever Badger holds can be made again from the tape;
// Badger stores the tape's lines as they are, so the tape can be made again
// from Badger.
//
// # In the data directory
//
//	lock             held with flock by the one process that owns the till; has its pid
//	tape/            the segments
//	badger/          the indexed copy
//	badger.followed  the last record it has said to have
//	badger.attempts  openings of badger/ that have begun and not ended well
//	archive/         the closed periods, each with its own tape and badger
//	keys/            the keys of encrypted records (offline/vault)
//	format           which versions of which forms stand in here
//	ballast          room held back for a full disk; empty of meaning
//	*.aside-TIME     what was found broken and replaced: never deleted, for a technician
//
// # Open
//
// A commit that was cut off is trimmed from the tape, the tail that Badger
// lacks is applied and made durable, and only then anything can be read. A
// Badger directory that refuses or kills the process twice is set aside and
// made again from the tape, one that has lost records too; a tape that is
// damaged or shorter is completed from Badger. The highest valid chain wins.
// When both hold a different record under the same number Open refuses with
// fault.JournalFork, when a record is in neither with fault.JournalDamaged.
//
// # Versions
//
// Every stored form has a version (Forms): release N reads all up to N and
// writes N-1, so that a board may go back to the release before. The file format names
// what stands in the journal and is looked at first; a journal of a newer
// program is refused with fault.JournalNewer and not touched.
//
// # Private parts
//
// What of a record identifies people is stored encrypted with a key of that
// record's own, under "sealed" in its line; keys/ alone can open it. Erasing a
// key (EraseContact, EraseDocument) changes no line, no hash and no sum. A key
// is durable before its record. When none can be had (the disk is full, both
// copies fail) the record is stored without its private part, which reads as
// erased: a contact never stands in the way of a sale.
//
// # Copies
//
// Export copies the tapes with a manifest; Verify checks such a copy like a
// journal, Import keeps another till's for offline/adopt to deliver, and put
// in the place of tape/ and archive/ it is the journal again, without contacts.
//
// # A full disk
//
// Below Options.Watermark no new sale should begin (Space.Low). Below 64 MiB
// Badger is given nothing more and the tape stays in the segments it has:
// reads of what is newer, and appends when those are full, are refused with
// fault.JournalSpace; both go on by themselves. Open gives the ballast up
// before Badger is touched, and is refused when even that is too little.
//
// # Traps of Badger 4.9 that this package walks round
//
// A full disk is a SIGBUS, for its files are mapped: see above. Empty .mem and .vlog files (a kill between create and truncate) make Open
// fail once: removed before. Without MANIFEST Badger deletes every table:
// such a directory is not opened. Values in the value log can vanish with a
// nil error: all values stay below the threshold, longer lines are cut in
// parts, and every line has a CRC. Damaged tables panic in goroutines beyond
// recover: hence the durable counter of attempts. On 32-bit machines blocks
// are overwritten silently: refused at compile time. A bit flip in the WAL
// makes later records vanish silently: the newest records are compared with
// the tape at Open, all of them by Verify.
//
// All methods of a Journal may be called concurrently.
package journal

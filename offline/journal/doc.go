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
//	badger.left      why it was not closed the last time
//	badger.attempts  openings of badger/ that have begun and not ended well
//	archive/         the closed periods, each with its own tape and badger
//	keys/            the keys of encrypted records (offline/vault)
//	format           which versions of which forms stand in here
//	scrub            how far the reading in the background is
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
// # Periods
//
// What is old must stay readable for years and must not be in the way of
// today: opening, indexing and copying cost what a month has, not what the
// till's life has. So the journal is cut. Rotate ends the open period with one
// durable batch, a record of kind Period and behind it copies of what is still
// needed: the live groups (open intents, the open cheque, what is parked), the
// latest settings, and what the caller names, as a rule what no cloud has taken
// yet. A copy differs from its original in its place and in Carried, so readers
// meet it once, under the original's number, and Verify compares the two. The
// chain goes on without a seam: the first record of a period holds the hash of
// the last one before.
//
// Then the closed period's two copies move to archive/NNNNNN, which changes no
// byte of them, with period.json, which says what can not be in there. Scan,
// Get and Document look there by themselves, two periods open at a time, and
// close what nobody has read for a while. In the background the tape is read
// once more and gets a manifest of hashes. A cut at any point of this leaves
// either the old period open or the new one with the rest done by the next
// Open.
//
// # What goes, and when
//
// Retain removes the oldest closed periods: those whose newest document is
// older than the years the law wants, by the clock and by the documents of two
// later periods, so that one wrong clock removes nothing; and of which nothing
// is needed, for nothing is removed that has not been delivered. The chain's
// head of what goes is in the journal before anything is touched, so Verify
// tells a removed period from a lost one.
//
// # What Verify proves
//
// That every byte of the chain is what was written, that the indexed copy holds
// the same and finds it, that each number of a document is accounted for once,
// by a document or a void, over all periods. Of money: lines, total, payments
// and VAT of each document; that no more came back of a sale, in all and of
// each line, than was sold; that the reports of a shift and its drawer are the
// sums of its documents. And against the fiscal storage, the third witness:
// numbers within one FN never repeat or go back, and what the connected device
// has beyond or between the journal's documents is a technician's and no
// receipt. Package doc's and the till's own rules are not its: what was sold at
// a wrong price is sound.
//
// # Copies
//
// Export copies the tapes, archived ones too, with a manifest of hashes, and
// reads back what the medium took; a copy may begin with any period, for that
// begins with what was not delivered. Verify checks such a copy like a
// journal. Import takes another till's in, if it is whole and continues what
// was taken in before, for offline/adopt to deliver what that till had not.
// Put in the place of tape/ and archive/ a copy is the journal again. Keys are
// never copied: contacts stay unreadable, and erased ones stay erased.
//
// # Rot
//
// While no record comes, the whole journal is read slowly, every week: both
// copies of every record, the closed periods first (Scrub). A closed period
// that has become unreadable in one copy is repaired from the other at once,
// the open one by the next Open; each finding is a record (AuditRot). A read
// that meets damage is answered from the other copy and leaves word too.
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

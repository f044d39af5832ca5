// Package tape is the append-only file a till's life is written to: the write
// that makes a sale true.
//
// # Form
//
// A directory holds segments 00000001.tape, 00000002.tape.. of a few MiB,
// filled with newlines before use, so that appending changes no metadata and
// one fdatasync commits. Sector 0 of a segment is its header line; frames
// follow, each beginning on a 512-byte boundary and padded with newlines, so
// no sector that holds acknowledged data is ever written again:
//
//	kassa-tape 1 segment=00000001 first=00000000000000000001 id=<uuid> chain=<sha256> crc=<crc32c>
//	kassa-frame 1 seq=00000000000000000001 count=00002 bytes=00000345 durable=00000000000000000000 chain=<sha256> crc=<crc32c>
//	{"seq":1,...,"prev":"<sha256>"}
//	{"seq":2,...,"prev":"<sha256>"}
//
// A frame is one batch: it is there as a whole or not at all. Its header has
// the first sequence, the number of lines, the bytes of the lines, the
// highest sequence that was durable when it was written, the chain's hash
// after it, and a CRC-32C over header and lines. The chain:
//
//	hash(0) = sha256("kassa journal " + id)
//	hash(n) = sha256(hash(n-1) || bytes of line n without its newline)
//
// and every line carries hash(n-1) as "prev". Hashes cover stored bytes.
// `less` reads a segment; anything that speaks JSON reads its lines.
//
// # Commit
//
// Append returns when its frame is on the disk. All frames that wait at the
// same time are written by one WriteAt and one Sync. An error of either is
// final: outcome unknown, nothing is acknowledged any more (ErrFailed) until
// the tape is opened again and has looked at what the disk holds.
//
// # Periods
//
// Begin appends a batch that begins a segment, however much room there is in
// the one before. The segments before it can then be put away as a tape of
// their own (Forget; Options.Frozen reads them), and the rest is a tape that
// begins there: its first header has the number of its first line and the
// chain's hash before it.
//
// # Open
//
// Behind the last valid frame there may be rests of a commit that was cut
// off. They are overwritten with newlines and reported. When a valid frame
// follows that was written after the missing one had been acknowledged (its
// "durable" says so), that is not a torn tail but damage: Open refuses with a
// DamagedError and changes nothing.
//
// What the tape alone can not see: the very last commit destroyed after it
// was acknowledged. The second copy (offline/journal) knows.
//
// A Tape may be used by any number of goroutines, a directory by one Tape;
// the caller holds the lock. A Reader belongs to one goroutine.
package tape

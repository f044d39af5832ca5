package journal

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// The layout of Badger. A key is one letter and fixed-width fields, numbers
// big-endian so that they sort; every index ends with the sequence.
//
//	r seq             'L' crc32c line, or 'P' crc32c count: the line is in parts
//	p seq part        a part of a long line
//	d id              seq of the latest document with this id
//	e hash(name)      seq of the latest setting
//	k kind seq        by kind
//	t kind hash(type) seq   by kind and type
//	s shift seq       by shift
//	b block           lowest and highest time (unix ms) of 256 records: the time index, which does not mind a clock that goes back
//	l seq             group of a live record
//	c seq             a record with a private part
//	o seq             seq of the copy that was carried into this period, by the original's
//	! meta            meta as JSON
const (
	keyRecord   = 'r'
	keyPart     = 'p'
	keyDocument = 'd'
	keySetting  = 'e'
	keyKind     = 'k'
	keyType     = 't'
	keyShift    = 's'
	keyBlock    = 'b'
	keyLive     = 'l'
	keySealed   = 'c'
	keyCarried  = 'o'

	seqBytes   = 8
	blockShift = 8 // 256 records
)

var keyMeta = []byte("!meta")

func seqKey(letter byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{letter}, seq)
}

func partKey(seq uint64, part uint32) []byte {
	return binary.BigEndian.AppendUint32(seqKey(keyPart, seq), part)
}

func idKey(letter byte, id uuid.UUID) []byte { return append([]byte{letter}, id[:]...) }

func settingKey(name string) []byte { return append([]byte{keySetting}, short(name)...) }

func kindPrefix(k record.Kind) []byte { return []byte{keyKind, kindCode(k)} }

func typePrefix(k record.Kind, typ string) []byte {
	return append([]byte{keyType, kindCode(k)}, short(typ)...)
}

func shiftPrefix(shift uuid.UUID) []byte { return idKey(keyShift, shift) }

// prefixes are the indexes that list a record.
func prefixes(r *stored) [][]byte {
	list := [][]byte{kindPrefix(r.Kind)}
	if r.Type != "" {
		list = append(list, typePrefix(r.Kind, r.Type))
	}
	if r.Shift != uuid.Nil {
		list = append(list, shiftPrefix(r.Shift))
	}
	if r.Sealed != nil {
		list = append(list, []byte{keySealed})
	}
	return list
}

// latestKey is where the latest record of its name is found; nil: nowhere.
func latestKey(r *record.Record) []byte {
	switch r.Kind {
	case record.Document:
		return idKey(keyDocument, r.ID)
	case record.Setting:
		return settingKey(r.Type)
	}
	return nil
}

// short makes a name of any length a key of 16 bytes. Readers compare the
// record's own field, so a collision would cost time and nothing else.
func short(name string) []byte {
	h := sha256.Sum256([]byte(name))
	return h[:16]
}

func withSeq(prefix []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, len(prefix)+seqBytes), prefix...), seq)
}

// lastSeq is the sequence an index key ends with.
func lastSeq(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-seqBytes:]) }

// kindCode is a kind in a key. Never reuse a code.
func kindCode(k record.Kind) byte {
	switch k {
	case record.Document:
		return 1
	case record.Intent:
		return 2
	case record.Outcome:
		return 3
	case record.Void:
		return 4
	case record.Delivery:
		return 5
	case record.Park:
		return 6
	case record.Cart:
		return 7
	case record.Audit:
		return 8
	case record.Setting:
		return 9
	case record.Token:
		return 10
	case record.Period:
		return 11
	case record.Claim:
		return 12
	case record.Made:
		return 13
	}
	return 0 // not a kind; never indexed
}

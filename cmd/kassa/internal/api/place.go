package api

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/google/uuid"
)

// place is where a reader of events is in a journal: it has been told of all
// records up to this one. As text it is opaque to programs, and good as long
// as the journal is, restarts included.
type place struct {
	seq     uint64
	journal [placeTag]byte // the end of the journal's id: its random part
}

const (
	placeForm = 1
	placeTag  = 4 // bytes
	placeLen  = 1 + 8 + placeTag
)

func placeIn(journal uuid.UUID, seq uint64) place {
	return place{seq, [placeTag]byte(journal[len(journal)-placeTag:])}
}

func (p place) String() string {
	b := binary.BigEndian.AppendUint64([]byte{placeForm}, p.seq)
	return base64.RawURLEncoding.EncodeToString(append(b, p.journal[:]...))
}

// parsePlace reads what String has made; false: it did not.
func parsePlace(s string) (p place, ok bool) {
	if len(s) != base64.RawURLEncoding.EncodedLen(placeLen) {
		return p, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || b[0] != placeForm {
		return p, false
	}
	return place{binary.BigEndian.Uint64(b[1:]), [placeTag]byte(b[1+8:])}, true
}

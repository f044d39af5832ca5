package evotor

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Identity is what a till is called in the format.
type Identity struct {
	Store  string // "20170928-3176-40EB-80E2-A11F032E282A"
	Device string
	User   string // "01-000000000000001", the account
}

var (
	storeSpace  = uuid.MustParse("0b2b6c9e-8c41-5d39-8a52-6a2f0c4fb1d1")
	deviceSpace = uuid.MustParse("c84b9a70-0f5c-5b92-9e1d-2f6c1b7a90e2")
)

// IdentityOf makes the identity of a till that was given none, the same
// whenever it is asked for: of its journal, and of the shop in the cloud, which
// its tills share.
func IdentityOf(journal uuid.UUID, shop string) Identity {
	since := madeAt(journal)
	store := uuid.NewSHA1(storeSpace, []byte(shop))
	if shop == "" {
		store = uuid.NewSHA1(storeSpace, journal[:])
	}
	return Identity{Store: dated(store, time.Time{}), Device: dated(uuid.NewSHA1(deviceSpace, journal[:]), since), User: account(store)}
}

// madeAt is when a time-ordered id was minted.
func madeAt(id uuid.UUID) time.Time {
	if id.Version() != 7 {
		return time.Time{}
	}
	sec, nsec := id.Time().UnixTime()
	return time.Unix(sec, nsec).UTC()
}

// dated writes an id as the cloud does: upper case, and a day in front. Of no
// day it is the id's own first digits.
func dated(id uuid.UUID, day time.Time) string {
	s := strings.ToUpper(id.String())
	if day.IsZero() {
		return s
	}
	return day.Format("20060102") + s[8:]
}

// account makes "01-" and 15 digits.
func account(id uuid.UUID) string {
	var n uint64
	for _, b := range id[:7] {
		n = n<<8 | uint64(b)
	}
	const digits = 1_000_000_000_000_000
	return fmt.Sprintf("01-%015d", n%digits)
}

package catalog

import (
	"strings"

	"github.com/google/uuid"
)

// ownPrefix begins the ids of what a till has made and the cloud has not named
// yet. It is how clouds address such things by the till's own UUID, so an id
// with it stands in an address as it is.
const ownPrefix = "syncid/"

// OwnID is the id of an item, a customer or an order that was made at a till.
func OwnID(id uuid.UUID) string { return ownPrefix + id.String() }

// Own gives the UUID of what was made at a till; false: the id is the cloud's.
func Own(id string) (uuid.UUID, bool) {
	text, is := strings.CutPrefix(id, ownPrefix)
	if !is {
		return uuid.Nil, false
	}
	u, err := uuid.Parse(text)
	return u, err == nil
}

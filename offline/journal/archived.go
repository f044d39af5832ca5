package journal

import (
	"slices"
	"time"
)

// Archived is a closed period that is here.
type Archived struct {
	Number int       `json:"number"`
	First  uint64    `json:"first"` // sequences
	Last   uint64    `json:"last"`
	Oldest time.Time `json:"oldest"` // of its records
	Newest time.Time `json:"newest"`
}

// Archived lists the closed periods that are here, the newest first. It never
// waits.
func (j *Journal) Archived() []Archived {
	all := j.archives.all()
	list := make([]Archived, 0, len(all))
	for _, a := range slices.Backward(all) {
		list = append(list, Archived{Number: a.about.Number, First: a.about.First, Last: a.about.Last, Oldest: a.about.Oldest, Newest: a.about.Newest})
	}
	return list
}

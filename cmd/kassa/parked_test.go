package main

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// A parked cheque is found by its id, its name or its number; a name that two
// have is a question, never a guess.
func TestParkedByNameOrNumber(t *testing.T) {
	all := []till.ParkedView{{ID: uuid.UUID{1}, Name: "Стол 1"}, {ID: uuid.UUID{2}, Name: "Стол 1"}, {ID: uuid.UUID{3}, Name: "1"}}
	for what, want := range map[string]uuid.UUID{all[1].ID.String(): all[1].ID, "2": all[1].ID, "1": all[2].ID, "3": all[2].ID} {
		if id, err := parkedOf(all, what); err != nil || id != want.String() {
			t.Errorf("%q: %s %v, want %s", what, id, err, want)
		}
	}
	for what, want := range map[string]fault.Code{"Стол 1": fault.ParkedMany, "Стол": fault.ParkedNone, "0": fault.ParkedNone, "": fault.ParkedNone} {
		var f *fault.Error
		if _, err := parkedOf(all, what); !errors.As(err, &f) || f.Code != want {
			t.Errorf("%q: %v, want %s", what, err, want)
		}
	}
}

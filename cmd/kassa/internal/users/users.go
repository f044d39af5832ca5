// Package users keeps who works at this till: people made here, and what the
// till says otherwise of those its catalogue brings (a role, a PIN of their
// own, that they are not let in any more).
//
// All of it is one setting in the journal, replaced as a whole together with
// the audit record that says who changed what, so a cut leaves the one state or
// the other. PINs are there as argon2id hashes only.
//
// The catalogue is somebody else's: a person who vanishes from it vanishes
// here, and comes back as he was. The configuration's [roles] go before both.
//
// All methods of a Keeper may be called concurrently.
package users

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Setting is the journal's name of the list.
const Setting = "users"

const schema = 1

// MaxUsers is how many people the list holds.
const MaxUsers = 200

// Source says where a person comes from.
type Source string

// The sources.
const (
	Here    Source = "till"    // made here
	Foreign Source = "catalog" // of the cloud or a file
)

// Person is somebody who works at the till, as he is shown: without secrets.
type Person struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Position string       `json:"position,omitempty"`
	INN      string       `json:"inn,omitempty"`
	Role     catalog.Role `json:"role"`
	Fixed    bool         `json:"fixed"` // the configuration says the role
	Source   Source       `json:"source"`
	PIN      bool         `json:"pin"`   // he has one
	Badge    bool         `json:"badge"` // ..and one of those
	Blocked  bool         `json:"blocked"`
}

// Actor is who changes something. The zero actor is whoever sits at the till
// while nobody is an owner yet: he may make the first one.
type Actor struct {
	ID   string
	Name string
	Role catalog.Role
}

// kept is what the till says of a person.
type kept struct {
	ID       string       `json:"id"`
	Own      bool         `json:"own,omitempty"` // made here; else the rest changes the catalogue's
	Name     string       `json:"name,omitempty"`
	Position string       `json:"position,omitempty"`
	INN      string       `json:"inn,omitempty"`
	Role     catalog.Role `json:"role,omitempty"` // "": the catalogue's
	PINHash  string       `json:"pin_hash,omitempty"`
	Blocked  bool         `json:"blocked,omitempty"`
}

type roster struct {
	Users []kept `json:"users"`
}

// Options are a keeper's ports.
type Options struct {
	Append func(ctx context.Context, entries ...record.Entry) (uint64, error)
	// Catalogue gives the cashiers the catalogue brings.
	Catalogue func() []catalog.Cashier
	// Fixed is the role the configuration gives somebody; "": none.
	Fixed func(catalog.Cashier) catalog.Role
	// Badge tells whether somebody has a badge.
	Badge func(id string) bool
	Hash  func(pin string) (string, error)
	Check func(hash, pin string) (bool, error)
	NewID func() uuid.UUID
}

// Keeper knows everybody.
type Keeper struct {
	o       Options
	writing sync.Mutex // one change at a time
	mu      sync.RWMutex
	list    []kept
}

// Open makes a keeper of the journal's setting; nil: there is none yet.
func Open(data []byte, o Options) (*Keeper, error) {
	k := &Keeper{o: o}
	if data == nil {
		return k, nil
	}
	var r roster
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	k.list = r.Users
	return k, nil
}

// Apply gives those of the catalogue's cashiers who may log in, as the till has
// them, and the till's own after them.
func (k *Keeper) Apply(catalogue []catalog.Cashier) []catalog.Cashier {
	all := k.everybody(catalogue)
	in := make([]catalog.Cashier, 0, len(all))
	for _, e := range all {
		if !e.blocked {
			in = append(in, e.Cashier)
		}
	}
	return in
}

// everyone is a person with all that is known of him.
type everyone struct {
	catalog.Cashier
	source  Source
	fixed   bool
	blocked bool
}

func (k *Keeper) everybody(catalogue []catalog.Cashier) []everyone {
	k.mu.RLock()
	defer k.mu.RUnlock()
	all := make([]everyone, 0, len(catalogue)+len(k.list))
	for _, c := range catalogue {
		e := everyone{Cashier: c, source: Foreign}
		if i := slices.IndexFunc(k.list, func(u kept) bool { return !u.Own && u.ID == c.ID }); i >= 0 {
			u := k.list[i]
			if u.Role != "" {
				e.Role = u.Role
			}
			if u.PINHash != "" {
				e.PINHash = u.PINHash
			}
			e.blocked = u.Blocked
		}
		all = append(all, e)
	}
	for _, u := range k.list {
		if u.Own {
			all = append(all, everyone{Cashier: catalog.Cashier{ID: u.ID, Name: u.Name, Position: u.Position, INN: u.INN, Role: u.Role, PINHash: u.PINHash}, source: Here, blocked: u.Blocked})
		}
	}
	for i := range all {
		if role := k.o.Fixed(all[i].Cashier); role != "" {
			all[i].Role, all[i].fixed = role, true
		}
	}
	return all
}

// List gives everybody: owners first, then by name.
func (k *Keeper) List() []Person {
	all := k.everybody(k.o.Catalogue())
	list := make([]Person, 0, len(all))
	for _, e := range all {
		list = append(list, Person{ID: e.ID, Name: e.Name, Position: e.Position, INN: e.INN, Role: e.Role, Fixed: e.fixed, Source: e.source,
			PIN: e.PINHash != "", Badge: k.o.Badge(e.ID), Blocked: e.blocked})
	}
	rank := func(p Person) int { return slices.Index(Roles(), p.Role) }
	slices.SortStableFunc(list, func(a, b Person) int {
		if c := rank(b) - rank(a); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

// Roles lists the roles, the least first.
func Roles() []catalog.Role {
	return []catalog.Role{catalog.RoleCashier, catalog.RoleSenior, catalog.RoleTechnician, catalog.RoleOwner}
}

// Owned tells whether there is an owner who can log in.
func (k *Keeper) Owned() bool { return k.ownerBeside("") }

// ownerBeside tells whether somebody else than id is an owner who can log in.
func (k *Keeper) ownerBeside(id string) bool {
	return slices.ContainsFunc(k.everybody(k.o.Catalogue()), func(e everyone) bool {
		return e.ID != id && e.Role == catalog.RoleOwner && !e.blocked && (e.PINHash != "" || k.o.Badge(e.ID))
	})
}

// Empty tells whether nobody at all can log in.
func (k *Keeper) Empty() bool {
	return !slices.ContainsFunc(k.everybody(k.o.Catalogue()), func(e everyone) bool {
		return !e.blocked && (e.PINHash != "" || k.o.Badge(e.ID))
	})
}

// find gives a person by his id.
func (k *Keeper) find(id string) (everyone, error) {
	all := k.everybody(k.o.Catalogue())
	i := slices.IndexFunc(all, func(e everyone) bool { return e.ID == id })
	if i < 0 {
		return everyone{}, fault.New(fault.NotFound, clipped(id))
	}
	return all[i], nil
}

// clipped keeps an error short.
func clipped(id string) string { return fmt.Sprintf("%.40s", id) }

// MayTouch tells whether an actor may change what lets somebody in: an owner
// everybody, others all but owners.
func (k *Keeper) MayTouch(by Actor, id string) error {
	who, err := k.find(id)
	if err != nil {
		return err
	}
	if who.Role == catalog.RoleOwner && by.Role != catalog.RoleOwner {
		return fault.New(fault.LoginOwner)
	}
	return nil
}

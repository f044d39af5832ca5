package users

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// MaxName and MaxPosition bound a person's name and position, in characters:
// both are printed on receipts (FFD tag 1021 has 64 bytes of them).
const (
	MaxName     = 40
	MaxPosition = 24
)

// Types of the audit records.
const (
	auditAdded   = "user_added"
	auditChanged = "user_changed"
	auditPIN     = "user_pin"
	auditTaken   = "user_pin_taken" // somebody tried a PIN that is another's
	auditRemoved = "user_removed"
)

// audit says who did what to whom; there is no secret in it.
type audit struct {
	By      string       `json:"by,omitempty"`
	ByName  string       `json:"by_name,omitempty"`
	User    string       `json:"user"`
	Name    string       `json:"name"`
	Role    catalog.Role `json:"role,omitempty"`
	Blocked bool         `json:"blocked,omitempty"`
}

// New is a person to be made.
type New struct {
	Name     string       `json:"name"`
	Position string       `json:"position"`
	INN      string       `json:"inn"`
	Role     catalog.Role `json:"role"`
	PIN      string       `json:"pin"` // "": he gets one later
}

// Change is what to change of a person; nil stays as it is.
type Change struct {
	Name     *string       `json:"name"`
	Position *string       `json:"position"`
	INN      *string       `json:"inn"`
	Role     *catalog.Role `json:"role"`
	Blocked  *bool         `json:"blocked"`
}

// Add makes a person.
func (k *Keeper) Add(ctx context.Context, by Actor, n New) (Person, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	first := by == Actor{} && !k.Owned()
	if !first && by == (Actor{}) {
		return Person{}, fault.New(fault.LoginRequired)
	}
	u := kept{ID: k.o.NewID().String(), Own: true, Name: tidy(n.Name), Position: tidy(n.Position), INN: strings.TrimSpace(n.INN), Role: n.Role}
	if err := u.check(); err != nil {
		return Person{}, err
	}
	switch {
	case len(k.all()) >= MaxUsers:
		return Person{}, fault.New(fault.UserMany, fmt.Sprint(MaxUsers))
	case first && (n.Role != catalog.RoleOwner || n.PIN == ""):
		return Person{}, fault.New(fault.LoginOwner)
	case n.Role == catalog.RoleOwner && by.Role != catalog.RoleOwner && k.Owned():
		return Person{}, fault.New(fault.LoginOwner)
	}
	if n.PIN != "" {
		var err error
		if u.PINHash, err = k.hash(ctx, by, u, n.PIN); err != nil {
			return Person{}, err
		}
	}
	if err := k.store(ctx, auditAdded, by, u, append(k.all(), u)); err != nil {
		return Person{}, err
	}
	return k.shown(u.ID), nil
}

// Change changes what is not secret of a person.
func (k *Keeper) Change(ctx context.Context, by Actor, id string, c Change) (Person, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	who, u, err := k.toChange(by, id)
	if err != nil {
		return Person{}, err
	}
	if (c.Name != nil || c.Position != nil || c.INN != nil) && !u.Own {
		return Person{}, fault.New(fault.UserForeign)
	}
	set(&u.Name, c.Name)
	set(&u.Position, c.Position)
	set(&u.INN, c.INN)
	lets := who.Role == catalog.RoleOwner && !who.blocked
	if c.Role != nil && *c.Role != who.Role {
		if err := k.mayBecome(by, who, *c.Role); err != nil {
			return Person{}, err
		}
		u.Role = *c.Role
		lets = lets && u.Role == catalog.RoleOwner
	}
	if c.Blocked != nil {
		u.Blocked = *c.Blocked
		lets = lets && !u.Blocked
	}
	if u.Blocked != who.blocked && id == by.ID {
		return Person{}, fault.New(fault.UserSelf)
	}
	if who.Role == catalog.RoleOwner && !lets && !k.ownerBeside(id) {
		return Person{}, fault.New(fault.UserLastOwner)
	}
	if err := u.check(); err != nil {
		return Person{}, err
	}
	if err := k.store(ctx, auditChanged, by, named(u, who), k.with(u)); err != nil {
		return Person{}, err
	}
	return k.shown(id), nil
}

func (k *Keeper) mayBecome(by Actor, who everyone, role catalog.Role) error {
	switch {
	case who.fixed:
		return fault.New(fault.UserFixed)
	case who.ID == by.ID:
		return fault.New(fault.UserSelf)
	case !slices.Contains(Roles(), role):
		return fault.New(fault.UserRole, clipped(string(role)))
	case role == catalog.RoleOwner && by.Role != catalog.RoleOwner && k.Owned():
		return fault.New(fault.LoginOwner)
	}
	return nil
}

// SetPIN gives a person a PIN.
func (k *Keeper) SetPIN(ctx context.Context, by Actor, id, pin string) (Person, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	who, u, err := k.toChange(by, id)
	if err != nil {
		return Person{}, err
	}
	if u.PINHash, err = k.hash(ctx, by, named(u, who), pin); err != nil {
		return Person{}, err
	}
	if err := k.store(ctx, auditPIN, by, named(u, who), k.with(u)); err != nil {
		return Person{}, err
	}
	return k.shown(id), nil
}

// Remove takes a person out of the list. The catalogue's are blocked instead.
// What he sold keeps his name.
func (k *Keeper) Remove(ctx context.Context, by Actor, id string) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	who, u, err := k.toChange(by, id)
	switch {
	case err != nil:
		return err
	case !u.Own:
		return fault.New(fault.UserForeign)
	case id == by.ID:
		return fault.New(fault.UserSelf)
	case who.Role == catalog.RoleOwner && !who.blocked && !k.ownerBeside(id):
		return fault.New(fault.UserLastOwner)
	}
	return k.store(ctx, auditRemoved, by, u, slices.DeleteFunc(k.all(), func(o kept) bool { return o.ID == id }))
}

// toChange finds a person whom by may change, and what is kept of him.
func (k *Keeper) toChange(by Actor, id string) (everyone, kept, error) {
	if by == (Actor{}) {
		return everyone{}, kept{}, fault.New(fault.LoginRequired)
	}
	if err := k.MayTouch(by, id); err != nil {
		return everyone{}, kept{}, err
	}
	who, err := k.find(id)
	if err != nil {
		return who, kept{}, err
	}
	all := k.all()
	if i := slices.IndexFunc(all, func(u kept) bool { return u.ID == id && u.Own == (who.source == Here) }); i >= 0 {
		return who, all[i], nil
	}
	if len(all) >= MaxUsers {
		return who, kept{}, fault.New(fault.UserMany, fmt.Sprint(MaxUsers))
	}
	return who, kept{ID: id}, nil
}

// named gives what is kept of the catalogue's person his name, for the audit.
func named(u kept, who everyone) kept {
	if !u.Own {
		u.Name = who.Name
	}
	if u.Role == "" {
		u.Role = who.Role
	}
	return u
}

// all is a copy of the list.
func (k *Keeper) all() []kept {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.list)
}

// with gives the list with a person as he is now.
func (k *Keeper) with(u kept) []kept {
	all := k.all()
	if i := slices.IndexFunc(all, func(o kept) bool { return o.ID == u.ID && o.Own == u.Own }); i >= 0 {
		all[i] = u
		return all
	}
	return append(all, u)
}

// store makes a list durable, and then the one that counts.
func (k *Keeper) store(ctx context.Context, what string, by Actor, u kept, list []kept) error {
	data, err := json.Marshal(roster{Users: list})
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	said, err := k.entry(what, by, u)
	if err != nil {
		return err
	}
	setting := record.Entry{Kind: record.Setting, ID: k.o.NewID(), Type: Setting, Schema: schema, Data: data}
	if _, err := k.o.Append(ctx, setting, said); err != nil {
		return err
	}
	k.mu.Lock()
	k.list = list
	k.mu.Unlock()
	return nil
}

func (k *Keeper) entry(what string, by Actor, u kept) (record.Entry, error) {
	data, err := json.Marshal(audit{By: by.ID, ByName: by.Name, User: u.ID, Name: u.Name, Role: u.Role, Blocked: u.Blocked})
	if err != nil {
		return record.Entry{}, fmt.Errorf("users: %w", err)
	}
	return record.Entry{Kind: record.Audit, ID: k.o.NewID(), Type: what, Schema: schema, Data: data}, nil
}

func (k *Keeper) shown(id string) Person {
	all := k.List()
	i := slices.IndexFunc(all, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}
	}
	return all[i]
}

// check looks at what is kept of a person made here.
func (u *kept) check() error {
	if !u.Own {
		return nil
	}
	n := utf8.RuneCountInString(u.Name)
	switch {
	case n < 1 || n > MaxName || unprintable(u.Name):
		return fault.New(fault.UserName, fmt.Sprint(MaxName))
	case utf8.RuneCountInString(u.Position) > MaxPosition || unprintable(u.Position):
		return fault.New(fault.UserName, fmt.Sprint(MaxPosition))
	case u.INN != "" && (len(u.INN) != innLen || strings.Trim(u.INN, digits) != ""):
		return fault.New(fault.UserINN)
	case !slices.Contains(Roles(), u.Role):
		return fault.New(fault.UserRole, clipped(string(u.Role)))
	}
	return nil
}

const (
	innLen = 12
	digits = "0123456789"
)

func unprintable(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// tidy takes out spaces nobody sees.
func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

func set(field *string, to *string) {
	if to != nil {
		*field = tidy(*to)
	}
}

package daemon

import (
	"context"
	"errors"
	"slices"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/till"
)

// openUsers reads who works here.
func openUsers(ctx context.Context, d *daemon) (*users.Keeper, error) {
	rec, err := d.journal.Setting(ctx, users.Setting)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return nil, err
	}
	return users.Open(rec.Data, users.Options{
		Append:    d.journal.Append,
		Catalogue: func() []catalog.Cashier { return d.catalog.Current().Store.Cashiers },
		Fixed:     d.roleInFile, Badge: d.badges.has, Hash: pin.Hash, Check: pin.Check, NewID: newID,
	})
}

// roleInFile is the role the configuration gives somebody; "": none.
func (d *daemon) roleInFile(c catalog.Cashier) catalog.Role {
	for role, who := range d.cfg.Roles {
		if slices.Contains(who, c.ID) || (c.Badge != "" && slices.Contains(who, c.Badge)) {
			return catalog.Role(role)
		}
	}
	return ""
}

// actor is who changes people now: the person at the till, when he may. While
// there is no owner and nobody is logged in it is nobody, who may make the
// first.
func (d *daemon) actor(ctx context.Context) (users.Actor, error) {
	v, _ := d.loop.View()
	if v.Cashier == nil && !d.users.Owned() {
		return users.Actor{}, nil
	}
	if err := d.loop.Do(ctx, till.Allow{Permission: catalog.MayUsers}); err != nil {
		return users.Actor{}, err
	}
	if v.Cashier == nil { // logged in this very moment
		v, _ = d.loop.View()
	}
	if v.Cashier == nil {
		return users.Actor{}, nil
	}
	return users.Actor{ID: v.Cashier.ID, Name: v.Cashier.Name, Role: v.Role}, nil
}

// staff is who works here as the API and the console change it.
type staff struct{ d *daemon }

func (s staff) List() []users.Person { return s.d.users.List() }

func (s staff) Empty() bool { return s.d.users.Empty() }

func (s staff) Add(ctx context.Context, n users.New) (p users.Person, err error) {
	return s.change(ctx, func(by users.Actor) (users.Person, error) { return s.d.users.Add(ctx, by, n) })
}

func (s staff) Change(ctx context.Context, id string, c users.Change) (users.Person, error) {
	return s.change(ctx, func(by users.Actor) (users.Person, error) { return s.d.users.Change(ctx, by, id, c) })
}

func (s staff) SetPIN(ctx context.Context, id, pin string) (users.Person, error) {
	return s.change(ctx, func(by users.Actor) (users.Person, error) { return s.d.users.SetPIN(ctx, by, id, pin) })
}

func (s staff) Badge(ctx context.Context, id, code string) error {
	return s.d.badges.give(ctx, id, code)
}

func (s staff) Remove(ctx context.Context, id string) error {
	_, err := s.change(ctx, func(by users.Actor) (users.Person, error) { return users.Person{}, s.d.users.Remove(ctx, by, id) })
	return err
}

// change asks whether the person at the till may, and tells the till of what
// became of it.
func (s staff) change(ctx context.Context, do func(by users.Actor) (users.Person, error)) (users.Person, error) {
	by, err := s.d.actor(ctx)
	if err != nil {
		return users.Person{}, err
	}
	p, err := do(by)
	if err != nil {
		return users.Person{}, err
	}
	if info := s.d.catalog.Current(); info.Generation != 0 {
		// It is done and durable: a till that can not hear it now is ending.
		if err := s.d.tellCatalog(ctx, info); err != nil {
			s.d.log.Warn("the till has not heard of its people", "err", err)
		}
	}
	return p, nil
}

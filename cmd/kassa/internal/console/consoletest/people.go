package consoletest

import (
	"context"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// Users are the shop's people, kept in memory by the real rules. Those who are
// added do not log in here.
type Users struct {
	t *Till
	k *users.Keeper

	mu     sync.Mutex // guards what follows
	badges map[string]bool
}

// NewUsers makes them of Cashiers.
func NewUsers(t *Till) *Users {
	u := &Users{t: t, badges: map[string]bool{"boris": true}}
	var err error
	u.k, err = users.Open(nil, users.Options{
		Append: func(context.Context, ...record.Entry) (uint64, error) { return 1, nil },
		Catalogue: func() (all []catalog.Cashier) {
			for pin, c := range Cashiers() {
				who := *c
				who.PINHash = pin
				all = append(all, who)
			}
			return all
		},
		Fixed: func(catalog.Cashier) catalog.Role { return "" },
		Badge: func(id string) bool { u.mu.Lock(); defer u.mu.Unlock(); return u.badges[id] },
		Hash:  func(pin string) (string, error) { return pin, nil },
		Check: func(hash, pin string) (bool, error) { return hash == pin, nil },
		NewID: uuid.New,
	})
	if err != nil {
		panic(err) // an empty list is read
	}
	return u
}

func (u *Users) actor(ctx context.Context) (users.Actor, error) {
	if err := u.t.Do(ctx, till.Allow{Permission: catalog.MayUsers}); err != nil {
		return users.Actor{}, err
	}
	v, _ := u.t.View()
	return users.Actor{ID: v.Cashier.ID, Name: v.Cashier.Name, Role: v.Role}, nil
}

// List gives everybody.
func (u *Users) List() []users.Person { return u.k.List() }

// Empty tells whether nobody can log in.
func (u *Users) Empty() bool { return u.k.Empty() }

// Add makes somebody.
func (u *Users) Add(ctx context.Context, n users.New) (users.Person, error) {
	by, err := u.actor(ctx)
	if err != nil {
		return users.Person{}, err
	}
	return u.k.Add(ctx, by, n)
}

// Change changes somebody.
func (u *Users) Change(ctx context.Context, id string, c users.Change) (users.Person, error) {
	by, err := u.actor(ctx)
	if err != nil {
		return users.Person{}, err
	}
	return u.k.Change(ctx, by, id, c)
}

// SetPIN gives somebody a PIN.
func (u *Users) SetPIN(ctx context.Context, id, pin string) (users.Person, error) {
	by, err := u.actor(ctx)
	if err != nil {
		return users.Person{}, err
	}
	return u.k.SetPIN(ctx, by, id, pin)
}

// Badge gives somebody a badge, or takes it away.
func (u *Users) Badge(ctx context.Context, id, code string) error {
	if _, err := u.actor(ctx); err != nil {
		return err
	}
	if code != "" && !strings.HasPrefix(code, "K-") {
		return fault.New(fault.BadRequest, "badge: codes.badges")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.badges[id] = code != ""
	return nil
}

// Remove removes somebody.
func (u *Users) Remove(ctx context.Context, id string) error {
	by, err := u.actor(ctx)
	if err != nil {
		return err
	}
	return u.k.Remove(ctx, by, id)
}

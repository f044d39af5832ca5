package console

import (
	"context"
	"net/url"
	"slices"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Who works at the till: the list, and for each a dialog with all that can be
// done about him.

func (c *Console) userRoutes(m *router) {
	if c.o.Users == nil {
		return
	}
	m.HandleFunc("GET /users", c.signedIn(c.plainPage("users", "users.title")))
	for name, do := range map[string]func(context.Context, api.Users, url.Values) error{
		"user-add": addUser, "user-role": changeUser, "user-pin": setUserPIN, "user-badge": setUserBadge, "user-block": blockUser, "user-remove": removeUser,
	} {
		m.HandleFunc("POST /do/"+name, c.signedIn(c.act(func(form url.Values, _ *till.View) ([]till.Event, *fault.Error) {
			ctx, stop := c.lookingUp()
			defer stop()
			return nil, fault.Of(do(ctx, c.o.Users, form))
		})))
	}
}

// Users tells whether there is a page of them for the person at the till.
func (s *screen) Users() bool { return s.users != nil && s.May(catalog.MayUsers) }

// People are those who work here; nil: they may not be seen.
func (s *screen) People() []users.Person {
	if !s.Users() {
		return nil
	}
	return s.users.List()
}

// Himself tells whether somebody is the one at the till.
func (s *screen) Himself(p users.Person) bool { return s.V.Cashier != nil && s.V.Cashier.ID == p.ID }

// Reach tells whether the person at the till may change somebody.
func (s *screen) Reach(p users.Person) bool {
	return p.Role != catalog.RoleOwner || s.V.Role == catalog.RoleOwner
}

// RoleName is a role in words.
func (s *screen) RoleName(r catalog.Role) string { return s.loc.must("role." + string(r)) }

// userView is what the dialogs about a user show.
type userView struct {
	users.Person
	Self, Own bool
	Roles     []catalog.Role // that he may get
}

// rolesFor are those the person at the till may give.
func (s *screen) rolesFor() []catalog.Role {
	return slices.DeleteFunc(users.Roles(), func(r catalog.Role) bool { return r == catalog.RoleOwner && s.V.Role != catalog.RoleOwner })
}

func userAddDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if !s.Users() {
		return nil, mayNot(catalog.MayUsers)
	}
	return userView{Person: users.Person{Role: catalog.RoleCashier}, Roles: s.rolesFor()}, nil
}

// userDialog shows the user that "id" names.
func userDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if !s.Users() {
		return nil, mayNot(catalog.MayUsers)
	}
	all := s.users.List()
	i := slices.IndexFunc(all, func(p users.Person) bool { return p.ID == query.Get("id") })
	if i < 0 {
		return nil, fault.New(fault.NotFound, shortened(query.Get("id")))
	}
	return userView{Person: all[i], Self: s.Himself(all[i]), Own: all[i].Source == users.Here, Roles: s.rolesFor()}, nil
}

// mayNot says what somebody may not see.
func mayNot(p catalog.Permission) *fault.Error {
	return fault.New(fault.LoginSenior, fault.Named(fault.Code("may."+string(p))))
}

// addUser takes "name", "position", "inn", "role" and "pin".
func addUser(ctx context.Context, u api.Users, form url.Values) error {
	_, err := u.Add(ctx, users.New{Name: form.Get("name"), Position: form.Get("position"), INN: form.Get("inn"), Role: catalog.Role(form.Get("role")), PIN: form.Get("pin")})
	return err
}

// changeUser takes "id" and "role", of one made here also "name" and "position".
func changeUser(ctx context.Context, u api.Users, form url.Values) error {
	var c users.Change
	if form.Has("role") {
		role := catalog.Role(form.Get("role"))
		c.Role = &role
	}
	for field, into := range map[string]**string{"name": &c.Name, "position": &c.Position} {
		if form.Has(field) {
			value := form.Get(field)
			*into = &value
		}
	}
	_, err := u.Change(ctx, form.Get("id"), c)
	return err
}

// setUserPIN takes "id" and "pin".
func setUserPIN(ctx context.Context, u api.Users, form url.Values) error {
	_, err := u.SetPIN(ctx, form.Get("id"), form.Get("pin"))
	return err
}

// setUserBadge takes "id" and "badge"; empty takes the badge away.
func setUserBadge(ctx context.Context, u api.Users, form url.Values) error {
	return u.Badge(ctx, form.Get("id"), form.Get("badge"))
}

// blockUser takes "id" and "blocked".
func blockUser(ctx context.Context, u api.Users, form url.Values) error {
	blocked := form.Get("blocked") != ""
	_, err := u.Change(ctx, form.Get("id"), users.Change{Blocked: &blocked})
	return err
}

// removeUser takes "id".
func removeUser(ctx context.Context, u api.Users, form url.Values) error {
	return u.Remove(ctx, form.Get("id"))
}

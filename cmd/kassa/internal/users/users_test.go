package users

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// shop is a till's surroundings in memory. Its hashes are the PINs backwards.
type shop struct {
	catalogue []catalog.Cashier
	fixed     map[string]catalog.Role
	setting   []byte
	said      []record.Entry
	err       error
}

func (s *shop) Append(_ context.Context, entries ...record.Entry) (uint64, error) {
	if s.err != nil {
		return 0, s.err
	}
	for _, e := range entries {
		if err := e.Validate(); err != nil {
			return 0, err
		}
		if e.Kind == record.Setting {
			s.setting = e.Data
		} else {
			s.said = append(s.said, e)
		}
	}
	return 1, nil
}

func hashed(pin string) string { b := []byte(pin); slices.Reverse(b); return "#" + string(b) }

func (s *shop) open(t *testing.T) *Keeper {
	t.Helper()
	k, err := Open(s.setting, Options{Append: s.Append, Catalogue: func() []catalog.Cashier { return s.catalogue },
		Fixed: func(c catalog.Cashier) catalog.Role { return s.fixed[c.ID] }, Badge: func(string) bool { return false },
		Hash: func(pin string) (string, error) { return hashed(pin), nil }, Check: func(hash, pin string) (bool, error) { return hash == hashed(pin), nil }, NewID: uuid.New})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func ptr[T any](v T) *T { return &v }

func cloud() *shop {
	return &shop{catalogue: []catalog.Cashier{
		{ID: "anna", Name: "Анна", Role: catalog.RoleCashier, PINHash: hashed("2580")},
		{ID: "oleg", Name: "Олег", Role: catalog.RoleOwner, PINHash: hashed("907060")},
		{ID: "vera", Name: "Вера", Role: catalog.RoleCashier}}}
}

var (
	oleg = Actor{ID: "oleg", Name: "Олег", Role: catalog.RoleOwner}
	tech = Actor{ID: "tech", Name: "Техник", Role: catalog.RoleTechnician}
)

// TestTheFirstOwner: while nobody is an owner whoever is there makes one, with
// a PIN, and nothing else; then it is over.
func TestTheFirstOwner(t *testing.T) {
	s := &shop{}
	k := s.open(t)
	if !k.Empty() || k.Owned() {
		t.Error("somebody is here")
	}
	for _, n := range []New{{Name: "Х", Role: catalog.RoleCashier, PIN: "4826"}, {Name: "Х", Role: catalog.RoleOwner}} {
		if _, err := k.Add(t.Context(), Actor{}, n); code(err) != fault.LoginOwner {
			t.Errorf("%+v: %v", n, err)
		}
	}
	p, err := k.Add(t.Context(), Actor{}, New{Name: "  Мария   Петрова ", Role: catalog.RoleOwner, PIN: "4826"})
	if err != nil || p.Name != "Мария Петрова" || !p.PIN || p.Source != Here {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := k.Add(t.Context(), Actor{}, New{Name: "Второй", Role: catalog.RoleOwner, PIN: "5937"}); code(err) != fault.LoginRequired {
		t.Error(err)
	}
	if strings.Contains(string(s.setting), "4826") || strings.Contains(string(s.said[0].Data), "6284") {
		t.Error("the journal has the PIN")
	}
	for range 2 { // and after a restart
		in := k.Apply(nil)
		if len(in) != 1 || in[0].Role != catalog.RoleOwner || in[0].PINHash != hashed("4826") || k.Empty() || !k.Owned() {
			t.Fatalf("%+v", in)
		}
		k = s.open(t)
	}
}

// TestTheCataloguesPeople: they get a role, a PIN and are blocked here, but are
// not made or unmade here.
func TestTheCataloguesPeople(t *testing.T) {
	s := cloud()
	k := s.open(t)
	must := func(p Person, err error) Person {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := must(k.Change(t.Context(), oleg, "anna", Change{Role: ptr(catalog.RoleSenior)})); p.Role != catalog.RoleSenior || p.Source != Foreign {
		t.Errorf("%+v", p)
	}
	must(k.SetPIN(t.Context(), oleg, "vera", "7193"))
	must(k.Change(t.Context(), oleg, "vera", Change{Blocked: ptr(true)}))
	k = s.open(t)
	in := k.Apply(s.catalogue)
	if len(in) != 2 || in[0].Role != catalog.RoleSenior || in[0].PINHash != hashed("2580") {
		t.Errorf("%+v", in)
	}
	must(k.Change(t.Context(), oleg, "vera", Change{Blocked: ptr(false)}))
	if in = k.Apply(s.catalogue); len(in) != 3 || in[2].PINHash != hashed("7193") {
		t.Errorf("%+v", in)
	}
	if err := k.Remove(t.Context(), oleg, "vera"); code(err) != fault.UserForeign {
		t.Error(err)
	}
	if _, err := k.Change(t.Context(), oleg, "vera", Change{Name: ptr("Вера П.")}); code(err) != fault.UserForeign {
		t.Error(err)
	}
	s.catalogue = s.catalogue[:2]
	if len(k.Apply(s.catalogue)) != 2 || len(k.List()) != 2 {
		t.Error("who vanished from the catalogue is still here")
	}
	s.fixed = map[string]catalog.Role{"anna": catalog.RoleTechnician}
	if _, err := k.Change(t.Context(), oleg, "anna", Change{Role: ptr(catalog.RoleCashier)}); code(err) != fault.UserFixed || k.List()[1].Role != catalog.RoleTechnician {
		t.Errorf("%v %+v", err, k.List())
	}
}

// TestOwnersAreOwnersBusiness: a technician minds everybody else, nobody
// himself, and the last owner stays.
func TestOwnersAreOwnersBusiness(t *testing.T) {
	s := cloud()
	k := s.open(t)
	second, err := k.Add(t.Context(), oleg, New{Name: "Пётр", Role: catalog.RoleOwner, PIN: "4826"})
	if err != nil {
		t.Fatal(err)
	}
	petr := Actor{ID: second.ID, Name: second.Name, Role: catalog.RoleOwner}
	for what, got := range map[string]error{
		"a technician makes an owner": third(k.Add(t.Context(), tech, New{Name: "Т", Role: catalog.RoleOwner, PIN: "5937"})),
		"..of somebody":               third(k.Change(t.Context(), tech, "anna", Change{Role: ptr(catalog.RoleOwner)})),
		"..takes an owner's PIN":      third(k.SetPIN(t.Context(), tech, "oleg", "5937")),
		"..blocks an owner":           third(k.Change(t.Context(), tech, "oleg", Change{Blocked: ptr(true)})),
		"..removes an owner":          k.Remove(t.Context(), tech, second.ID),
	} {
		if code(got) != fault.LoginOwner {
			t.Errorf("%s: %v", what, got)
		}
	}
	if third(k.SetPIN(t.Context(), tech, "anna", "5937")) != nil {
		t.Error("a technician may not mind a cashier")
	}
	for what, got := range map[string]error{
		"his own role": third(k.Change(t.Context(), oleg, "oleg", Change{Role: ptr(catalog.RoleCashier)})),
		"himself":      third(k.Change(t.Context(), oleg, "oleg", Change{Blocked: ptr(true)})),
		"gone":         k.Remove(t.Context(), petr, second.ID),
	} {
		if code(got) != fault.UserSelf {
			t.Errorf("%s: %v", what, got)
		}
	}
	if third(k.Change(t.Context(), petr, "oleg", Change{Blocked: ptr(true)})) != nil {
		t.Error("an owner may not block another")
	}
	ghost := Actor{ID: "ghost", Role: catalog.RoleOwner} // e.g. one whom the catalogue no longer brings
	for what, got := range map[string]error{
		"role":  third(k.Change(t.Context(), ghost, second.ID, Change{Role: ptr(catalog.RoleCashier)})),
		"block": third(k.Change(t.Context(), ghost, second.ID, Change{Blocked: ptr(true)})),
		"gone":  k.Remove(t.Context(), ghost, second.ID),
	} {
		if code(got) != fault.UserLastOwner {
			t.Errorf("the last owner, %s: %v", what, got)
		}
	}
}

func third(_ Person, err error) error { return err }

// TestPINs: each is one's own, and none is easy; whoever tries another's is
// remembered.
func TestPINs(t *testing.T) {
	s := cloud()
	k := s.open(t)
	for pin, want := range map[string]fault.Code{
		"": fault.UserPINShape, "123": fault.UserPINShape, "12a4": fault.UserPINShape, "1234567890123": fault.UserPINShape, "１２３４": fault.UserPINShape,
		"0000": fault.UserPINWeak, "1234": fault.UserPINWeak, "9876": fault.UserPINWeak, "7890": fault.UserPINWeak, "1010": fault.UserPINWeak, "123123": fault.UserPINWeak, "99999999": fault.UserPINWeak,
		"2580": fault.UserPINTaken, "907060": fault.UserPINTaken, "4826": "", "13579": "",
	} {
		if got := code(third(k.SetPIN(t.Context(), oleg, "vera", pin))); got != want {
			t.Errorf("%q: %q, want %q", pin, got, want)
		}
	}
	for range 2 {
		if err := third(k.SetPIN(t.Context(), oleg, "vera", "4826")); err != nil {
			t.Error("her own PIN is taken by herself:", err)
		}
	}
	tried := slices.DeleteFunc(slices.Clone(s.said), func(e record.Entry) bool { return e.Type != auditTaken })
	var a audit
	if len(tried) != 2 || json.Unmarshal(tried[0].Data, &a) != nil || a.By != "oleg" || a.User != "vera" {
		t.Errorf("%d tries: %+v", len(tried), a)
	}
}

func TestWhatTheJournalRefusedIsNotSo(t *testing.T) {
	s := cloud()
	k := s.open(t)
	s.err = errors.New("disk")
	for what, err := range map[string]error{
		"add":   third(k.Add(t.Context(), oleg, New{Name: "Н", Role: catalog.RoleCashier, PIN: "4826"})),
		"role":  third(k.Change(t.Context(), oleg, "anna", Change{Role: ptr(catalog.RoleSenior)})),
		"PIN":   third(k.SetPIN(t.Context(), oleg, "vera", "4826")),
		"taken": third(k.SetPIN(t.Context(), oleg, "vera", "2580")),
	} {
		if !errors.Is(err, s.err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if l := k.List(); len(l) != 3 || l[1].Role != catalog.RoleCashier || l[2].PIN {
		t.Errorf("%+v", l)
	}
}

func TestBadPeopleAreRefused(t *testing.T) {
	s := cloud()
	k := s.open(t)
	for _, c := range []struct {
		n    New
		want fault.Code
	}{
		{New{Role: catalog.RoleCashier}, fault.UserName}, {New{Name: " ", Role: catalog.RoleCashier}, fault.UserName},
		{New{Name: strings.Repeat("я", MaxName+1), Role: catalog.RoleCashier}, fault.UserName}, {New{Name: "a\x1b[2J", Role: catalog.RoleCashier}, fault.UserName},
		{New{Name: "a\xff", Role: catalog.RoleCashier}, fault.UserName}, {New{Name: "a", Position: strings.Repeat("я", MaxPosition+1), Role: catalog.RoleCashier}, fault.UserName},
		{New{Name: "a", INN: "12345", Role: catalog.RoleCashier}, fault.UserINN}, {New{Name: "a", Role: "root"}, fault.UserRole}, {New{Name: "a"}, fault.UserRole},
	} {
		if got := code(third(k.Add(t.Context(), oleg, c.n))); got != c.want {
			t.Errorf("%+v: %q, want %q", c.n, got, c.want)
		}
	}
	for range MaxUsers {
		if _, err := k.Add(t.Context(), oleg, New{Name: "a", Role: catalog.RoleCashier}); err != nil {
			t.Fatal(err)
		}
	}
	if got := code(third(k.Add(t.Context(), oleg, New{Name: "a", Role: catalog.RoleCashier}))); got != fault.UserMany {
		t.Error(got)
	}
	if got := code(third(k.SetPIN(t.Context(), oleg, "nobody", "4826"))); got != fault.NotFound {
		t.Error(got)
	}
	if _, err := Open([]byte("{"), Options{}); err == nil {
		t.Error("a damaged list is read")
	}
}

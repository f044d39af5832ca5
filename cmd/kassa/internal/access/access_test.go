package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// kept is a journal in memory.
type kept struct {
	live []record.Record
	err  error
}

func (k *kept) Append(_ context.Context, entries ...record.Entry) (uint64, error) {
	if k.err != nil {
		return 0, k.err
	}
	for _, e := range entries {
		if err := e.Validate(); err != nil {
			return 0, err
		}
		k.live = slices.DeleteFunc(k.live, func(r record.Record) bool { return slices.Contains(e.Ends, r.Group) })
		if e.Group != uuid.Nil {
			k.live = append(k.live, record.Record{Entry: e})
		}
	}
	return 1, nil
}

var clock = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, j *kept) *Keeper {
	t.Helper()
	k, err := Open(j.live, j, func() time.Time { clock = clock.Add(time.Second); return clock }, uuid.New)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestATokenLivesUntilItIsRevoked(t *testing.T) {
	j := &kept{live: []record.Record{{Entry: record.Entry{Kind: record.Cart, Type: "made", Data: []byte("1")}}}}
	k := open(t, j)
	secret, made, err := k.Make(t.Context(), " Reports ", []Scope{Documents, Documents}, "Иванова")
	if err != nil || made.Name != "Reports" || len(made.Scopes) != 1 || made.Hash != "" {
		t.Fatalf("%+v %v", made, err)
	}
	for _, r := range j.live {
		if strings.Contains(string(r.Data), secret) {
			t.Fatal("the journal has the token itself")
		}
	}
	for range 2 { // and after a restart
		if got, known, ok := k.Allows(secret, Documents); !ok || !known || got.Hash != "" || got.ID != made.ID {
			t.Fatalf("%+v %v %v", got, known, ok)
		}
		if _, known, ok := k.Allows(secret, API); ok || !known {
			t.Fatal("good for another scope")
		}
		if _, known, _ := k.Allows(secret+"x", Documents); known {
			t.Fatal("another token is known")
		}
		k = open(t, j)
	}
	if d := cmp.Diff([]Token{made}, k.List()); d != "" {
		t.Error(d)
	}
	if err := k.Revoke(t.Context(), made.ID, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, known, _ := k.Allows(secret, Documents); known || len(k.List()) != 0 {
			t.Fatal("revoked and still good")
		}
		k = open(t, j)
	}
	if err := k.Revoke(t.Context(), made.ID, ""); fault.Of(err).Code != fault.NotFound {
		t.Error(err)
	}
}

func TestWhatTheJournalRefusedIsNotSo(t *testing.T) {
	j := &kept{}
	k := open(t, j)
	secret, made, err := k.Make(t.Context(), "a", []Scope{API}, "")
	if err != nil {
		t.Fatal(err)
	}
	j.err = errors.New("disk")
	if _, _, err := k.Make(t.Context(), "b", []Scope{API}, ""); err == nil || len(k.List()) != 1 {
		t.Error("made although nothing was stored")
	}
	if err := k.Revoke(t.Context(), made.ID, ""); err == nil {
		t.Error("revoked although nothing was stored")
	}
	if _, _, ok := k.Allows(secret, API); !ok {
		t.Error("no longer good")
	}
}

func TestBadTokensAreRefused(t *testing.T) {
	k := open(t, &kept{})
	for _, c := range []struct {
		name   string
		scopes []Scope
	}{{"", []Scope{API}}, {"  ", []Scope{API}}, {strings.Repeat("я", MaxName+1), []Scope{API}}, {"a\x1b", []Scope{API}}, {"a", nil}, {"a", []Scope{"root"}}} {
		if _, _, err := k.Make(t.Context(), c.name, c.scopes, ""); fault.Of(err).Code != fault.BadRequest {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for range MaxTokens {
		if _, _, err := k.Make(t.Context(), "a", []Scope{API}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := k.Make(t.Context(), "one too many", []Scope{API}, ""); fault.Of(err).Code != fault.BadRequest {
		t.Error(err)
	}
	for _, data := range []string{`{`, `{"hash":"xx"}`, `{"hash":"00"}`} {
		live := []record.Record{{Entry: record.Entry{Kind: record.Token, Type: typeMade, Data: []byte(data)}}}
		if _, err := Open(live, &kept{}, time.Now, uuid.New); err == nil {
			t.Errorf("%s is a token", data)
		}
	}
}

// TestSessionsEndByThemselves: a token of a PIN speaks for its cashier, ends
// with its time also over a restart, and makes room for others, not of others.
func TestSessionsEndByThemselves(t *testing.T) {
	j := &kept{}
	k := open(t, j)
	mine, _, err := k.Make(t.Context(), "Reports", []Scope{Documents}, "")
	if err != nil {
		t.Fatal(err)
	}
	short, err := k.Session(t.Context(), "c1", "Анна", Cheques, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if got, known, allowed := k.Allows(short, Cheques); !known || !allowed || got.Cashier != "c1" {
		t.Errorf("%+v %v %v", got, known, allowed)
	}
	if _, _, allowed := k.Allows(short, API); allowed {
		t.Error("good for more than it was made for")
	}
	k = open(t, j)
	if _, _, allowed := k.Allows(short, Cheques); !allowed {
		t.Error("a restart ended it")
	}
	clock = clock.Add(time.Minute)
	if _, known, allowed := k.Allows(short, Cheques); known || allowed || len(k.List()) != 1 {
		t.Errorf("it goes on: %+v", k.List())
	}
	var first string
	for i := range MaxSessions + 1 {
		secret, err := k.Session(t.Context(), "c1", strings.Repeat("Я", 2*MaxName), Cheques, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = secret
		}
	}
	if _, known, _ := k.Allows(first, Cheques); known || len(k.List()) != MaxSessions+1 || len(j.live) != MaxSessions+1 {
		t.Errorf("the oldest did not make room: %d tokens, %d records", len(k.List()), len(j.live))
	}
	if _, _, allowed := k.Allows(mine, Documents); !allowed {
		t.Error("sessions pushed another token out")
	}
}

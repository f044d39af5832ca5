// Package access keeps the tokens that let programs of others in.
//
// A token is made and revoked on the device and says what it is good for. It
// is shown once; the journal holds its SHA-256 alone, as a record that stays
// live until the one that revokes it, so a restart, a new period and a rebuilt
// journal know the same tokens. It has 256 random bits: a fast hash is enough.
//
// All methods of a Keeper may be called concurrently.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Scope is what a token is good for.
type Scope string

// The scopes.
const (
	Documents Scope = "documents" // reading documents in Evotor's format
	API       Scope = "api"       // the native API, all that the network may call
	Cheques   Scope = "cheques"   // the cheques API: orders of waiters' tablets
)

// Scopes lists all scopes.
func Scopes() []Scope { return []Scope{Documents, API, Cheques} }

// Limits.
const (
	MaxTokens = 100
	MaxName   = 60 // characters
)

// Types of the records of kind token.
const (
	typeMade    = "made"
	typeRevoked = "revoked"
	schema      = 1
)

// Token is what is known of a token, never the token itself.
type Token struct {
	ID     uuid.UUID `json:"id"`
	Name   string    `json:"name"` // who has it
	Scopes []Scope   `json:"scopes"`
	Hash   string    `json:"hash,omitempty"` // SHA-256, hex
	By     string    `json:"by,omitempty"`   // who was logged in when it was made
	Made   time.Time `json:"made"`

	// A session speaks in a cashier's name, and ends by itself.
	Cashier string    `json:"cashier,omitempty"` // the id
	Until   time.Time `json:"until,omitzero"`
}

// Journal is where tokens are kept.
type Journal interface {
	Append(ctx context.Context, entries ...record.Entry) (uint64, error)
}

// Keeper knows all tokens that are good.
type Keeper struct {
	journal Journal
	now     func() time.Time
	newID   func() uuid.UUID

	writing sync.Mutex // one change at a time
	mu      sync.RWMutex
	tokens  map[[sha256.Size]byte]Token
}

// Open makes a keeper of what is live in the journal. Records of other kinds
// are passed by.
func Open(live []record.Record, j Journal, now func() time.Time, newID func() uuid.UUID) (*Keeper, error) {
	k := &Keeper{journal: j, now: now, newID: newID, tokens: map[[sha256.Size]byte]Token{}}
	for _, r := range live {
		if r.Kind != record.Token || r.Type != typeMade {
			continue
		}
		var t Token
		if err := json.Unmarshal(r.Data, &t); err != nil {
			return nil, fmt.Errorf("token in record %d: %w", r.Seq, err)
		}
		hash, err := hex.DecodeString(t.Hash)
		if err != nil || len(hash) != sha256.Size {
			return nil, fmt.Errorf("token in record %d: no hash", r.Seq)
		}
		k.tokens[[sha256.Size]byte(hash)] = t
	}
	return k, nil
}

// Make makes a token; secret is shown once and kept nowhere. fault.BadRequest:
// no name, an unknown scope or none, or MaxTokens there.
func (k *Keeper) Make(ctx context.Context, name string, scopes []Scope, by string) (secret string, t Token, err error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > MaxName || strings.ContainsFunc(name, unicode.IsControl) {
		return "", t, fault.New(fault.BadRequest, fmt.Sprintf("name: 1..%d characters", MaxName))
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	for _, s := range scopes {
		if !slices.Contains(Scopes(), s) {
			return "", t, fault.New(fault.BadRequest, fmt.Sprintf("scope %.40q", string(s)))
		}
	}
	if len(scopes) == 0 {
		return "", t, fault.New(fault.BadRequest, "scopes")
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	made := slices.DeleteFunc(k.all(), func(t Token) bool { return !t.Until.IsZero() })
	if len(made) >= MaxTokens {
		return "", t, fault.New(fault.BadRequest, fmt.Sprintf("%d tokens", MaxTokens))
	}
	return k.issue(ctx, Token{Name: name, Scopes: scopes, By: by})
}

// issue makes a token's secret and journals it.
func (k *Keeper) issue(ctx context.Context, t Token) (secret string, _ Token, err error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", t, fmt.Errorf("token: %w", err)
	}
	secret = base64.RawURLEncoding.EncodeToString(random)
	hash := sha256.Sum256([]byte(secret))
	t.ID, t.Hash, t.Made = k.newID(), hex.EncodeToString(hash[:]), k.now()
	if err := k.append(ctx, t.ID, typeMade, t, record.Entry{Group: t.ID}); err != nil {
		return "", Token{}, err
	}
	k.mu.Lock()
	k.tokens[hash] = t
	k.mu.Unlock()
	t.Hash = ""
	return secret, t, nil
}

// Revoke ends a token at once. fault.NotFound: there is none of that id.
func (k *Keeper) Revoke(ctx context.Context, id uuid.UUID, by string) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.revoke(ctx, id, by)
}

func (k *Keeper) revoke(ctx context.Context, id uuid.UUID, by string) error {
	var hash [sha256.Size]byte
	var gone Token
	k.mu.RLock()
	for h, t := range k.tokens {
		if t.ID == id {
			hash, gone = h, t
		}
	}
	k.mu.RUnlock()
	if gone.ID == uuid.Nil {
		return fault.New(fault.NotFound, id.String())
	}
	data := map[string]string{"name": gone.Name, "by": by}
	if err := k.append(ctx, k.newID(), typeRevoked, data, record.Entry{Ends: []uuid.UUID{id}}); err != nil {
		return err
	}
	k.mu.Lock()
	delete(k.tokens, hash)
	k.mu.Unlock()
	return nil
}

func (k *Keeper) append(ctx context.Context, id uuid.UUID, typ string, data any, e record.Entry) (err error) {
	e.Kind, e.ID, e.Type, e.Schema = record.Token, id, typ, schema
	if e.Data, err = json.Marshal(data); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	_, err = k.journal.Append(ctx, e)
	return err
}

// List gives the tokens that are good, oldest first, without their hashes.
func (k *Keeper) List() []Token {
	now := k.now()
	return slices.DeleteFunc(k.all(), func(t Token) bool { return t.over(now) })
}

// all are the tokens that were not revoked.
func (k *Keeper) all() []Token {
	k.mu.RLock()
	defer k.mu.RUnlock()
	all := make([]Token, 0, len(k.tokens))
	for _, t := range k.tokens {
		t.Hash = ""
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Token) int {
		if c := a.Made.Compare(b.Made); c != 0 {
			return c
		}
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	return all
}

// Allows tells whether a token is known, whose it is, and whether it is good
// for the scope.
func (k *Keeper) Allows(secret string, s Scope) (t Token, known, allowed bool) {
	hash := sha256.Sum256([]byte(secret))
	k.mu.RLock()
	defer k.mu.RUnlock()
	t, known = k.tokens[hash]
	if t.over(k.now()) {
		return Token{}, false, false
	}
	t.Hash = ""
	return t, known, known && slices.Contains(t.Scopes, s)
}

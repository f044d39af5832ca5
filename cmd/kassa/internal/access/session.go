package access

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Sessions. A program at which a cashier has typed his PIN gets a token of its
// own, which speaks in his name and ends by itself. Those that are over are
// revoked in the journal when the next begins.

// MaxSessions is how many sessions there may be; the oldest makes room.
const MaxSessions = 50

// Session makes a token in a cashier's name that is good for a scope, and no
// longer than life.
func (k *Keeper) Session(ctx context.Context, cashier, name string, s Scope, life time.Duration) (secret string, err error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	if err := k.end(ctx); err != nil {
		return "", err
	}
	t := Token{Name: shown(name), Scopes: []Scope{s}, Cashier: cashier, Until: k.now().Add(life)}
	secret, _, err = k.issue(ctx, t)
	return secret, err
}

// end revokes sessions that are over, and the oldest when there is no room for
// another.
func (k *Keeper) end(ctx context.Context) error {
	sessions := slices.DeleteFunc(k.all(), func(t Token) bool { return t.Until.IsZero() })
	left := len(sessions)
	for _, t := range sessions {
		if t.over(k.now()) || left >= MaxSessions {
			if err := k.revoke(ctx, t.ID, t.Name); err != nil {
				return err
			}
			left--
		}
	}
	return nil
}

// over tells whether a session has ended by itself.
func (t *Token) over(now time.Time) bool { return !t.Until.IsZero() && !now.Before(t.Until) }

// shown is a cashier's name as a token's.
func shown(name string) string {
	name = strings.TrimSpace(name)
	for i := range name {
		if i >= MaxName {
			return name[:i]
		}
	}
	return name
}

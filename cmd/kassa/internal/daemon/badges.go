package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/record"
)

// badges are what the cashiers' badges say, hashed. No cloud knows of them:
// they are the till's own settings, in its journal.
type badges struct {
	d *daemon

	mu    sync.Mutex
	known map[string]string // hash by cashier; "" has none
}

type badgeData struct {
	Hash string `json:"hash"`
}

func badgeSetting(cashier string) string { return "badge." + cashier }

// cashiers are who may log in, with their badges.
func (b *badges) cashiers() []catalog.Cashier {
	all := b.d.store().Cashiers
	for i := range all {
		hash, err := b.of(context.Background(), all[i].ID)
		if err != nil {
			b.d.log.Error("badge", "cashier", all[i].ID, "err", err)
			continue
		}
		all[i].BadgeHash = hash
	}
	return all
}

func (b *badges) of(ctx context.Context, cashier string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if hash, known := b.known[cashier]; known {
		return hash, nil
	}
	rec, err := b.d.journal.Setting(ctx, badgeSetting(cashier))
	var set badgeData
	switch {
	case errors.Is(err, journal.ErrNotFound):
	case err != nil:
		return "", err
	default:
		if err := json.Unmarshal(rec.Data, &set); err != nil {
			return "", fmt.Errorf("setting in record %d: %w", rec.Seq, err)
		}
	}
	b.known[cashier] = set.Hash
	return set.Hash, nil
}

// give makes a code the badge of somebody who works here; "" takes it away.
func (b *badges) give(ctx context.Context, cashier, code string) error {
	by, err := b.d.actor(ctx)
	if err != nil {
		return err
	}
	if err := b.d.users.MayTouch(by, cashier); err != nil {
		return err
	}
	var set badgeData
	if code != "" {
		shop := codes(b.d.cfg.Codes)
		if c, err := gs1.Classify(code, &shop); err != nil || c.Kind != gs1.Badge {
			return fault.New(fault.BadRequest, "badge: codes.badges")
		}
		if err := b.taken(ctx, cashier, code); err != nil {
			return err
		}
		if set.Hash, err = pin.Hash(code); err != nil {
			return err
		}
	}
	data, err := json.Marshal(set)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.d.journal.Append(ctx, record.Entry{Kind: record.Setting, ID: newID(), Type: badgeSetting(cashier), Schema: 1, Data: data}); err != nil {
		return err
	}
	b.known[cashier] = set.Hash
	return nil
}

// taken refuses a badge that is another's.
func (b *badges) taken(ctx context.Context, cashier, code string) error {
	for _, p := range b.d.users.List() {
		if p.ID == cashier {
			continue
		}
		hash, err := b.of(ctx, p.ID)
		if err != nil {
			return err
		}
		if same, err := pin.Check(hash, code); err == nil && same {
			return fault.New(fault.UserBadge)
		}
	}
	return nil
}

// has tells whether somebody has a badge; one that can not be read is none.
func (b *badges) has(cashier string) bool {
	hash, err := b.of(context.Background(), cashier)
	if err != nil {
		b.d.log.Error("badge", "cashier", cashier, "err", err)
	}
	return hash != ""
}

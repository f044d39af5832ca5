package cheques

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// How long a token lasts.
const (
	workDay  = 16 * time.Hour
	remember = 30 * 24 * time.Hour
)

// Wrong PINs lock the login of programs as they lock the till's own; the two
// are counted apart, so that nobody on the network locks the cashier out.
const (
	wrongPINs   = 5
	lockedFor   = 30 * time.Second // doubles up to lockedMost
	lockedMost  = 15 * time.Minute
	wrongForgot = 10 * time.Minute // a quiet spell this long forgets wrong PINs
)

// login counts wrong PINs. One PIN is checked at a time: that is slow and
// takes memory, on purpose.
type login struct {
	checking sync.Mutex

	mu     sync.Mutex // guards what follows
	wrong  int
	at     time.Time // of the last wrong one
	locked time.Time // until then
	next   time.Duration
}

// wait is how long nobody may try; 0: now.
func (l *login) wait(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, l.locked.Sub(now))
}

// missed counts a wrong PIN.
func (l *login) missed(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.at) > wrongForgot {
		l.wrong, l.next = 0, lockedFor
	}
	l.at = now
	if l.wrong++; l.wrong >= wrongPINs {
		l.locked = now.Add(l.next)
		l.next = min(2*l.next, lockedMost)
	}
}

// auth gives a token for a PIN.
func (s *Server) auth(ctx context.Context, _ caller, op ikassa.Operation, body []byte) (ikassa.Response, error) {
	in, err := ikassa.DecodeAuth(body)
	if err != nil {
		return ikassa.Response{}, err
	}
	s.pins.checking.Lock()
	who, err := s.byPIN(in.PIN)
	s.pins.checking.Unlock()
	if err != nil {
		return ikassa.Response{}, err
	}
	life := workDay
	if in.Remember {
		life = remember
	}
	answer := ikassa.Success(op, "Авторизация выполнена")
	if in.Token {
		if answer.Token, err = s.o.Tokens.Session(ctx, who.ID, who.Name, access.Cheques, life); err != nil {
			return ikassa.Response{}, err
		}
	}
	s.o.Log.Info("a program was let in", "cashier", who.ID, "token", in.Token)
	return answer, nil
}

// byPIN finds the cashier of a PIN. Callers hold checking, so that nobody
// tries more PINs at once than are counted.
func (s *Server) byPIN(pin string) (*catalog.Cashier, error) {
	if wait := s.pins.wait(s.o.Now()); wait > 0 {
		return nil, fault.New(fault.LoginLocked, strconv.Itoa(max(1, int(wait/time.Second))))
	}
	all := s.o.Cashiers()
	for i := range all {
		if all[i].PINHash == "" {
			continue
		}
		right, err := s.o.CheckPIN(all[i].PINHash, pin)
		if err != nil {
			return nil, fmt.Errorf("PIN of cashier %s: %w", all[i].ID, err)
		}
		if right {
			return &all[i], nil
		}
	}
	s.pins.missed(s.o.Now())
	return nil, fault.New(fault.LoginRefused)
}

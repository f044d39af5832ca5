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
	"github.com/kassa-pos/kassa/pos/lockout"
)

// How long a token lasts.
const (
	workDay  = 16 * time.Hour
	remember = 30 * 24 * time.Hour
)

// login counts wrong PINs of programs, apart from the till's own, so that
// nobody on the network locks the cashier out. One PIN is checked at a time:
// that is slow and takes memory, on purpose.
type login struct {
	checking sync.Mutex // guards what follows
	lock     lockout.Lock
}

// auth gives a token for a PIN.
func (s *Server) auth(ctx context.Context, _ caller, op ikassa.Operation, body []byte) (ikassa.Response, error) {
	in, err := ikassa.DecodeAuth(body)
	if err != nil {
		return ikassa.Response{}, err
	}
	s.pins.checking.Lock()
	who, err := s.byPIN(ctx, in.PIN)
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
func (s *Server) byPIN(ctx context.Context, pin string) (*catalog.Cashier, error) {
	if wait := s.pins.lock.Wait(s.o.Now()); wait > 0 {
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
	s.pins.lock.Missed(s.o.Now())
	if s.o.Refused != nil {
		s.o.Refused(ctx)
	}
	return nil, fault.New(fault.LoginRefused)
}

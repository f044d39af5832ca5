package console

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/pos/fault"
)

// The page of the releases: which runs, which could, and taking the machine
// there. What it asks for is done by the till's updates; whoever may service
// the till may ask.

func (c *Console) updateRoutes(m *router) {
	m.HandleFunc("GET /updates", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "updates", "updates.title", nil) }))
	for name, do := range map[string]func(u api.Updates, r *http.Request, by string) error{
		"check":  func(u api.Updates, r *http.Request, _ string) error { return u.Check(r.Context()) },
		"cancel": func(u api.Updates, _ *http.Request, _ string) error { return u.Cancel() },
		"install": func(u api.Updates, r *http.Request, by string) error {
			return u.Install(r.Context(), updates.Wish{By: by})
		},
		"usb": func(u api.Updates, r *http.Request, by string) error {
			return u.Install(r.Context(), updates.Wish{From: stick.USB, By: by})
		},
		"later": func(u api.Updates, _ *http.Request, by string) error { return u.RestartWhenFree(by) },
	} {
		m.HandleFunc("POST /do/update-"+name, c.allowed(func(w http.ResponseWriter, r *http.Request) {
			err := error(fault.New(fault.UpdateNoSlots))
			if c.o.Updates != nil {
				err = do(c.o.Updates, r, c.who())
			}
			if err != nil {
				c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}))
	}
	for name, do := range map[string]func(ctx context.Context, u api.Updates, by string) error{
		"restart":  func(ctx context.Context, u api.Updates, by string) error { return u.Restart(ctx, by, false) },
		"rollback": func(ctx context.Context, u api.Updates, by string) error { return u.Rollback(ctx, by, false) },
	} {
		m.HandleFunc("POST /do/update-"+name, c.allowed(c.chore(&c.updating, name, func(ctx context.Context, _ *choreView) error {
			if c.o.Updates == nil {
				return fault.New(fault.UpdateNoSlots)
			}
			return do(ctx, c.o.Updates, c.who())
		})))
	}
}

// who is logged in, for the journal.
func (c *Console) who() string {
	v, _ := c.o.Till.View()
	if v.Cashier == nil {
		return ""
	}
	return v.Cashier.Name
}

// Update is how updates stand; nil: this till has none.
func (s *screen) Update() *updates.Status {
	if s.updates == nil {
		return nil
	}
	u, _ := s.updates.Status()
	return &u
}

// UpdateBusy says why nothing may be installed now, "" when it may.
func (s *screen) UpdateBusy() string {
	if why := api.BusyForUpdate(&s.V); why != nil {
		return s.loc.fault(why)
	}
	return ""
}

// UpdateFault says why the last try failed.
func (s *screen) UpdateFault(err *fault.Error) string { return s.loc.fault(err) }

// UpdatingFault says why a restart was refused.
func (s *screen) UpdatingFault() string { return s.loc.fault(s.Updating.Err) }

// UpdateRuns tells whether something is being brought or installed.
func (s *screen) UpdateRuns(u *updates.Status) bool {
	switch u.Phase {
	case updates.Downloading, updates.Staged, updates.Checking, updates.Installing, updates.Restarting:
		return true
	}
	return false
}

// UpdateStops tells whether that may still be given up.
func (s *screen) UpdateStops(u *updates.Status) bool {
	return u.Phase == updates.Downloading || u.Phase == updates.Staged
}

// UpdateWaits tells whether another release starts next.
func (s *screen) UpdateWaits(u *updates.Status) bool {
	return u.Phase == updates.Installed || u.Slots != nil && u.Slots.Next != "" && u.Slots.Next != u.Slots.Booted
}

// UpdateBack tells whether there is a release to go back to.
func (s *screen) UpdateBack(u *updates.Status) bool {
	return u.Slots != nil && u.Slots.Slots[u.Slots.Booted.Other()].Bootable
}

// slotView is one of the two places of the system.
type slotView struct {
	Name string
	slots.Info
	Runs, Next bool
}

// Slots are the two places.
func (s *screen) Slots(u *updates.Status) (all []slotView) {
	if u.Slots == nil {
		return nil
	}
	for _, n := range []slots.Slot{slots.A, slots.B} {
		all = append(all, slotView{string(n), u.Slots.Slots[n], n == u.Slots.Booted, n == u.Slots.Next && n != u.Slots.Booted})
	}
	return all
}

// Megabytes of so many bytes, at least one.
func (s *screen) Megabytes(bytes int64) int64 { return max(1, bytes>>20) }

// News is what a release tells about itself in the screen's language.
func (s *screen) News(r *updates.Release) string { return r.Notes[s.loc.name] }

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// document reads a document record, with its people as long as they have not
// been erased.
func document(rec record.Record) (doc.Document, error) {
	var d doc.Document
	if err := json.Unmarshal(rec.Data, &d); err != nil {
		return d, fmt.Errorf("document in record %d: %w", rec.Seq, err)
	}
	if len(rec.Private) > 0 {
		if err := json.Unmarshal(rec.Private, &d.People); err != nil {
			return d, fmt.Errorf("people of the document in record %d: not readable", rec.Seq) // the cause would quote them
		}
	}
	return d, nil
}

// erase erases people at the owner's word: of a document, or a contact.
func (d *daemon) erase(ctx context.Context, document uuid.UUID, contact string) (any, error) {
	by, err := d.mayErase()
	if err != nil {
		return nil, err
	}
	var erased journal.Erasure
	if contact != "" {
		erased, err = d.journal.EraseContact(ctx, contact, by)
	} else {
		erased, err = d.journal.EraseDocument(ctx, document, by)
	}
	switch {
	case errors.Is(err, journal.ErrNotFound):
		return nil, fault.New(fault.NotFound, document.String())
	case errors.Is(err, record.ErrInvalid):
		return nil, fault.New(fault.BadRequest, "contact")
	case err != nil:
		return nil, err
	}
	live, err := d.journal.Live(ctx)
	if err != nil {
		return nil, err
	}
	d.made.load(live)
	d.log.Info("people erased", "records", erased.Records, "documents", len(erased.Documents), "by", by)
	return erased, nil
}

// mayErase gives the id of the owner who is logged in at the till. What is
// erased can not be brought back.
func (d *daemon) mayErase() (string, error) {
	v, _ := d.loop.View()
	if v.Cashier == nil {
		return "", fault.New(fault.LoginRequired)
	}
	all := d.store().Cashiers
	i := slices.IndexFunc(all, func(c catalog.Cashier) bool { return c.ID == v.Cashier.ID })
	if i < 0 || all[i].Role != catalog.RoleOwner {
		return "", fault.New(fault.LoginOwner)
	}
	return v.Cashier.ID, nil
}

// store is the catalogue's store as this till's configuration has it.
func (d *daemon) store() catalog.Store { return d.configured(d.catalog.Current().Store) }

// configured gives the store the people who work at this till, and what the
// configuration says of roles and prices.
func (d *daemon) configured(s catalog.Store) catalog.Store {
	if drop := d.cfg.Prices.DropKopecks; drop != nil {
		s.DropKopecks = *drop
	}
	if onTop := d.cfg.Prices.VATOnTop; onTop != nil {
		s.VATOnTop = *onTop
	}
	s.Cashiers = d.users.Apply(s.Cashiers)
	all := map[catalog.Role]map[catalog.Permission]bool{}
	for role, set := range s.Permissions {
		all[role] = maps.Clone(set)
	}
	for role, set := range d.cfg.Permissions {
		r := catalog.Role(role)
		if all[r] == nil {
			all[r] = map[catalog.Permission]bool{}
		}
		for p, may := range set {
			all[r][catalog.Permission(p)] = may
		}
	}
	s.Permissions = all
	return s
}

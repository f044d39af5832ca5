package main

import (
	"context"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
)

// stores are a made-up cloud's points of sale; admin@shop may see them by the
// password "Secret!1".
type stores struct{}

func (stores) Stores(_ context.Context, login, password string) ([]api.CloudStore, error) {
	if login != "admin@shop" || password != "Secret!1" {
		return nil, fault.New(fault.CloudLogin)
	}
	return []api.CloudStore{{ID: "s1", Name: "Магазин на Лесной", Organization: "ООО «Берёзка»", Own: true, Attached: true},
		{ID: "s2", Name: "Киоск у вокзала", Organization: "ООО «Берёзка»", Attached: true}, {ID: "s3", Name: "Склад-магазин на улице Большая Академическая, 17", Organization: "ИП Берёзкина"}}, nil
}

func (s stores) Attach(ctx context.Context, in api.CloudAttach) (api.CloudStore, error) {
	all, err := s.Stores(ctx, in.Login, in.Password)
	for _, st := range all {
		switch {
		case !strings.EqualFold(st.ID, in.Store):
		case st.Attached && !st.Own && !in.TakeOver:
			return st, fault.New(fault.CloudTaken, st.Name)
		default:
			return st, nil
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, in.Store)
	}
	return api.CloudStore{}, err
}

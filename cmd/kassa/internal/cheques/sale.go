package cheques

import (
	"context"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

func (s *Server) sale(context.Context, caller, ikassa.Operation, []byte) (ikassa.Response, error) {
	return ikassa.Response{}, ikassa.Blocked
}

func (s *Server) deposit(context.Context, caller, ikassa.Operation, []byte) (ikassa.Response, error) {
	return ikassa.Response{}, ikassa.Blocked
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/kassa-pos/kassa/offline/tape"
)

// tapeStore is the journal's tape alone: the write a sale waits for.
type tapeStore struct{ tape *tape.Tape }

func newTape(dir string) (store, error) {
	t, _, err := tape.Open(tape.Options{Dir: filepath.Join(dir, "tape"), Log: slog.New(slog.DiscardHandler)})
	return tapeStore{t}, err
}

func (s tapeStore) commit(ctx context.Context, _ int, document []byte) error {
	_, err := s.tape.Append(ctx, fmt.Appendf(nil, `"data":%s`, document))
	return err
}

func (s tapeStore) close() error { return s.tape.Close() }

package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
)

// A file of what is parked is there as a whole or not at all.
func TestWriteParked(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kassa.parked.jsonl")
	ids := []uuid.UUID{uuid.New(), uuid.New()}
	broken := errors.New("gone")
	export := func(fail uuid.UUID) func(context.Context, uuid.UUID) (any, error) {
		return func(_ context.Context, id uuid.UUID) (any, error) {
			if id == fail {
				return nil, broken
			}
			return outbox.Exported{Destination: "moysklad", Document: outbox.Parked{Document: id, Words: "нет"}, Path: "/entity/retaildemand"}, nil
		}
	}
	if err := writeParked(t.Context(), path, ids, export(ids[1])); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v %v is left", left, err)
	}
	if err := writeParked(t.Context(), path, ids, export(uuid.Nil)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), ids[1].String()) || !strings.Contains(string(text), "retaildemand") {
		t.Errorf("%v %s", err, text)
	}
	if err := writeParked(t.Context(), filepath.Join(dir, "none", "x"), ids, export(uuid.Nil)); err == nil {
		t.Error("there is no such directory")
	}
}

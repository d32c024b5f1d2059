package postgres_test

import (
	"errors"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	s := open(t, postgres.Config{DSN: database(t)})
	id := cart("1")
	fence := member(t, s, store.Node{ID: "n"}, 3)
	for i := range int64(300) {
		if err := s.Append(t.Context(), id, numbered(id, fence, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := last(t.Context(), s, id); n != 300 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if err := s.Append(t.Context(), id, numbered(id, fence, 7)); !errors.Is(err, store.ErrConflict) {
		t.Fatal(err)
	}
}

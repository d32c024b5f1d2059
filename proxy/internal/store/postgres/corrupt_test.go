package postgres_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// ES-REPLAY-009: rows that are not what was written are found, and what
// was passed on before them is as written. Other entities are not concerned.
func TestCorruptRows(t *testing.T) {
	t.Parallel()
	for change, first := range map[string]int64{ // the first event that Load does not pass on
		`UPDATE stateward.event SET payload = 'x' WHERE sequence = 2`:                                                              2,
		`UPDATE stateward.event SET type = 'x' WHERE sequence = 3`:                                                                 3,
		`UPDATE stateward.event SET time = 1 WHERE sequence = 1`:                                                                   1,
		`UPDATE stateward.event SET metadata = '' WHERE sequence = 2`:                                                              2,
		`DELETE FROM stateward.event WHERE sequence = 2`:                                                                           2,
		`DELETE FROM stateward.event WHERE sequence = 1`:                                                                           1,
		`UPDATE stateward.event SET sequence = 4 WHERE sequence = 3`:                                                               3,
		`UPDATE stateward.event SET payload = (SELECT payload FROM stateward.event WHERE sequence = 1 LIMIT 1) WHERE sequence = 3`: 3,
		`INSERT INTO stateward.snapshot SELECT entity, 1, '', '', 7 FROM stateward.event WHERE sequence = 1`:                       0,
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			dsn := database(t)
			s := open(t, postgres.Config{DSN: dsn, PoolSize: 4})
			fence := member(t, s, store.Node{ID: "n"}, 1)
			for n := range int64(3) {
				if err := s.Append(t.Context(), cart("1"), numbered(cart("1"), fence, n+1)); err != nil {
					t.Fatal(err)
				}
			}
			connect(t, dsn).do(change)
			next := int64(0)
			err := s.Load(t.Context(), cart("1"), func(store.Head) error { next = 1; return nil }, func(event entity.Event) error {
				if event.Sequence != next {
					t.Errorf("event %d after %d", event.Sequence, next-1)
				}
				next++
				return nil
			})
			if !errors.Is(err, store.ErrCorrupt) || next != first {
				t.Errorf("Load() = %v, before the event %d, want ErrCorrupt before %d", err, next, first)
			}
			if at, err := last(t.Context(), s, cart("2")); at != 0 || err != nil {
				t.Errorf("another entity: %d, %v", at, err)
			}
		})
	}
}

func TestCorruptValue(t *testing.T) {
	t.Parallel()
	for _, change := range []string{`payload = 'x'`, `type = NULL`, `revision = 2`, `ends = 1`, `checksum = NULL`, `checksum = 1`} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			dsn := database(t)
			s := open(t, postgres.Config{DSN: dsn, PoolSize: 4})
			fence := member(t, s, store.Node{ID: "n"}, 1)
			if err := s.Write(t.Context(), cart("1"), store.Change{Fence: fence, Actions: 1, Update: &anypb.Any{TypeUrl: "t"}}); err != nil {
				t.Fatal(err)
			}
			connect(t, dsn).do(`UPDATE stateward.value SET ` + change)
			if value, err := s.Read(t.Context(), cart("1")); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("Read() = %v, %v, want ErrCorrupt", value, err)
			}
		})
	}
}

package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// findings are the damages that an Export passes on, as lines.
func findings(t *testing.T, s store.Exporter, thorough bool) (lines []string) {
	t.Helper()
	err := s.Export(t.Context(), thorough, func(item store.Item) error {
		if damage, is := item.(store.DamageItem); is {
			lines = append(lines, damage.Of+": "+damage.What)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestEveryDamageIsFound breaks one row after another, and puts all back. Each is found,
// with the name of whose it is.
func TestEveryDamageIsFound(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, PoolSize: 4})
	fence, profile := member(t, s, store.Node{ID: "n"}, 1), store.ID{Persistence: "profile", Entity: "1"}
	batch := store.Batch{Fence: fence, Events: make([]entity.Event, 3), Snapshot: &entity.Snapshot{Sequence: 2}}
	change := store.Change{Fence: fence, Actions: 1, Update: &anypb.Any{}, ExpireAfter: time.Hour, Beside: store.Beside{
		Records: []store.Record{{Key: "k", Expires: time.Now().Add(time.Hour)}},
		Effects: []store.Effect{{ID: "e", Stored: time.Now()}},
	}}
	if err := errors.Join(
		s.Append(t.Context(), cart("1"), batch), s.Write(t.Context(), profile, change),
		s.Save(t.Context(), "node", []store.Replica{{ID: profile}}), s.Kind(t.Context(), "cart", "kind"),
	); err != nil {
		t.Fatal(err)
	}
	if lines := findings(t, s, true); len(lines) > 0 {
		t.Fatalf("before anything is damaged: %q", lines)
	}
	direct := connect(t, dsn)
	for table := range strings.FieldsSeq("entity event snapshot value record effect replica kind") {
		direct.do(fmt.Sprintf(`CREATE TABLE saved_%[1]s AS TABLE stateward.%[1]s`, table))
	}
	for _, test := range []struct {
		change, of, what string
		thorough         bool
	}{
		{`UPDATE stateward.event SET payload = 'x' WHERE sequence = 2`, `"cart"/"1"`, "its event 2 has another checksum", false},
		{`DELETE FROM stateward.event WHERE sequence = 2`, `"cart"/"1"`, "after the event 1 comes 3", false},
		{`DELETE FROM stateward.event WHERE sequence = 1`, `"cart"/"1"`, "after the event 0 comes 2", false},
		{`UPDATE stateward.event SET persistence = 7 WHERE sequence = 1`, `"cart"/"1"`, "another log", false},
		{`UPDATE stateward.event SET log_offset = 7`, "the log", "3 events are there", true},
		{`UPDATE stateward.snapshot SET payload = 'x'`, `"cart"/"1"`, "its snapshot has another checksum", false},
		{`DELETE FROM stateward.event WHERE sequence > 1`, `"cart"/"1"`, "covers the sequence 2, and its last is 1", false},
		{`UPDATE stateward.value SET payload = 'x'`, `"profile"/"1"`, "its value has another checksum", false},
		{`UPDATE stateward.record SET digest = 'x'`, `"profile"/"1"`, `its record "k" has a digest`, false},
		{`UPDATE stateward.kind SET persistence = 'x'`, `the kind of "x"`, "another key", false},
		{`DELETE FROM stateward.entity`, "the entity with the key", "without a name", false},
		{`UPDATE stateward.entity SET key = 'x'`, `"cart"/"x"`, "another key", false},
		{`INSERT INTO stateward.entity VALUES ('x', 'cart', '2')`, `"cart"/"2"`, "another key", true},
	} {
		direct.do(test.change)
		if all := strings.Join(findings(t, s, true), "\n"); !strings.Contains(all, test.of) || !strings.Contains(all, test.what) {
			t.Errorf("%s: found %q, want %q of %q", test.change, all, test.what, test.of)
		}
		if lines := findings(t, s, false); (len(lines) == 0) != test.thorough {
			t.Errorf("%s: a look that is not thorough finds %q", test.change, lines)
		}
		for table := range strings.FieldsSeq("entity event snapshot value record effect replica kind") {
			direct.do(fmt.Sprintf(`DELETE FROM stateward.%[1]s; INSERT INTO stateward.%[1]s TABLE saved_%[1]s`, table))
		}
	}
	if lines := findings(t, s, true); len(lines) > 0 {
		t.Fatalf("after all is put back: %q", lines)
	}
}

// TestReader reads while a store is open, writes nothing, and leaves a database alone
// that is older, newer, or none of its own.
func TestReader(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, postgres.Config{DSN: dsn, PoolSize: 4})
	fence := member(t, s, store.Node{ID: "n"}, 1)
	if err := s.Append(t.Context(), cart("1"), numbered(cart("1"), fence, 1)); err != nil {
		t.Fatal(err)
	}
	direct := connect(t, dsn)
	direct.do(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	r, err := postgres.OpenReader(t.Context(), postgres.Config{DSN: dsn, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	if lines := findings(t, r, true); len(lines) > 0 {
		t.Errorf("found %q", lines)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	direct.do(`SET default_transaction_read_only = off`)
	direct.do(`INSERT INTO stateward.migration (version_id, is_applied) VALUES (987, true)`)
	if _, err := postgres.OpenReader(t.Context(), postgres.Config{DSN: dsn, Log: discard()}); !errors.Is(err, postgres.ErrNewer) {
		t.Errorf("OpenReader = %v, want ErrNewer", err)
	}
	_, err = postgres.OpenReader(t.Context(), postgres.Config{DSN: server.Empty(t), Log: discard()})
	if err == nil || !strings.Contains(err.Error(), "there is no store") {
		t.Errorf("OpenReader of an empty database = %v", err)
	}
}

// TestImportBesideAProxy: a database that a proxy has a lease in is not filled.
func TestImportBesideAProxy(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	member(t, open(t, postgres.Config{DSN: dsn, PoolSize: 4}), store.Node{ID: "n"}, 1)
	err := postgres.Import(t.Context(), postgres.Config{DSN: dsn, Log: discard()}, func(func(store.Item) error) error {
		t.Error("it is asked for items")
		return nil
	})
	if !errors.Is(err, store.ErrOccupied) || !strings.Contains(err.Error(), "at work") {
		t.Errorf("Import = %v, want ErrOccupied", err)
	}
}

package pebble

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
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

// TestEveryDamageIsFound breaks one record of a store after another. Each is found, with
// the name of whose it is, and all else is passed on.
func TestEveryDamageIsFound(t *testing.T) {
	t.Parallel()
	id, value := store.ID{Persistence: "cart", Entity: "1"}, store.ID{Persistence: "profile", Entity: "1"}
	prefix, beside := appendPrefix(nil, id), appendPrefix(nil, value)
	ends := time.UnixMilli(4e12).UTC()
	head, snapshot := recordKey(prefix, kindHead), recordKey(prefix, kindSnapshot)
	record := dueKey(due{at: ends, id: value, kind: kindAnswer, key: "k"})
	offset := int64(offsetsOfEpoch + 2)
	for name, test := range map[string]struct {
		key, value []byte // nil where it is removed
		thorough   bool   // found by no other look
		of, what   string
	}{
		"event":              {key: eventKey(prefix, 2), value: []byte("damaged"), of: `"cart"/"1"`, what: "its event 2: the checksum"},
		"event missing":      {key: eventKey(prefix, 2), of: `"cart"/"1"`, what: "after 1 comes 3"},
		"first missing":      {key: eventKey(prefix, 1), of: `"cart"/"1"`, what: "after 0 comes 2"},
		"last missing":       {key: eventKey(prefix, 3), of: `"cart"/"1"`, what: "they end at 2, and its last is 3"},
		"head":               {key: head, value: []byte("damaged"), of: `"cart"/"1"`, what: "its head: the checksum"},
		"head missing":       {key: head, of: `"cart"/"1"`, what: "its head: it is missing"},
		"head too small":     {key: head, value: encodeHead(head, headAt(2)), of: `"cart"/"1"`, what: "they end at 3, and its last is 2"},
		"snapshot":           {key: snapshot, value: []byte("damaged"), of: `"cart"/"1"`, what: "its snapshot: the checksum"},
		"snapshot beyond":    {key: snapshot, value: encodeSnapshot(snapshot, &entity.Snapshot{Sequence: 4}), of: `"cart"/"1"`, what: "it covers the sequence 4"},
		"value":              {key: recordKey(beside, kindValue), value: []byte("damaged"), of: `"profile"/"1"`, what: "its value: the checksum"},
		"record":             {key: answerKey(beside, "k"), value: []byte("damaged"), of: `"profile"/"1"`, what: `its record "k": the checksum`},
		"effect":             {key: effectKey("e"), value: []byte("damaged"), of: `effect "e"`, what: "the checksum"},
		"copy":               {key: replicaKey(value, "node"), value: []byte("damaged"), of: `a copy of "profile"/"1"`, what: "the checksum"},
		"kind":               {key: kindKey("cart"), value: []byte("damaged"), of: `the kind of "cart"`, what: "the checksum"},
		"due":                {key: record, value: []byte("damaged"), of: "what is due", what: "the checksum"},
		"odd key":            {key: append(append([]byte{}, prefix...), 0x77), value: []byte("odd"), of: `"cart"/"1"`, what: "no kind of record"},
		"old event":          {key: append(recordKey(prefix, kindOldEvent), appendNumber(nil, 1)...), value: []byte("old"), of: `"cart"/"1"`, what: "version 1"},
		"state":              {key: stateKey(), value: []byte("damaged"), of: "the store", what: "the checksum"},
		"state missing":      {key: stateKey(), of: "the store", what: "its state is missing"},
		"log":                {key: logKey("cart", offset), value: []byte("damaged"), thorough: true, of: `"cart"/"1"`, what: "the log does not have it"},
		"log missing":        {key: logKey("cart", offset), thorough: true, of: `"cart"/"1"`, what: "its event 2: the log does not have it"},
		"log of nothing":     {key: logKey("cart", 9), value: encodeEntry(logKey("cart", 9), entry{entity: "2", sequence: 1}), thorough: true, of: `the log of "cart" at 9`, what: `event 1 of "cart"/"2", which is missing`},
		"log twice":          {key: logKey("cart", 9), value: encodeEntry(logKey("cart", 9), entry{entity: "1", sequence: 1}), thorough: true, of: `the log of "cart" at 9`, what: "which says"},
		"record is kept":     {key: record, thorough: true, of: `"profile"/"1"`, what: `its record "k": it has an end`},
		"value is kept":      {key: dueKey(due{at: ends, id: value, kind: kindValue}), thorough: true, of: `"profile"/"1"`, what: "its value: it has an end"},
		"nothing (thorough)": {key: eventKey(appendPrefix(nil, store.ID{Entity: "no"}), 1), thorough: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.clock = func() time.Time { return ends.Add(-time.Hour) }
			if err := errors.Join(
				s.Append(t.Context(), id, store.Batch{Events: make([]entity.Event, 3), Snapshot: &entity.Snapshot{Sequence: 2}}),
				s.Write(t.Context(), value, store.Change{Actions: 1, Update: &anypb.Any{}, ExpireAfter: time.Hour, Beside: store.Beside{
					Records: []store.Record{{Key: "k", Expires: ends}},
					Effects: []store.Effect{{ID: "e", Stored: ends}},
				}}),
				s.Save(t.Context(), "node", []store.Replica{{ID: value}}),
				s.Kind(t.Context(), "cart", "kind"),
			); err != nil {
				t.Fatal(err)
			}
			if lines := findings(t, s, true); len(lines) > 0 {
				t.Fatalf("before it is damaged: %q", lines)
			}
			if test.value != nil {
				damage(t, s, test.key, test.value)
			} else if err := s.db.Delete(test.key, nil); err != nil {
				t.Fatal(err)
			}
			lines := findings(t, s, true)
			if test.of == "" {
				if len(lines) > 0 {
					t.Errorf("found %q", lines)
				}
				return
			}
			if all := strings.Join(lines, "\n"); !strings.Contains(all, test.of) || !strings.Contains(all, test.what) {
				t.Errorf("found %q, want %q of %q", lines, test.what, test.of)
			}
			if lines := findings(t, s, false); (len(lines) == 0) != test.thorough {
				t.Errorf("a look that is not thorough finds %q", lines)
			}
		})
	}
}

// OPS-STORE-001, OPS-STORE-002: a directory that was being filled when the power went is refused by
// whoever opens it, reads it or fills it, and is not changed.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	files := vfs.NewCrashableMem()
	config := Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler)}
	var crashed *vfs.MemFS
	err := Import(t.Context(), config, func(put func(store.Item) error) error {
		err := put(store.Start{Epoch: 1})
		crashed = files.CrashClone(vfs.CrashCloneCfg{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	config.Files = crashed
	before := listing(t, crashed)
	_, openErr := Open(config)
	_, readErr := OpenReader(config)
	fillErr := Import(t.Context(), config, func(func(store.Item) error) error { t.Error("it is filled"); return nil })
	for what, err := range map[string]error{"Open": openErr, "OpenReader": readErr, "Import": fillErr} {
		if !errors.Is(err, ErrUnfinished) || !strings.Contains(err.Error(), "/data") {
			t.Errorf("%s = %v, want ErrUnfinished with the name", what, err)
		}
	}
	if !errors.Is(fillErr, store.ErrOccupied) {
		t.Errorf("Import = %v, want ErrOccupied", fillErr)
	}
	if after := listing(t, crashed); after != before {
		t.Errorf("the directory was %q and is %q", before, after)
	}
}

// listing returns the names of the files.
func listing(t *testing.T, files vfs.FS) string {
	t.Helper()
	names, err := files.List("/data")
	if err != nil {
		t.Fatal(err)
	}
	inner, err := files.List("/data/journal")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names) // memory has no order
	slices.Sort(inner)
	return strings.Join(append(names, inner...), " ")
}

// TestImportIsDurable: the power goes as soon as Import has returned.
func TestImportIsDurable(t *testing.T) {
	t.Parallel()
	files := vfs.NewCrashableMem()
	config := Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler)}
	id := store.ID{Persistence: "cart", Entity: "1"}
	err := Import(t.Context(), config, func(put func(store.Item) error) error {
		err := put(store.Start{Epoch: 1, Offset: 1000})
		for n := range int64(1000) {
			err = errors.Join(err, put(store.EventItem{ID: id, Offset: n + 1, Event: entity.Event{Sequence: n + 1}}))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	config.Files = files.CrashClone(vfs.CrashCloneCfg{})
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if lines := findings(t, s, true); len(lines) > 0 {
		t.Errorf("found %q", lines)
	}
	err = s.Load(t.Context(), id, func(h store.Head) error {
		if h.Last != 1000 {
			t.Errorf("its last is %d", h.Last)
		}
		return nil
	}, func(entity.Event) error { return nil })
	if err != nil {
		t.Error(err)
	}
}

// TestReader reads what a store has left, closed or killed, and changes nothing; and
// leaves a directory to others that is in use, older, newer or none.
func TestReader(t *testing.T) {
	t.Parallel()
	files := vfs.NewCrashableMem()
	config := Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler)}
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	id := store.ID{Persistence: "cart", Entity: "1"}
	if err := s.Append(t.Context(), id, store.Batch{Events: make([]entity.Event, 3)}); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReader(config); !errors.Is(err, ErrInUse) {
		t.Errorf("OpenReader = %v, want ErrInUse", err)
	}
	killed := config
	killed.Files = files.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]Config{"closed": config, "killed": killed} {
		before := listing(t, config.Files)
		r, err := OpenReader(config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		events := 0
		err = r.Export(t.Context(), true, func(item store.Item) error {
			if _, is := item.(store.EventItem); is {
				events++
			}
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if late := r.Export(ctx, true, func(store.Item) error { return nil }); !errors.Is(late, context.Canceled) {
			t.Errorf("%s: Export = %v, want that the context has ended", name, late)
		}
		if err := errors.Join(err, r.Close()); err != nil || events != 3 {
			t.Errorf("%s: %d events, %v", name, events, err)
		}
		if after := listing(t, config.Files); after != before {
			t.Errorf("%s: the directory was %q and is %q", name, before, after)
		}
	}
	for format, want := range map[string]error{"stateward-pebble 1\n": ErrOlder, "stateward-pebble 3\n": ErrNewer, "text": ErrForeign} {
		files := vfs.NewMem()
		if err := errors.Join(files.MkdirAll("/data", 0o700), writeSynced(files, "/data/FORMAT", []byte(format))); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenReader(Config{Dir: "/data", Files: files, Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, want) {
			t.Errorf("OpenReader of %q = %v, want %v", format, err, want)
		}
	}
	if _, err := OpenReader(Config{Dir: "/none", Files: files, Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, ErrForeign) {
		t.Errorf("OpenReader of nothing = %v, want ErrForeign", err)
	}
}

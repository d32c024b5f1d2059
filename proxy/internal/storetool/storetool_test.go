package storetool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/storetool"
)

// TestBackupOfDamage makes no archive, and says so to whoever reads it as it comes.
func TestBackupOfDamage(t *testing.T) {
	t.Parallel()
	own := errors.New("the disk is gone")
	for want, from := range map[error]store.Exporter{
		store.ErrCorrupt: list{store.Start{}, store.DamageItem{Of: "it", What: "why it is"}},
		own:              broken{list: list{store.Start{}}, err: own},
	} {
		var out bytes.Buffer
		err := storetool.Backup(t.Context(), from, &out, about(), false, nil)
		if !errors.Is(err, want) {
			t.Errorf("Backup = %v, want %v", err, want)
		}
		a, err := storetool.OpenArchive("-", &out)
		if err != nil {
			t.Fatal(err)
		}
		_, err = memory.Import(time.Now, func(put func(store.Item) error) error { return a.Export(t.Context(), false, put) })
		if !errors.Is(err, archive.ErrFailed) || !strings.Contains(err.Error(), want.Error()) {
			t.Errorf("Import = %v, want ErrFailed with %q", err, want)
		}
	}
}

// TestVerify finds what only the proxy can read, what is out of order, and passes on what
// the store has found.
func TestVerify(t *testing.T) {
	t.Parallel()
	id, at := store.ID{Persistence: "cart", Entity: "1"}, now()
	body := durable.NewBody(entity.ID{Service: "s", Entity: "1"}, "k", nil, nil, 0, &entityv1.SideEffect{ServiceName: "s"}, "e").Encode()
	event := func(sequence int64) store.Item {
		return store.EventItem{ID: id, Offset: sequence, Event: entity.Event{Sequence: sequence}}
	}
	effect := func(entity string, body []byte) store.Item {
		return store.EffectItem{Effect: store.Effect{ID: "e", Source: store.ID{Persistence: "cart", Entity: entity}, Stored: at, Body: body}}
	}
	start := store.Start{Epoch: 1, Offset: 9}
	for name, test := range map[string]struct {
		items list
		want  []string
	}{
		"nothing":        {list{start}, nil},
		"events":         {list{start, event(1), event(2)}, nil},
		"gap":            {list{start, event(1), event(3)}, []string{"after the event 1"}},
		"told gap":       {list{start, event(1), store.DamageItem{Of: "x", What: "gap"}, event(3)}, []string{"x: gap"}},
		"effect":         {list{start, effect("1", body)}, nil},
		"broken effect":  {list{start, effect("1", []byte("no"))}, []string{`the durable effect "e" of "cart"/"1"`}},
		"another's":      {list{start, effect("2", body)}, []string{`its body says that it is of "1"`}},
		"broken copy":    {list{start, store.CopyItem{Node: "n", Replica: store.Replica{ID: id, State: []byte("no")}}}, []string{`the copy of "cart"/"1" that "n" has`}},
		"all of several": {list{start, effect("1", nil), effect("1", nil)}, []string{"effect", "effect"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			items, err := storetool.Verify(t.Context(), test.items, func(d store.DamageItem) error {
				got = append(got, d.Of+": "+d.What)
				return nil
			}, nil)
			if err != nil || items != int64(len(test.items)) || len(got) != len(test.want) {
				t.Fatalf("Verify = %d, %v, with %q, want %q", items, err, got, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("found %q, want %q", got[i], want)
				}
			}
		})
	}
	own, found := errors.New("the disk is gone"), 0
	count := func(store.DamageItem) error { found++; return nil }
	if _, err := storetool.Verify(t.Context(), broken{err: own}, count, nil); !errors.Is(err, own) || found > 0 {
		t.Errorf("Verify = %v with %d findings, want the error of reading", err, found)
	}
	if _, err := storetool.Verify(t.Context(), broken{err: store.ErrCorrupt}, count, nil); err != nil || found != 1 {
		t.Errorf("Verify = %v with %d findings, want one, that nothing can be read any more", err, found)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	stats, err := storetool.Count(t.Context(), stocked(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(stats)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"epoch":1,"offset":6,`,
		`{"persistence":"cart","kind":"one kind","entities":2,"deleted":2,"events":{"count":6,"bytes":204},"firstOffset":1,"lastOffset":6,` +
			`"snapshots":{"count":1,"bytes":34},"values":{"count":0,"bytes":0},"records":{"count":1,"bytes":19},"copies":{"count":0,"bytes":0}}`,
		`{"persistence":"cart\u0000",`,
		`"values":{"count":2,"bytes":38},`, `"copies":{"count":3,"bytes":6}`,
		`"effects":{"count":3,"bytes":36},"parked":1,"damaged":0}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the stats are\n%s\nwant\n%s", text, want)
		}
	}
}

// TestFile: a file is there as a whole or not at all, and takes nobody's place.
func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "a.swar")
	for _, keep := range []bool{false, true} {
		f, err := storetool.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("all"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(name); err == nil {
			t.Error("the file is there before it is whole")
		}
		end := f.Drop
		if keep {
			end = f.Keep
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	if text, err := os.ReadFile(name); string(text) != "all" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file can be read by others: %v, %v", info.Mode(), err)
	}
	if _, err := storetool.Create(name); !errors.Is(err, store.ErrOccupied) || !strings.Contains(err.Error(), "3 B") {
		t.Errorf("Create = %v, want ErrOccupied, and what is there", err)
	}
	other := filepath.Join(dir, "b.swar")
	f, err := storetool.Create(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(other, []byte("theirs"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := f.Keep(); !errors.Is(err, store.ErrOccupied) {
		t.Errorf("Keep = %v, want ErrOccupied: somebody was faster", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	if got := storetool.FileName(dir, "pebble", now()); got != filepath.Join(dir, "stateward-pebble-20260921T141320Z.swar") {
		t.Errorf("FileName = %q", got)
	}
	if got := storetool.FileName(name, "pebble", now()); got != name {
		t.Errorf("FileName = %q", got)
	}
}

// TestProgress tells by the clock: on a terminal in one line, elsewhere in many.
func TestProgress(t *testing.T) {
	t.Parallel()
	items := list{store.Start{}}
	for range 10 {
		items = append(items, store.CopyItem{Replica: store.Replica{State: make([]byte, 1<<20)}})
	}
	// The clock moves by a second with each item, and with each line.
	for terminal, want := range map[bool]string{
		true:  "\r\x1b[Kbackup: 1 items, 0 B, 2s\r\x1b[Kbackup: 2 items, 1.0 MiB, 4s",
		false: "backup: 5 items, 4.0 MiB, 6s\nbackup: 9 items, 8.0 MiB, 11s\nbackup: 11 items, 10.0 MiB, 14s: done\n",
	} {
		var out bytes.Buffer
		at := now()
		progress := storetool.NewProgress(&out, terminal, "backup", func() time.Time {
			defer func() { at = at.Add(time.Second) }()
			return at
		})
		if err := storetool.Backup(t.Context(), items, io.Discard, about(), false, progress); err != nil {
			t.Fatal(err)
		}
		progress.End("done")
		if !strings.HasPrefix(out.String(), want) || terminal && strings.Count(out.String(), "\n") != 1 {
			t.Errorf("it tells %q, want %q", out.String(), want)
		}
	}
}

// TestCutShort: an archive that is not whole fills nothing.
func TestCutShort(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := storetool.Backup(t.Context(), stocked(t), &out, about(), false, nil); err != nil {
		t.Fatal(err)
	}
	for name, p := range places(t) {
		a, err := storetool.OpenArchive("-", bytes.NewReader(out.Bytes()[:out.Len()-20]))
		if err != nil {
			t.Fatal(err)
		}
		into := p()
		if err := storetool.Restore(t.Context(), a, into.fill, nil); !errors.Is(err, archive.ErrTruncated) {
			t.Errorf("%s: Restore = %v, want ErrTruncated", name, err)
		}
		s := into.opened(t)
		err = s.Export(t.Context(), false, func(item store.Item) error {
			if _, is := item.(store.Start); !is {
				t.Errorf("%s: there is %v", name, item)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	a, err := storetool.OpenArchive("-", &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Export(ended, false, func(store.Item) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Export = %v, want that the context has ended", err)
	}
}

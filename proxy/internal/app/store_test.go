package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/store/postgres/pgtest"
)

// crowd is callers who add 1 to counters, again and again, and remember what was
// acknowledged.
type crowd struct {
	acknowledged [8]atomic.Int64
	stop         chan struct{}
	callers      sync.WaitGroup
}

// begin lets them call until they are stopped. Each counter has one caller.
func begin(tb testing.TB, caller *client) *crowd {
	tb.Helper()
	l := &crowd{stop: make(chan struct{})}
	for i := range l.acknowledged {
		first, err := caller.get(fmt.Sprint("counter ", i))
		if err != nil {
			tb.Fatal(err)
		}
		l.acknowledged[i].Store(first)
		l.callers.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				total, err := caller.add(fmt.Sprint("counter ", i), 1)
				if err != nil {
					tb.Errorf("adding to the counter %d: %v", i, err)
					return
				}
				l.acknowledged[i].Store(total)
			}
		})
	}
	return l
}

// at returns what is acknowledged now.
func (l *crowd) at() (totals [8]int64) {
	for i := range l.acknowledged {
		totals[i] = l.acknowledged[i].Load()
	}
	return totals
}

// reach waits until each counter is beyond the total.
func (l *crowd) reach(tb testing.TB, total int64) {
	tb.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for i := range l.acknowledged {
		for l.acknowledged[i].Load() < total {
			select {
			case <-ticker.C:
			case <-deadline:
				tb.Fatalf("the counter %d never comes to %d", i, total)
			}
		}
	}
}

// end stops the callers.
func (l *crowd) end() {
	close(l.stop)
	l.callers.Wait()
}

// OPS-STORE-003: whatever was acknowledged before a backup began is there after a
// restore, from a directory to a directory, from there to a database, and back; and what
// came meanwhile is there up to some command of each counter.
func TestBackupUnderLoad(t *testing.T) {
	server, err := pgtest.Start()
	switch {
	case errors.Is(err, pgtest.ErrAbsent) && os.Getenv("CI") == "":
		t.Skip("this machine has no PostgreSQL server")
	case err != nil:
		t.Fatal(err)
	}
	defer server.Stop()
	f := functiontest.Start(t, loopback, functiontest.Script{})
	dir := filepath.Join(t.TempDir(), "data")
	pebble := func(dir string) Config { return durably(f.Target, dir) }
	database := quick(f.Target)
	database.Store, database.Database = StorePostgres, server.Empty(t)
	configs := []Config{pebble(dir), pebble(filepath.Join(t.TempDir(), "second")), database, pebble(dir)}

	var before, after [8]int64 // when the backup began, and when it had ended
	for round, config := range configs {
		proxy := runProxy(t, config)
		caller := proxy.dial(t)
		for i := range before {
			total, err := caller.get(fmt.Sprint("counter ", i))
			if err != nil || total < before[i] || total > after[i]+1 {
				t.Errorf("round %d: the counter %d is at %d (%v); %d were acknowledged before the backup, %d after it", round, i, total, err, before[i], after[i])
			}
		}
		l := begin(t, caller)
		l.reach(t, before[0]+20)
		before = l.at()
		archive := filepath.Join(t.TempDir(), "backup.swar")
		where := []string{"--store", config.Store, "--data", config.Data, "--database", config.Database, "--admin", proxy.admin}
		out, err := command(t, append([]string{"store", "backup", archive}, where...)...)
		if err != nil || strings.TrimSpace(out) != archive {
			t.Fatalf("round %d: backup: %q, %v", round, out, err)
		}
		after = l.at()
		if out, err := command(t, append([]string{"store", "verify"}, where...)...); err != nil || out != "" {
			t.Errorf("round %d: verify of what is in use: %q, %v", round, out, err)
		}
		l.reach(t, after[0]+20)
		l.end()
		if err := proxy.halt(t); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil { // wiped
			t.Fatal(err)
		}
		if out, err := command(t, "store", "verify", archive); err != nil || out != "" {
			t.Errorf("round %d: verify of the archive: %q, %v", round, out, err)
		}
		if round+1 == len(configs) {
			break
		}
		next := configs[round+1]
		into := []string{"--store", next.Store, "--data", next.Data, "--database", next.Database}
		if out, err := command(t, append([]string{"store", "restore", archive}, into...)...); err != nil {
			t.Fatalf("round %d: restore: %q, %v", round, out, err)
		}
		if out, err := command(t, append([]string{"store", "verify"}, into...)...); err != nil || out != "" {
			t.Errorf("round %d: verify of what was restored: %q, %v", round, out, err)
		}
		if out, err := command(t, append([]string{"store", "restore", archive}, into...)...); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("round %d: restore again: %q, %v, want that something is there", round, out, err)
		}
	}
}

// TestBackupAsksTheRightProxy: a directory that is in use is not copied from a proxy that
// has another.
func TestBackupAsksTheRightProxy(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	first, second := t.TempDir(), t.TempDir()
	runProxy(t, durably(f.Target, first))
	other := runProxy(t, durably(f.Target, second))
	archive := filepath.Join(t.TempDir(), "backup.swar")
	_, err := command(t, "store", "backup", archive, "--data", first, "--admin", other.admin)
	if err == nil || !strings.Contains(err.Error(), "that proxy has another store") || !strings.Contains(err.Error(), second) {
		t.Errorf("backup: %v", err)
	}
	if _, err := os.Stat(archive); err == nil {
		t.Error("there is an archive")
	}
	if out, err := command(t, "store", "stats", "--proxy", "http://"+other.admin, "--output", "json"); err != nil || !strings.Contains(out, `"epoch":1`) {
		t.Errorf("stats of a proxy: %q, %v", out, err)
	}
}

func TestAdminURL(t *testing.T) {
	for admin, want := range map[string]string{
		"127.0.0.1:9001": "http://127.0.0.1:9001", ":9001": "http://127.0.0.1:9001", "0.0.0.0:1": "http://127.0.0.1:1",
		"[::]:9001": "http://127.0.0.1:9001", "[::1]:9001": "http://[::1]:9001", "host:9": "http://host:9",
	} {
		if got := (&Config{Admin: admin}).adminURL(); got != want {
			t.Errorf("%s is reached at %s, want %s", admin, got, want)
		}
	}
}

// TestStoreUpgrade brings a directory of version 1 up to date in place; one of a newer
// version it does not touch.
func TestStoreUpgrade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "store", "pebble", "testdata", "version1"))); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, "store", "verify", "--data", dir); err == nil || !strings.Contains(err.Error(), "upgrade it first") {
		t.Errorf("verify before: %v", err)
	}
	for range 2 {
		if out, err := command(t, "store", "upgrade", "--data", dir); err != nil || !strings.Contains(out, dir) {
			t.Errorf("upgrade: %q, %v", out, err)
		}
	}
	if out, err := command(t, "store", "verify", "--data", dir); err != nil || out != "" {
		t.Errorf("verify after: %q, %v", out, err)
	}
	if out, err := command(t, "store", "stats", "--data", dir); err != nil || !strings.Contains(out, `"cart"`) || !strings.Contains(out, "36 (") {
		t.Errorf("stats after: %q, %v", out, err)
	}
	format := filepath.Join(dir, "FORMAT")
	if err := os.WriteFile(format, []byte("stateward-pebble 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, dir)
	for _, what := range []string{"upgrade", "verify", "stats"} {
		if _, err := command(t, "store", what, "--data", dir); err == nil || !strings.Contains(err.Error(), "version 3") {
			t.Errorf("%s of a newer store: %v", what, err)
		}
	}
	if after := filesOf(t, dir); after != before {
		t.Errorf("there was\n%s\nand there is\n%s", before, after)
	}
}

// filesOf lists the files of the directory, each with when it was changed.
func filesOf(tb testing.TB, dir string) string {
	tb.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&all, path, info.Size(), info.ModTime())
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all.String()
}

// TestStoreRefusals shows what is said where a store or an archive is none.
func TestStoreRefusals(t *testing.T) {
	dir, text := t.TempDir(), filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("this is a text and no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for want, args := range map[string][]string{
		"no store at " + dir:                {"verify", "--data", dir},
		"this is no archive of a store":     {"verify", text},
		"no such file":                      {"restore", filepath.Join(dir, "none"), "--data", dir},
		"memory keeps nothing":              {"backup", "-", "--store", "memory"},
		"ask the proxy":                     {"stats", "--proxy", "http://" + closed.Addr().String()},
		"a proxy, or a file, but not both":  {"stats", "--proxy", "http://x", text},
		`--output: "xml" is none of`:        {"stats", "--output", "xml"},
		"not empty: " + text:                {"backup", text, "--proxy", "http://x"},
		"accepts 1 arg":                     {"backup"},
		"memory keeps nothing that another": {"upgrade", "--store", "memory"},
		`unknown command "vrify"`:           {"vrify"},
	} {
		if _, err := command(t, append([]string{"store"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", args, err, want)
		}
	}
	secret := "postgres://me:S3cret@127.0.0.1:1/shop"
	for _, args := range [][]string{{"verify"}, {"restore", text}, {"backup", filepath.Join(dir, "a")}, {"upgrade"}} {
		out, err := command(t, append(append([]string{"store"}, args...), "--store", "postgres", "--database", secret)...)
		if err == nil || strings.Contains(out+err.Error(), "S3cret") {
			t.Errorf("%q: %q, %v", args, out, err)
		}
	}
}

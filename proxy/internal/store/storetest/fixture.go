package storetest

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// FixtureTime is what time it was when the fixtures of the backends were written.
func FixtureTime() time.Time { return newClock().now }

// CheckFixture compares what the store exports with the lines in the file, or writes the
// file. A store that an older program has written has to show the same for ever.
func CheckFixture(tb testing.TB, s store.Exporter, path string, rewrite bool) {
	tb.Helper()
	_, lines := Items(tb, s)
	text := strings.Join(lines, "\n") + "\n"
	if rewrite {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if text != string(want) {
		tb.Errorf("the store has\n%swant\n%s", text, want)
	}
}

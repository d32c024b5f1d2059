package telemetry_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/telemetry"
)

const traceID = "0af7651916cd43dd8448eb211c80319c"

// written returns failures, and what they write: of each line what follows its time.
func written() (*telemetry.Failures, func() []string) {
	var mu sync.Mutex
	var out bytes.Buffer
	handler := slog.NewTextHandler(writer(func(line []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(line)
	}), &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	return telemetry.NewFailures(slog.New(handler)), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
}

// writer is a function that writes.
type writer func([]byte) (int, error)

func (w writer) Write(line []byte) (int, error) { return w(line) }

// TestFailures shows the line of each kind of failure. None has what the domain says.
func TestFailures(t *testing.T) {
	t.Parallel()
	failures, lines := written()
	id := entity.ID{Service: "shop.Cart", Entity: "a \"b\"\nlevel=ERROR"}
	secret := &entity.Failure{Code: codes.Internal, Description: "card 4111111111111111"}
	failures.CommandFailed("Add", id, traceID, fault.New(fault.Internal, "a wrong command id"))
	failures.CommandFailed("Add", entity.ID{Service: "shop.Mail"}, "", fault.New(fault.Unavailable, "the function is gone"))
	failures.CommandFailed("Add", id, "", fault.New(fault.Invalid, "no key"))
	failures.CommandFailed("Add", id, "", secret)
	failures.CommandFailed("Add", id, "", fmt.Errorf("secret: %w", context.Canceled))
	failures.EffectFailed("shop.Mail/Send", id, traceID, fault.New(fault.Deadline, "it did not end in 1s"))
	failures.Close()
	failures.CommandFailed("Add", id, "", fault.New(fault.Invalid, "after the end"))
	const of = `entity="a \"b\"\nlevel=ERROR"`
	want := []string{
		`level=ERROR msg="a command failed" command=shop.Cart/Add ` + of + ` code=Internal trace=` + traceID + ` error="a wrong command id"`,
		`level=WARN msg="a command failed" command=shop.Mail/Add code=Unavailable error="the function is gone"`,
		`level=INFO msg="a command failed" command=shop.Cart/Add ` + of + ` code=InvalidArgument error="no key"`,
		`level=INFO msg="a command failed" command=shop.Cart/Add ` + of + ` code=Internal error="the function refused it"`,
		`level=INFO msg="a command failed" command=shop.Cart/Add ` + of + ` code=Canceled error="the function ended it, or its caller did"`,
		`level=WARN msg="a side effect failed" effect=shop.Mail/Send of=shop.Cart ` + of + ` code=DeadlineExceeded trace=` + traceID + ` error="it did not end in 1s"`,
	}
	if got := lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFlood shows that a flood of failures writes few lines, says how many it left out,
// and takes no room from those of another code.
func TestFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures, lines := written()
		id := entity.ID{Service: "shop.Cart", Entity: "a"}
		for range 1000 {
			failures.CommandFailed("Add", id, "", fault.New(fault.Unavailable, "gone"))
		}
		failures.CommandFailed("Add", id, "", fault.New(fault.Invalid, "no key"))
		if n := len(lines()); n != 11 {
			t.Errorf("a flood wrote %d lines, want 10 and the other one", n)
		}
		time.Sleep(2 * time.Second) // of the bubble
		synctest.Wait()
		const left = `level=WARN msg="more commands or side effects failed than are listed" code=Unavailable left_out=990 within=1s`
		if got := lines(); len(got) != 12 || got[11] != left {
			t.Errorf("after the flood the log ends with %q, want %q", got[len(got)-1], left)
		}
		for range 12 {
			failures.CommandFailed("Add", id, "", fault.New(fault.Unavailable, "gone"))
		}
		failures.Close()
		if got := lines(); len(got) != 23 || !strings.Contains(got[22], "left_out=2") {
			t.Errorf("at the end the log has %d lines, and ends with %q", len(got), got[len(got)-1])
		}
	})
}

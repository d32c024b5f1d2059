package function_test

import (
	"context"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// retries runs a client whose connections come from dial, and returns it with the pauses
// between the first nine.
func retries(t *testing.T, dial func() (net.Conn, error)) (*function.Client, []time.Duration) {
	t.Helper()
	c := config("127.0.0.1:8080", newOwner())
	c.Dialects = []wire.Dialect{wire.V1(), wire.Cloudstate()}
	c.Random = func() float64 { return 0 } // which takes nothing off a pause
	dials := make(chan time.Time, 16)
	c.Dial = func(context.Context, string, string) (net.Conn, error) {
		dials <- time.Now()
		return dial()
	}
	client, err := function.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, client)
	last := <-dials
	var pauses []time.Duration
	for range 8 {
		dial := <-dials
		pauses = append(pauses, dial.Sub(last))
		last = dial
	}
	synctest.Wait()
	for i, pause := range pauses {
		if pause > time.Second || (i > 0 && pause < pauses[i-1]) {
			t.Errorf("pauses %v: number %d is out of order", pauses, i+1)
		}
	}
	return client, pauses
}

// TestRetries covers DISC-CALL-003 and DIA-CHOICE-007 for a function that is not there:
// the pauses grow, and stay short enough for whoever waits for the next attempt.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := retries(t, func() (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		})
		const want = "connecting to 127.0.0.1:8080: connection refused (attempt 9)"
		if reasons := client.Reasons(); len(reasons) != 1 || reasons[0] != want {
			t.Errorf("reasons %q, want %q", reasons, want)
		}
	})
}

// TestRetriesOfAttempts covers the same for one that ends each connection, and with it the
// attempt.
func TestRetriesOfAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, pauses := retries(t, func() (net.Conn, error) {
			ours, theirs := net.Pipe()
			return ours, theirs.Close()
		})
		if reasons := client.Reasons(); len(reasons) != 1 || !strings.HasPrefix(reasons[0], "asking 127.0.0.1:8080 what it serves") {
			t.Errorf("reasons %q", reasons)
		}
		if pauses[7] != time.Second {
			t.Errorf("pauses %v do not grow to 1 s", pauses)
		}
	})
}

// TestConnectTimeout shows that a dial which hangs is given up.
func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOwner()
		c := config("10.0.0.1:8080", o)
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		client, err := function.New(c)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		runClient(t, client)
		reasons := <-o.changes
		if took := time.Since(begin); took != c.ConnectTimeout || !strings.Contains(reasons[0], "deadline exceeded") {
			t.Errorf("after %v: %q", took, reasons)
		}
	})
}

// TestReportsDropped covers DISC-REPORT-004: whoever reports never waits.
func TestReportsDropped(t *testing.T) {
	o := newOwner()
	client, err := function.New(config("127.0.0.1:1", o))
	if err != nil {
		t.Fatal(err)
	}
	for range 300 { // nobody takes them: the client does not run
		client.Report(new(discoveryv1.ReportErrorRequest))
	}
	if dropped := len(o.counted); dropped != 300-256 {
		t.Errorf("%d reports were dropped", dropped)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client.Run(ctx)
	if dropped := len(o.counted); dropped != 300 {
		t.Errorf("%d reports were dropped after the end", dropped)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for change, break_ := range map[string]func(*function.Config){
		"neither HOST:PORT nor unix:PATH": func(c *function.Config) { c.Target = "8080" },
		"lacks the path of the socket":    func(c *function.Config) { c.Target = "unix:" },
		"are needed":                      func(c *function.Config) { c.Owner = nil },
		"MaxMessage is -1 bytes":          func(c *function.Config) { c.MaxMessage = -1 },
		"every time-out":                  func(c *function.Config) { c.ReportTimeout = 0 },
	} {
		c := config("127.0.0.1:8080", newOwner())
		break_(&c)
		if _, err := function.New(c); err == nil || !strings.Contains(err.Error(), change) {
			t.Errorf("error %v, want one with %q", err, change)
		}
	}
}

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for target, want := range map[string][2]string{
		"127.0.0.1:8080":   {"tcp", "127.0.0.1:8080"},
		"[::1]:8080":       {"tcp", "[::1]:8080"},
		"function:8080":    {"tcp", "function:8080"},
		"unix:/run/f.sock": {"unix", "/run/f.sock"},
		"unix:f.sock":      {"unix", "f.sock"},
	} {
		network, address, err := function.ParseTarget(target)
		if err != nil || network != want[0] || address != want[1] {
			t.Errorf("ParseTarget(%q) = %q, %q, %v", target, network, address, err)
		}
	}
}

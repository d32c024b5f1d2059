package collector

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestTold shows that what becomes of the collector is logged when it changes, and only
// then.
func TestTold(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	link := &link{ctx: context.Background(), log: slog.New(slog.NewTextHandler(&log, nil))}
	down := errors.New("refused")
	for _, err := range []error{nil, down, down, down, nil, nil, down} {
		got := link.send(context.Background(), func(context.Context) error { return err })
		if !errors.Is(got, err) {
			t.Errorf("a write that came to %v gave %v", err, got)
		}
	}
	if warned, again := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=INFO"); warned != 2 || again != 1 {
		t.Errorf("%d warnings and %d words of relief, want 2 and 1:\n%s", warned, again, log.String())
	}
}

// TestBrokenOff shows that a write ends with the link, and says nothing of the collector.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	ctx, cancel := context.WithCancel(context.Background())
	link := &link{ctx: ctx, log: slog.New(slog.NewTextHandler(&log, nil))}
	err := link.send(context.Background(), func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || log.Len() != 0 {
		t.Errorf("the write gave %v, and the log says %q", err, log.String())
	}
}

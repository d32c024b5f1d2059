package pebble_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// childDir, in the environment, makes this test program a child that opens the
// store in that directory and appends to it until it is killed.
const childDir = "STATEWARD_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, child(context.Background(), dir, os.Stdout))
		os.Exit(1) // only a kill ends it well
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "after the tests:", err)
		code = 1
	}
	os.Exit(code)
}

// startChild starts a child on the directory. It is killed at the end of the
// test, or by the function that is returned, which waits until it is gone. What it had
// written by then can still be read.
func startChild(t *testing.T, dir string) (output *bufio.Scanner, kill func()) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	stderr := &strings.Builder{}
	cmd.Stderr = stderr
	pipe, writing, err := os.Pipe() // for Wait closes that of StdoutPipe, with what is in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	cmd.Stdout = writing
	err = cmd.Start()
	writing.Close() // the child has its own
	if err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if killed {
			return
		}
		killed = true
		cmd.Process.Kill() // SIGKILL; an error means that it has ended
		if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
			t.Errorf("the child ended by itself (%v): %s", err, stderr)
		}
	}
	t.Cleanup(kill)
	return bufio.NewScanner(pipe), kill
}

func open(t *testing.T, config pebble.Config) *pebble.Store {
	t.Helper()
	if config.Logger == nil {
		config.Logger = discard()
	}
	s, err := pebble.Open(config)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// numbered returns a batch of one event, which says of which entity and sequence it is.
func numbered(id store.ID, sequence int64, size int) store.Batch {
	payload := []byte(fmt.Sprintf("%v at %d ", id, sequence))
	payload = append(payload, make([]byte, max(0, size-len(payload)))...)
	return store.Batch{Expected: sequence - 1, Events: []entity.Event{{Payload: &anypb.Any{TypeUrl: "t/Numbered", Value: payload}}}}
}

// last loads an entity of numbered events, checks each, and returns the last sequence.
func last(ctx context.Context, s store.Journal, id store.ID) (int64, error) {
	sequence := int64(0)
	err := s.Load(ctx, id, func(store.Head) error { return nil }, func(event entity.Event) error {
		sequence++
		want := fmt.Sprintf("%v at %d ", id, sequence)
		if event.Sequence != sequence || !strings.HasPrefix(string(event.Payload.GetValue()), want) {
			return fmt.Errorf("event %d of %v is %.60q", event.Sequence, id, event.Payload.GetValue())
		}
		return nil
	})
	return sequence, err
}

// patience bounds every wait for another process or for the disk.
const patience = 30 * time.Second

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

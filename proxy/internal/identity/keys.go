package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// KeysConfig says where the keys are and how often they are asked for. All of it is
// needed.
type KeysConfig struct {
	Source Source
	// Every is how often the source is asked again.
	Every time.Duration
	// Least lies between two questions, whatever tokens come: a key that is not known
	// asks at once, but no caller can make the proxy ask more often.
	Least time.Duration
	// Patience is how long a call waits for the answer to a question that it caused.
	Patience time.Duration
	Log      *slog.Logger
}

// Keys keeps the last good keys of an issuer. Its methods may be called from any goroutine.
type Keys struct {
	config KeysConfig
	set    atomic.Pointer[keySet] // nil before the first answer
	nudge  chan struct{}          // holds a token while a caller waits for a question

	mu       sync.Mutex
	asked    time.Time     // when the last question began; guarded by mu
	answered chan struct{} // closed at the end of the next question; guarded by mu
	trouble  string        // that was told last; only ask uses it
}

// OpenKeys reads the keys, where they are in a file: what is wrong with it is an error. An
// address is asked by Run, and may be down.
func OpenKeys(ctx context.Context, config KeysConfig) (*Keys, error) {
	if config.Log == nil || min(config.Every, config.Least, config.Patience) <= 0 {
		return nil, errors.New("identity: Every, Least, Patience and Log are needed")
	}
	k := &Keys{config: config, nudge: make(chan struct{}, 1), answered: make(chan struct{})}
	if config.Source.IsFile() {
		if err := k.read(ctx); err != nil {
			return nil, fmt.Errorf("the keys in %s cannot be used: %w", config.Source, err)
		}
	}
	return k, nil
}

// Run asks the source, now and then, until ctx ends. Call it once.
func (k *Keys) Run(ctx context.Context) {
	tick := time.NewTimer(0)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-k.nudge:
		}
		pause := k.config.Every
		if !k.ask(ctx) {
			pause = min(pause, k.config.Least)
		}
		tick.Reset(pause)
	}
}

// ask asks the source once and reports whether it gave good keys. Its trouble is told when
// it changes; the keys of before stay in force.
func (k *Keys) ask(ctx context.Context) bool {
	k.mu.Lock()
	k.asked = time.Now()
	k.mu.Unlock()
	err := k.read(ctx)
	k.mu.Lock()
	close(k.answered)
	k.answered = make(chan struct{})
	k.mu.Unlock()
	switch {
	case err == nil:
		k.trouble = ""
	case ctx.Err() == nil && err.Error() != k.trouble:
		k.trouble = err.Error()
		k.config.Log.Warn("the keys that verify tokens cannot be read, and those of before, if any, stay in force", "source", k.config.Source.String(), "error", err)
	}
	return err == nil
}

// read reads the source and takes what is new in it.
func (k *Keys) read(ctx context.Context) error {
	data, err := k.config.Source.read(ctx)
	if err != nil || k.set.Load().same(data) {
		return err
	}
	set, err := parseKeySet(data)
	if err != nil {
		return err
	}
	k.set.Store(set)
	k.config.Log.Info("keys that verify tokens", "source", k.config.Source.String(), "keys", len(set.keys))
	return nil
}

// of returns the keys in which that of the id is, if there is such a key. For one that is
// not known the source is asked once more, unless it was just asked. The error is a
// fault.Unavailable: there are no keys yet, or ctx has ended.
func (k *Keys) of(ctx context.Context, id string) (*keySet, error) {
	set := k.set.Load()
	if set != nil && (id == "" || set.has(id)) {
		return set, nil
	}
	k.mu.Lock()
	answered, may := k.answered, time.Since(k.asked) >= k.config.Least
	k.mu.Unlock()
	if may {
		select {
		case k.nudge <- struct{}{}:
		default: // Somebody else waits for it already.
		}
		patience := time.NewTimer(k.config.Patience)
		defer patience.Stop()
		select {
		case <-answered:
		case <-patience.C:
		case <-ctx.Done():
			return nil, fault.FromContext(ctx)
		}
	}
	if set = k.set.Load(); set == nil {
		return nil, fault.New(fault.Unavailable, "the keys that verify tokens could not be had yet: try again")
	}
	return set, nil
}

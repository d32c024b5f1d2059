// Package storetest is the one suite that every store backend passes. It says
// by example what the sentences of package store mean.
package storetest

import (
	"errors"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Backend is what the suite must know of the backend that it tests.
type Backend struct {
	// Open opens the store that lives in a directory: an empty one that the
	// test owns, or one that an earlier store of the same test has closed.
	// A backend that needs no directory may take its name as that of a place.
	Open func(dir string) (store.Store, error)
	// Durable says that what was appended is there when the place is opened
	// again.
	Durable bool
}

// Run runs the suite: each test on a store of its own.
func Run(t *testing.T, backend Backend) {
	t.Helper()
	for _, test := range trials() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(trial{t, backend.open(t, t.TempDir())})
		})
	}
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		checkModel(t, backend)
	})
	if backend.Durable {
		t.Run("Reopen", func(t *testing.T) {
			t.Parallel()
			checkReopen(t, backend)
		})
	}
}

// trial is one test and the store that it is about.
type trial struct {
	t     testing.TB
	store store.Store
}

// trials lists the tests that need one store each.
func trials() []struct {
	name string
	run  func(trial)
} {
	return []struct {
		name string
		run  func(trial)
	}{
		{"NothingStored", trial.nothingStored},
		{"AppendAndLoad", trial.appendAndLoad},
		{"SequencesHaveNoGaps", trial.sequencesHaveNoGaps},
		{"SnapshotHidesWhatItCovers", trial.snapshotHidesWhatItCovers},
		{"NewestSnapshotWins", trial.newestSnapshotWins},
		{"ConflictStoresNothing", trial.conflictStoresNothing},
		{"BrokenBatchStoresNothing", trial.brokenBatchStoresNothing},
		{"IDsNeverMix", trial.idsNeverMix},
		{"PayloadsIntact", trial.payloadsIntact},
		{"CallerKeepsTheBatch", trial.callerKeepsTheBatch},
		{"CalleeOwnsWhatLoadPasses", trial.calleeOwnsWhatLoadPasses},
		{"LoadStopsAtFirstError", trial.loadStopsAtFirstError},
		{"ContextCanceled", trial.contextCanceled},
		{"ContextCanceledDuringLoad", trial.contextCanceledDuringLoad},
		{"WritersOnManyEntities", trial.writersOnManyEntities},
		{"WritersOnOneEntity", trial.writersOnOneEntity},
		{"LoadSeesOneMoment", trial.loadSeesOneMoment},
		{"Closed", trial.closed},
	}
}

// open opens the store in dir. The test closes it at its end unless it has
// been closed by then.
func (b Backend) open(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := b.Open(dir)
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

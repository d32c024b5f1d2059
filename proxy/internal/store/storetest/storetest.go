// Package storetest is the one suite that every store backend passes. It says
// by example what the sentences of package store mean.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Backend is what the suite must know of the backend that it tests.
type Backend struct {
	// Open opens the store that lives in a directory: an empty one that the
	// test owns, or one that an earlier store of the same test has closed.
	// A backend that needs no directory may take its name as that of a place.
	// All that the store judges by the time, it judges by the clock, leases too.
	Open func(dir string, clock func() time.Time) (store.Store, error)
	// Import fills the place of a directory, for Open to open: nil where that cannot be.
	Import func(ctx context.Context, dir string, clock func() time.Time, fill store.Fill) error
	// Durable says that what was stored is there when the place is opened again.
	Durable bool
	// Shared says that several stores may have one place open at a time.
	Shared bool
}

// Run runs the suite: each test on a store of its own.
func Run(t *testing.T, backend Backend) {
	t.Helper()
	for _, test := range trials() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			test.run(newTrial(t, backend.open(t, t.TempDir(), clock), clock))
		})
	}
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		checkModel(t, backend)
	})
	for _, test := range reopenings() {
		if backend.Durable {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				test.run(place{t: t, backend: backend, dir: t.TempDir(), clock: newClock()})
			})
		}
	}
	for _, test := range copyings() {
		if backend.Import != nil {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				test.run(place{t: t, backend: backend, dir: t.TempDir(), clock: newClock()})
			})
		}
	}
	for _, test := range sharings() {
		if backend.Shared {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				clock, dir := newClock(), t.TempDir()
				first := newTrial(t, backend.open(t, dir, clock), clock)
				test.run(first, backend.open(t, dir, clock))
			})
		}
	}
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
		{"SequencesAreTheStores", trial.sequencesAreTheStores},
		{"SnapshotHidesWhatItCovers", trial.snapshotHidesWhatItCovers},
		{"SnapshotInTheMidst", trial.snapshotInTheMidst},
		{"NewestSnapshotWins", trial.newestSnapshotWins},
		{"SnapshotAlone", trial.snapshotAlone},
		{"SnapshotOfNothing", trial.snapshotOfNothing},
		{"ConflictStoresNothing", trial.conflictStoresNothing},
		{"BrokenBatchStoresNothing", trial.brokenBatchStoresNothing},
		{"LoadStopsAtFirstError", trial.loadStopsAtFirstError},

		{"DeletedForEver", trial.deletedForEver},
		{"DeletedWithItsLastEvents", trial.deletedWithItsLastEvents},
		{"ConflictDeletesNothing", trial.conflictDeletesNothing},

		{"ValueWrittenAndRead", trial.valueWrittenAndRead},
		{"ValueConflictStoresNothing", trial.valueConflictStoresNothing},
		{"BrokenChangeStoresNothing", trial.brokenChangeStoresNothing},
		{"ValueExpires", trial.valueExpires},
		{"ValueOutlivesAnOlderEnd", trial.valueOutlivesAnOlderEnd},

		{"RecordsStoredWithTheWrite", trial.recordsStoredWithTheWrite},
		{"RecordsEnd", trial.recordsEnd},
		{"WriteOfWhatIsBesideAlone", trial.writeOfWhatIsBesideAlone},
		{"RefusedWriteStoresNothingBeside", trial.refusedWriteStoresNothingBeside},
		{"EffectsInOrder", trial.effectsInOrder},
		{"EffectsUntilDelivered", trial.effectsUntilDelivered},
		{"EffectsParked", trial.effectsParked},

		{"ReplicasOfEachNode", trial.replicasOfEachNode},
		{"KindIsOne", trial.kindIsOne},

		{"FencedStoresNothing", trial.fencedStoresNothing},
		{"LeaseKeepsOthersOut", trial.leaseKeepsOthersOut},
		{"LeaseRenewedLate", trial.leaseRenewedLate},
		{"LeaseOver", trial.leaseOver},
		{"ReleaseGivesBack", trial.releaseGivesBack},
		{"LeaveGivesBack", trial.leaveGivesBack},
		{"NameTakesOver", trial.nameTakesOver},
		{"ClaimedByOneOfMany", trial.claimedByOneOfMany},

		{"LogHasEachEvent", trial.logHasEachEvent},
		{"LogResumes", trial.logResumes},
		{"LogReaderMissesNothing", trial.logReaderMissesNothing},

		{"SweepForgetsAnswers", trial.sweepForgetsAnswers},
		{"SweepForgetsValues", trial.sweepForgetsValues},
		{"SweepForgetsDeletedEntities", trial.sweepForgetsDeletedEntities},

		{"EntitiesInPages", trial.entitiesInPages},
		{"HistoryIsWhole", trial.historyIsWhole},
		{"FiguresAreNamed", trial.figuresAreNamed},

		{"IDsNeverMix", trial.idsNeverMix},
		{"IDsNeverMixBeside", trial.idsNeverMixBeside},
		{"PayloadsIntact", trial.payloadsIntact},
		{"TimeAndMetadataIntact", trial.timeAndMetadataIntact},
		{"CallerKeepsTheBatch", trial.callerKeepsTheBatch},
		{"CallerKeepsWhatItGave", trial.callerKeepsWhatItGave},
		{"CalleeOwnsWhatLoadPasses", trial.calleeOwnsWhatLoadPasses},
		{"CalleeOwnsWhatItGets", trial.calleeOwnsWhatItGets},
		{"PassingOnStopsAtFirstError", trial.passingOnStopsAtFirstError},

		{"ContextCanceled", trial.contextCanceled},
		{"ContextCanceledDuringLoad", trial.contextCanceledDuringLoad},
		{"WritersOnManyEntities", trial.writersOnManyEntities},
		{"WritersOnOneEntity", trial.writersOnOneEntity},
		{"WritersOfOneValue", trial.writersOfOneValue},
		{"LoadSeesOneMoment", trial.loadSeesOneMoment},
		{"Closed", trial.closed},
	}
}

// open opens the store in dir. The test closes it at its end unless it has
// been closed by then.
func (b Backend) open(tb testing.TB, dir string, clock *clock) store.Store {
	tb.Helper()
	s, err := b.Open(dir, clock.time)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			tb.Errorf("Close: %v", err)
		}
	})
	return s
}

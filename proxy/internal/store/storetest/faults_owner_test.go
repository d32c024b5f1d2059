package storetest

import (
	"context"
	"errors"
	"strings"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// ownerFaults are about what is passed in and out: whether it is whole, whose it is,
// and until when.
func ownerFaults() map[string]fault {
	return map[string]fault{
		"shortens big payloads": {mutant{event: eachEvent(func(e *entity.Event) {
			e.Payload.Value = e.Payload.GetValue()[:min(len(e.Payload.GetValue()), 1<<20-1)]
		})}, "PayloadsIntact"},
		"forgets the time":          {mutant{event: eachEvent(func(e *entity.Event) { e.Time = time.Time{} })}, "TimeAndMetadataIntact"},
		"keeps seconds":             {mutant{event: eachEvent(func(e *entity.Event) { e.Time = e.Time.Truncate(time.Second) })}, "TimeAndMetadataIntact"},
		"forgets the metadata":      {mutant{event: eachEvent(func(e *entity.Event) { e.Metadata = nil })}, "TimeAndMetadataIntact"},
		"has metadata for none":     {mutant{event: eachEvent(madeUp)}, "TimeAndMetadataIntact"},
		"has a log of payloads":     {mutant{events: entries(payloadOnly)}, "TimeAndMetadataIntact"},
		"ends an id at its NUL":     {mutant{load: untilNUL}, "IDsNeverMix"},
		"ends a value's id there":   {mutant{read: readUntilNUL}, "IDsNeverMixBeside"},
		"ends a copy's id there":    {mutant{replica: replicaUntilNUL}, "IDsNeverMixBeside"},
		"ends a record's id there":  {mutant{record: recordUntilNUL}, "IDsNeverMixBeside"},
		"keeps the caller's batch":  {aliasBatch(), "CallerKeepsTheBatch"},
		"keeps the caller's copies": {aliasCopies(), "CallerKeepsWhatItGave"},
		"passes on what it keeps":   {aliasEvents(), "CalleeOwnsWhatLoadPasses"},
		"passes on its copies":      {aliasCopies(), "CalleeOwnsWhatItGets"},
		"passes on its values":      {aliasValues(), "CalleeOwnsWhatItGets"},
		"goes on after an error":    {mutant{replica: deafReplica}, "PassingOnStopsAtFirstError"},
		"explains an error": {mutant{effects: func(ctx context.Context, s *memory.Store, each func(store.Effect) error) error {
			return errors.Join(s.Effects(ctx, each))
		}}, "PassingOnStopsAtFirstError"},
		"takes what failed for read": {mutant{events: func(
			ctx context.Context, s *memory.Store, of string, after int64, most int, each func(store.Entry) error,
		) (int64, error) {
			_, err := s.Events(ctx, of, after, most, each)
			return after + 1, err
		}}, "PassingOnStopsAtFirstError"},
		"goes on after begin has failed": {mutant{head: func(store.Head) []store.Head { return nil }}, "LoadStopsAtFirstError"},
		"lives on after Close":           {mutant{live: true}, "Closed"},
		"ignores the context":            {mutant{live: true}, "ContextCanceled"},
		"ignores it while it loads":      {mutant{live: true}, "ContextCanceledDuringLoad"},
		"saves for those who have left": {mutant{save: func(ctx context.Context, s *memory.Store, node string, all []store.Replica) error {
			return s.Save(context.WithoutCancel(ctx), node, all)
		}}, "ContextCanceled"},
	}
}

func madeUp(e *entity.Event) {
	if e.Metadata == nil {
		e.Metadata = &entityv1.Metadata{}
	}
}

func payloadOnly(e store.Entry) []store.Entry {
	e.Event.Metadata = nil
	return []store.Entry{e}
}

func readUntilNUL(ctx context.Context, s *memory.Store, id store.ID) (store.Value, error) {
	return s.Read(ctx, untilNUL(id))
}

func replicaUntilNUL(ctx context.Context, s *memory.Store, id store.ID, each func([]byte) error) error {
	return s.Replica(ctx, untilNUL(id), each)
}

func recordUntilNUL(ctx context.Context, s *memory.Store, id store.ID, key string) (store.Record, bool, error) {
	return s.Record(ctx, untilNUL(id), key)
}

// deafReplica passes everything on, and returns the error in the end.
func deafReplica(ctx context.Context, s *memory.Store, id store.ID, each func([]byte) error) (err error) {
	_ = s.Replica(ctx, id, func(state []byte) error {
		err = errors.Join(err, each(state))
		return nil
	})
	return err
}

// aliasBatch shows what the caller has made of the last batch's first event.
func aliasBatch() mutant {
	kept := map[int64]entity.Event{}
	return mutant{
		append: func(ctx context.Context, s *memory.Store, id store.ID, b store.Batch) error {
			for i, event := range b.Events {
				kept[b.Expected+int64(i)+1] = event
			}
			if b.Snapshot != nil {
				kept[0] = entity.Event{Payload: b.Snapshot.State}
			}
			return s.Append(ctx, id, b)
		},
		head: heads(func(h *store.Head) {
			if h.Snapshot != nil {
				h.Snapshot.State = kept[0].Payload
			}
		}),
		event: eachEvent(func(e *entity.Event) { e.Payload = kept[e.Sequence].Payload }),
	}
}

// aliasEvents passes on the same payload each time.
func aliasEvents() mutant {
	kept := map[int64]entity.Event{}
	return mutant{event: eachEvent(func(e *entity.Event) {
		if old, has := kept[e.Sequence]; has {
			e.Payload = old.Payload
		}
		kept[e.Sequence] = *e
	})}
}

// aliasCopies keeps the caller's bytes, and passes them on.
func aliasCopies() mutant {
	kept := map[store.ID][]byte{}
	return mutant{
		save: func(_ context.Context, _ *memory.Store, _ string, all []store.Replica) error {
			for _, replica := range all {
				kept[replica.ID] = replica.State
			}
			return nil
		},
		replica: func(_ context.Context, _ *memory.Store, id store.ID, each func([]byte) error) error {
			return each(kept[id])
		},
	}
}

// aliasValues passes on the same value each time.
func aliasValues() mutant {
	kept := map[int64]store.Value{}
	return mutant{read: values(func(v *store.Value) {
		if old, has := kept[v.Revision]; has {
			v.Value = old.Value
		}
		kept[v.Revision] = *v
	})}
}

// untilNUL ends the entity's key at its first NUL.
func untilNUL(id store.ID) store.ID {
	if i := strings.IndexByte(id.Entity, 0); i > 0 {
		id.Entity = id.Entity[:i]
	}
	return id
}

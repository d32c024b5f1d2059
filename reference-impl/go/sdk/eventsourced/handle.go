package eventsourced

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Handle sets what the method with this short name does. The handler reads the
// state, emits events, and returns the response; or an error, best made by
// [sdk.Errorf], which refuses the command. It runs alone in its entity, and
// many entities run at once.
func Handle[S any, Request, Response proto.Message](
	entity *Entity[S], method string,
	handle func(ctx *Context, state *S, request Request) (Response, error),
) {
	sdk.Handles[Request, Response](&entity.Definition, method, sdk.Shape{})
	entity.handlers[method] = func(ctx *Context, state *S, payload *anypb.Any) (proto.Message, error) {
		request, err := sdk.ReadRequest[Request](method, payload)
		if err != nil {
			return nil, err
		}
		return handle(ctx, state, request)
	}
}

// Apply sets what events of type E do to the state, when they are emitted and
// when they are replayed. The event is not changed, then or later.
func Apply[S any, E proto.Message](entity *Entity[S], apply func(state *S, event E)) {
	name := sdk.TypeName[E]()
	if _, twice := entity.appliers[name]; twice {
		entity.Complainf("events of type %s are applied twice", name)
	}
	sdk.Stores[E](&entity.Definition)
	entity.appliers[name] = applier[S]{
		unpack: func(payload *anypb.Any) (proto.Message, error) { return sdk.Unpack[E](payload) },
		apply: func(state *S, event proto.Message) {
			if typed, ok := event.(E); ok {
				apply(state, typed)
				return
			}
			panic(string(name) + " in another Go type than its Apply takes")
		},
	}
}

// Snapshot gives the state to the proxy with the reply in which the number of
// events since the last snapshot, those of the journal included, reaches every
// (ES-SNAP-004). save returns the whole state and keeps no hold of what it
// returned; restore brings a state that was just created to it. Both are each
// other's inverse, for every snapshot that was ever stored.
func Snapshot[S any, M proto.Message](entity *Entity[S], every int, save func(state *S) M, restore func(state *S, saved M)) {
	if every < 1 {
		entity.Complainf("a snapshot after every %d events; at least 1", every)
	}
	if entity.snapshot.save != nil {
		entity.Complainf("two kinds of snapshot")
	}
	sdk.Stores[M](&entity.Definition)
	entity.snapshot = snapshot[S]{
		every: every,
		save:  func(state *S) proto.Message { return save(state) },
		restore: func(state *S, payload *anypb.Any) error {
			saved, err := sdk.Unpack[M](payload)
			if err == nil {
				restore(state, saved)
			}
			return err
		},
	}
}

package eventsourced

import (
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// Context is what a handler knows of its command and asks for besides the
// response. It is used until the handler returns, by its goroutine alone.
type Context struct {
	*sdk.Context

	// apply changes the state; it reports whether the type of event is known.
	apply func(event proto.Message) bool
	// events are those emitted so far, in order, and metadata what was given with each;
	// nil for nothing.
	events   []*anypb.Any
	metadata []*entityv1.Metadata
	// deletion is what the handler asked for with Delete; nil for nothing.
	deletion *eventsourcedv1.Delete
}

// Emit adds the event to those that the command's reply carries, and applies it
// to the state at once. The event is then a fact: nobody changes it any more.
// An event without an applier, or one that is nil, is a mistake in the handler:
// Emit panics, and the entity is reset.
func (c *Context) Emit(event proto.Message) {
	payload, err := sdk.Pack(event)
	if err != nil {
		panic(err)
	}
	if !c.apply(event) {
		panic("no Apply for events of type " + payload.GetTypeUrl())
	}
	c.events, c.metadata = append(c.events, payload), append(c.metadata, nil)
}

// EmitWith emits as Emit does, and gives the event metadata, which is stored with it and
// replayed with it (ES-EVENT-003). Its error is that the proxy cannot, or that the metadata
// cannot be sent; nothing was emitted then.
func (c *Context) EmitWith(event proto.Message, metadata sdk.Metadata) error {
	if err := sdk.Require(c.Context, discoveryv1.Capability_CAPABILITY_EVENT_METADATA, "stores no metadata of events"); err != nil {
		return err
	}
	message, err := metadata.Message()
	if err != nil {
		return err
	}
	c.Emit(event)
	c.metadata[len(c.metadata)-1] = message
	return nil
}

// longestRetention is the longest that the events of a deleted entity may be kept: a
// hundred years of 365 days (ES-DEL-005).
const longestRetention = 100 * 365 * 24 * time.Hour

// Delete deletes the entity, for ever, once the command has succeeded: its events are kept
// for the retention, and then purged. Events of this command, its response, forward and
// effects stand (ES-DEL-001). Its error is that the proxy cannot, or a retention below 0 or
// above a hundred years (ES-DEL-005).
func (c *Context) Delete(retention time.Duration) error {
	if err := sdk.Require(c.Context, discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE, "deletes no event sourced entities"); err != nil {
		return err
	}
	if retention < 0 || retention > longestRetention {
		return sdk.Errorf(codes.InvalidArgument, "events are kept for 0 to %v, not %v (ES-DEL-005)", longestRetention, retention)
	}
	c.deletion = &eventsourcedv1.Delete{Retention: retention.Milliseconds()}
	return nil
}

// annotations returns the metadata of the events, one entry for each; nil when none has
// any (ES-EVENT-003).
func (c *Context) annotations() []*entityv1.Metadata {
	if !slices.ContainsFunc(c.metadata, func(m *entityv1.Metadata) bool { return m != nil }) {
		return nil
	}
	all := slices.Clone(c.metadata)
	for i := range all {
		if all[i] == nil {
			all[i] = &entityv1.Metadata{}
		}
	}
	return all
}

// DurableEffect asks for a side effect as Effect does, which is stored with the
// command's events and tried until its target has answered. Its error is that
// the proxy cannot; a handler that needs it returns the error.
func (c *Context) DurableEffect(on sdk.Call, synchronous bool) error {
	return sdk.DurableEffect(c.Context, on, synchronous)
}

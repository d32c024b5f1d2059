package value

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// longestLife is the longest that a value may be kept for, where it is not kept
// for ever (VAL-EXPIRE-006).
const longestLife = 100 * 365 * 24 * time.Hour

// Context is what a handler knows of its command besides the request, the value
// among it, and what it asks for besides the response. It is used until the
// handler returns, by its goroutine alone.
type Context[V proto.Message] struct {
	*sdk.Context

	value  V                    // nil where there is none; never given away
	change *valuev1.StateAction // the last one; nil where nothing was changed
}

// Current returns a copy of the value as the command has left it so far, and nil
// where there is none. A message whose every field has its default is a value
// (VAL-INIT-010).
func (c *Context[V]) Current() V { return proto.CloneOf(c.value) }

// Update sets the value, for ever. What becomes of the message afterwards
// changes nothing. A message that is nil, or cannot be packed, is a mistake in
// the handler: Update panics, and the entity is reset.
func (c *Context[V]) Update(value V) { c.update(value, 0) }

// UpdateFor sets the value for so long, from when the update is durable
// (VAL-EXPIRE-001): from a millisecond to 100 years of 365 days, in whole
// milliseconds. The entity then has none. A command that is on its way by then
// still sees it. Any other time is a mistake in the handler, as for Update.
func (c *Context[V]) UpdateFor(value V, life time.Duration) {
	if life < time.Millisecond || life > longestLife {
		panic(fmt.Sprintf("a value for %v; a millisecond to %v (VAL-EXPIRE-006)", life, longestLife))
	}
	c.update(value, life.Milliseconds())
}

// Delete removes the value, whether or not there is one. The entity lives on
// without it.
func (c *Context[V]) Delete() {
	var none V
	c.value = none
	c.change = &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: &valuev1.Delete{}}}
}

// DurableEffect asks for a side effect as Effect does, which is stored with the
// command's change and tried until its target has answered. Its error is that
// the proxy cannot; a handler that needs it returns the error.
func (c *Context[V]) DurableEffect(on sdk.Call, synchronous bool) error {
	return sdk.DurableEffect(c.Context, on, synchronous)
}

// update sets the value for so many milliseconds; 0 is for ever.
func (c *Context[V]) update(value V, expireAfter int64) {
	payload, err := sdk.Pack(value)
	if err != nil {
		panic(err)
	}
	c.value = proto.CloneOf(value)
	c.change = &valuev1.StateAction{Action: &valuev1.StateAction_Update{
		Update: &valuev1.Update{Value: payload, ExpireAfter: expireAfter},
	}}
}

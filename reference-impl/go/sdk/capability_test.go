package sdk_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// withEffects asks for a durable effect between two that are not, and for no
// more where it cannot have it.
func withEffects(refusals chan<- error) sdk.Config {
	return one(entity("x", func(ctx *eventsourced.Context) {
		on := sdk.Call{Service: twoService, Method: "Call", Request: &tckv1.ProcessRequest{Id: "other"}}
		ctx.Effect(on, true)
		if err := ctx.DurableEffect(on, true); err != nil {
			refusals <- err
			return
		}
		ctx.Effect(on, false)
	}))
}

// FX-DUR-002: durable is what was asked to be durable, where the proxy can.
// DISC-CAP-003: what else it announces, or twice, makes no difference.
func TestDurableEffects(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, withEffects(nil))
	proxy.Announce(0, 4095, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
	stream := proxy.Open(open("e"))
	effects := stream.Ask(call("e")).GetReply().GetSideEffects()
	if len(effects) != 3 || effects[0].GetDurable() || !effects[1].GetDurable() || !effects[1].GetSynchronous() || effects[2].GetDurable() {
		t.Errorf("effects %v", effects)
	}
	stream.Passivate()
}

// DISC-CAP-006: a proxy that has not said on this connection that it can is sent
// no durable effect, and the handler is told. DISC-CAP-007: it is served otherwise.
func TestDurableEffectsThatAreNotInForce(t *testing.T) {
	t.Parallel()
	for name, announce := range map[string]func(*sdktest.Proxy){
		"never asked":      func(*sdktest.Proxy) {},
		"another":          func(proxy *sdktest.Proxy) { proxy.Announce(discoveryv1.Capability_CAPABILITY_CANCEL) },
		"no longer":        func(proxy *sdktest.Proxy) { proxy.Announce() },
		"none that exists": func(proxy *sdktest.Proxy) { proxy.Announce(0, 4095) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusals := make(chan error, 1)
			proxy := sdktest.Start(t, withEffects(refusals))
			announce(proxy)
			stream := proxy.Open(open("e"))
			if effects := stream.Ask(call("e")).GetReply().GetSideEffects(); len(effects) != 1 || effects[0].GetDurable() {
				t.Errorf("effects %v", effects)
			}
			if got := sdk.Failure(1, <-refusals); got.GetCode() != int32(codes.FailedPrecondition) {
				t.Errorf("the handler is told %v", got)
			}
			stream.Passivate()
		})
	}
}

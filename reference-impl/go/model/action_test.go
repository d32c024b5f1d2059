package main

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
)

// TestActionTranscripts calls the action in its four shapes as a proxy does.
func TestActionTranscripts(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for name, c := range map[string]struct {
		method   string
		requests []proto.Message
		want     []*actionv1.ActionResponse
	}{
		"ACT-ANSWER-001 CORE-CMD-006 unary, a reply": {
			unary, []proto.Message{request(group(replying("a"), replying("b")))}, is(actionReply("b")),
		},
		"ACT-ANSWER-010 unary, nothing": {unary, []proto.Message{request()}, is(noCase())},
		"FX-FWD-001 unary, a forward": {
			unary, []proto.Message{request(group(replying("a")), group(forwarding("f")))}, is(actionForward("f")),
		},
		"unary, a reply after a forward": {
			unary, []proto.Message{request(group(forwarding("f"), replying("a")))}, is(actionReply("a")),
		},
		"ACT-FAIL-001 unary, a failure": {
			unary, []proto.Message{request(group(failing("50% of „dies“")))}, is(actionFailure(codes.Unknown, "50% of „dies“")),
		},
		"ACT-ANSWER-002 FX-EFF-001 FX-EFF-002 unary, side effects": {
			unary,
			[]proto.Message{request(group(causing("a", false), replying("r")), group(causing("b", true)), group(causing("a", false)))},
			is(actionReply("r", actionEffect("a", false), actionEffect("b", true), actionEffect("a", false))),
		},
		"ACT-ANSWER-009 unary, side effects alone": {
			unary, []proto.Message{request(group(causing("a", true)))}, is(noCase(actionEffect("a", true))),
		},
		"FX-FAIL-002 unary, side effects beside a failure": {
			unary, []proto.Message{request(group(causing("a", true), failing("no")))}, is(actionFailure(codes.Unknown, "no", actionEffect("a", true))),
		},
		"ACT-REQ-005 unary, a step without a case": {
			unary, []proto.Message{request(group(&tckv1.ProcessStep{}))}, is(actionFailure(codes.InvalidArgument, "")),
		},
		"ACT-OPEN-004 streamed in, no request": {streamedIn, nil, is(noCase())},
		"ACT-REQ-003 streamed in, in order": {
			streamedIn,
			[]proto.Message{
				request(group(causing("a", false), replying("1"))), request(group(causing("b", true))),
				request(), request(group(replying("2"), causing("c", false))),
			},
			is(actionReply("2", actionEffect("a", false), actionEffect("b", true), actionEffect("c", false))),
		},
		"ACT-FAIL-001 streamed in, a failure": {
			streamedIn, []proto.Message{request(group(replying("1"))), request(group(failing("no")))}, is(actionFailure(codes.Unknown, "no")),
		},
		"streamed out, nothing": {streamedOut, []proto.Message{request()}, nil},
		"ACT-ANSWER-002 ACT-ANSWER-009 streamed out, of everything": {
			streamedOut,
			[]proto.Message{request(
				group(causing("a", false), replying("1")), group(), group(causing("b", true)), group(forwarding("f"), causing("c", false)),
			)},
			is(actionReply("1", actionEffect("a", false)), noCase(), noCase(actionEffect("b", true)), actionForward("f", actionEffect("c", false))),
		},
		"ACT-FAIL-005 streamed out, on after a failure": {
			streamedOut,
			[]proto.Message{request(group(replying("1")), group(failing("no"), causing("a", false)), group(replying("2")))},
			is(actionReply("1"), actionFailure(codes.Unknown, "no", actionEffect("a", false)), actionReply("2")),
		},
		"ACT-OPEN-004 streamed, no request": {streamed, nil, nil},
		"ACT-ANSWER-002 streamed, each with its own": {
			streamed,
			[]proto.Message{request(group(replying("1")), group(causing("a", true), replying("2"))), request(), request(group(forwarding("3")))},
			is(actionReply("1"), actionReply("2", actionEffect("a", true)), actionForward("3")),
		},
		"ACT-FAIL-005 streamed, on after a failure": {
			streamed,
			[]proto.Message{request(group(failing("no"))), request(group(replying("2")))},
			is(actionFailure(codes.Unknown, "no"), actionReply("2")),
		},
	} {
		t.Run(name, func(t *testing.T) { gives(t, call(proxy, c.method, c.requests...), c.want...) })
	}
}

func is(responses ...*actionv1.ActionResponse) []*actionv1.ActionResponse { return responses }

// ACT-DISC-001, ACT-CALL-004: what the function does not serve in that shape is refused.
func TestActionsThatAreNotServed(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for of, shape := range map[string]string{
		unary: "HandleUnary", streamedIn: "HandleStreamedIn", streamedOut: "HandleStreamedOut", streamed: "HandleStreamed",
	} {
		for _, method := range append([]string{"Nothing", ""}, shapes...) {
			if method != of {
				gives(t, proxy.ActionCall(shape, sdktest.ActionCommand(actionModel, method, request())), actionFailure(codes.Unimplemented, ""))
			}
		}
		gives(t, proxy.ActionCall(shape, sdktest.ActionCommand("nobody", of, request())), actionFailure(codes.Unimplemented, ""))
		gives(t, proxy.ActionCall(shape, sdktest.ActionCommand(modelService, of, request())), actionFailure(codes.Unimplemented, ""))
	}
	for _, shape := range []string{"HandleStreamedIn", "HandleStreamed"} {
		gives(t, proxy.ActionCall(shape), actionFailure(codes.InvalidArgument, ""))
	}
}

// ACT-REQ-005: a request that cannot be read refuses the call, what was answered before excepted.
func TestActionRequestsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	good := request(group(replying("1")))
	for name, payload := range map[string]*anypb.Any{
		"none":         nil,
		"another type": sdktest.Any(wrapperspb.String("?")),
		"no type":      {},
		"garbled":      {TypeUrl: "type.googleapis.com/stateward.tck.action.v1.ProcessRequest", Value: []byte{0x0a, 0xff}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range shapes {
				var c *sdktest.ActionCall
				if method == unary || method == streamedOut {
					command := sdktest.ActionCommand(actionModel, method, nil)
					command.Payload = payload
					c = proxy.ActionCall(map[string]string{unary: "HandleUnary", streamedOut: "HandleStreamedOut"}[method], command)
				} else {
					c = call(proxy, method, good)
					c.Send(&actionv1.ActionCommand{Payload: payload})
					c.Send(sdktest.ActionRequest(good))
				}
				want := is(actionFailure(codes.InvalidArgument, ""))
				if method == streamed {
					want = is(actionReply("1"), want[0])
				}
				gives(t, c, want...)
			}
		})
	}
}

// ACT-REQ-004, ACT-REQ-006, CORE-PAYLOAD-003: what makes no difference.
func TestActionsReadNoMoreThanTheyShould(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	asked := request(group(replying("1")))
	asked.ProtoReflect().SetUnknown(unknownField)
	c := call(proxy, streamed)
	later := sdktest.ActionCommand("nobody", "Nothing", asked)
	later.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{Key: "k"}}}
	later.Payload.TypeUrl = "example.org/types/stateward.tck.action.v1.ProcessRequest"
	later.ProtoReflect().SetUnknown(unknownField)
	c.Send(later)
	gives(t, c, actionReply("1"))
}

// ACT-CALL-003, ACT-FLOW-003: a call that is not read holds up no other; its
// responses, a mebibyte of them, are more than gRPC takes ahead.
func TestActionCallsWaitForNobody(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	large := &tckv1.ProcessRequest{}
	for range 5 * 1024 {
		large.Groups = append(large.Groups, group(replying(string(make([]byte, 100)))))
	}
	stuck := call(proxy, streamed, large)
	stuck.Receive()
	for _, method := range shapes {
		gives(t, call(proxy, method, request(group(replying("1")))), actionReply("1"))
	}
	stuck.Reset()
}

// Each request is answered before the next has come.
func TestActionAnswersAtOnce(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	c := call(proxy, streamed)
	for _, message := range []string{"1", "2", "3"} {
		checkAction(t, 0, actionReply(message), c.Ask(sdktest.ActionRequest(request(group(replying(message))))))
	}
	gives(t, c)
}

// ACT-CANCEL-004: a call that is cancelled, in whatever phase, is over, and
// further ones are answered. The leak check of TestMain sees what is not released.
func TestActionCancel(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for _, method := range shapes {
		c := call(proxy, method, request(group(replying("1")), group(replying("2"))))
		c.Reset()
		if err := c.Status(); err == nil {
			t.Errorf("%s: a cancelled call ended with OK", method)
		}
	}
	gives(t, call(proxy, unary, request(group(replying("1")))), actionReply("1"))
}

package action_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
	"pgregory.net/rapid"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// history is one call as its driver sees it.
type history struct {
	shape   wire.Shape
	machine *action.Machine
	// ended, broken and finished say what has been seen; halfClosed, what was sent.
	ended, broken, halfClosed, callerClosed bool
	finished, cancelled                     int
	// settling and giving say what has not been answered; given counts the items.
	settling, giving bool
	given            int
}

// step steps the machine and holds its effects against the contract.
func (h *history) step(t *rapid.T, in action.Input) {
	if h.finished > 0 {
		if out := h.machine.Step(in, nil); len(out) > 0 {
			t.Fatalf("%#v after Finish leads to %v", in, out)
		}
		return
	}
	for _, effect := range h.machine.Step(in, nil) {
		if h.finished > 0 {
			t.Fatalf("%T stands behind Finish", effect)
		}
		switch effect := effect.(type) {
		case action.Send:
			h.check(t, !h.halfClosed && !h.ended, effect)
			h.halfClosed = effect.Last
		case action.HalfClose:
			h.check(t, !h.halfClosed && !h.ended, effect)
			h.halfClosed = true
		case action.Settle:
			h.check(t, !h.settling && !h.giving && (h.shape.Responses() || h.ended && !h.broken), effect)
			h.settling = true
		case action.Give:
			h.given++
			h.check(t, !h.settling && !h.giving && (h.shape.Responses() || h.ended && h.given == 1), effect)
			h.giving = true
		case action.Cancel:
			h.cancelled++
			h.check(t, h.cancelled == 1 && (!h.ended || h.broken), effect)
		case action.Finish:
			h.finished++
			h.check(t, effect.Err != nil || h.ended && (h.shape.Responses() || h.given == 1), effect)
			h.check(t, h.cancelled == 1 || h.ended && !h.broken, effect)
		}
	}
}

func (h *history) check(t *rapid.T, ok bool, effect action.Effect) {
	t.Helper()
	if !ok {
		t.Fatalf("%T %v out of its time: %+v", effect, effect, h)
	}
}

// responses makes what a function may answer, right or wrong.
func responses() *rapid.Generator[*actionv1.ActionResponse] {
	return rapid.Custom(func(t *rapid.T) *actionv1.ActionResponse {
		response := &actionv1.ActionResponse{}
		for range rapid.IntRange(0, 2).Draw(t, "effects") {
			response.SideEffects = append(response.SideEffects, &entityv1.SideEffect{Durable: rapid.Bool().Draw(t, "durable")})
		}
		switch rapid.IntRange(0, 4).Draw(t, "case") {
		case 0:
			typeURL := rapid.SampledFrom([]string{"t/Text", "t/Other"}).Draw(t, "type")
			response.Response = &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{Payload: &anypb.Any{TypeUrl: typeURL}}}
		case 1:
			response.Response = &actionv1.ActionResponse_Reply{Reply: &entityv1.Reply{}}
		case 2:
			response.Response = &actionv1.ActionResponse_Forward{Forward: &entityv1.Forward{}}
		case 3:
			response.Response = &actionv1.ActionResponse_Failure{Failure: &entityv1.Failure{Code: rapid.Int32().Draw(t, "code")}}
		}
		return response
	})
}

// Whatever a caller and a function do, in whatever order, the machine asks for what its
// contract allows, and ends the caller's call exactly once.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SampledFrom([]wire.Shape{wire.Unary, wire.StreamedIn, wire.StreamedOut, wire.Streamed}).Draw(t, "shape")
		call := action.Call{Service: "shop.Rates", Method: "Convert", Shape: shape, Output: "Text"}
		h := &history{shape: shape, machine: action.New(call, entity.Terms{Cloudstate: rapid.Bool().Draw(t, "cloudstate")})}
		h.step(t, action.Opened{})
		t.Repeat(map[string]func(*rapid.T){
			"request": func(t *rapid.T) {
				if !shape.Requests() || h.callerClosed {
					t.Skip()
				}
				h.step(t, action.Requested{})
			},
			"half-close": func(t *rapid.T) {
				if !shape.Requests() || h.callerClosed {
					t.Skip()
				}
				h.callerClosed = true
				h.step(t, action.HalfClosed{})
			},
			"response": func(t *rapid.T) {
				if h.ended || !h.machine.Room() {
					t.Skip()
				}
				h.step(t, action.Responded{Response: responses().Draw(t, "response")})
			},
			"end": func(t *rapid.T) {
				if h.ended {
					t.Skip()
				}
				end := rapid.SampledFrom([]error{
					nil, status.Error(codes.Aborted, "again"), fault.New(fault.Internal, "unreadable"), fault.New(fault.Unavailable, "lost"),
				}).Draw(t, "end")
				h.ended, h.broken = true, end != nil && fault.KindOf(end) == fault.Internal && status.Code(end) == codes.Internal
				h.step(t, action.Ended{Err: end})
			},
			"settled": func(t *rapid.T) {
				if !h.settling {
					t.Skip()
				}
				h.settling = false
				h.step(t, action.Settled{Err: rapid.SampledFrom([]error{nil, fault.New(fault.Unknown, "nobody")}).Draw(t, "err")})
			},
			"given": func(t *rapid.T) {
				if !h.giving {
					t.Skip()
				}
				h.giving = false
				h.step(t, action.Given{})
			},
			"gone":     func(t *rapid.T) { h.step(t, action.Gone{Deadline: rapid.Bool().Draw(t, "deadline")}) },
			"too late": func(t *rapid.T) { h.step(t, action.TimedOut{}) },
		})
		h.end(t)
	})
}

// end lets both sides come to an end: the caller's call is over then.
func (h *history) end(t *rapid.T) {
	if !h.ended {
		h.ended = true
		h.step(t, action.Ended{})
	}
	for h.finished == 0 && (h.settling || h.giving) {
		if h.settling {
			h.settling = false
			h.step(t, action.Settled{})
		} else {
			h.giving = false
			h.step(t, action.Given{})
		}
	}
	if h.finished != 1 {
		t.Fatalf("the caller's call was ended %d times: %+v", h.finished, h)
	}
}

package value

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

// FuzzStream speaks any sequence of messages, each with its length before it.
// Whatever comes: nothing panics, a command gets exactly one answer, and
// anything else gets none or ends the stream by a failure.
func FuzzStream(f *testing.F) {
	start := sdktest.ValueInit(twoService, "e", &tckv1.Persisted{Value: "tea"})
	for _, seed := range [][]*sdktest.ValueRequest{
		{},
		{{}},
		{start, callCommand(1), callCommand(2), callCommand(3)},
		{start, start},
		{callCommand(1)},
		{sdktest.ValueInit(twoService, "e", durationpb.New(1))},
		{sdktest.ValueInit("nobody", "e", nil)},
		{start, sdktest.ValueCommand("e", 1, "Nothing", nil), sdktest.ValueCommand("f", 2, "Call", nil)},
	} {
		var data []byte
		for _, message := range seed {
			bytes, err := proto.Marshal(message)
			if err != nil {
				f.Fatal(err)
			}
			data = protowire.AppendBytes(data, bytes)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		turn := 0
		c, log := converse(t, doing(func(ctx callContext) error { // sets, removes and fails in turn
			turn++
			switch turn % 3 {
			case 0:
				ctx.Delete()
			case 1:
				ctx.Update(&tckv1.Persisted{Value: "milk"})
			default:
				return sdk.Errorf(codes.Aborted, "not now")
			}
			return nil
		}), nil)
		c.entity, c.entityID = nil, ""
		for len(data) > 0 {
			frame, n := protowire.ConsumeBytes(data)
			request := &valuev1.HandleRequest{}
			if n < 0 || proto.Unmarshal(frame, request) != nil {
				return // grpc ends such a stream itself
			}
			data = data[n:]
			answer, more := c.step(request)
			judge(t, request, answer, more)
			if strings.Contains(log.String(), "panic") {
				t.Fatalf("%v: %s", request, log)
			}
			if !more {
				return
			}
		}
	})
}

// judge checks what must hold of the answer to any message.
func judge(t *testing.T, request *sdktest.ValueRequest, answer *sdktest.ValueResponse, more bool) {
	t.Helper()
	id := request.GetCommand().GetId()
	if reply := answer.GetReply(); reply != nil && (reply.GetCommandId() != id || request.GetCommand() == nil) {
		t.Fatalf("%v is answered by %v", request, answer)
	}
	if failed := answer.GetFailure().GetCommandId(); failed != 0 && failed != id {
		t.Fatalf("command %d is answered by %v", id, answer)
	}
	if more == (answer.GetFailure() != nil) {
		t.Fatalf("goes on: %v, after %v", more, answer)
	}
	if more && (answer == nil) != (request.GetCommand() == nil) {
		t.Fatalf("%v is answered by %v", request, answer)
	}
	if answer.GetReply().GetClientAction().GetFailure() != nil && answer.GetReply().GetStateAction() != nil {
		t.Fatalf("a failure that changes the value: %v", answer)
	}
	if _, err := proto.Marshal(answer); err != nil {
		t.Fatalf("%v cannot be sent: %v", answer, err)
	}
}

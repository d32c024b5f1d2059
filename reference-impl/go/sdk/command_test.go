package sdk_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func cancelOf(id int64) *sdktest.Request {
	return &sdktest.Request{Message: &eventsourcedv1.HandleRequest_Cancel{Cancel: &entityv1.Cancel{CommandId: id}}}
}

// CORE-CANCEL-002, CORE-CANCEL-003, CORE-CANCEL-005: a cancel ends the handler's
// context and is answered by nothing; the command is answered once, by what its
// handler returns.
func TestCancel(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}, 1), make(chan error, 1)
	proxy := sdktest.Start(t, one(entity("x", func(ctx *eventsourced.Context) {
		entered <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
	})))
	stream := proxy.Open(open("e"), call("e"))
	<-entered
	stream.Send(cancelOf(1))
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended by %v", err)
	}
	if answer := stream.Receive(); answer.GetReply().GetCommandId() != 1 {
		t.Errorf("the cancelled command is answered by %v", answer)
	}
	stream.Passivate()
	if got := sdk.Failure(1, context.Canceled).GetCode(); got != int32(codes.Canceled) {
		t.Errorf("a handler that gives up is answered with code %d", got)
	}
}

// CORE-CANCEL-004: a cancel of a command that was answered, or never came,
// changes nothing, also of the command that gets that id.
func TestCancelThatIsLate(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, one(entity("x", func(ctx *eventsourced.Context) {
		if err := ctx.Err(); err != nil {
			t.Errorf("a command begins with %v", err)
		}
	})))
	stream := proxy.Open(open("e"), cancelOf(0), cancelOf(1))
	for id := int64(1); id < 5; id++ {
		command := call("e")
		command.GetCommand().Id = id
		stream.Send(cancelOf(id))
		if answer := stream.Ask(command); answer.GetReply().GetCommandId() != id {
			t.Errorf("command %d is answered by %v", id, answer)
		}
		stream.Send(cancelOf(id))
		stream.Send(cancelOf(id - 1))
	}
	stream.Passivate()
}

// The deadline of a command is its timeout from when it is handled; one that
// nobody could wait for is none.
func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for timeout, want := range map[int64]time.Duration{1500: 1500 * time.Millisecond, 0: 0, -1: 0, 1 << 62: 0} {
			ctx, end := sdk.WithCommand(t.Context(), &entityv1.Command{Id: 1, Timeout: timeout})
			deadline, bounded := ctx.Deadline()
			if bounded != (want > 0) || bounded && time.Until(deadline) != want {
				t.Errorf("timeout %d: %v, %v", timeout, deadline, bounded)
			}
			if bounded {
				<-ctx.Done()
				if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					t.Errorf("timeout %d ended by %v", timeout, ctx.Err())
				}
			}
			end()
			if ctx.Err() == nil {
				t.Errorf("timeout %d: the context outlives its command", timeout)
			}
		}
	})
}

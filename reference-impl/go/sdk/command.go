package sdk

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// longestTimeout is the longest that a timer counts; whoever waits longer has
// no deadline that matters.
const longestTimeout = 100 * 365 * 24 * time.Hour

// WithCommand returns the context in which to handle the command of a stream
// whose context is ctx: it ends when its caller's deadline passes, and when the
// proxy says that nobody waits for the answer any more. The command is answered
// all the same (CORE-CANCEL-002). end frees what the context holds, once the
// command is answered. It is for the kinds of entities.
func WithCommand(ctx context.Context, command *entityv1.Command) (handling context.Context, end context.CancelFunc) {
	handling, cancel := context.WithCancel(ctx)
	if timeout := command.GetTimeout(); timeout > 0 && timeout <= longestTimeout.Milliseconds() {
		handling, cancel = withTimeout(handling, cancel, time.Duration(timeout)*time.Millisecond)
	}
	outstanding, ok := ctx.Value(outstandingKey{}).(*outstanding)
	if !ok {
		return handling, cancel
	}
	outstanding.begin(command.GetId(), cancel)
	return handling, func() {
		outstanding.end()
		cancel()
	}
}

// withTimeout bounds ctx further. The returned function ends both.
func withTimeout(ctx context.Context, cancel context.CancelFunc, timeout time.Duration) (context.Context, context.CancelFunc) {
	bounded, stop := context.WithTimeout(ctx, timeout)
	return bounded, func() {
		cancel() // first, so that the cause of the end is CANCELLED
		stop()
	}
}

// ReadRequest returns the request of a command of this method. Its error refuses the
// command with INVALID_ARGUMENT. It is for the kinds of entities.
func ReadRequest[M proto.Message](method string, payload *anypb.Any) (M, error) {
	request, err := Unpack[M](payload)
	if err != nil {
		return request, Errorf(codes.InvalidArgument, "%s: %v (CORE-CMD-005)", method, err)
	}
	return request, nil
}

// Unhandled returns what refuses a command whose method the service does not have. It is
// for the kinds of entities.
func Unhandled(service protoreflect.ServiceDescriptor, command *entityv1.Command) error {
	return Errorf(codes.Unimplemented, "%s has no method %q (CORE-CMD-003)", service.FullName(), command.GetName())
}

// outstanding is which command of a stream is being handled, and which has been
// read behind it. The stream's two goroutines share it.
type outstanding struct {
	mu        sync.Mutex
	read      int64 // the last command read
	cancelled int64 // that command, where its cancel came before it began
	running   int64 // the command being handled; 0 where there is none
	cancel    context.CancelFunc
}

// outstandingKey is where a stream's context holds its *outstanding.
type outstandingKey struct{}

// heedCancels lets every stream of entities hear a cancel while its command is
// being handled. A cancel is passed on to nobody and answered by nothing
// (CORE-CANCEL-005).
func heedCancels(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	commands := &outstanding{}
	return handle(service, &heedful{
		ServerStream: stream,
		ctx:          context.WithValue(stream.Context(), outstandingKey{}, commands),
		commands:     commands,
	})
}

// heedful is a stream without its cancels.
type heedful struct {
	grpc.ServerStream

	ctx      context.Context
	commands *outstanding
}

// Context returns the stream's context, in which WithCommand finds its commands.
func (h *heedful) Context() context.Context { return h.ctx }

// RecvMsg reads the next message that is no cancel.
func (h *heedful) RecvMsg(message any) error {
	for {
		if err := h.ServerStream.RecvMsg(message); err != nil {
			return err
		}
		if carrier, ok := message.(interface{ GetCommand() *entityv1.Command }); ok && carrier.GetCommand() != nil {
			h.commands.arrive(carrier.GetCommand().GetId())
		}
		carrier, ok := message.(interface{ GetCancel() *entityv1.Cancel })
		if !ok || carrier.GetCancel() == nil {
			return nil
		}
		h.commands.giveUp(carrier.GetCancel().GetCommandId())
	}
}

// arrive notes a command that was read.
func (o *outstanding) arrive(id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read, o.cancelled = id, 0
}

// begin notes that the command is being handled.
func (o *outstanding) begin(id int64, cancel context.CancelFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running, o.cancel = id, cancel
	if o.cancelled == id && id != 0 {
		cancel()
	}
}

// end notes that the command is answered: its cancel is late from now on.
func (o *outstanding) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running, o.cancel = 0, nil
}

// giveUp ends the command's context, or changes nothing where that command is
// answered or never came (CORE-CANCEL-004).
func (o *outstanding) giveUp(id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.cancel != nil && o.running == id:
		o.cancel()
	case o.read == id:
		o.cancelled = id
	}
}

// Package multiplex is the kit's own model of a function that serves many entities on one
// stream: a correct one, the same as others might have written it, and the same with one
// defect each.
package multiplex

import (
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/mutant/eventsourced"
)

// Profile is that of multiplexed streams.
const Profile = "multiplexed-stream"

// Register makes the server serve multiplexed streams, bent as the instance is.
func Register(server grpc.ServiceRegistrar, bent defect.Instance) {
	multiplexv1.RegisterMultiplexServiceServer(server, service{bent: bent})
}

type service struct {
	multiplexv1.UnimplementedMultiplexServiceServer

	bent defect.Instance
}

// Handle serves one stream.
func (s service) Handle(grpcStream grpc.BidiStreamingServer[request, response]) error {
	has := defect.InForce(grpcStream.Context())
	entities := &stream{
		activate: func() defect.Machine[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse] {
			return eventsourced.Activation(has)
		},
		kinds: kinds(), handles: map[int64]*handle{}, most: mostHandles, limit: maxMessage,
	}
	step := defect.Step(s.bent, entities, entities.step)
	err := s.converse(grpcStream, entities, step)
	if err == nil {
		err = entities.status
	}
	return err
}

// converse serves the stream by the machine. It reads on whether its own frames can be
// sent or not; what waits for that is bounded by the credit.
func (s service) converse(grpcStream grpc.BidiStreamingServer[request, response], entities *stream, step machine) error {
	if entities.serial {
		return defect.Converse(s.bent, grpcStream, step)
	}
	out := &outbox{backward: entities.backward}
	out.more.L = &out.mu
	var writing sync.WaitGroup
	var unsent error
	writing.Go(func() { unsent = s.write(grpcStream, out) })
	err := read(grpcStream, out, step)
	out.close()
	writing.Wait()
	return errors.Join(err, unsent)
}

// read steps the machine until the stream ends.
func read(grpcStream grpc.BidiStreamingServer[request, response], out *outbox, step machine) error {
	for {
		in, err := grpcStream.Recv()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if in.GetClose().GetReset_() {
			out.drop(in.GetHandle())
		}
		frames, end := step(in)
		out.add(frames)
		if end {
			return nil
		}
		if in == nil { // a mutant that does not heed the half-close
			<-grpcStream.Context().Done()
			return grpcStream.Context().Err()
		}
	}
}

// write sends what there is, to the last frame.
func (s service) write(grpcStream grpc.BidiStreamingServer[request, response], out *outbox) error {
	for {
		frame, since := out.next()
		if frame == nil {
			return nil
		}
		if frame.GetCredit() == nil {
			if err := s.bent.HesitateSince(grpcStream.Context(), since); err != nil {
				return err
			}
		}
		if err := grpcStream.Send(frame); err != nil {
			return err
		}
	}
}

// outbox is what is to be sent.
type outbox struct {
	mu       sync.Mutex
	more     sync.Cond
	frames   []waiting
	closed   bool
	backward bool
}

// waiting is a frame that is to be sent, and since when.
type waiting struct {
	frame *response
	since time.Time
}

func (o *outbox) add(frames []*response) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, frame := range frames {
		o.frames = append(o.frames, waiting{frame, time.Now()})
	}
	o.more.Signal()
}

// drop takes back what was not sent yet of a handle.
func (o *outbox) drop(handle int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = slices.DeleteFunc(o.frames, func(w waiting) bool { return w.frame.GetHandle() == handle })
}

// close says that nothing is added any more.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.more.Signal()
}

// next waits for a frame, and returns nil when none comes any more.
func (o *outbox) next() (frame *response, since time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.frames) == 0 && !o.closed {
		o.more.Wait()
	}
	if len(o.frames) == 0 {
		return nil, time.Time{}
	}
	at := 0
	for i, w := range o.frames {
		if o.backward && w.frame.GetHandle() > o.frames[at].frame.GetHandle() {
			at = i
		}
	}
	next := o.frames[at]
	o.frames = slices.Delete(o.frames, at, at+1)
	return next.frame, next.since
}

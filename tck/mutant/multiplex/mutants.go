package multiplex

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Mutants are wrong on a multiplexed stream.
func Mutants() []defect.Mutant {
	return slices.Concat(openMutants(), frameMutants(), creditMutants(), closeMutants(), limitMutants(), wrongMutants())
}

// any is the blast radius of a defect that spoils every stream.
func anyStream() []string { return []string{"multiplexed-stream/"} }

// openMutants are wrong about how a stream or a handle begins.
func openMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "serves-no-plain-streams-beside", KilledBy: "MUX-USE-003", Message: "end Unavailable",
			MayAlsoFail: []string{"multiplexed-stream/end/broken-then-plain"}, Defect: withoutPlainStreams,
		},
		{
			Name: "multiplexes-no-kind", KilledBy: "MUX-USE-004", Message: "end Unimplemented", MayAlsoFail: anyStream(),
			Defect: made(func(s *stream) { s.kinds = nil }),
		},
		{
			Name: "needs-no-start", KilledBy: "MUX-START-003", Message: "got 1 credit",
			Defect: onRequests(func(s *stream, in *request) { s.started = s.started || in.GetStart() == nil }),
		},
		{
			Name: "ends-a-wrong-stream-in-peace", KilledBy: "MUX-START-003", Message: "end OK", MayAlsoFail: anyStream(),
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					s.status = nil
					return out, end
				}
			}),
		},
		{
			Name: "multiplexes-any-kind", KilledBy: "MUX-START-004", Message: "nothing within",
			Defect: onRequests(func(s *stream, in *request) { s.kinds = append(s.kinds, in.GetStart().GetEntityType()) }),
		},
		{
			Name: "opens-a-handle-without-init", KilledBy: "MUX-OPEN-003", Message: "nothing within",
			MayAlsoFail: []string{"multiplexed-stream/wrong/open-without-bytes"},
			Defect: onRequests(func(_ *stream, in *request) {
				if in.GetOpen() != nil && carried(in).GetInit() == nil {
					in.GetOpen().Message = someInit()
				}
			}),
		},
		{
			Name: "opens-handles-in-any-order", KilledBy: "MUX-OPEN-004", Message: "nothing within",
			Defect: onRequests(func(s *stream, in *request) {
				if in.GetOpen() != nil && in.GetHandle() != 0 {
					s.opened = in.GetHandle() - 1
				}
			}),
		},
		{Name: "keeps-what-was-closed", KilledBy: "MUX-OPEN-005", Message: `reply 1 "A"`, Defect: bent(remembering)},
	}
}

// someInit is an init of no entity of the proxy's.
func someInit() []byte {
	raw, err := proto.Marshal(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{
		Init: &eventsourcedv1.Init{ServiceName: "stateward.tck.eventsourced.v1.EventSourcedTckModelService", EntityId: "someone"},
	}})
	if err != nil {
		panic(err)
	}
	return raw
}

// remembering goes on with an entity where its last handle ended.
func remembering(s *stream, next machine) machine {
	known := map[string]*handle{}
	return func(in *request) ([]*response, bool) {
		out, end := next(in)
		if init := carried(in).GetInit(); init != nil && s.handles[in.GetHandle()] != nil {
			h := s.handles[in.GetHandle()]
			if before := known[init.GetEntityId()]; before != nil {
				h.step = before.step
			}
			known[init.GetEntityId()] = h
		}
		return out, end
	}
}

// frameMutants are wrong about what is in a frame.
func frameMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "sends-what-nobody-can-read", KilledBy: "MUX-MSG-002", Message: "that cannot be read", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				if isMessage(frame) {
					frame.Frame = &multiplexv1.HandleResponse_Message{Message: []byte{0xff}}
				}
				return []*response{frame}
			}),
		},
		{
			Name: "passes-over-what-it-cannot-read", KilledBy: "MUX-MSG-003", Message: "nothing within", MayAlsoFail: []string{"multiplexed-stream/failure/"},
			Defect: ignoring(func(s *stream, in *request) bool {
				return s.handles[in.GetHandle()] != nil && len(in.GetMessage()) > 0 && proto.Unmarshal(in.GetMessage(), &eventsourcedv1.HandleRequest{}) != nil
			}),
		},
		{
			Name: "handles-a-command-before-the-event", KilledBy: "MUX-MSG-005", Message: `reply 1 "ABC"`,
			MayAlsoFail: []string{"multiplexed-stream/credit/"}, Defect: bent(lateEvents),
		},
		{
			Name: "refuses-fields-of-a-later-version", KilledBy: "MUX-MSG-006", Message: "end InvalidArgument",
			MayAlsoFail: []string{"multiplexed-stream/limits/the-largest-frame"},
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in != nil && len(in.ProtoReflect().GetUnknown()) > 0 {
						return s.end(codes.InvalidArgument, "an unknown field")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "sends-frames-without-a-case", KilledBy: "MUX-MSG-007", Message: "no case is set", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response { return []*response{frame, {Handle: frame.GetHandle()}} }),
		},
		{
			Name: "sends-messages-without-bytes", KilledBy: "MUX-MSG-007", Message: "a message of at least 1 B", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				empty := &response{Handle: frame.GetHandle(), Frame: &multiplexv1.HandleResponse_Message{}}
				return []*response{empty, frame}
			}),
		},
		{
			Name: "sends-on-handles-of-its-own", KilledBy: "MUX-MSG-008", Message: "a handle that was opened", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				frame.Handle += 5000
				return []*response{frame}
			}),
		},
		{
			Name: "breaks-the-stream-for-one-entity", KilledBy: "MUX-FAIL-001", Message: "end Internal", MayAlsoFail: anyStream(),
			Defect: bent(func(s *stream, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if slices.ContainsFunc(out, isFailure) {
						s.status = status.Error(codes.Internal, "one of them has failed")
						return nil, true
					}
					return out, end
				}
			}),
		},
		{
			Name: "describes-failures-at-length", KilledBy: "MUX-FAIL-003", Message: "one of 1025 B", MayAlsoFail: anyStream(),
			Defect: onEach(func(frame *response) []*response {
				if isFailure(frame) {
					frame.GetFailure().Description = strings.Repeat("!", 1025)
				}
				return []*response{frame}
			}),
		},
	}
}

func isFailure(frame *response) bool { return frame.GetFailure() != nil }

// lateEvents handles each event behind what came after it.
func lateEvents(_ *stream, next machine) machine {
	held := map[int64]*request{}
	return func(in *request) ([]*response, bool) {
		event := carried(in).GetEvent() != nil
		late := held[in.GetHandle()]
		delete(held, in.GetHandle())
		if event {
			held[in.GetHandle()] = in
			if late == nil {
				return nil, false
			}
			return next(late)
		}
		out, end := next(in)
		return out, end
	}
}

package multiplex

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// What most mutants are made of.

// bent is the defect of a machine that shares nothing between streams; bending is an
// instance of one that does.
func bent(bend func(*stream, machine) machine) defect.Defect {
	return defect.Bent[stream, request, response](bend)
}

func bending(bend func(*stream, machine) machine) defect.Instance {
	return defect.Bending[stream, request, response](bend)
}

// made is the defect of a stream that was made wrongly.
func made(change func(s *stream)) defect.Defect {
	return bent(func(s *stream, next machine) machine {
		change(s)
		return next
	})
}

// onFrames is the defect that changes what a frame of the proxy is answered with.
func onFrames(change func(s *stream, in *request, out []*response) []*response) defect.Defect {
	return bent(func(s *stream, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			return change(s, in, out), end
		}
	})
}

// onEach is the defect that changes each frame of the function into others.
func onEach(change func(frame *response) []*response) defect.Defect {
	return onFrames(func(_ *stream, _ *request, out []*response) []*response {
		var all []*response
		for _, frame := range out {
			all = append(all, change(frame)...)
		}
		return all
	})
}

// onRequests is the defect that reads every frame of the proxy wrongly.
func onRequests(change func(s *stream, in *request)) defect.Defect {
	return defect.OnRequests[stream, request, response](change)
}

// ignoring is the defect that takes no notice of some frames.
func ignoring(some func(s *stream, in *request) bool) defect.Defect {
	return defect.Ignoring[stream, request, response](some)
}

// done says whether the handle of a frame was opened, and is done.
func done(s *stream, in *request) bool {
	return in.GetHandle() > 0 && in.GetHandle() <= s.opened && s.handles[in.GetHandle()] == nil
}

// ended says whether the function has ended the handle of a frame, and the proxy has not.
func ended(s *stream, in *request) bool {
	h := s.handles[in.GetHandle()]
	return h != nil && h.ended
}

// carried is the message in a frame of the proxy; empty where there is none, or none that
// can be read.
func carried(in *request) *eventsourcedv1.HandleRequest {
	raw := in.GetMessage()
	if in.GetOpen() != nil {
		raw = in.GetOpen().GetMessage()
	}
	message := &eventsourcedv1.HandleRequest{}
	if proto.Unmarshal(raw, message) != nil {
		return &eventsourcedv1.HandleRequest{}
	}
	return message
}

// without returns the frames but for some.
func without(out []*response, some func(*response) bool) []*response {
	return slices.DeleteFunc(out, some)
}

func isCredit(frame *response) bool { return frame.GetCredit() != nil }

func isMessage(frame *response) bool {
	_, is := frame.GetFrame().(*multiplexv1.HandleResponse_Message)
	return is
}

// creditOf is a frame that gives bytes back.
func creditOf(handle, bytes int64) *response {
	return &response{Handle: handle, Frame: &multiplexv1.HandleResponse_Credit{Credit: &multiplexv1.Credit{Bytes: bytes}}}
}

// addUnknown adds a field of a later version to a frame.
func addUnknown(frame *response) {
	raw := protowire.AppendTag(nil, 1000, protowire.BytesType)
	frame.ProtoReflect().SetUnknown(protowire.AppendString(raw, "from a later version"))
}

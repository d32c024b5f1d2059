package dialect

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// client is a connection to a function of 0.2.
type client struct {
	conn grpc.ClientConnInterface
}

// oldPath returns the path of a method; the error is that of a function that does not
// serve it. Nothing is called on the address of a 0.2 function that 0.2 has not.
func oldPath(method string) (string, error) {
	path, known := methods[method]
	if !known {
		return "", status.Errorf(codes.Unimplemented, "Cloudstate 0.2 has no %s", method)
	}
	return path, nil
}

// Invoke makes a unary call.
func (c client) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	path, err := oldPath(method)
	if err != nil {
		return err
	}
	err = c.conn.Invoke(ctx, path, toOld().copied(in), out, options...)
	if err == nil {
		toNew().inPlace(out)
	}
	return err
}

// NewStream begins a stream.
func (c client) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	path, err := oldPath(method)
	if err != nil {
		return nil, err
	}
	stream, err := c.conn.NewStream(ctx, desc, path, options...)
	if err != nil {
		return nil, err
	}
	in, out := messagesOf(method)
	return &clientStream{ClientStream: stream, in: in, out: out, toOld: toOld(), toNew: toNew()}, nil
}

// clientStream is a stream to a function of 0.2.
type clientStream struct {
	grpc.ClientStream

	in, out      protoreflect.MessageType
	toOld, toNew translation
	streamed     streamed
}

// SendMsg sends a copy of the message in the words of 0.2. It may be a pointer to encoded
// bytes, which a codec of the caller's sends as they are.
func (s *clientStream) SendMsg(message any) error {
	if raw, ok := message.(*[]byte); ok {
		return s.ClientStream.SendMsg(new(reencoded(*raw, s.in, func(m any) {
			s.streamed.sent(m)
			s.toOld.inPlace(m)
		})))
	}
	s.streamed.sent(message)
	return s.ClientStream.SendMsg(s.toOld.copied(message))
}

// RecvMsg receives a message, in the words of version 1.
func (s *clientStream) RecvMsg(message any) error {
	if err := s.ClientStream.RecvMsg(message); err != nil {
		return err
	}
	if raw, ok := message.(*[]byte); ok {
		*raw = reencoded(*raw, s.out, s.read)
		return nil
	}
	s.read(message)
	return nil
}

// read puts a message that was received into the words of version 1.
func (s *clientStream) read(message any) {
	s.toNew.inPlace(message)
	s.streamed.received(message)
}

// streamed knows which commands of a replicated entity's stream were streamed ones: the
// model answers these with another message in version 1, and with the same in 0.2.
type streamed struct {
	mu  sync.Mutex // a stream is sent to and received from at the same time
	ids map[int64]bool
}

func (s *streamed) sent(message any) {
	request, ok := message.(*replicatedv1.HandleRequest)
	if !ok || !request.GetCommand().GetStreamed() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[int64]bool{}
	}
	s.ids[request.GetCommand().GetId()] = true
}

func (s *streamed) received(message any) {
	response, ok := message.(*replicatedv1.HandleResponse)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[response.GetReply().GetCommandId()] {
		respondStreamed(response.GetReply().GetClientAction())
	}
	respondStreamed(response.GetStreamedMessage().GetClientAction())
}

// respondStreamed gives the payload of a reply the name that a streamed method's
// response has.
func respondStreamed(action *entityv1.ClientAction) {
	payload := action.GetReply().GetPayload()
	if string(payload.MessageName()) == unaryResponse {
		payload.TypeUrl = payload.GetTypeUrl()[:len(payload.GetTypeUrl())-len(unaryResponse)] + streamedResponse
	}
}

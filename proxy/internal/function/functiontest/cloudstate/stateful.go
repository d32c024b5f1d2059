package cloudstate

import (
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// errHang says that a command is never answered.
var errHang = errors.New("hang")

// speaker makes the messages of one kind.
type speaker interface {
	// reply answers the command with the id.
	reply(id int64, o outcome) proto.Message
	// failure is one on the stream.
	failure(failure *entityv1.Failure) proto.Message
	// empty has no case set.
	empty() proto.Message
}

// say sends the answer to the command, wrong where the steps say so. An error ends the
// stream; io.EOF with status OK.
func say(stream grpc.ServerStream, kind speaker, id int64, o outcome) error {
	answers := []proto.Message{kind.reply(id, o)}
	var end error
	switch s := o.trouble; s.word {
	case "hang":
		return errHang
	case "close":
		return io.EOF
	case "status":
		code, text := codeOf(s.rest)
		return status.Error(codes.Code(code), text)
	case "broken":
		answers, end = []proto.Message{kind.failure(&entityv1.Failure{CommandId: id, Description: s.rest})}, io.EOF
	case "refused":
		answers = []proto.Message{kind.failure(&entityv1.Failure{CommandId: id, Description: s.rest})}
	case "broken0":
		answers, end = []proto.Message{kind.failure(&entityv1.Failure{Description: s.rest})}, status.Error(codes.Aborted, s.rest)
	case "twice":
		answers = append(answers, answers[0])
	case "wrong":
		answers = []proto.Message{kind.reply(id+1000, o)}
	case "empty":
		answers = append([]proto.Message{kind.empty()}, answers...)
	}
	for _, answer := range answers {
		if err := stream.SendMsg(answer); err != nil {
			return err
		}
	}
	return end
}

// ended turns the end of a handler into that of its stream.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

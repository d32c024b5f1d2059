package sdk

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
)

// Pack returns the message as a payload: type URL "type.googleapis.com/" and its
// full name, then its bytes. Equal messages give equal bytes within one build of
// the program, maps included. Its error is a nil message, or text that is not UTF-8.
func Pack(message proto.Message) (*anypb.Any, error) {
	if IsNil(message) {
		return nil, errors.New("there is no message")
	}
	payload := &anypb.Any{}
	err := anypb.MarshalFrom(payload, message, proto.MarshalOptions{Deterministic: true})
	return payload, err
}

// Unpack returns the message of type M that the payload holds, under any prefix but those
// of scalars and JSON (CORE-PAYLOAD-003). Fields that M does not know are kept. Its error
// says that there is no payload, that it is of another type, or that its bytes are not an M.
func Unpack[M proto.Message](payload *anypb.Any) (M, error) {
	var none M
	if payload == nil {
		return none, errors.New("there is no payload")
	}
	if want := TypeName[M](); holdsNoMessage(payload) || !strings.HasSuffix(payload.GetTypeUrl(), "/"+string(want)) {
		return none, fmt.Errorf("the payload is of type %q, not %s", payload.GetTypeUrl(), want)
	}
	message, ok := none.ProtoReflect().New().Interface().(M)
	if !ok {
		return none, fmt.Errorf("%T makes messages of another type", none)
	}
	if err := proto.Unmarshal(payload.GetValue(), message); err != nil {
		return none, fmt.Errorf("the payload is not a %s: %w", TypeName[M](), err)
	}
	return message, nil
}

// holdsNoMessage reports whether the payload is a scalar or JSON, whatever its type is called.
func holdsNoMessage(payload *anypb.Any) bool {
	return strings.HasPrefix(payload.GetTypeUrl(), "p.cloudstate.io/") ||
		strings.HasPrefix(payload.GetTypeUrl(), "json.cloudstate.io/")
}

// TypeName returns the full name of the message type M, a generated one.
func TypeName[M proto.Message]() protoreflect.FullName {
	var none M
	return none.ProtoReflect().Descriptor().FullName()
}

// IsNil reports whether there is no message: a nil interface, or a nil pointer
// in one.
func IsNil(message proto.Message) bool {
	return message == nil || !message.ProtoReflect().IsValid()
}

// Package inspect shows stored bytes of a user function as JSON, by the descriptors that
// the function has given. No command needs it: it is for people who look.
package inspect

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// MaxBytes is how many bytes of a payload are shown as JSON at most.
const MaxBytes = 1 << 20

// maxDepth is how deep messages may stand in each other.
const maxDepth = 100

// The prefixes of type URLs that name no message (protocol/spec/payloads.md).
const (
	scalarPrefix = "p.cloudstate.io/"
	jsonPrefix   = "json.cloudstate.io/"
)

// Lens shows payloads. It is immutable.
type Lens struct {
	files *protoregistry.Files
	types resolver
}

// New returns a lens that knows the messages of the files; nil where there are none.
func New(files *protoregistry.Files) *Lens {
	if files == nil {
		files = new(protoregistry.Files)
	}
	return &Lens{files: files, types: resolver{dynamicpb.NewTypes(files)}}
}

// JSON returns what the payload says, or an error that says why it cannot be read.
func (l *Lens) JSON(payload *anypb.Any) (*structpb.Value, error) {
	if size := len(payload.GetValue()); size > MaxBytes {
		return nil, fmt.Errorf("it has %d bytes, and no more than %d are shown as JSON", size, MaxBytes)
	}
	url := payload.GetTypeUrl()
	if name, is := strings.CutPrefix(url, scalarPrefix); is {
		return scalar(name, payload.GetValue())
	}
	if strings.HasPrefix(url, jsonPrefix) {
		var text wrapperspb.BytesValue
		if err := proto.Unmarshal(payload.GetValue(), &text); err != nil {
			return nil, fmt.Errorf("it is no JSON payload: %w", err)
		}
		return fromJSON(text.GetValue())
	}
	if !strings.Contains(url, "/") {
		return nil, fmt.Errorf("its type URL %q names no type", url)
	}
	return l.message(url, payload.GetValue())
}

// message shows a protobuf message. dynamicpb panics over some entries of a map, such as a
// key that stands there twice in two wire formats: what it cannot read is not shown.
func (l *Lens) message(url string, encoded []byte) (shown *structpb.Value, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			shown, err = nil, fmt.Errorf("its bytes cannot be read: %v", reason)
		}
	}()
	found, err := l.types.FindMessageByURL(url)
	if err != nil {
		return nil, fmt.Errorf("the function's descriptors do not know %s: add the file that declares it to those that the function gives at discovery", url[strings.LastIndex(url, "/")+1:])
	}
	message := found.New().Interface()
	if err := (proto.UnmarshalOptions{Resolver: l.types, RecursionLimit: maxDepth}).Unmarshal(encoded, message); err != nil {
		return nil, fmt.Errorf("its bytes are no %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	text, err := protojson.MarshalOptions{Resolver: l.types, UseProtoNames: true}.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("it cannot be shown as JSON: %w", err)
	}
	return fromJSON(text)
}

// resolver finds the messages of the function's files, and those of google.protobuf, which
// every library knows, also where the files lack them.
type resolver struct{ *dynamicpb.Types }

// FindMessageByURL finds a message by what stands behind the last "/".
func (r resolver) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	return r.FindMessageByName(protoreflect.FullName(url[strings.LastIndex(url, "/")+1:]))
}

// FindMessageByName finds a message.
func (r resolver) FindMessageByName(name protoreflect.FullName) (protoreflect.MessageType, error) {
	found, err := r.Types.FindMessageByName(name)
	if errors.Is(err, protoregistry.NotFound) && name.Parent() == "google.protobuf" {
		return protoregistry.GlobalTypes.FindMessageByName(name)
	}
	return found, err
}

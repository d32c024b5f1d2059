package peer

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
)

// The notation that the kinds share. The kit compares notations: two things that
// differ never look alike.

// Unset is the notation of a message that says nothing.
const Unset = "a message in which no case is set"

// modelPrefix leads the names of the models, and is left out with the kind and
// version that follow: it would be on every line.
const modelPrefix = "stateward.tck."

// A text longer than this, in bytes, is shown by its beginning.
const (
	longest = 160
	shown   = 24
)

// Failed is the notation of a failure with the description.
func Failed(description string) string { return "failure " + Quote(description) }

// Forwarded is the notation of a forward to a target.
func Forwarded(target string) string { return "forward " + target }

// Effect is the notation of a side effect on a target.
func Effect(target string, synchronous bool) string {
	if synchronous {
		return target + " sync"
	}
	return target
}

// Durably marks the notation of an effect that outlives a crash.
func Durably(effect string, durable bool) string {
	if durable {
		return effect + " durable"
	}
	return effect
}

// Target is the notation of a call: what a forward or a side effect names.
func Target(service, command string, payload *anypb.Any) string {
	return fmt.Sprintf("%s/%s %s", Named(service), Named(command), Payload(payload, nil))
}

// Payload is the notation of a packed message. One whose type is that of plain,
// which may be nil, is its text alone; another one is led by its name; one that
// the kit cannot read is its name and size.
func Payload(payload *anypb.Any, plain proto.Message) string {
	if payload == nil {
		return "no payload"
	}
	slash := strings.LastIndex(payload.GetTypeUrl(), "/")
	name := Named(payload.GetTypeUrl()[slash+1:])
	text, readable := read(payload)
	switch {
	case slash < 0 || !readable:
		return fmt.Sprintf("%s of %d B", name, len(payload.GetValue()))
	case plain != nil && payload.MessageIs(plain):
		return text
	default:
		return name + " " + text
	}
}

// Named is the notation of a full name that the subject gave, which may be
// anything: it never breaks a line.
func Named(name string) string {
	if !protoreflect.FullName(name).IsValid() {
		return Quote(name)
	}
	if model, ours := strings.CutPrefix(name, modelPrefix); ours {
		if parts := strings.SplitN(model, ".", 3); len(parts) == 3 { // kind, version, name
			return parts[2]
		}
	}
	return name
}

// read returns the text of a message of the model, quoted. Fields that the kit
// does not know make no difference.
func read(payload *anypb.Any) (string, bool) {
	message, err := payload.UnmarshalNew()
	if err != nil || !strings.HasPrefix(string(payload.MessageName()), modelPrefix) {
		return "", false
	}
	switch message := message.(type) {
	case interface{ GetMessage() string }: // the responses
		return Quote(message.GetMessage()), true
	case interface{ GetValue() string }: // what is persisted
		return Quote(message.GetValue()), true
	case interface{ GetId() string }: // the requests
		return Quote(message.GetId()), true
	default:
		return "", false
	}
}

// List is the notation of several parts.
func List(parts []string) string { return "[" + strings.Join(parts, ", ") + "]" }

// Quote is the notation of a text. A long one is its beginning, its length and
// a digest: two texts have the same notation when they are equal.
func Quote(text string) string {
	if len(text) <= longest {
		return strconv.Quote(text)
	}
	digest := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s… (%d B, sha256 %x…)", strconv.Quote(strings.ToValidUTF8(text[:shown], "")), len(text), digest[:8])
}

// Pack packs a message as the proxy does. It panics on a message that cannot be
// encoded, which no message of a script is.
func Pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(fmt.Sprintf("a message of the kit cannot be encoded: %v", err))
	}
	return packed
}

// PackMisspelt packs a message whose texts are not UTF-8, which no encoder does: each "?"
// in it is a byte that UTF-8 does not have.
func PackMisspelt(message proto.Message) *anypb.Any {
	packed := Pack(message)
	packed.Value = bytes.ReplaceAll(packed.GetValue(), []byte("?"), []byte{0xff})
	return packed
}

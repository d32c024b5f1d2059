package peer

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// modelPrefix is left out of names: it would be on every line.
const modelPrefix = "stateward.tck.eventsourced.v1."

// A text longer than this, in bytes, is shown by its beginning.
const (
	longest = 160
	shown   = 24
)

// Request is the notation of a request, such as `init{snapshot 5 "ABCDE"}`.
func Request(request *eventsourcedv1.HandleRequest) string {
	switch message := request.GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		return initNotation(message.Init)
	case *eventsourcedv1.HandleRequest_Event:
		event := message.Event
		return fmt.Sprintf("event %d %s", event.GetSequence(), Persisted(event.GetPayload()))
	case *eventsourcedv1.HandleRequest_Command:
		return commandNotation(message.Command)
	default:
		return unset
	}
}

func initNotation(init *eventsourcedv1.Init) string {
	var parts []string
	if name := named(init.GetServiceName()); name != "EventSourcedTckModelService" {
		parts = append(parts, name)
	}
	if snapshot := init.GetSnapshot(); snapshot != nil {
		text := Persisted(snapshot.GetSnapshot())
		parts = append(parts, fmt.Sprintf("snapshot %d %s", snapshot.GetSnapshotSequence(), text))
	}
	return "init{" + strings.Join(parts, ", ") + "}"
}

func commandNotation(command *entityv1.Command) string {
	var process tckeventsourcedv1.ProcessRequest
	payload := command.GetPayload()
	if payload.UnmarshalTo(&process) != nil {
		return fmt.Sprintf("command %d %s with %s", command.GetId(), command.GetName(), Payload(payload, nil))
	}
	return fmt.Sprintf("command %d %s%s", command.GetId(), command.GetName(), Actions(process.GetActions()))
}

// Actions is the notation of what a command asks of the model, such as
// `{emit "A", fail "no"}`.
func Actions(actions []*tckeventsourcedv1.RequestAction) string {
	parts := make([]string, len(actions))
	for i, action := range actions {
		parts[i] = actionNotation(action)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func actionNotation(action *tckeventsourcedv1.RequestAction) string {
	switch action := action.GetAction().(type) {
	case *tckeventsourcedv1.RequestAction_Emit:
		return "emit " + Quote(action.Emit.GetValue())
	case *tckeventsourcedv1.RequestAction_Forward:
		return "forward " + Quote(action.Forward.GetId())
	case *tckeventsourcedv1.RequestAction_Effect:
		return Effect("effect "+Quote(action.Effect.GetId()), action.Effect.GetSynchronous())
	case *tckeventsourcedv1.RequestAction_Fail:
		return "fail " + Quote(action.Fail.GetMessage())
	default:
		return "nothing"
	}
}

// Persisted is the notation of an event or a snapshot of the model.
func Persisted(payload *anypb.Any) string {
	return Payload(payload, &tckeventsourcedv1.Persisted{})
}

// Payload is the notation of a packed message. One whose type is that of plain,
// which may be nil, is its text alone; another one is led by its name; one that
// the kit cannot read is its name and size.
func Payload(payload *anypb.Any, plain proto.Message) string {
	if payload == nil {
		return "no payload"
	}
	slash := strings.LastIndex(payload.GetTypeUrl(), "/")
	name := named(payload.GetTypeUrl()[slash+1:])
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

// named is the notation of a full name that the subject gave, which may be
// anything: it never breaks a line.
func named(name string) string {
	if !protoreflect.FullName(name).IsValid() {
		return Quote(name)
	}
	return strings.TrimPrefix(name, modelPrefix)
}

// read returns the text of a message of the model, quoted. Fields that the kit
// does not know make no difference.
func read(payload *anypb.Any) (string, bool) {
	message, err := payload.UnmarshalNew()
	if err != nil {
		return "", false
	}
	switch message := message.(type) {
	case *tckeventsourcedv1.Persisted:
		return Quote(message.GetValue()), true
	case interface{ GetMessage() string }: // the responses
		return Quote(message.GetMessage()), true
	case interface{ GetId() string }: // the requests
		return Quote(message.GetId()), true
	default:
		return "", false
	}
}

// String is the notation of the answer, such as `reply 1 "A" events ["A"]`.
func (a Answer) String() string {
	var b strings.Builder
	switch {
	case a.Action == unset:
		return unset
	case a.Broken:
		fmt.Fprintf(&b, "stream-level failure, command %d, %s", a.Command, strings.TrimPrefix(a.Action, "failure "))
	default:
		fmt.Fprintf(&b, "reply %d %s", a.Command, a.Action)
	}
	if a.Restart {
		b.WriteString(" restart")
	}
	if len(a.Events) > 0 {
		fmt.Fprintf(&b, " events %s", list(a.Events))
	}
	if a.Snapshot != "" {
		fmt.Fprintf(&b, " snapshot %s", a.Snapshot)
	}
	if len(a.Effects) > 0 {
		fmt.Fprintf(&b, " effects %s", list(a.Effects))
	}
	return b.String()
}

func list(parts []string) string { return "[" + strings.Join(parts, ", ") + "]" }

// Quote is the notation of a text. A long one is its beginning, its length and
// a digest: two texts have the same notation when they are equal.
func Quote(text string) string {
	if len(text) <= longest {
		return strconv.Quote(text)
	}
	digest := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s… (%d B, sha256 %x…)", strconv.Quote(strings.ToValidUTF8(text[:shown], "")), len(text), digest[:8])
}

// String is the notation of the frame, such as "end OK".
func (f Frame) String() string {
	if f.End == nil {
		return Read(f.Response).String()
	}
	if f.End.Message() == "" {
		return "end " + f.End.Code().String()
	}
	return fmt.Sprintf("end %s %q", f.End.Code(), f.End.Message())
}

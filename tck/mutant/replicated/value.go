package replicated

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// value is a plain value of one of the types, as a function holds it. Only copies of a
// value that an activation holds are changed by commands, so that a command which fails
// leaves nothing behind.
type value interface {
	// receive changes the value as a delta from the proxy says. An error is a delta
	// that does not fit; the value is then good for nothing.
	receive(delta *replicatedv1.Delta) error
	// perform changes the value as a command asks, and says whether that did something.
	perform(update *tckreplicatedv1.Update) (did bool, err error)
	// since is the change from the value that this one was copied from; nil where there
	// is none.
	since(before value, style style) *replicatedv1.Delta
	// whole is the change from the empty value.
	whole() *replicatedv1.Delta
	state() *tckreplicatedv1.State
	// copy returns a copy that nothing has been done to.
	copy() value
}

// style is where the specification leaves the choice.
type style struct {
	// clears says that a set or a map that was without elements is cleared.
	clears bool
	// announces says that an update tells of a type, and of changes that cancel each
	// other out, though it comes to nothing.
	announces bool
}

// create returns the empty value of the type of which the name is given, as a command
// creates it.
func create(name string) (value, error) {
	switch name {
	case "GCounter":
		return &gcounter{}, nil
	case "PNCounter":
		return &pncounter{}, nil
	case "GSet":
		return &gset{elements{}}, nil
	case "ORSet":
		return &orset{elements: elements{}}, nil
	case "LWWRegister":
		return &register{last: &replicatedv1.LWWRegisterDelta{Value: packString("")}}, nil
	case "Flag":
		return &flag{}, nil
	case "ORMap":
		return newMap(typeOf), nil
	case "Vote":
		return &vote{voters: 1}, nil
	case "PNCounterMap":
		return newMapOfOne("PNCounter"), nil
	case "LWWRegisterMap":
		return newMapOfOne("LWWRegister"), nil
	case "ORMultiMap":
		return newMapOfOne("ORSet"), nil
	default:
		return nil, fmt.Errorf("no type %q", name)
	}
}

// typeOf is the type that an entity id, or a key of an ORMap, names.
func typeOf(id string) string {
	name, _, _ := strings.Cut(id, "-")
	return name
}

// foreign is the error of a change of another type.
func foreign(change proto.Message) error {
	return fmt.Errorf("a change of another type: %s", change)
}

const stringType = "p.cloudstate.io/string"

// packString packs a text as the scalars are.
func packString(text string) *anypb.Any {
	return &anypb.Any{TypeUrl: stringType, Value: pack(wrapperspb.String(text)).GetValue()}
}

// unpackString reads it.
func unpackString(packed *anypb.Any) (string, error) {
	var text wrapperspb.StringValue
	if packed.GetTypeUrl() != stringType {
		return "", fmt.Errorf("no string: %q", packed.GetTypeUrl())
	}
	err := proto.Unmarshal(packed.GetValue(), &text)
	return text.GetValue(), err
}

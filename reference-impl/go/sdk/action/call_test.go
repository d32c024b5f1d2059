package action

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// ACT-REQ-005: a method that takes an Any takes a payload of any type, and the Any in one.
func TestUnpackAny(t *testing.T) {
	t.Parallel()
	text, err := anypb.New(wrapperspb.String("x"))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := anypb.New(text)
	if err != nil {
		t.Fatal(err)
	}
	scalar := &anypb.Any{TypeUrl: "p.cloudstate.io/string", Value: text.GetValue()}
	for _, c := range []struct{ payload, want *anypb.Any }{{text, text}, {scalar, scalar}, {packed, text}} {
		if got, err := unpack[*anypb.Any](c.payload); err != nil || !proto.Equal(got, c.want) {
			t.Errorf("%v is read as %v, %v, want %v", c.payload, got, err, c.want)
		}
	}
	if got, err := unpack[*anypb.Any](nil); err == nil {
		t.Errorf("no payload is read as %v", got)
	}
}

package runtime_test

import (
	"context"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// by calls Add "tea" with the key, for the principal, whose issuer and role are given along;
// depth is how many forwards and side effects led there.
func (d *desk) by(ctx context.Context, name, issuer, role string, depth int) entity.Outcome {
	d.tb.Helper()
	command := entity.Command{Name: "Add", Payload: runtimetest.Text("tea"), Response: "test.Text", Key: "k", Depth: depth}
	for _, pair := range [][2]string{{"stateward-principal", name}, {"stateward-principal-issuer", issuer}, {"stateward-principal-role", role}} {
		if name != "" {
			if command.Metadata == nil {
				command.Metadata = new(entityv1.Metadata)
			}
			command.Metadata.Entries = append(command.Metadata.Entries, &entityv1.MetadataEntry{
				Key: pair[0], Value: &entityv1.MetadataEntry_StringValue{StringValue: pair[1]},
			})
		}
	}
	outcome, err := d.Submit(ctx, d.target, entity.ID{Service: "shop.Cart", Entity: "7"}, command)
	if err != nil {
		d.tb.Fatal(err)
	}
	return <-outcome
}

// ACC-REPEAT-001: nobody gets the answer to somebody else.
func TestRepeatOfAnotherPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		wantAnswer(t, answer(d.by(t.Context(), "ann", "house", "clerk", 0)), "tea")
		wantAnswer(t, answer(d.by(t.Context(), "ann", "house", "boss", 0)), "tea")
		for _, other := range [][2]string{{"bob", "house"}, {"ann", "elsewhere"}, {"", ""}} {
			wantCode(t, d.by(t.Context(), other[0], other[1], "clerk", 0), codes.InvalidArgument)
		}
		d.wantAsked("Add tea from ann")
	})
	synctest.Test(t, func(t *testing.T) { // what a function sends with a key of its own
		d := newDesk(t, nil)
		wantAnswer(t, answer(d.by(t.Context(), "ann", "house", "", 1)), "tea")
		wantAnswer(t, answer(d.by(t.Context(), "bob", "house", "", 2)), "tea")
		wantCode(t, d.by(t.Context(), "ann", "house", "", 0), codes.InvalidArgument)
		d.wantAsked("Add tea from ann")
	})
}

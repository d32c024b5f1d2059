package descriptor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// of makes the counter an entity of the kind, with methods of these shapes.
func of(kind wire.Kind, shapes ...wire.Shape) (*descriptorpb.FileDescriptorSet, *discoveryv1.DiscoverResponse) {
	set := descriptortest.Files()
	for i, shape := range shapes {
		method := files{set}.counter().GetService()[0].GetMethod()[i]
		method.ClientStreaming, method.ServerStreaming = new(shape.Requests()), new(shape.Responses())
	}
	answer := descriptortest.Answer(set)
	named, _ := wire.V1().OfKind(kind)
	answer.Entities[0].EntityType = named.Type
	return set, answer
}

// TestShapes covers DISC-METHOD-001 and ACT-DISC-002: which methods a kind may have.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated, wire.Action} {
		for shape := range wire.Shapes {
			t.Run(kind.String()+" "+shape.String(), func(t *testing.T) {
				t.Parallel()
				_, answer := of(kind, shape)
				registry, found := descriptor.Build(wire.V1(), answer)
				if !kind.Allows(shape) {
					checkMistakes(t, found, []want{{
						"DISC-METHOD-001", `CounterService.Add" is ` + shape.String() + ", and " + kind.String() + " entities take single requests",
						[]string{counterFile + ":8:3 test.counter.v1.CounterService.Add"},
					}})
					return
				}
				method, ok := registry.Method(descriptortest.Service, "Add")
				if len(found) > 0 || !ok || method.Shape != shape || method.Kind != kind {
					t.Errorf("%v, the method %+v", found, method)
				}
			})
		}
	}
}

// TestActions covers ACT-DISC-002 and ACT-DISC-003: an action needs no key, and of
// what it says of state nothing is read.
func TestActions(t *testing.T) {
	t.Parallel()
	set, answer := of(wire.Action)
	for _, message := range (files{set}).counter().GetMessageType() {
		for _, field := range message.GetField() {
			unmark(field)
		}
	}
	answer = &discoveryv1.DiscoverResponse{
		Proto: descriptortest.Answer(set).GetProto(), Entities: answer.GetEntities(), ServiceInfo: answer.GetServiceInfo(),
	}
	answer.Entities[0].PersistenceId = ""
	answer.Entities[0].PassivationStrategy = after(-1)
	registry, found := descriptor.Build(wire.V1(), answer)
	if len(found) > 0 {
		t.Fatal(found)
	}
	service, _ := registry.Service(descriptortest.Service)
	method, _ := registry.Method(descriptortest.Service, "Add")
	if service.Persistence != "" || service.Idle != 0 || method == nil {
		t.Errorf("the action is %+v, its method %+v", service, method)
	}
	if key, err := method.Key([]byte("garbage")); key != "" || err != nil {
		t.Errorf("the key of an action's request is %q, %v", key, err)
	}
}

// Two actions may have one persistence id, which is that of an entity too
// (ACT-DISC-003, DISC-ENT-002).
func TestPersistenceIDsOfActions(t *testing.T) {
	t.Parallel()
	set := descriptortest.Files()
	service := files{set}.counter().GetService()[0]
	action, _ := wire.V1().OfKind(wire.Action)
	var entities []*discoveryv1.Entity
	for _, name := range []string{"First", "Second"} {
		files{set}.counter().Service = append(files{set}.counter().Service, &descriptorpb.ServiceDescriptorProto{Name: new(name), Method: service.GetMethod()})
		entities = append(entities, &discoveryv1.Entity{EntityType: action.Type, ServiceName: "test.counter.v1." + name, PersistenceId: "counter"})
	}
	answer := descriptortest.Answer(set)
	answer.Entities = append(answer.GetEntities(), entities...)
	if _, found := descriptor.Build(wire.V1(), answer); len(found) > 0 {
		t.Error(found)
	}
}

// stored says what is stored under which persistence id.
type stored map[string]string

func (s stored) Stored(_ context.Context, persistence string) (string, error) {
	if s == nil {
		return "", errors.New("no store")
	}
	return s[persistence], nil
}

// TestChangedKind covers DISC-KIND-001.
func TestChangedKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated, wire.Action} {
		_, answer := of(kind)
		registry, found := descriptor.Build(wire.V1(), answer)
		if len(found) > 0 {
			t.Fatal(found)
		}
		for _, before := range []string{"", "event sourced", "value", "replicated"} {
			changed, err := registry.Changed(t.Context(), stored{"counter": before})
			if err != nil {
				t.Fatal(err)
			}
			if kind == wire.Action || before == "" || before == kind.String() {
				if len(changed) > 0 {
					t.Errorf("%v after %q: %v", kind, before, changed)
				}
				continue
			}
			if !descriptor.Refuses(changed) || changed[0].Requirement != "DISC-KIND-001" || changed[0].Service != descriptortest.Service ||
				!strings.Contains(changed[0].Text, before) || !strings.Contains(changed[0].Text, kind.String()) {
				t.Errorf("%v after %q: %v", kind, before, changed)
			}
		}
		if _, err := registry.Changed(t.Context(), stored(nil)); kind.Stateful() != (err != nil) {
			t.Errorf("%v without a store: %v", kind, err)
		}
	}
}

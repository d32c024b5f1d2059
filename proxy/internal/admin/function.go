package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Function is what is known of the user function.
type Function struct {
	// Target is where it listens.
	Target string
	// Reasons says why it does not serve; none when it does.
	Reasons []string
	// Answer is its last one; nil before the first.
	Answer *Answer
}

// Answer is one answer to Discover, and what came of it.
type Answer struct {
	At      time.Time
	Dialect wire.Dialect
	// Info and Entities are what the function said of itself.
	Info     *discoveryv1.ServiceInfo
	Entities []*discoveryv1.Entity
	// Registry is what the answer describes; nil where its mistakes leave nothing.
	Registry *descriptor.Registry
	Mistakes []descriptor.Mistake
}

// GetFunction says what the function is.
func (s *Service) GetFunction(context.Context, *adminv1alpha1.GetFunctionRequest) (*adminv1alpha1.GetFunctionResponse, error) {
	function := s.config.Function()
	shown := &adminv1alpha1.GetFunctionResponse{
		Target: function.Target, Serves: len(function.Reasons) == 0, Reasons: texts(function.Reasons),
	}
	if function.Answer != nil {
		function.Answer.show(shown)
	}
	return shown, nil
}

// show adds what the answer says.
func (a *Answer) show(shown *adminv1alpha1.GetFunctionResponse) {
	shown.Discovered = timestamppb.New(a.At)
	shown.Refused = descriptor.Refuses(a.Mistakes)
	shown.Dialect = a.Dialect.Name
	shown.Protocol = fmt.Sprintf("%d.%d", a.Info.GetProtocolMajorVersion(), a.Info.GetProtocolMinorVersion())
	shown.Name, shown.Version, shown.Runtime = text(a.Info.GetServiceName()), text(a.Info.GetServiceVersion()), text(a.Info.GetServiceRuntime())
	shown.Library = text(strings.TrimSpace(a.Info.GetSupportLibraryName() + " " + a.Info.GetSupportLibraryVersion()))
	shown.Incarnation = text(a.Info.GetIncarnationId())
	for _, mistake := range a.Mistakes {
		shown.Mistakes = append(shown.Mistakes, mistakeOf(mistake))
	}
	if a.Registry == nil {
		shown.Services = a.named()
		return
	}
	shown.MaxMessageBytes = int64(a.Registry.MaxMessage())
	shown.Capabilities = capabilities(a.Registry.Capabilities())
	for _, name := range a.Registry.Names() {
		served, _ := a.Registry.Service(name) // It is one of its names.
		shown.Services = append(shown.Services, serviceOf(a.Registry, served))
	}
}

// named lists the services of which no more than the names could be read.
func (a *Answer) named() []*adminv1alpha1.Service {
	services := make([]*adminv1alpha1.Service, len(a.Entities))
	for i, e := range a.Entities {
		services[i] = &adminv1alpha1.Service{
			Name: text(e.GetServiceName()), EntityType: text(e.GetEntityType()), Kind: kindOfType(e.GetEntityType()), PersistenceId: text(e.GetPersistenceId()),
		}
	}
	return services
}

func serviceOf(registry *descriptor.Registry, served *descriptor.Service) *adminv1alpha1.Service {
	shown := &adminv1alpha1.Service{
		Name: served.Name, Kind: kindOf(served.Kind), EntityType: served.Type, PersistenceId: text(served.Persistence),
	}
	if served.Idle > 0 {
		shown.Passivation = durationpb.New(served.Idle)
	}
	for _, method := range served.Methods() {
		shown.Methods = append(shown.Methods, &adminv1alpha1.Method{
			Name: method.Name, Request: method.Input[strings.LastIndex(method.Input, "/")+1:], Response: string(method.Output),
			ClientStreaming: method.Shape.Requests(), ServerStreaming: method.Shape.Responses(),
			ReadOnly: method.ReadOnly, Key: method.KeyFields(), Routes: registry.Paths(method),
		})
	}
	return shown
}

func mistakeOf(m descriptor.Mistake) *adminv1alpha1.Mistake {
	shown := &adminv1alpha1.Mistake{
		Refuses:     descriptor.Refuses([]descriptor.Mistake{m}),
		Requirement: m.Requirement, Text: text(m.Text), Service: text(m.Service),
	}
	for _, place := range m.Places {
		shown.Places = append(shown.Places, &adminv1alpha1.Place{
			File: text(place.File), Line: int32(place.Line), Column: int32(place.Column), Symbol: text(place.Symbol),
		})
	}
	return shown
}

// capabilities returns the names of those in the set, such as "DURABLE_EFFECTS".
func capabilities(set entity.Capabilities) []string {
	var names []string
	for number, name := range discoveryv1.Capability_name {
		if set.Has(discoveryv1.Capability(number)) {
			names = append(names, strings.TrimPrefix(name, "CAPABILITY_"))
		}
	}
	slices.Sort(names)
	return names
}

func texts(foreign []string) []string {
	all := make([]string, len(foreign))
	for i, one := range foreign {
		all[i] = text(one)
	}
	return all
}

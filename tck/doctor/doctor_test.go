package doctor_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/doctor"
	"github.com/stateward/stateward/tck/mutant"
	"github.com/stateward/stateward/tck/subject"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) (net.Listener, subject.Spec) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener, subject.Spec{Kind: subject.Address, Value: listener.Addr().String()}
}

// model serves the model, or a mutant of it.
func model(t *testing.T, bent string) subject.Spec {
	t.Helper()
	listener, spec := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- mutant.Listen(ctx, listener, bent) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return spec
}

// old serves nothing but the discovery of Cloudstate 0.2.
func old(t *testing.T, answer *discoveryv1.DiscoverResponse) subject.Spec {
	t.Helper()
	listener, spec := listen(t)
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "cloudstate.EntityDiscovery", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "discover",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				asked := &discoveryv1.DiscoverRequest{}
				if err := decode(asked); err != nil {
					return nil, err
				}
				if asked.GetProtocolMinorVersion() != 2 || len(asked.GetSupportedEntityTypes()) != 4 {
					return nil, errors.New("that is not what a proxy of 0.2 asks")
				}
				return answer, nil
			},
		}},
	}, struct{}{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return spec
}

func examine(t *testing.T, spec subject.Spec) *doctor.Diagnosis {
	t.Helper()
	found, err := doctor.Examine(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestASoundSubject(t *testing.T) {
	t.Parallel()
	found := examine(t, model(t, ""))
	if found.Answers[0].Response == nil || found.Answers[1].Refusal != "Unimplemented" {
		t.Errorf("it answers v1 alone, and not %v", found.Answers)
	}
	if mistakes := found.Mistakes(); len(mistakes) > 0 || len(found.Checked) == 0 {
		t.Errorf("%d checks found %v", len(found.Checked), mistakes)
	}
	entities := doctor.Entities(found.Best().Response)
	if len(entities) == 0 || entities[0].Kind != "event-sourced" || !entities[0].Model {
		t.Errorf("it serves %v", entities)
	}
}

func TestAMistake(t *testing.T) {
	t.Parallel()
	mistakes := examine(t, model(t, "is-nameless")).Mistakes()
	if len(mistakes) != 1 || mistakes[0].Case.Requirements[0] != "DISC-INFO-002" {
		t.Errorf("found %v", mistakes)
	}
}

func TestASubjectOfCloudstate(t *testing.T) {
	t.Parallel()
	found := examine(t, old(t, &discoveryv1.DiscoverResponse{
		ServiceInfo: &discoveryv1.ServiceInfo{ServiceName: "old", ProtocolMinorVersion: 2},
		Entities: []*discoveryv1.Entity{
			{EntityType: "cloudstate.crdt.Crdt", ServiceName: "cloudstate.tck.model.crdt.CrdtTckModel"},
			{EntityType: "acme.Unheard", ServiceName: "acme.Cart"},
		},
	}))
	if found.Answers[0].Refusal != "Unimplemented" || found.Best().Service != "cloudstate.EntityDiscovery" || len(found.Checked) > 0 {
		t.Errorf("found %v", found)
	}
	want := []doctor.Entity{
		{Service: "cloudstate.tck.model.crdt.CrdtTckModel", Kind: "replicated", Model: true},
		{Service: "acme.Cart", Kind: "acme.Unheard"},
	}
	if diff := cmp.Diff(want, doctor.Entities(found.Best().Response)); diff != "" {
		t.Error(diff)
	}
}

// One that answers garbage is told apart from one that is not there.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	deaf, spec := listen(t)
	if err := deaf.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		spec  subject.Spec
		wants []string
	}{
		{spec, []string{"connection refused", "neither discovery"}},
		{bare(t), []string{"cannot become ready", "it serves neither "}},
	} {
		_, err := doctor.Examine(t.Context(), test.spec)
		if _, ok := errors.AsType[*subject.NotReadyError](err); !ok {
			t.Errorf("got %v", err)
			continue
		}
		for _, want := range test.wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	}
}

// bare speaks gRPC and has no service.
func bare(t *testing.T) subject.Spec {
	t.Helper()
	listener, spec := listen(t)
	server := grpc.NewServer()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return spec
}

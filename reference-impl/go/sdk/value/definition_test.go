package value

import (
	"strings"
	"testing"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/reflect/protoreflect"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

func TestValidDefinition(t *testing.T) {
	t.Parallel()
	if err := doing(nil).Validate(); err != nil {
		t.Error(err)
	}
}

// Every mistake of an author is named before the function serves.
func TestMistakes(t *testing.T) {
	t.Parallel()
	type entity = Entity[*tckv1.Persisted]
	handle := func(callContext, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) { return nil, nil }
	wrong := func(callContext, *tckv1.ProcessRequest) (*tckv1.Persisted, error) { return nil, nil }
	health := healthv1.File_grpc_health_v1_health_proto.Services().ByName("Health")
	of := func(service protoreflect.ServiceDescriptor, persistenceID string) func(*entity) {
		return func(e *entity) {
			*e = *New[*tckv1.Persisted](service, persistenceID)
			Handle(e, "Check", handle)
		}
	}
	for name, c := range map[string]struct {
		mistake func(*entity)
		want    string
	}{
		"unknown method":        {func(e *entity) { Handle(e, "Calls", handle) }, `no method "Calls"`},
		"types of another":      {func(e *entity) { Handle(e, "Call", wrong) }, "returns stateward.tck.value.v1.ProcessResponse, not"},
		"two handlers":          {func(e *entity) { Handle(e, "Call", handle) }, "Call has two handlers"},
		"timeout of 0":          {func(e *entity) { e.PassivateAfter(0) }, "DISC-ENT-004"},
		"timeout of 1 µs":       {func(e *entity) { e.PassivateAfter(time.Microsecond) }, "DISC-ENT-004"},
		"no handler":            {of(doing(nil).Service(), "x"), "ValueEntityTwoService.Call: no handler"},
		"no such service":       {of(nil, "x"), "no such service"},
		"no persistence id":     {of(doing(nil).Service(), ""), "DISC-ENT-002"},
		"a method that streams": {of(health, "x"), "DISC-METHOD-001"},
		"inputs without key":    {of(health, "x"), "DISC-KEY-001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entity := doing(nil)
			c.mistake(entity)
			if err := entity.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

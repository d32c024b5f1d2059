// Package descriptor turns what a user function says at discovery into a
// registry of its services, or into a list of every mistake in it.
package descriptor

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Registry is what one answer to Discover describes. It is immutable, and
// shares nothing with the registry of another answer or of the process.
type Registry struct {
	dialect      wire.Dialect
	files        *protoregistry.Files
	largest      int
	capabilities entity.Capabilities
	incarnation  string
	schema       Schema
	services     map[string]*Service
	routes       *Routes
}

// Service is one entity's service.
type Service struct {
	// Name is the service's full name.
	Name string
	// Kind is the kind of its entities, Type what the dialect calls it.
	Kind wire.Kind
	Type string
	// Persistence names the stored state of its entities; empty for an action.
	Persistence string
	// Idle is the time after which an idle entity is passivated; 0 lets the
	// proxy decide.
	Idle time.Duration
	// Aliases has the names that stored types go by now; empty where the
	// capability is not in force.
	Aliases entity.Aliases

	methods map[string]*Method
}

// Method is one method of an entity's service.
type Method struct {
	// Service is the full name of the service, Name the short name of the method.
	Service, Name string
	// Kind is that of the service.
	Kind wire.Kind
	// Shape says which sides stream.
	Shape wire.Shape
	// Input is the type URL of the request.
	Input string
	// Output is the full name of the response.
	Output protoreflect.FullName
	// ReadOnly says that no command of the method changes its entity's state.
	ReadOnly bool
	// Access says who may call, by the options of the method and of its service.
	Access access.Annotated

	key *key // nil for an action's
}

// Service returns the service with the full name.
func (r *Registry) Service(name string) (*Service, bool) {
	s, ok := r.services[name]
	return s, ok
}

// Method returns the method with the short name of the service with the full name.
func (r *Registry) Method(service, method string) (*Method, bool) {
	s, ok := r.services[service]
	if !ok {
		return nil, false
	}
	m, ok := s.methods[method]
	return m, ok
}

// Names returns the full names of the services, sorted. The caller owns the slice.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.services)) }

// Dialect returns that in which the function answered.
func (r *Registry) Dialect() wire.Dialect { return r.dialect }

// MaxMessage returns the largest message in bytes that the function takes.
func (r *Registry) MaxMessage() int { return r.largest }

// Capabilities returns those that are in force on the connection of the answer
// (DISC-CAP-005).
func (r *Registry) Capabilities() entity.Capabilities { return r.capabilities }

// Incarnation names the function's process; empty where the function has not said,
// which is to be read as another one each time (DISC-INC-002).
func (r *Registry) Incarnation() string { return r.incarnation }

// Schema returns which descriptors the answer has.
func (r *Registry) Schema() Schema { return r.schema }

// Routes returns the routes by HTTP.
func (r *Registry) Routes() *Routes { return r.routes }

// Files returns every file of the answer. The caller does not change it.
func (r *Registry) Files() *protoregistry.Files { return r.files }

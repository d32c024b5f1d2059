package runtime_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// failing is a journal that takes no batch.
type failing struct {
	*memory.Store

	err error
}

func (f failing) Append(context.Context, store.ID, store.Batch) error { return f.err }

// FX-DUR-003: durable side effects of a write whose outcome is unknown may be stored:
// somebody has to find out. Of one that the store has refused they are not.
func TestDoubtfulEffects(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		code codes.Code
		want int
	}{
		"unknown": {errors.New("the line went dead"), codes.Unavailable, 1},
		"refused": {store.ErrConflict, codes.Aborted, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var doubtful []store.Effect
				w := start(t, runtimetest.Model{Answer: causing}.Serve, func(config *runtime.Config) {
					config.Kinds = kinds(failing{memory.New(), c.err})
					config.Effects = func(_ entity.ID, _ entity.Command, effects []*entityv1.SideEffect) []store.Effect {
						return make([]store.Effect, len(effects))
					}
					config.Doubt = func(_ store.ID, effects []store.Effect) { doubtful = append(doubtful, effects...) }
				})
				w.function.Terms.Capabilities = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
				wantCode(t, <-w.submit(t.Context(), "7", "Add", "tea"), c.code)
				if len(doubtful) != c.want {
					t.Errorf("%d effects are in doubt, want %d", len(doubtful), c.want)
				}
			})
		})
	}
}

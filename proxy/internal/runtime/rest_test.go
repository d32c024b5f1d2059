package runtime

import (
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// recorder is a machine that is always ready and remembers its inputs.
type recorder struct{ inputs []entity.Input }

func (r *recorder) Ready() bool { return true }

func (r *recorder) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	r.inputs = append(r.inputs, in)
	return out
}

// lasting is a stream whose connection is never retired.
type lasting struct{ Stream }

func (lasting) Retired() <-chan struct{} { return nil }

// CORE-PASS-001: a command that comes in the moment in which the idle time ends,
// or a drain begins, is served and not passivated over. No schedule from outside
// hits that moment for certain, so that the moment is built by hand.
func TestRestLooksAgainBeforePassivation(t *testing.T) {
	t.Parallel()
	r := &Runtime{config: Config{}.withDefaults(), draining: make(chan struct{})}
	r.refuse()
	machine := &recorder{}
	i := newInstance(r, entity.ID{Service: "s", Entity: "e"})
	a := &activation{instance: i, stream: lasting{}, machine: machine, watchdog: watch(time.Hour, func() {})}
	defer a.watchdog.disarm()
	i.push(&call{ctx: t.Context(), metrics: unmeasured{}, command: entity.Command{Name: "Add"}})
	<-i.wake // As if the look before had taken it.
	a.rest()
	if _, arrived := machine.inputs[0].(entity.Arrived); !arrived || len(machine.inputs) != 1 {
		t.Errorf("the machine got %#v, want the command", machine.inputs)
	}
	a.rest()
	if _, passivated := machine.inputs[1].(entity.Passivate); !passivated {
		t.Errorf("the machine got %#v, want Passivate", machine.inputs[1])
	}
}

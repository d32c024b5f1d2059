package runtime

import (
	"slices"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// alarm is one timer of a machine.
type alarm struct {
	timer *time.Timer
	// set counts how often it was set: an older one that goes off says nothing.
	set int
}

// wait sets a timer, or stops it.
func (a *activation) wait(effect entity.Wait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.alarms[effect.Timer]
	set := 1
	if old != nil {
		old.timer.Stop()
		set = old.set + 1
	}
	a.inbox = slices.DeleteFunc(a.inbox, func(in entity.Input) bool { return in == entity.Elapsed{Timer: effect.Timer} })
	if effect.For == 0 {
		delete(a.alarms, effect.Timer)
		return
	}
	if a.alarms == nil {
		a.alarms = map[entity.Timer]*alarm{}
	}
	timer := time.AfterFunc(effect.For, func() { a.ring(effect.Timer, set) })
	a.alarms[effect.Timer] = &alarm{timer: timer, set: set}
}

// ring says that the time is over, unless the timer has been set anew.
func (a *activation) ring(timer entity.Timer, set int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.alarms[timer]; a.active != a || now == nil || now.set != set {
		return
	}
	delete(a.alarms, timer)
	a.inbox = append(a.inbox, entity.Elapsed{Timer: timer})
	a.stir()
}

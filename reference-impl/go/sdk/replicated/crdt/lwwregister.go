package crdt

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// Clock gives a write to a register its time, by which the proxy finds the last
// one. The zero value is the proxy's own clock: the last write wins.
type Clock struct {
	kind replicatedv1.Clock
	time int64
}

// Reverse lets the first write win.
func Reverse() Clock { return Clock{kind: replicatedv1.Clock_CLOCK_REVERSE} }

// Custom lets the write with the greatest time win, in whatever unit.
func Custom(time int64) Clock { return Clock{replicatedv1.Clock_CLOCK_CUSTOM, time} }

// CustomAutoIncrement is [Custom], with a time that is at least one more than
// that of the value which the write replaces.
func CustomAutoIncrement(time int64) Clock {
	return Clock{replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT, time}
}

// ClockOf returns the clock as the protocol names it; time counts for the custom
// clocks alone.
func ClockOf(kind replicatedv1.Clock, time int64) Clock {
	switch kind {
	case replicatedv1.Clock_CLOCK_REVERSE:
		return Reverse()
	case replicatedv1.Clock_CLOCK_CUSTOM:
		return Custom(time)
	case replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT:
		return CustomAutoIncrement(time)
	default:
		return Clock{}
	}
}

// LWWRegister holds one value, that of the last write.
type LWWRegister[T any] struct {
	codec   Codec[T]
	value   T
	clock   Clock // of the write, where one was made
	created bool  // and not yet committed
	written bool  // since the last commit
	before  T     // the value at the last commit
}

// NewLWWRegister returns a register that is created with this value.
func NewLWWRegister[T any](codec Codec[T], initial T) *LWWRegister[T] {
	return &LWWRegister[T]{codec: codec, value: initial, before: initial, created: true}
}

// Get returns the value.
func (r *LWWRegister[T]) Get() T { return r.value }

// Set sets the value by the proxy's clock. It is a write also where the value is
// the same (REP-LWW-003).
func (r *LWWRegister[T]) Set(value T) { r.SetAt(value, Clock{}) }

// SetAt sets the value by this clock.
func (r *LWWRegister[T]) SetAt(value T, clock Clock) {
	r.value, r.clock, r.written = value, clock, true
}

// Apply takes the value (REP-LWW-004).
func (r *LWWRegister[T]) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Lwwregister)
	if !ok {
		return false, wrongType(delta, "LWWRegister")
	}
	if received.Lwwregister.GetValue() == nil {
		return false, errors.New("a register's delta without value")
	}
	value, err := r.codec.unpack(received.Lwwregister.GetValue())
	if err != nil {
		return false, fmt.Errorf("the value of a register: %w", err)
	}
	changed = r.created || !proto.Equal(r.codec.mustPack(r.value), received.Lwwregister.GetValue())
	r.value, r.before, r.created = value, value, false
	return changed, nil
}

// Changed implements [Value].
func (r *LWWRegister[T]) Changed() bool { return r.created || r.written }

// Delta returns the last value that was set, with its clock (REP-LWW-001,
// REP-LWW-002).
func (r *LWWRegister[T]) Delta() *replicatedv1.Delta {
	write := &replicatedv1.LWWRegisterDelta{}
	if r.Changed() {
		write.Value, write.Clock, write.CustomClockValue = r.codec.mustPack(r.value), r.clock.kind, r.clock.time
	}
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: write}}
}

// Commit implements [Value].
func (r *LWWRegister[T]) Commit() {
	r.before, r.clock, r.created, r.written = r.value, Clock{}, false, false
}

// Rollback implements [Value]. A register that was created stays so.
func (r *LWWRegister[T]) Rollback() { r.value, r.clock, r.written = r.before, Clock{}, false }

package crdt

import replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"

// Flag is false until it is set. The zero value is ready to use.
type Flag struct {
	set  bool
	sets bool // since the last commit
}

// NewFlag returns a flag that is not set.
func NewFlag() *Flag { return &Flag{} }

// Value reports whether the flag is set.
func (f *Flag) Value() bool { return f.set }

// Set sets the flag, for ever.
func (f *Flag) Set() {
	f.sets = f.sets || !f.set
	f.set = true
}

// Apply sets the flag where the delta says so (REP-FLAG-002).
func (f *Flag) Apply(delta *replicatedv1.Delta) (changed bool, err error) {
	received, ok := delta.GetDelta().(*replicatedv1.Delta_Flag)
	if !ok {
		return false, wrongType(delta, "Flag")
	}
	changed = received.Flag.GetValue() && !f.set
	f.set = f.set || changed
	return changed, nil
}

// Changed implements [Value].
func (f *Flag) Changed() bool { return f.sets }

// Delta returns whether the flag was set (REP-FLAG-001). Of a flag that had been
// set before there is nothing to say, and its delta is never sent.
func (f *Flag) Delta() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Flag{Flag: &replicatedv1.FlagDelta{Value: f.sets}}}
}

// Commit implements [Value].
func (f *Flag) Commit() { f.sets = false }

// Rollback implements [Value].
func (f *Flag) Rollback() {
	f.set = f.set && !f.sets
	f.sets = false
}

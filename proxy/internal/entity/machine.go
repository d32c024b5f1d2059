package entity

// Machine decides what happens to one activation of one entity. It is pure: no
// I/O, no clock, no goroutine. The runtime steps it from one goroutine and
// performs the effects that a step appends, each in order, before the next step.
//
// A machine lives from the opening of one stream to its end. When a step
// appends [Close] the machine is spent; the next activation has a new one.
type Machine interface {
	// Step takes one input and appends its effects to out, which it returns.
	// The caller may reuse out once the effects are performed.
	Step(in Input, out []Effect) []Effect
	// Ready reports whether the machine takes [Arrived] now.
	Ready() bool
	// Idle reports whether the machine takes [Passivate] now: it is recovered, no
	// command or question is unanswered, nothing waits for the store, and no
	// streamed call is open.
	Idle() bool
}

// Timer names one of the times that a machine waits for. Each kind has its own.
type Timer uint8

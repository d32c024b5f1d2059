// Package action serves actions: services without state, whose methods may
// stream their requests, their responses, or both.
//
// A method has one handler, set by the function that is named after its shape:
// [Unary], [StreamedIn], [StreamedOut] or [Streamed]. Requests that stream are a
// sequence to range over; responses that stream are sent one by one. The example has a
// method of each shape.
//
// # What goes with a response
//
// What a handler asks its [Context] for, a forward, side effects or metadata,
// goes with its next response, and with no other (ACT-ANSWER-002). A handler that
// asks for side effects alone answers nil: the response then has no case
// (ACT-ANSWER-009), which is no mistake where responses stream.
//
// # How a call ends
//
// With the handler, whether or not the caller has half-closed: what it returns is
// the last thing said, and an error is a failure of the call. The handler's
// context ends when the caller cancels, its deadline passes, or a request cannot
// be read: the call is then over, and what the handler still sends reaches
// nobody. Each call has a handler of its own, and waits for no other.
//
// Read on in this order: action.go, context.go, call.go, service.go.
package action

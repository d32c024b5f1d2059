// Package multiplex serves many entities of one kind on one gRPC stream
// (protocol/spec/multiplexed-stream.md). Each of them, named by its handle, sees a
// stream of its own: what serves a kind on plain streams serves it here unchanged.
//
// One goroutine reads the frames and waits for nobody; one for each handle runs the
// kind; one, that of the gRPC method, writes. What they share is a [session], under one
// lock. All that waits there is bounded: by the window what was read of a handle, by one
// message what it has to send, and by the number of handles the rest.
//
// Read on in this order: credit.go, session.go, handle.go, outbox.go, service.go.
package multiplex

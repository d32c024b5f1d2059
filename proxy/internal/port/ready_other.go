//go:build !linux

package port

// ready is for systems on which a socket is read once it is ready.
type ready struct{}

// Package dialect says in the words of Cloudstate 0.2 what was written in those of
// version 1: the paths of the calls, the names inside the messages, and the options of
// descriptors. A case is so written once and runs in either dialect. The bytes of the
// messages are the same in both (protocol/spec/cloudstate-0.2.md); what version 1 has
// added is left out in both directions, for 0.2 neither sends nor reads it.
//
// What a case puts beside the known fields on purpose stays: a function of either
// dialect skips fields that it does not know.
package dialect

import (
	"google.golang.org/grpc"

	"github.com/stateward/stateward/tck/engine"
)

// Dialect is one way to name the parts of the protocol.
type Dialect string

// The dialects, and what leaves the choice between them to the subject.
const (
	// Auto is whichever the subject answers first; version 1 is asked first.
	Auto Dialect = "auto"
	// V1 is the protocol's own.
	V1 Dialect = "v1"
	// Cloudstate is that of Cloudstate 0.2. It is the name of a profile too.
	Cloudstate Dialect = "cloudstate-0.2"
)

// All returns what may be asked for, in the order in which people are told of it.
func All() []Dialect { return []Dialect{Auto, V1, Cloudstate} }

// Client returns a connection that is spoken to in version 1, made of one to a subject
// that speaks this dialect.
func (d Dialect) Client(conn grpc.ClientConnInterface) grpc.ClientConnInterface {
	if d != Cloudstate {
		return conn
	}
	return client{conn}
}

// Connection is Client for a connection that can be closed.
func (d Dialect) Connection(conn engine.Connection) engine.Connection {
	if d != Cloudstate {
		return conn
	}
	return connection{client{conn}, conn.Close}
}

// connection closes what the client is made of.
type connection struct {
	client

	end func() error
}

// Close ends the connection.
func (c connection) Close() error { return c.end() }

// Server returns a registrar that serves, in this dialect and under its names alone,
// what is registered there in version 1. Services that the dialect lacks are left out.
func (d Dialect) Server(server grpc.ServiceRegistrar) grpc.ServiceRegistrar {
	if d != Cloudstate {
		return server
	}
	return registrar{server}
}

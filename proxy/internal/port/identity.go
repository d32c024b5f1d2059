package port

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"

	"google.golang.org/grpc/credentials"
)

// identity is a connection whose two ends are known, and that is counted.
type identity struct {
	net.Conn

	state   *tls.ConnectionState // nil for a plain one
	release func()               // called once
	close   sync.Once
}

// Close closes the connection.
func (i *identity) Close() error {
	i.close.Do(i.release)
	return i.Conn.Close()
}

// connectionState returns what the handshake has found.
func (i *identity) connectionState() *tls.ConnectionState { return i.state }

// ConnectionState returns what the handshake of TLS has found on a connection that came
// from a [Port]; nil where it was a plain one. It is shared, and not to be changed.
func ConnectionState(conn net.Conn) *tls.ConnectionState {
	if known, ok := conn.(interface {
		connectionState() *tls.ConnectionState
	}); ok {
		return known.connectionState()
	}
	return nil
}

// stateKey finds the state of TLS in a context.
type stateKey struct{}

// Context keeps the [ConnectionState] of conn in ctx, for [Identify]. It is a ConnContext
// of an [http.Server].
func Context(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, stateKey{}, ConnectionState(conn))
}

// Identify sets the TLS of each request. The server cannot know it: its connections are
// plain, so that it takes those of HTTP/2 from elsewhere than its own handshake.
func Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state, ok := r.Context().Value(stateKey{}).(*tls.ConnectionState); ok && state != nil {
			r.TLS = state
		}
		next.ServeHTTP(w, r)
	})
}

// Credentials returns what tells grpc-go of the identity on a connection that came from a
// [Port]: the handshake has been made there.
func Credentials() credentials.TransportCredentials { return shaken{} }

// shaken are credentials of connections after their handshake.
type shaken struct{}

// ServerHandshake returns the connection and what is known of its client.
func (shaken) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	state := ConnectionState(conn)
	if state == nil {
		return conn, nil, nil
	}
	return conn, credentials.TLSInfo{
		State:          *state,
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
	}, nil
}

// ClientHandshake fails: a port has no clients.
func (shaken) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("port: these credentials are a server's")
}

// Info says nothing: it depends on the connection.
func (shaken) Info() credentials.ProtocolInfo { return credentials.ProtocolInfo{} }

// Clone returns the same: there is nothing to change.
func (s shaken) Clone() credentials.TransportCredentials { return s }

// OverrideServerName is not for servers.
func (shaken) OverrideServerName(string) error { return nil }

// withALPN returns the config with the protocols of a port, also in what it asks for
// at a handshake; nil for nil.
func withALPN(config *tls.Config) *tls.Config {
	if config == nil {
		return nil
	}
	protocols := []string{"h2", "http/1.1"}
	config = config.Clone()
	config.NextProtos = protocols
	if ask := config.GetConfigForClient; ask != nil {
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			given, err := ask(hello)
			if err != nil || given == nil || slices.Equal(given.NextProtos, protocols) {
				return given, err
			}
			given = given.Clone()
			given.NextProtos = protocols
			return given, nil
		}
	}
	return config
}

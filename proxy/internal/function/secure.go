package function

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// secure makes the connection a TLS one, where that is configured. It owns the connection.
func (c *Config) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if c.TLS == nil {
		return conn, nil
	}
	secured := tls.Client(conn, c.TLS())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("no TLS with the function: %w", err), conn.Close())
	}
	if spoken := secured.ConnectionState().NegotiatedProtocol; spoken != "h2" {
		return nil, errors.Join(errors.New("the function's TLS does not offer HTTP/2 (h2 in ALPN), which gRPC needs"), secured.Close())
	}
	return secured, nil
}

// credentials are those of a connection that has its TLS already, or has none.
func (c *Config) credentials() credentials.TransportCredentials {
	if c.TLS == nil {
		return insecure.NewCredentials()
	}
	return spoken{insecure.NewCredentials()}
}

// spoken are credentials for a connection on which TLS is spoken below gRPC, which has to
// know of it for the scheme of its requests.
type spoken struct {
	credentials.TransportCredentials
}

// Info says that the connection is a TLS one.
func (s spoken) Info() credentials.ProtocolInfo {
	info := s.TransportCredentials.Info()
	info.SecurityProtocol = "tls"
	return info
}

// Clone returns the same.
func (s spoken) Clone() credentials.TransportCredentials { return s }

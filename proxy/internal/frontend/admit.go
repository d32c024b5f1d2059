package frontend

import (
	"context"
	"crypto/tls"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/identity"
)

// Guard decides who may call. Its methods may be called from any goroutine.
type Guard interface {
	// Admit returns who makes a call of the method, which has these rules of its author,
	// headers and connection; nil for somebody who is not known and need not be. An error
	// has a gRPC status.
	Admit(ctx context.Context, service, method string, annotated access.Annotated, headers metadata.MD, peer *tls.ConnectionState) (*identity.Principal, error)
	// TakesTokens reports whether a caller could be known by a token.
	TakesTokens() bool
}

// healths begins the paths of what everybody may ask (ACC-RULE-005).
const healths = "/grpc.health.v1.Health/"

// admit returns the headers of a call and who makes it, before anything of its request is
// read (ACC-ADMIT-001).
func (f *Frontend) admit(stream grpc.ServerStream, service, method string, annotated access.Annotated) (metadata.MD, *identity.Principal, error) {
	ctx := stream.Context()
	headers, _ := metadata.FromIncomingContext(ctx)
	if f.config.Guard == nil {
		return headers, nil, nil
	}
	principal, err := f.config.Guard.Admit(ctx, service, method, annotated, headers, connectionOf(ctx))
	if err != nil && f.config.Guard.TakesTokens() && way.Status(err).Code() == codes.Unauthenticated {
		_ = stream.SetHeader(metadata.Pairs(header.Challenge, "Bearer")) // ACC-ADMIT-004; the caller may have gone
	}
	return headers, principal, err
}

// admitOwn admits a caller of one of the proxy's own services.
func (f *Frontend) admitOwn(stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream) // every server stream has one
	if strings.HasPrefix(path, healths) {
		return nil
	}
	service, method, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	_, _, err := f.admit(stream, service, method, access.Annotated{})
	return err
}

// connectionOf returns what TLS has found out about the connection of a call; nil without.
func connectionOf(ctx context.Context) *tls.ConnectionState {
	if caller, ok := peer.FromContext(ctx); ok {
		if info, ok := caller.AuthInfo.(credentials.TLSInfo); ok {
			return &info.State
		}
	}
	return nil
}

// told returns the metadata of a call by the principal: its headers, and who it is.
func told(headers metadata.MD, principal *identity.Principal) (*entityv1.Metadata, error) {
	said, err := incoming(headers)
	if err != nil {
		return nil, err
	}
	return header.WithPrincipal(said, principal.Entries()), nil
}

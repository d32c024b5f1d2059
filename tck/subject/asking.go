package subject

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/peer"
)

// asking is the search for the dialect of a subject. Nothing on the wire says which one a
// function speaks, so each is asked in turn; an attempt counts once somebody was there,
// however it ends, for some functions drop the connection of a call that they do not know.
type asking struct {
	// turn are the dialects to ask in; the first is asked next.
	turn []dialect.Dialect
	// lacking are those whose discovery the subject does not serve.
	lacking map[dialect.Dialect]bool
	// answered is that of the first answer; from then on no other is asked.
	answered dialect.Dialect
}

// newAsking returns the search among the dialects that were asked for.
func newAsking(in dialect.Dialect) *asking {
	a := &asking{lacking: map[dialect.Dialect]bool{}}
	switch in {
	case dialect.Auto, "":
		a.turn = []dialect.Dialect{dialect.V1, dialect.Cloudstate}
	default:
		a.turn = []dialect.Dialect{in}
	}
	return a
}

// discovery has the service that is asked in each dialect.
var discovery = map[dialect.Dialect]string{
	dialect.V1:         discoveryv1.DiscoveryService_ServiceDesc.ServiceName,
	dialect.Cloudstate: "cloudstate.EntityDiscovery",
}

// ask asks once. A server that lacks the service of every dialect altogether will not
// grow one.
func (a *asking) ask(ctx context.Context, conn grpc.ClientConnInterface) (*discoveryv1.DiscoverResponse, error) {
	in := a.turn[0]
	var met grpcpeer.Peer
	answer, err := discoveryv1.NewDiscoveryServiceClient(in.Client(conn)).Discover(ctx, peer.Question(), grpc.Peer(&met))
	if err == nil {
		a.turn, a.answered = []dialect.Dialect{in}, in
		return answer, nil
	}
	if met.Addr != nil { // somebody was there
		a.turn = append(a.turn[1:], in)
	}
	code := status.Code(err)
	a.lacking[in] = code == codes.Unimplemented
	if a.hopeless() {
		return nil, Hopeless(errors.New("it does not serve " + a.services()))
	}
	return nil, fmt.Errorf("Discover ended with %v: %s", code, status.Convert(err).Message())
}

// hopeless reports whether the subject has no discovery in any of the dialects.
func (a *asking) hopeless() bool {
	for _, in := range a.turn {
		if !a.lacking[in] {
			return false
		}
	}
	return true
}

// services names what was asked, version 1 first.
func (a *asking) services() string {
	text := ""
	for _, in := range dialect.All() {
		switch {
		case !a.lacking[in]:
		case text == "":
			text = discovery[in]
		default:
			text += ", nor " + discovery[in]
		}
	}
	return text
}

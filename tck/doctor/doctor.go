// Package doctor looks at a subject for a few seconds and says what it is: whether
// it can be reached, how it answers to discovery, what it serves, and which mistakes
// its answer has.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/interrupt"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/subject"
)

const (
	// Ready is how long a subject may take to be ready. A run of the kit is more
	// patient.
	Ready = 5 * time.Second
	// patience is how long each of its answers may take.
	patience = 2 * time.Second
	// together is how long all may take, but for taking the subject down.
	together = 7 * time.Second
)

// Answer is what a subject made of one way to ask for discovery.
type Answer struct {
	// Service is the full name of the discovery service.
	Service string
	// Response is what it answered; nil when it did not.
	Response *discoveryv1.DiscoverResponse
	// Refusal says how it did not answer, such as "UNIMPLEMENTED"; empty when it did.
	Refusal string
}

// Diagnosis is what was found.
type Diagnosis struct {
	// Address is where the subject listens, as HOST:PORT.
	Address string
	// Took is how long it was until it answered.
	Took time.Duration
	// Answers are those to v1 and to Cloudstate 0.2, in this order; at least one
	// of them has a response.
	Answers []Answer
	// Checked are the results of the cases on discovery; empty when v1 was not
	// answered.
	Checked []engine.Result
}

// Mistakes are the checks that did not pass.
func (d *Diagnosis) Mistakes() []engine.Result {
	return slices.DeleteFunc(slices.Clone(d.Checked), func(r engine.Result) bool {
		return r.Verdict == tckv1.Verdict_VERDICT_PASS
	})
}

// Best is the answer in the newest dialect.
func (d *Diagnosis) Best() Answer {
	at := slices.IndexFunc(d.Answers, func(a Answer) bool { return a.Response != nil })
	return d.Answers[at] // Examine returns none without one
}

// Examine starts what spec says, or reaches for it, asks it whatever discovery can
// tell, and takes it down again. It fails with a *subject.NotReadyError when nothing
// answers. It takes ten seconds at most.
func Examine(ctx context.Context, spec subject.Spec) (diagnosis *Diagnosis, err error) {
	asking, cancel := context.WithTimeoutCause(ctx, together, errors.New("the time of the examination was up"))
	defer cancel()
	begin := time.Now()
	started, err := subject.Launch(asking, spec, subject.Config{Within: Ready})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, started.Close(interrupt.Cleanup(ctx))) }()
	d := &Diagnosis{}
	err = started.Probe(asking, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		d.Answers = []Answer{ask(ctx, conn, v1), ask(ctx, conn, cloudstate)}
		return answered(d.Answers)
	})
	if err != nil {
		return nil, err
	}
	d.Took, d.Address = time.Since(begin), started.Address()
	if d.Answers[0].Response != nil {
		d.Checked = engine.Run(asking, examined{started, d.Answers[0].Response}, checks(), engine.Options{Patience: patience, Parallel: 4})
	}
	return d, nil
}

// examined is a subject with the first answer that it gave here.
type examined struct {
	*subject.Subject

	first *discoveryv1.DiscoverResponse
}

// Discovery is the first answer.
func (e examined) Discovery() *discoveryv1.DiscoverResponse { return e.first }

// checks are the cases on discovery that concern every function.
func checks() []engine.Case {
	return slices.DeleteFunc(discovery.Cases(), func(c engine.Case) bool { return c.Profile != "core" })
}

// answered returns nil when one of both answers is one.
func answered(answers []Answer) error {
	first, second := answers[0], answers[1]
	switch {
	case first.Response != nil || second.Response != nil:
		return nil
	case first.Refusal != second.Refusal:
		return fmt.Errorf("%s: %s; %s: %s", first.Service, first.Refusal, second.Service, second.Refusal)
	case first.Refusal == codes.Unimplemented.String():
		return subject.Hopeless(fmt.Errorf("it serves neither %s nor %s", first.Service, second.Service))
	default:
		return errors.New("neither discovery is answered: " + first.Refusal)
	}
}

// question is one way to ask for discovery.
type question struct {
	service, method string
	request         func() *discoveryv1.DiscoverRequest
}

// v1 asks as this protocol does, and cloudstate as Cloudstate 0.2 did, whose
// messages have the same fields under the same numbers.
var (
	v1 = question{
		service: discoveryv1.DiscoveryService_ServiceDesc.ServiceName, method: "Discover", request: peer.Question,
	}
	cloudstate = question{service: "cloudstate.EntityDiscovery", method: "discover", request: func() *discoveryv1.DiscoverRequest {
		asked := peer.OldQuestion()
		asked.ProtocolMajorVersion, asked.ProtocolMinorVersion = 0, 2
		asked.SupportedEntityTypes = oldTypes()
		return asked
	}}
)

// ask asks once.
func ask(ctx context.Context, conn grpc.ClientConnInterface, q question) Answer {
	response := &discoveryv1.DiscoverResponse{}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := conn.Invoke(ctx, "/"+q.service+"/"+q.method, q.request(), response); err != nil {
		refusal := status.Code(err).String()
		if text := status.Convert(err).Message(); status.Code(err) != codes.Unimplemented && text != "" {
			refusal += ": " + text
		}
		return Answer{Service: q.service, Refusal: refusal}
	}
	return Answer{Service: q.service, Response: response}
}

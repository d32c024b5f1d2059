package discovery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/trace"
)

// answers are the responses to Discover so far, in one run of a case.
type answers struct {
	all []*discoveryv1.DiscoverResponse
}

// ask calls Discover and notes the response.
type ask struct {
	request *discoveryv1.DiscoverRequest
	// note says what is special about the request; may be empty.
	note string
}

// Ask returns the step that calls Discover as a proxy of this version does.
func Ask() engine.Step { return ask{request: peer.Question()} }

// Newest returns the newest answer to Discover in this run of a case, which has
// asked once at least.
func Newest(stage *engine.Stage) *discoveryv1.DiscoverResponse {
	said := engine.Local[answers](stage).all
	return said[len(said)-1]
}

func (s ask) Describe() string {
	version := fmt.Sprintf("→Discover{%d.%d}", s.request.GetProtocolMajorVersion(), s.request.GetProtocolMinorVersion())
	if s.note != "" {
		version += " " + s.note
	}
	return version
}

func (s ask) Perform(ctx context.Context, stage *engine.Stage) error {
	call := calling(stage, discoveryv1.DiscoveryService_Discover_FullMethodName, s.Describe(), s.request)
	ctx, cancel := stage.Waiting(ctx)
	defer cancel()
	response, err := discoveryv1.NewDiscoveryServiceClient(stage.Conn()).Discover(ctx, s.request)
	if err != nil {
		return call.refused("an answer to Discover", err)
	}
	call.answered(fmt.Sprintf("←%d entities, %d B of descriptors", len(response.GetEntities()), len(response.GetProto())), response)
	said := engine.Local[answers](stage)
	said.all = append(said.all, response)
	return nil
}

// called is a call of one request and one response, as it is written down.
type called struct {
	stage  *engine.Stage
	number int
	method string
}

// calling writes down the request of a call.
func calling(stage *engine.Stage, method, text string, request proto.Message) called {
	c := called{stage: stage, number: stage.NewCall(), method: method}
	c.record(trace.Sent, text, request)
	c.record(trace.HalfClose, "", nil)
	return c
}

func (c called) record(kind trace.Kind, text string, message any) {
	c.stage.RecordFrame(trace.Frame{Call: c.number, Method: c.method, Kind: kind, Text: text, Raw: trace.Encode(message)})
}

// answered writes down the response.
func (c called) answered(text string, response proto.Message) {
	c.record(trace.Received, text, response)
}

// refused is the mismatch of a call that was answered by an error, or not at all.
func (c called) refused(expected string, err error) error {
	answer := fmt.Sprintf("%s %q", status.Code(err), status.Convert(err).Message())
	c.record(trace.End, "←"+answer, status.Convert(err).Proto())
	return &engine.MismatchError{Expected: expected, Actual: answer}
}

// report calls ReportError.
type report struct {
	request *discoveryv1.ReportErrorRequest
}

func (s report) Describe() string {
	return fmt.Sprintf("→ReportError{%s %q} ←an empty response", s.request.GetCode(), s.request.GetMessage())
}

func (s report) Perform(ctx context.Context, stage *engine.Stage) error {
	call := calling(stage, discoveryv1.DiscoveryService_ReportError_FullMethodName, fmt.Sprintf("→ReportError{%s}", s.request.GetCode()), s.request)
	ctx, cancel := stage.Waiting(ctx)
	defer cancel()
	response, err := discoveryv1.NewDiscoveryServiceClient(stage.Conn()).ReportError(ctx, s.request)
	if err != nil {
		return call.refused("an answer to ReportError", err)
	}
	size := proto.Size(response)
	call.answered(fmt.Sprintf("←%d B", size), response)
	if size != 0 {
		return &engine.MismatchError{Expected: "an empty response", Actual: fmt.Sprintf("one of %d B", size)}
	}
	stage.Checked()
	return nil
}

// discovered is a target that knows the answer that made it ready: the first of
// its process, where the kit has started it.
type discovered interface {
	Discovery() *discoveryv1.DiscoverResponse
}

// same expects all answers to be equal to the first that the kit ever got.
type same struct{}

func (same) Describe() string { return "←the same answer as the first" }

func (same) Perform(_ context.Context, stage *engine.Stage) error {
	said := engine.Local[answers](stage).all
	if breach := nothingListed(said[0]); breach != "" {
		return &engine.MismatchError{Expected: "an answer that lists an entity", Actual: breach}
	}
	if target, knows := stage.Target().(discovered); knows {
		said = slices.Concat([]*discoveryv1.DiscoverResponse{target.Discovery()}, said)
	}
	for i, answer := range said {
		if !proto.Equal(said[0], answer) {
			return &engine.MismatchError{
				Expected: "every answer to Discover is equal to the first",
				Actual:   fmt.Sprintf("answer %d differs", i+1),
			}
		}
	}
	stage.Checked()
	return nil
}

// sameIncarnation expects all answers to name one process.
type sameIncarnation struct{}

func (sameIncarnation) Describe() string { return "←the same incarnation_id" }

func (sameIncarnation) Perform(_ context.Context, stage *engine.Stage) error {
	said := engine.Local[answers](stage).all
	first := said[0].GetServiceInfo().GetIncarnationId()
	for _, answer := range said {
		if id := answer.GetServiceInfo().GetIncarnationId(); id != first {
			return &engine.MismatchError{
				Expected: "one incarnation_id on every connection",
				Actual:   fmt.Sprintf("%q, then %q", first, id),
			}
		}
	}
	stage.Checked()
	return nil
}

// expect holds the newest answer against one sentence.
type expect struct {
	sentence string
	// breach says what in the answer breaks the sentence; empty when nothing does.
	breach func(*discoveryv1.DiscoverResponse) string
}

// Expect returns the step that holds the newest answer to Discover against one
// sentence; breach says what breaks it, and nothing when it holds.
func Expect(sentence string, breach func(*discoveryv1.DiscoverResponse) string) engine.Step {
	return expect{sentence: sentence, breach: breach}
}

func (s expect) Describe() string { return "←" + s.sentence }

func (s expect) Perform(_ context.Context, stage *engine.Stage) error {
	newest := Newest(stage)
	if breach := cmp.Or(nothingListed(newest), s.breach(newest)); breach != "" {
		// What the function names may hold anything; the result stays one line.
		return &engine.MismatchError{Expected: s.sentence, Actual: strings.Join(strings.Fields(breach), " ")}
	}
	stage.Checked()
	return nil
}

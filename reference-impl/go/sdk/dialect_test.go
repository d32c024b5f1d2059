package sdk_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// The paths of discovery in each dialect.
var discoverPaths = map[string]string{
	sdk.DialectV1:         "/stateward.discovery.v1.DiscoveryService/Discover",
	sdk.DialectCloudstate: "/cloudstate.EntityDiscovery/discover",
}

// A function is served in the dialects that it speaks, or in the one that is asked for.
func TestDialects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cloudstate *sdk.Cloudstate
		dialect    string
		served     []string
	}{
		"version 1":        {nil, "", []string{sdk.DialectV1}},
		"both":             {&sdk.Cloudstate{}, "", []string{sdk.DialectV1, sdk.DialectCloudstate}},
		"version 1 alone":  {&sdk.Cloudstate{}, sdk.DialectV1, []string{sdk.DialectV1}},
		"Cloudstate alone": {&sdk.Cloudstate{}, sdk.DialectCloudstate, []string{sdk.DialectCloudstate}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := one(entity("a", atOnce))
			config.Cloudstate, config.Dialect = test.cloudstate, test.dialect
			proxy := sdktest.Start(t, config)
			for dialect, path := range discoverPaths {
				ctx, _ := proxy.Context()
				want := codes.Unimplemented
				for _, served := range test.served {
					if served == dialect {
						want = codes.OK
					}
				}
				err := proxy.Conn.Invoke(ctx, path, &discoveryv1.DiscoverRequest{}, &discoveryv1.DiscoverResponse{})
				if status.Code(err) != want {
					t.Errorf("%s is answered with %v, want %v", path, err, want)
				}
			}
		})
	}
}

func TestDialectsThatAreMistakes(t *testing.T) {
	t.Parallel()
	renamed := &sdk.Cloudstate{Names: map[protoreflect.FullName]protoreflect.FullName{twoService: "shop.Gone"}}
	for want, change := range map[string]func(*sdk.Config){
		`Dialect is "v2"`:                                 func(c *sdk.Config) { c.Dialect = "v2" },
		`Dialect is "cloudstate-0.2"`:                     func(c *sdk.Config) { c.Dialect = sdk.DialectCloudstate },
		"no file of Config.Cloudstate declares shop.Gone": func(c *sdk.Config) { c.Cloudstate = renamed },
	} {
		config := one(entity("a", atOnce))
		change(&config)
		if _, err := sdk.New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Where the author has renamed nothing, nothing of the author's is renamed; and what
// version 1 has added to a failure is not sent to a proxy that does not know it.
func TestAFailureInCloudstate(t *testing.T) {
	t.Parallel()
	refusing := eventsourced.New(services().ByName("EventSourcedTwoService"), "a", func(string) *struct{} { return &struct{}{} })
	eventsourced.Handle(refusing, "Call",
		func(*eventsourced.Context, *struct{}, *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
			return nil, sdk.Errorf(codes.NotFound, "no")
		})
	config := one(refusing)
	config.Cloudstate = &sdk.Cloudstate{}
	proxy := sdktest.Start(t, config)
	ctx, _ := proxy.Context()
	stream, err := proxy.Conn.NewStream(ctx, eventSourcedHandle(), "/cloudstate.eventsourced.EventSourced/handle")
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []*sdktest.Request{
		sdktest.Init(twoService, "e", nil),
		sdktest.Command("e", 1, "Call", &tckv1.ProcessRequest{Id: "e"}),
	} {
		if err := stream.SendMsg(message); err != nil {
			t.Fatal(err)
		}
	}
	got := &sdktest.Response{}
	if err := stream.RecvMsg(got); err != nil {
		t.Fatal(err)
	}
	want := &sdktest.Response{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		CommandId: 1,
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
			Failure: &entityv1.Failure{CommandId: 1, Description: "no"},
		}},
	}}}
	if !proto.Equal(want, got) {
		t.Errorf("got %v, want %v", got, want)
	}
}

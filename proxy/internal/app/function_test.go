package app

import (
	"log/slog"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// TestFunctionKilled covers CORE-STREAM-013 for a connection that is lost.
func TestFunctionKilled(t *testing.T) {
	f, handling := slow(t, nil)
	outcome := addLater(runProxy(t, quick(f.Target)).dial(t), "a")
	take(t, handling)
	f.Stop()
	if got := take(t, outcome); status.Code(got.err) != codes.Unavailable {
		t.Errorf("the command that was outstanding: %+v", got)
	}
}

// TestOtherServices covers DISC-CALL-006 and CORE-CMD-009: a later function serves
// another service, and what was served before is served no more.
func TestOtherServices(t *testing.T) {
	const other = "OtherService"
	files := descriptortest.Files()
	files.GetFile()[2].GetService()[0].Name = proto.String(other)
	answer := descriptortest.Answer(files)
	answer.Entities[0].ServiceName = "test.counter.v1." + other

	f := functiontest.Start(t, loopback, functiontest.Script{})
	caller := runProxy(t, quick(f.Target)).dial(t)
	caller.mustAdd(t, "a", 1, 1)
	f.Stop()
	caller.await(t, notServing)
	functiontest.Start(t, f.Target, saying(answer))
	caller.await(t, serving)
	if _, err := caller.get("a"); status.Code(err) != codes.Unimplemented {
		t.Errorf("a service of the earlier function: %v", err)
	}
	path := "/test.counter.v1." + other + "/Get"
	if got, err := caller.call(path, caller.messages.GetRequest("a")); got != 1 || err != nil {
		t.Errorf("the service of the later one: %d, %v; want the state under the same persistence id", got, err)
	}
}

// TestPassivationTimeout covers CORE-PASS-003: what discovery says comes before the
// proxy's own idle time, which is longer than this test waits.
func TestPassivationTimeout(t *testing.T) {
	answer := descriptortest.Answer(descriptortest.Files())
	answer.Entities[0].PassivationStrategy = &discoveryv1.PassivationStrategy{
		Strategy: &discoveryv1.PassivationStrategy_Timeout{Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: 1}},
	}
	f := functiontest.Start(t, loopback, saying(answer))
	log := newLogReader()
	t.Cleanup(func() { log.Close() }) // once the proxy has ended
	config := quick(f.Target)
	config.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	runProxy(t, config).dial(t).mustAdd(t, "a", 1, 1)
	log.await(t, "activation closed", "reason", "idle")
}

// TestLargestMessage covers CORE-LIMIT-004: a message of the function that is as
// large as may be, by default and where somebody has set it.
func TestLargestMessage(t *testing.T) {
	for name, limit := range map[string]int{"by default": 4 << 20, "as set": 9 << 20} {
		t.Run(name, func(t *testing.T) {
			f := functiontest.Start(t, loopback, functiontest.Script{
				Answer: func(_ string, right *eventsourcedv1.HandleResponse) []*eventsourcedv1.HandleResponse {
					const head = 6 // of an unknown field: its tag and length
					padding := make([]byte, limit-proto.Size(right)-head)
					right.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 1000, protowire.BytesType), padding))
					if size := proto.Size(right); size != limit {
						t.Errorf("the message has %d bytes, want %d", size, limit)
					}
					return []*eventsourcedv1.HandleResponse{right}
				},
			})
			config := quick(f.Target)
			if name == "as set" {
				config.MaxMessage = limit
			}
			runProxy(t, config).dial(t).mustAdd(t, "a", 1, 1)
		})
	}
}

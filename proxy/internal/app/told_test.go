package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/emptypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// TestTold covers what the proxy says of itself: CORE-LIMIT-005, with CORE-LIMIT-012
// and CORE-LIMIT-016, DISC-DEV-001, DISC-DEV-002 and DISC-INST-001.
func TestTold(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	first := runProxy(t, quick(f.Target))
	first.dial(t).mustAdd(t, "a", 1, 1)
	told := take(t, f.Requests)
	want := &discoveryv1.ProxyLimits{
		MaxMessageBytes: 4194304, MaxRequestBytes: 4063232, MaxKeyBytes: 16384, MaxMetadataBytes: 8192,
		MaxWaitingCommands: 256, MaxOutstandingCommands: 64, MaxForwardDepth: 8, MaxCommandTime: 60000,
	}
	if diff := cmp.Diff(want, told.GetLimits(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if id := told.GetInstanceId(); !told.GetDevMode() || id == "" || len(id) > 128 {
		t.Errorf("on a store in memory the proxy says %v", told)
	}
	f.Stop()
	f = functiontest.Start(t, f.Target, functiontest.Script{})
	if again := take(t, f.Requests); !cmp.Equal(told, again, protocmp.Transform()) {
		t.Errorf("on the next connection the proxy says %v, and said %v", again, told)
	}
	if err := first.halt(t); err != nil {
		t.Error(err)
	}

	config := quick(f.Target)
	config.Store, config.Data = StorePebble, t.TempDir()
	config.MaxMessage, config.Mailbox, config.CommandTimeout = 9<<20, 7, 3*time.Second
	runProxy(t, config)
	other := take(t, f.Requests)
	want = &discoveryv1.ProxyLimits{
		MaxMessageBytes: 9 << 20, MaxRequestBytes: 9<<20 - 128<<10, MaxKeyBytes: 16384, MaxMetadataBytes: 8192,
		MaxWaitingCommands: 7, MaxOutstandingCommands: 64, MaxForwardDepth: 8, MaxCommandTime: 3000,
	}
	if diff := cmp.Diff(want, other.GetLimits(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if other.GetDevMode() || other.GetInstanceId() == told.GetInstanceId() {
		t.Errorf("another process on a directory says %v", other)
	}
}

// TestVersionsDoNotMeet covers DISC-VER-003: the function is told both ranges, and so
// is whoever asks why the proxy is not ready.
func TestVersionsDoNotMeet(t *testing.T) {
	answer := descriptortest.Answer(descriptortest.Files())
	answer.ServiceInfo.ProtocolMinorVersion, answer.ServiceInfo.OldestProtocolMinorVersion = 4, 2
	f := functiontest.Start(t, loopback, saying(answer))
	proxy := runProxy(t, quick(f.Target))
	const ranges = "the function speaks protocol 1.2 to 1.4, and this proxy 1.0 to 1.1"
	if report := take(t, f.Reports); report.GetCode() != "DISC-VER-003" || !strings.Contains(report.GetMessage(), ranges) {
		t.Errorf("report %v", report)
	}
	if code, body := proxy.ready(t); code != http.StatusServiceUnavailable || !strings.Contains(body, ranges) {
		t.Errorf("/readyz: %d %s", code, body)
	}
}

// TestWhatTheFunctionTakes covers CORE-LIMIT-008 and CORE-LIMIT-020: a proxy that would take more sends
// no more than the function says that it takes, which is 4 MiB where it says nothing.
func TestWhatTheFunctionTakes(t *testing.T) {
	for takes, largest := range map[int64]int{0: 4 << 20, 5 << 20: 5 << 20, 1 << 30: 8 << 20} {
		answer := descriptortest.Answer(descriptortest.Files())
		answer.ServiceInfo.MaxMessageBytes = takes
		script := saying(answer)
		script.Takes = largest
		config := quick(functiontest.Start(t, loopback, script).Target)
		config.MaxMessage = 8 << 20
		caller := runProxy(t, config).dial(t)
		for more, want := range []codes.Code{codes.OK, codes.ResourceExhausted} {
			request := new(emptypb.Empty) // its unknown fields are its bytes
			bytes := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "a")
			bytes = protowire.AppendTag(bytes, 15, protowire.BytesType)
			const length = 4 // of the varint before so many bytes
			bytes = protowire.AppendBytes(bytes, make([]byte, largest-envelope-len(bytes)-length+more))
			request.ProtoReflect().SetUnknown(bytes)
			err := caller.conn.Invoke(t.Context(), descriptortest.Get, request, caller.messages.New("GetResponse"))
			if status.Code(err) != want {
				t.Errorf("a function takes %d: a request of %d bytes: %v, want %v", takes, len(bytes), err, want)
			}
		}
	}
}

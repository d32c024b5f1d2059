package frontend_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
)

// TestReplyBytes covers CORE-CMD-011 with bytes that nobody would encode so.
func TestReplyBytes(t *testing.T) {
	t.Parallel()
	bytes := []byte{0x78, 0x01, 0x08, 0xaa, 0x80, 0x00, 0x08, 0x2a} // an unknown field, and total twice
	b := start(t, func(context.Context, request) (*entityv1.Reply, error) {
		reply := total(0)
		reply.Payload.Value = bytes
		return reply, nil
	})
	// A message without fields keeps the bytes that it has got.
	response := new(emptypb.Empty)
	if err := b.conn.Invoke(t.Context(), descriptortest.Add, descriptortest.NewMessages().AddRequest("a", 7), response); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bytes, []byte(response.ProtoReflect().GetUnknown())); diff != "" {
		t.Error(diff)
	}
}

// TestHeaderNotUTF8 covers META-ENTRY-002. A gRPC client sends no such header, so
// that an HTTP client does.
func TestHeaderNotUTF8(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	const noRequest = "\x00\x00\x00\x00\x00" // a message of no bytes
	url := "http://" + strings.TrimPrefix(b.conn.Target(), "passthrough:///") + descriptortest.Get
	call, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(noRequest))
	if err != nil {
		t.Fatal(err)
	}
	call.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "Name": {"\xff"}}
	response, err := transport.RoundTrip(call)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Grpc-Status"); got != strconv.Itoa(int(codes.InvalidArgument)) {
		t.Errorf("status %q, want %v: %v", got, codes.InvalidArgument, response.Header)
	}
}

package frontend_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// watchers is an action whose method Add streams its responses, which are of the type.
func watchers(output string) *discoveryv1.DiscoverResponse {
	files := descriptortest.Files()
	counter := files.GetFile()[2]
	counter.Service[0].Method[0].ServerStreaming = new(true)
	return acting(files, output)
}

// acting is an action whose method Add has the output.
func acting(files *descriptorpb.FileDescriptorSet, output string) *discoveryv1.DiscoverResponse {
	counter := files.GetFile()[2]
	if output == rawBody {
		counter.Service[0].Method[0].OutputType = new(output)
		counter.Dependency = append(counter.Dependency, "google/api/httpbody.proto")
		files.File = append([]*descriptorpb.FileDescriptorProto{
			protodesc.ToFileDescriptorProto(anypb.File_google_protobuf_any_proto),
			protodesc.ToFileDescriptorProto(httpbody.File_google_api_httpbody_proto),
		}, files.GetFile()...)
	}
	answer := descriptortest.Answer(files)
	action, _ := wire.V1().OfKind(wire.Action)
	answer.Entities[0].EntityType = action.Type
	return answer
}

const rawBody = ".google.api.HttpBody"

// raws is a reply with a google.api.HttpBody.
func raws(kind, data string) *entityv1.Reply {
	payload, err := anypb.New(&httpbody.HttpBody{ContentType: kind, Data: []byte(data)})
	if err != nil {
		panic(err)
	}
	return &entityv1.Reply{Payload: payload}
}

// sending is a router that sends the items, and then ends with the error.
func sending(err error, items ...*entityv1.Reply) streams {
	return func(_ context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
		if _, err := caller.Receive(); err != nil {
			return err
		}
		if _, err := caller.Receive(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("a second request: %w", err)
		}
		for _, item := range items {
			if err := caller.Send(item); err != nil {
				return fault.New(fault.Canceled, "the caller does not take it: %w", err)
			}
		}
		return err
	}
}

// TestHTTPStreams covers HTTP-STREAM-001 to HTTP-STREAM-007, HTTP-STREAM-002,
// HTTP-STREAM-003, HTTP-STREAM-004, HTTP-STREAM-005, HTTP-STREAM-006, and HTTP-JSON-006 in a
// stream: all that a caller gets, byte for byte.
func TestHTTPStreams(t *testing.T) {
	t.Parallel()
	gone := fault.New(fault.Unavailable, "gone")
	const lines, events = "application/x-ndjson", "text/event-stream"
	broken := &entityv1.Reply{Payload: &anypb.Any{Value: []byte{0x08}}}
	for name, test := range map[string]struct {
		accept string
		router streams
		want   reply
		told   string
	}{
		"lines":            {"", sending(nil, total(1), total(2)), reply{200, lines, "{\"result\":{\"total\":\"1\"}}\n{\"result\":{\"total\":\"2\"}}\n", nil}, ""},
		"lines, failing":   {"*/*", sending(gone, total(1)), reply{200, lines, "{\"result\":{\"total\":\"1\"}}\n{\"error\":{\"code\":14,\"message\":\"gone\",\"details\":[]}}\n", nil}, ""},
		"lines, none":      {"text/event-stream;q=0.0", sending(nil), reply{200, lines, "", nil}, ""},
		"lines, refused":   {"", sending(gone), reply{503, "application/json", `{"code":14,"message":"gone","details":[]}`, nil}, ""},
		"events":           {"text/html, text/event-stream;q=0.5", sending(nil, total(1)), reply{200, events, "data: {\"total\":\"1\"}\n\nevent: end\ndata: {}\n\n", nil}, ""},
		"events, failing":  {events, sending(gone, total(1)), reply{200, events, "data: {\"total\":\"1\"}\n\nevent: failure\ndata: {\"code\":14,\"message\":\"gone\",\"details\":[]}\n\n", nil}, ""},
		"events, none":     {"Text/Event-Stream", sending(nil), reply{200, events, "event: end\ndata: {}\n\n", nil}, ""},
		"events, refused":  {events, sending(gone), reply{503, "application/json", `{"code":14,"message":"gone","details":[]}`, nil}, ""},
		"one not to print": {"", sending(nil, total(1), broken), reply{200, lines, "{\"result\":{\"total\":\"1\"}}\n{\"error\":{\"code\":13,", nil}, "HTTP-JSON-006"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, test.router, watchers(""))
			for _, http2 := range []bool{false, true} {
				r := post(t, `{"id":"a"}`)
				if test.accept != "" {
					r.Header.Set("Accept", test.accept)
				}
				got := b.asks(t, http2, r)
				if test.told != "" {
					got.Body = got.Body[:min(len(got.Body), len(test.want.Body))]
					if told := <-b.reports; told != descriptortest.Service+" "+test.told {
						t.Errorf("the function was told %q", told)
					}
				}
				if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(reply{}), ignoreHeaders); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestHTTPStreamIsPrompt covers HTTP-STREAM-009: a response is with its caller before the
// next is sent.
func TestHTTPStreamIsPrompt(t *testing.T) {
	t.Parallel()
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		next := make(chan struct{})
		b := serve(t, streams(func(ctx context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
			for range 3 {
				if err := caller.Send(total(1)); err != nil {
					return err
				}
				select {
				case <-next:
				case <-ctx.Done():
					return fault.FromContext(ctx)
				}
			}
			return nil
		}), watchers(""))
		url, client := b.overHTTP(t, http2)
		response, err := client.Post(url+descriptortest.Add, "", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body := bufio.NewReader(response.Body)
		for range 3 {
			if line, err := body.ReadString('\n'); err != nil || line != "{\"result\":{\"total\":\"1\"}}\n" {
				t.Fatalf("%q, %v", line, err)
			}
			next <- struct{}{}
		}
	})
}

// TestHTTPStreamComments covers HTTP-STREAM-008.
func TestHTTPStreamComments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(ctx context.Context, duration time.Duration) {
			select {
			case <-time.After(duration):
			case <-ctx.Done():
			}
		}
		f := newBench(t, wire.V1(), streams(func(ctx context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
			wait(ctx, time.Minute) // before the first response there is no comment
			if err := caller.Send(total(1)); err != nil {
				return err
			}
			wait(ctx, 14*time.Second)
			if err := caller.Send(total(2)); err != nil {
				return err
			}
			wait(ctx, 31*time.Second)
			return nil
		}), watchers(""), noPages).frontend
		defer f.Close()
		recorder, request := httptest.NewRecorder(), post(t, "{}", "Accept: text/event-stream")
		request.RequestURI = request.URL.Path
		f.Handler().ServeHTTP(recorder, request)
		want := "data: {\"total\":\"1\"}\n\ndata: {\"total\":\"2\"}\n\n:\n\n:\n\nevent: end\ndata: {}\n\n"
		if diff := cmp.Diff(want, recorder.Body.String()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestHTTPBodyIsNoRefusal shows that bytes of the function are not taken for a refusal by
// net/http, whose words the proxy replaces.
func TestHTTPBodyIsNoRefusal(t *testing.T) {
	t.Parallel()
	const said = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	b := serve(t, sending(nil, raws("a/b", "1"), raws("", said)), watchers(rawBody))
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	write(t, conn, "POST "+descriptortest.Add+" HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}") // of 1.0: no chunks
	if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), "\r\n\r\n1"+said) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestHTTPBody covers HTTP-BODY-002, HTTP-BODY-003 and HTTP-JSON-006 for a unary method.
func TestHTTPBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply *entityv1.Reply
		want  reply
		told  string
	}{
		"bytes":               {raws("image/png", "\x89\x00"), reply{200, "image/png", "\x89\x00", nil}, ""},
		"bytes of no type":    {raws("", "x"), reply{200, "application/octet-stream", "x", nil}, ""},
		"a type that is none": {raws("a\nb", "x"), reply{500, "application/json", `{"code":13,`, nil}, "HTTP-BODY-003"},
		"no message":          {&entityv1.Reply{Payload: &anypb.Any{Value: []byte{0x08}}}, reply{500, "application/json", `{"code":13,`, nil}, "HTTP-JSON-006"},
	} {
		answering := router(func(context.Context, request) (*entityv1.Reply, error) { return test.reply, nil })
		b := serve(t, answering, acting(descriptortest.Files(), rawBody))
		got := b.asks(t, true, post(t, `{}`))
		if test.told != "" {
			got.Body = got.Body[:min(len(got.Body), len(test.want.Body))]
			if told := <-b.reports; told != descriptortest.Service+" "+test.told {
				t.Errorf("%s: the function was told %q", name, told)
			}
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(reply{}), ignoreHeaders); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestHTTPBodies covers HTTP-STREAM-010 and HTTP-STREAM-011.
func TestHTTPBodies(t *testing.T) {
	t.Parallel()
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		b := serve(t, sending(nil, raws("text/css", "a{"), raws("text/plain", "}")), watchers(rawBody))
		got := b.asks(t, http2, post(t, `{}`, "Accept: text/event-stream"))
		if diff := cmp.Diff(reply{200, "text/css", "a{}", nil}, got, cmp.AllowUnexported(reply{}), ignoreHeaders); diff != "" {
			t.Error(diff)
		}
		b = serve(t, sending(fault.New(fault.Unavailable, "gone"), raws("text/css", "a{")), watchers(rawBody))
		url, client := b.overHTTP(t, http2)
		response, err := client.Post(url+descriptortest.Add, "", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); err == nil || string(body) != "a{" || response.StatusCode != http.StatusOK {
			t.Errorf("%s %q, and no error", response.Status, body)
		}
	})
}

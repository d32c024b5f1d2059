package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
)

// context is that of a call.
func (c inquiry) context(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	if c.timeout == 0 {
		return context.WithTimeout(t.Context(), patience)
	}
	return context.WithTimeout(t.Context(), c.timeout)
}

// hear notes what of the response's headers the function has given.
func (a *answer) hear(headers map[string][]string) {
	for name, values := range headers {
		key := strings.ToLower(name)
		if !strings.HasPrefix(key, "x-") || key == "x-user-agent" || key == "x-content-type-options" {
			continue
		}
		for _, value := range values {
			if strings.HasSuffix(key, "-bin") {
				decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
				if value = string(decoded); err != nil {
					value = err.Error()
				}
			}
			a.Metadata = append(a.Metadata, key+"="+value)
		}
	}
	slices.Sort(a.Metadata)
}

// take notes a response, as protobuf or as JSON.
func (a *answer) take(t *testing.T, response []byte, json bool) {
	t.Helper()
	message := descriptortest.NewMessages().New("GetResponse") // both look like this
	unmarshal := proto.Unmarshal
	if json {
		unmarshal = protojson.Unmarshal
	}
	if err := unmarshal(response, message); err != nil {
		t.Fatalf("%q: %v", response, err)
	}
	a.Totals = append(a.Totals, descriptortest.Int64(message, "total"))
}

// overGRPC calls by grpc-go.
type overGRPC struct{ conn *grpc.ClientConn }

func (overGRPC) plain() bool { return false }

func (o overGRPC) call(t *testing.T, c inquiry) (a answer) {
	t.Helper()
	ctx, cancel := c.context(t)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, c.headers...)
	sent := new(emptypb.Empty)
	sent.ProtoReflect().SetUnknown(c.message(t))
	stream, err := o.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, c.path)
	if err != nil { // its deadline may come as early
		a.end(err)
		return a
	}
	if err := errors.Join(stream.SendMsg(sent), stream.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for {
		response := new(emptypb.Empty)
		if err = stream.RecvMsg(response); err != nil {
			break
		}
		a.take(t, response.ProtoReflect().GetUnknown(), false)
	}
	if headers, err := stream.Header(); err == nil {
		for name, values := range headers {
			for _, value := range values {
				if strings.HasSuffix(name, "-bin") {
					value = base64.RawStdEncoding.EncodeToString([]byte(value))
				}
				a.hear(map[string][]string{name: {value}})
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		a.end(err)
	}
	return a
}

// end notes the error of a gRPC client.
func (a *answer) end(err error) {
	s := status.Convert(err)
	a.Code, a.Message, a.Details = s.Code(), s.Message(), printed(s.Proto().GetDetails())
}

// encoded is one message of a Connect client, in its encoding.
type encoded struct{ bytes []byte }

// encoding is a codec that leaves messages alone.
type encoding string

func (e encoding) Name() string { return string(e) }

func (encoding) Marshal(message any) ([]byte, error) {
	if m, ok := message.(*encoded); ok {
		return m.bytes, nil
	}
	return proto.Marshal(message.(proto.Message)) // the details of a status
}

func (encoding) Unmarshal(data []byte, message any) error {
	if m, ok := message.(*encoded); ok {
		m.bytes = bytes.Clone(data)
		return nil
	}
	return proto.Unmarshal(data, message.(proto.Message))
}

// Protocols of a Connect client that are not its own.
const (
	gRPC    = "gRPC"
	gRPCWeb = "gRPC-Web"
)

// overConnect calls by connect-go.
type overConnect struct {
	client  *http.Client
	url     string
	json    bool
	options []connect.ClientOption
}

func newOverConnect(t *testing.T, address string, http2 bool, encodes string, protocol ...string) overConnect {
	t.Helper()
	asked := new(http.Protocols)
	asked.SetHTTP1(!http2)
	asked.SetUnencryptedHTTP2(http2)
	transport := &http.Transport{Protocols: asked}
	t.Cleanup(transport.CloseIdleConnections)
	o := overConnect{
		client: &http.Client{Transport: transport}, url: "http://" + address, json: encodes == "json",
		options: []connect.ClientOption{connect.WithCodec(encoding(encodes))},
	}
	switch {
	case slices.Contains(protocol, gRPC):
		response, err := o.client.Get(o.url) // so that the connection is one of net/http's
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		o.options = append(o.options, connect.WithGRPC())
	case slices.Contains(protocol, gRPCWeb):
		o.options = append(o.options, connect.WithGRPCWeb())
	}
	return o
}

func (overConnect) plain() bool { return false }

func (o overConnect) call(t *testing.T, c inquiry) (a answer) {
	t.Helper()
	ctx, cancel := c.context(t)
	defer cancel()
	request := connect.NewRequest(&encoded{bytes: []byte(c.request)})
	if !o.json {
		request.Msg.bytes = c.message(t)
	}
	for pair := range slices.Chunk(c.headers, 2) {
		if strings.HasSuffix(pair[0], "-bin") {
			pair[1] = connect.EncodeBinaryHeader([]byte(pair[1]))
		}
		request.Header().Add(pair[0], pair[1])
	}
	client := connect.NewClient[encoded, encoded](o.client, o.url+c.path, o.options...)
	if !c.streams {
		response, err := client.CallUnary(ctx, request)
		if err == nil {
			a.take(t, response.Msg.bytes, o.json)
			a.hear(response.Header())
		}
		a.fail(t, err)
		return a
	}
	stream, err := client.CallServerStream(ctx, request)
	if err != nil {
		a.fail(t, err)
		return a
	}
	for stream.Receive() {
		a.take(t, stream.Msg().bytes, o.json)
	}
	a.hear(stream.ResponseHeader())
	a.fail(t, stream.Err())
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
	return a
}

// fail notes the error of a Connect client, if it is one.
func (a *answer) fail(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	failed, is := errors.AsType[*connect.Error](err)
	if !is {
		t.Fatal(err)
	}
	var details []*anypb.Any
	for _, detail := range failed.Details() {
		details = append(details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type(), Value: detail.Bytes()})
	}
	a.Code, a.Message, a.Details = codesOf(failed), failed.Message(), printed(details)
}

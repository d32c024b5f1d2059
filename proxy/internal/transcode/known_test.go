package transcode_test

import (
	"net/http"
	"testing"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/transcode"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// impostor is a function's own google.protobuf: the names that JSON knows, with fields
// of other types. HttpBody is another one.
var impostor = map[string]string{
	"impostor.proto": `
		syntax = "proto3";
		package test.impostor.v1;
		import "google/protobuf/impostor.proto";
		import "google/api/impostor.proto";
		import "google/api/annotations.proto";
		service ImpostorService {
			rpc Echo(Message) returns (Message) {
				option (google.api.http) = {
					post: "/echo" body: "*"
					additional_bindings {get: "/echo"}
					additional_bindings {get: "/echo/{timestamp}"}
					additional_bindings {post: "/page" body: "page" response_body: "page"}
				};
			}
		}
		message Message {
			google.protobuf.Any any = 1;
			google.protobuf.Timestamp timestamp = 2;
			google.protobuf.Duration duration = 3;
			google.protobuf.FieldMask mask = 4;
			google.protobuf.Struct struct = 5;
			google.protobuf.ListValue list = 6;
			google.protobuf.Value value = 7;
			google.protobuf.StringValue string = 8;
			google.protobuf.Empty empty = 9;
			google.protobuf.Other other = 10;
			google.api.HttpBody page = 11;
		}`,
	"google/protobuf/impostor.proto": `
		syntax = "proto3";
		package google.protobuf;
		message Any { string type_url = 1; repeated bytes value = 2; }
		message Timestamp { string seconds = 1; int32 nanos = 2; }
		message Duration { int64 seconds = 1; }
		message FieldMask { string paths = 1; }
		message Struct { map<int32, Value> fields = 1; }
		message ListValue { repeated string values = 1; }
		message Value {
			NullValue null_value = 1;
			double number_value = 2; string string_value = 3; bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6;
		}
		enum NullValue { NULL_VALUE = 0; }
		message StringValue { int32 value = 1; }
		message Empty { string a = 1; }
		message Other { string value = 1; }`,
	"google/api/impostor.proto": `
		syntax = "proto3";
		package google.api;
		message HttpBody { bytes content_type = 1; bytes data = 2; }`,
}

// TestImpostors holds that a name alone makes no type of protobuf's own: the function
// describes its messages itself, and those of other fields are messages like any.
func TestImpostors(t *testing.T) {
	t.Parallel()
	action, _ := wire.V1().OfKind(wire.Action)
	answer := descriptortest.Answer(descriptortest.Compile("impostor.proto", impostor))
	answer.Entities = []*discoveryv1.Entity{{EntityType: action.Type, ServiceName: "test.impostor.v1.ImpostorService"}}
	registry, found := descriptor.Build(wire.V1(), answer)
	if len(found) > 0 {
		t.Fatal(found)
	}
	const body = `{"any":{"typeUrl":"a","value":["YQ=="]},"timestamp":{"seconds":"x","nanos":1},"duration":{"seconds":"1"},"mask":{"paths":"a"},` +
		`"struct":{"fields":{"1":{"nullValue":null,"numberValue":0,"stringValue":"b","boolValue":false}}},"list":{"values":["a"]},"value":{"nullValue":null,"numberValue":1,"stringValue":"","boolValue":false,"listValue":{"values":[]}},` +
		`"string":{"value":1},"empty":{"a":"b"},"other":{"value":"c"},"page":{"contentType":"YQ==","data":"YQ=="}}`
	binding, payload, err := call{line: "POST /echo", body: body}.payload(registry)
	if err != nil {
		t.Fatal(err)
	}
	if _, text, err := transcode.Response(binding, payload); err != nil || string(text) != body {
		t.Errorf("got %s, %v, want\n%s", text, err, body)
	}
	call{line: "GET /echo/2026-01-31T12:00:00Z"}.refused(t, registry, http.StatusBadRequest, `"timestamp"`)
	for _, name := range []string{"timestamp", "duration", "mask", "string"} {
		call{line: "GET /echo?" + name + "=1"}.refused(t, registry, http.StatusBadRequest, `parameter "`+name+`"`)
	}
	call{line: "POST /page", contentType: "text/html", body: "<p>"}.refused(t, registry, http.StatusUnsupportedMediaType, "")
	if page, _, _, err := (call{line: "POST /page"}).find(registry); err != nil || transcode.IsRaw(page) {
		t.Errorf("the page is raw, %v", err)
	}
}

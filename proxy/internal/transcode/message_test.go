package transcode_test

import (
	"errors"
	"net/http"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// formOf returns the form of a method of the shop.
func formOf(t *testing.T, registry *descriptor.Registry, method protoreflect.Name) transcode.Form {
	t.Helper()
	found, err := registry.Files().FindDescriptorByName(descriptortest.Shop)
	if err != nil {
		t.Fatal(err)
	}
	declared := found.(protoreflect.ServiceDescriptor).Methods().ByName(method)
	return transcode.Form{Input: declared.Input(), Output: declared.Output(), Files: registry.Files()}
}

// TestForm covers HTTP-WEB-005: what has no route is the JSON of whole messages, that of
// google.api.HttpBody too.
func TestForm(t *testing.T) {
	t.Parallel()
	registry := shop(t)
	cart, page := formOf(t, registry, "GetCart"), formOf(t, registry, "Page")
	if payload, err := cart.Request([]byte(`{"userId":"c1"}`)); err != nil || string(payload) != "\x0a\x02c1" {
		t.Errorf("the request is %x, %v", payload, err)
	}
	for _, body := range []string{``, `{"nothing":1}`, `{} {}`} {
		_, err := cart.Request([]byte(body))
		if refusal, ok := errors.AsType[*transcode.Refusal](err); !ok || refusal.Status != http.StatusBadRequest {
			t.Errorf("%q: %v", body, err)
		}
	}
	if text, err := cart.Response(nil); err != nil || string(text) != `{"items":[]}` {
		t.Errorf("the response is %s, %v", text, err)
	}
	if text, err := page.Response([]byte("\x0a\x03a/b\x12\x01c")); err != nil || string(text) != `{"contentType":"a/b","data":"Yw==","extensions":[]}` {
		t.Errorf("the page is %s, %v", text, err)
	}
	for _, payload := range []string{"\xff", "\x9a\x02\x00"} { // none, and a Value without one
		_, err := formOf(t, registry, "Echo").Response([]byte(payload))
		if unprintable, ok := errors.AsType[*transcode.Unprintable](err); !ok || unprintable.Requirement != "HTTP-JSON-006" {
			t.Errorf("%q: %v", payload, err)
		}
	}
}

package router_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
)

// goldenKeys are those that follow from one call.
var goldenKeys = []string{
	"stateward-derived-a459dc674279a7bfc157260ba6904cacec6f7ae422db29d7c501228aed0e0a91",
	"stateward-derived-f16569c0dafddf4adb9d320b932b6e374ba13b20ad470debf307c599cd068dd4",
	"stateward-derived-716cedbdafa2af580c06f0d0676edd6b1f79ca7c41a94da76d9d180b847d55de",
}

// keyed is metadata with the idempotency keys.
func keyed(keys ...string) *entityv1.Metadata {
	metadata := &entityv1.Metadata{}
	for _, key := range keys {
		metadata.Entries = append(metadata.Entries, &entityv1.MetadataEntry{
			Key: "idempotency-key", Value: &entityv1.MetadataEntry_StringValue{StringValue: key},
		})
	}
	return metadata
}

// keysOf returns the idempotency keys of the metadata.
func keysOf(metadata *entityv1.Metadata) string {
	var keys []string
	for _, entry := range metadata.GetEntries() {
		if entry.GetKey() == "idempotency-key" {
			keys = append(keys, entry.GetStringValue())
		}
	}
	return strings.Join(keys, ",")
}

// IDEM-KEY-002, IDEM-KIND-001, IDEM-KIND-002: what is no key, or cannot be one there, is
// refused, and the function is sent nothing.
func TestKeysThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Get": say}, nil)
		w.actions = map[string]act{"Out": emit(), "Chat": chat, "One": answer(func(string) *actionv1.ActionResponse { return callstest.Reply("") })}
		refused := map[string]error{}
		call := func(service, method string, keys ...string) {
			_, err := w.Call(t.Context(), service, method, []byte("7"), keyed(keys...))
			refused[service+"/"+method] = err
		}
		call("shop.Cart", "Get", "a", "b")
		call("shop.Rates", "One", "\x7f")
		call("shop.Seats", "Get", "a")
		for _, method := range []string{"Out", "Chat"} {
			refused[method] = w.Stream(t.Context(), "shop.Rates", method, keyed("a"), &caller{requests: []string{""}})
		}
		for what, err := range refused {
			if status.Code(err) != codes.InvalidArgument {
				t.Errorf("%s: %v", what, err)
			}
		}
		if n := w.function.Opened() + w.calling.Opened(); n != 0 {
			t.Errorf("the function was called %d times", n)
		}
	})
}

// IDEM-KIND-003: a unary action is asked each time, and sees the key.
func TestKeyedAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil, nil)
		w.actions = map[string]act{"One": answer(func(string) *actionv1.ActionResponse { return callstest.Reply("1") })}
		for range 2 {
			if _, err := w.Call(t.Context(), "shop.Rates", "One", nil, keyed("k")); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.performed) != 2 || keysOf(w.performed[0].GetMetadata()) != "k" {
			t.Errorf("the action got %v", w.performed)
		}
	})
}

// branching answers with two side effects and a forward, each with the metadata.
func branching(metadata *entityv1.Metadata) script {
	return func(string) *eventsourcedv1.EventSourcedReply {
		reply := effects(forward("Get", "8"), "!Get:8 1", "!Get:8 2")
		for _, effect := range reply.GetSideEffects() {
			effect.Metadata = metadata
		}
		reply.GetClientAction().GetForward().Metadata = metadata
		return reply
	}
}

// derivedOf makes a keyed call of the method and returns the keys of what follows.
func (w *world) derivedOf(t *testing.T, service, method, entity, key string) []string {
	t.Helper()
	before := len(w.commands)
	if _, err := w.Call(t.Context(), service, method, []byte(entity), keyed(key)); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, command := range w.commands[before:] {
		if command.GetName() == "Get" {
			keys = append(keys, keysOf(command.GetMetadata()))
		}
	}
	return keys
}

// IDEM-DERIVE-001, IDEM-DERIVE-002, IDEM-DERIVE-003: what follows from a keyed call has a
// key, the same each time, and different by call, role and place.
func TestDerivedKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Do": branching(nil), "Again": branching(keyed("k")), "Get": say}, nil)
		w.actions = map[string]act{"Do": answer(func(string) *actionv1.ActionResponse {
			return callstest.Forward("shop.Cart", "Get", "8", sideEffect("shop.Cart", "!Get:8 1"), sideEffect("shop.Cart", "!Get:8 2"))
		})}
		seen := map[string]bool{}
		form := regexp.MustCompile(`^[ -~]{1,256}$`)
		for _, from := range [][4]string{
			{"shop.Cart", "Do", "7", "k"},
			{"shop.Cart", "Do", "7", "l"},
			{"shop.Cart", "Do", "9", "k"},
			{"shop.Cart", "Again", "7", "k"},
			{"shop.Rates", "Do", "7", "k"},
		} {
			keys := w.derivedOf(t, from[0], from[1], from[2], from[3])
			if len(keys) != 3 {
				t.Fatalf("%v: %q", from, keys)
			}
			for _, key := range keys {
				if seen[key] || !form.MatchString(key) || key == from[3] {
					t.Errorf("%v: the key %q", from, key)
				}
				seen[key] = true
			}
		}
		for range 2 { // Actions are made each time, and derive alike (IDEM-KIND-003).
			for _, key := range w.derivedOf(t, "shop.Rates", "Do", "7", "k") {
				if !seen[key] {
					t.Errorf("another key: %q", key)
				}
			}
		}
	})
}

// IDEM-DERIVE-002: the way in which keys are derived is stored with every record: it
// does not change.
func TestDerivedKeyStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Do": branching(nil), "Get": say}, nil)
		keys := w.derivedOf(t, "shop.Cart", "Do", "7", "k")
		want(t, "keys", strings.Join(keys, " "), strings.Join(goldenKeys, " "))
	})
}

// IDEM-DERIVE-001: a key of its own stays, with and without one of the call.
func TestOwnKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, map[string]script{"Do": func(text string) *eventsourcedv1.EventSourcedReply {
			reply := forward("Get", text)
			reply.GetClientAction().GetForward().Metadata = keyed("own " + text)
			return reply
		}, "Get": say}, nil)
		want(t, "keys", strings.Join(w.derivedOf(t, "shop.Cart", "Do", "7 8", "k"), " "), "own 8")
		want(t, "answer", w.call(t.Context(), "Do", "7 9"), "")
		want(t, "without one of the call", keysOf(w.commands[len(w.commands)-1].GetMetadata()), "own 9")
	})
}

// IDEM-DERIVE-004, IDEM-DERIVE-005: a derived key never goes to a replicated entity, nor does
// that of the call; one of its own makes an errand lead nowhere, as do two.
func TestKeysToReplicatedEntities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errand := func(service string, metadata *entityv1.Metadata) script {
			return func(string) *eventsourcedv1.EventSourcedReply {
				reply := forward("Get", "8")
				f := reply.GetClientAction().GetForward()
				f.ServiceName, f.Metadata = service, metadata
				return reply
			}
		}
		w := start(t, map[string]script{
			"Plain": errand("shop.Seats", nil), "Same": errand("shop.Seats", keyed("k")), "Own": errand("shop.Seats", keyed("own")),
			"Two": errand("shop.Cart", keyed("k", "k")), "Wrong": errand("shop.Cart", keyed("ü")), "Get": say,
		}, nil)
		for _, method := range []string{"Plain", "Same"} {
			if keys := w.derivedOf(t, "shop.Cart", method, "7", "k"); len(keys) != 1 || keys[0] != "" {
				t.Errorf("%s: %q", method, keys)
			}
		}
		for _, method := range []string{"Own", "Two", "Wrong"} {
			_, err := w.Call(t.Context(), "shop.Cart", method, []byte("7"), keyed("k"))
			if status.Code(err) != codes.InvalidArgument {
				t.Errorf("%s: %v", method, err)
			}
		}
		want(t, "reported", w.reported(), strings.Join(slices.Repeat([]string{"FX-FWD-001"}, 3), ", "))
	})
}

package router_test

import (
	"strings"
	"testing"
	"testing/synctest"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// ACC-FOLLOW-001, ACC-RESERVE-002: whatever follows from a command has its principal, and
// no function can say another.
func TestPrincipalFollows(t *testing.T) {
	entry := func(key, value string) *entityv1.MetadataEntry {
		return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
	}
	forged := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		entry("stateward-principal", "boss"), entry("Stateward-Principal-Role", "boss"), entry("colour", "red"),
	}}
	scripts := map[string]script{
		"Do": func(string) *eventsourcedv1.EventSourcedReply {
			reply := effects(forward("Go", "7"), "!Get:8", "!Get:9")
			reply.GetSideEffects()[0].Metadata = forged
			reply.GetSideEffects()[1].Durable = true
			reply.GetSideEffects()[1].Metadata = forged
			return reply
		},
		"Go":  func(string) *eventsourcedv1.EventSourcedReply { return forward("Get", "7") },
		"Get": say,
	}
	heard := func(t *testing.T, w *world, given *entityv1.Metadata) string {
		t.Helper()
		w.commands = nil
		if _, err := w.Call(t.Context(), "shop.Cart", "Do", []byte("7"), given); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var all []string
		for _, command := range w.commands {
			var one []string
			for _, e := range command.GetMetadata().GetEntries() {
				if e.GetKey() != "idempotency-key" {
					one = append(one, e.GetKey()+"="+e.GetStringValue())
				}
			}
			all = append(all, strings.Join(one, " "))
		}
		return strings.Join(all, "; ")
	}
	synctest.Test(t, func(t *testing.T) {
		w := start(t, scripts, nil)
		given := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
			entry("a", "1"), entry("stateward-principal", "ann"), entry("stateward-principal-role", "clerk"),
		}}
		const ann = "stateward-principal=ann stateward-principal-role=clerk"
		want(t, "of somebody", heard(t, w, given), strings.Join([]string{"a=1 " + ann, "colour=red " + ann, "colour=red " + ann, ann, ann}, "; "))
		want(t, "of nobody", heard(t, w, nil), "; colour=red; colour=red; ; ")
	})
}

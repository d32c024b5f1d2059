package entity

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"
)

// TestAliases covers what DISC-ALIAS-002 and DISC-ALIAS-003 say of one payload: the
// name behind the last slash alone is another one, and what is stored stays.
func TestAliases(t *testing.T) {
	t.Parallel()
	aliases := Aliases{"shop.v1.Added": "shop.v2.Added", "cart": "basket"}
	for stored, want := range map[string]string{
		"type.googleapis.com/shop.v1.Added": "type.googleapis.com/shop.v2.Added",
		"shop.v1.Added/shop.v1.Added":       "shop.v1.Added/shop.v2.Added",
		"/cart":                             "/basket",
		"json.cloudstate.io/cart":           "json.cloudstate.io/basket",
		"cart":                              "cart", // no slash, no name behind it
		"type.googleapis.com/shop.v2.Added": "type.googleapis.com/shop.v2.Added",
		"type.googleapis.com/Added":         "type.googleapis.com/Added",
		"":                                  "",
	} {
		payload := &anypb.Any{TypeUrl: stored, Value: []byte{1, 2}}
		sent := aliases.Sent(payload)
		if sent.GetTypeUrl() != want || string(sent.GetValue()) != "\x01\x02" {
			t.Errorf("%q is sent as %v", stored, sent)
		}
		if payload.GetTypeUrl() != stored {
			t.Errorf("%q was changed to %q", stored, payload.GetTypeUrl())
		}
	}
	if Aliases(nil).Sent(nil) != nil || aliases.Sent(nil) != nil {
		t.Error("nothing became something")
	}
}

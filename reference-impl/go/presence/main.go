// Command presence says who is in a room: the sample of a replicated entity, and
// of a call that stays open. The domain is in room.go, what binds it to the
// protocol in entity.go.
package main

import (
	"os"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

func main() {
	os.Exit(sdk.Main(sdk.Config{
		Name:       "stateward-go-presence",
		Version:    sdk.Version(), // released together
		Entities:   []sdk.Entity{presenceEntity()},
		Cloudstate: &sdk.Cloudstate{}, // every name is the same there
	}))
}

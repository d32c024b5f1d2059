// Command profile is the customer's profile: the sample of a value entity. The
// domain is in profile.go, what binds it to the protocol in entity.go.
package main

import (
	"os"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

func main() {
	os.Exit(sdk.Main(sdk.Config{
		Name:       "stateward-go-profile",
		Version:    sdk.Version(), // released together
		Entities:   []sdk.Entity{profileEntity()},
		Cloudstate: &sdk.Cloudstate{}, // every name is the same there
	}))
}

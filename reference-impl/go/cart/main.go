// Command cart is the shopping cart: the sample that every reference function
// serves. The domain is in cart.go, what binds it to the protocol in entity.go.
package main

import (
	"os"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

func main() {
	os.Exit(sdk.Main(sdk.Config{
		Name:       "stateward-go-cart",
		Version:    sdk.Version(), // released together
		Entities:   []sdk.Entity{cartEntity()},
		Cloudstate: &sdk.Cloudstate{}, // every name is the same there
	}))
}

// Command temperature reckons with temperatures: the sample of an action, one
// method for each shape. The domain is in temperature.go, what binds it to the
// protocol in action.go.
package main

import (
	"os"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

func main() {
	os.Exit(sdk.Main(sdk.Config{
		Name:       "stateward-go-temperature",
		Version:    sdk.Version(), // released together
		Entities:   []sdk.Entity{temperatureAction()},
		Cloudstate: &sdk.Cloudstate{}, // every name is the same there
	}))
}

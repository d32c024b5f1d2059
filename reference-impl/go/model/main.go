// Command model serves the TCK's model entities: what a support library serves
// to be certified. Package sdk is certified by this program.
package main

import (
	"os"
	"slices"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

func main() { os.Exit(sdk.Main(config())) }

// config is the whole of the program.
func config() sdk.Config {
	return sdk.Config{
		Name:       "stateward-go-model",
		Version:    sdk.Version(), // released together
		Entities:   slices.Concat(eventSourcedEntities(), valueEntities(), replicatedEntities(), actions()),
		Cloudstate: cloudstate(),
	}
}

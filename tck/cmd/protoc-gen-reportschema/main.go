// Command protoc-gen-reportschema is the plugin of `make generate` that writes the
// JSON Schema of reports.
package main

import (
	"google.golang.org/protobuf/compiler/protogen"

	"github.com/stateward/stateward/tck/report/schema"
)

func main() { protogen.Options{}.Run(schema.Generate) }

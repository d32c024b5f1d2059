// Command requirements writes protocol/requirements.json from the prose of the
// specification; with -check it fails when the file is stale.
package main

import (
	"fmt"
	"os"

	"github.com/stateward/stateward/protocol/internal/extract"
)

func main() {
	if err := extract.Run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

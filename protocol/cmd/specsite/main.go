// Command specsite renders the specification as a folder of HTML pages, which
// is its one argument. It runs in the root of the repository.
package main

import (
	"fmt"
	"os"

	"github.com/stateward/stateward/protocol/internal/site"
)

func main() {
	if err := site.Run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
